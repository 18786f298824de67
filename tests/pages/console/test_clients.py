"""The pages of app clients: settings in words, secrets on request only, rotation, creation and deletion."""

import html
import re

import pytest
from cases import each
from operations.stage import build
from pages.console.console_world import CUSTOMER, SUPPORT, alert, told

from poolhouse.operations import audit
from poolhouse.operations.backend.state import CLIENT
from poolhouse.store import backend, clients
from poolhouse.store.backend import Resource

EVIL = "<img src=x onerror=alert(1)>\"'"
FIELDS = {
    "name": "Studio",
    "flow": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    "access": "15",
    "access-unit": "minutes",
    "id": "2",
    "id-unit": "hours",
    "refresh": "12",
    "refresh-unit": "hours",
    "hides": "yes",
}


async def every_client(console) -> dict[str, str]:
    async with console.services.database.read() as tx:
        return {client.id: client.name for client in await clients.list_(tx, console.stage.pool, "", 100)}


async def with_secret(console, name: str = "Server", **more) -> tuple[str, str]:
    made = await console.stage.admin("CreateUserPoolClient", ClientName=name, GenerateSecret=True, **more)
    return made["UserPoolClient"]["ClientId"], made["UserPoolClient"]["ClientSecret"]


async def secret_ids(console, client: str) -> list[str]:
    found = await console.stage.admin("ListUserPoolClientSecrets", ClientId=client)
    return [one["ClientSecretId"] for one in found["ClientSecrets"]]


async def define(console, client: str) -> None:
    async with console.services.database.write() as tx:
        await backend.put(tx, Resource("app", CLIENT, "app", client, "{}", 1))


# --- list and settings -------------------------------------------------------------------------------------


async def test_list(operator):
    """Every client; those of the definitions say so."""
    await define(operator, operator.stage.client)
    page = await operator.get("/clients")
    assert all(client in page.text for client in await every_client(operator))
    row = page.text.partition(operator.stage.client)[2].partition("</tr>")[0]
    assert "amplify/auth/resource.py" in row


async def test_pages_of_the_list(operator):
    for nth in range(55):
        await operator.stage.admin("CreateUserPoolClient", ClientName=f"client {nth}")
    first = await operator.get("/clients")
    second = await operator.browser.get(html.unescape(re.search(r'rel="next" href="([^"]*)"', first.text).group(1)))
    seen = [re.findall(r"<td><code>(\w+)</code></td>", page.text) for page in (first, second)]
    assert sorted([*seen[0], *seen[1]]) == sorted(await every_client(operator))


async def test_settings_in_words(operator):
    """Lifetimes in the largest unit that fits, flows with what they mean, addresses, attributes."""
    made = await operator.stage.admin(
        "CreateUserPoolClient",
        ClientName="Web",
        ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"],
        AccessTokenValidity=90,
        IdTokenValidity=60,
        RefreshTokenValidity=48,
        TokenValidityUnits={"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "hours"},
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid"],
        CallbackURLs=["https://app.example.com/back"],
        SupportedIdentityProviders=["COGNITO"],
        ReadAttributes=["email"],
    )
    page = await operator.get("/client", id=made["UserPoolClient"]["ClientId"])
    for text in ("90 minutes", "1 hour", "2 days", "without sending it", "https://app.example.com/back", "openid"):
        assert text in page.text
    assert "has no secret" in page.text


@each("client", ["", "nothing", "a\0b", "x" * 200])
async def test_clients_that_are_not_there(operator, client):
    for path in ("/client", "/client/delete"):
        assert (await operator.get(path, id=client)).status_code in {400, 404}


async def test_client_of_another_pool(operator, services, invoke):
    """Its id shows nothing and ends nothing here."""
    other = await build(services, invoke, nth=1)
    assert (await operator.get("/client", id=other.client)).status_code == 404
    assert (await operator.post("/client/delete", {"confirm": "app"}, id=other.client)).status_code == 404
    assert (await other.admin("DescribeUserPoolClient", ClientId=other.client))["UserPoolClient"]


# --- secrets -----------------------------------------------------------------------------------------------


async def test_secret_on_request_only(operator):
    """No page holds it but the answer to the form, which is never kept; that it was shown is on record."""
    client, secret = await with_secret(operator)
    assert secret not in (await operator.get("/client", id=client)).text
    assert (await operator.get("/client/secret", id=client)).status_code == 405
    answer = await operator.post("/client/secret", {"step": "show"}, id=client)
    assert secret in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert secret not in (await operator.get("/client", id=client)).text
    (event,) = await audit.events(operator.services, operation="ShowClientSecret")
    assert (event.subject, event.pool_id, event.body["way"]) == (client, operator.stage.pool, "console")


async def test_rotation(operator):
    """A second secret, shown once; then the first one ends, by the name of the client."""
    client, first = await with_secret(operator)
    answer = await operator.post("/client/secret", {"step": "add"}, id=client)
    second = re.search(r'data-copy="(\w{40,60})"', answer.text).group(1)
    assert second != first
    old, new = await secret_ids(operator, client)
    again = await operator.post("/client/secret", {"step": "add"}, id=client)
    assert (again.status_code, "at most 2" in alert(again)) == (400, True)
    refused = await operator.post("/client/delete", {"confirm": "server"}, id=client, secret=old)
    assert refused.status_code == 400
    assert await secret_ids(operator, client) == [old, new]
    done = await operator.post("/client/delete", {"confirm": "Server"}, id=client, secret=old)
    assert "is refused now" in told(await operator.followed(done))
    assert await secret_ids(operator, client) == [new]
    last = await operator.post("/client/delete", {"confirm": "Server"}, id=client, secret=new)
    assert (last.status_code, "last secret" in alert(last)) == (400, True)
    assert client in await every_client(operator)


async def test_client_without_a_secret(operator):
    for step in ("show", "add"):
        page = await operator.post("/client/secret", {"step": step}, id=operator.stage.client)
        assert (page.status_code, "has no secret" in alert(page)) == (400, True)


# --- creation and deletion ---------------------------------------------------------------------------------


async def test_creation(operator):
    """As it was filled in; the notice says where the secret is, and does not hold it."""
    fields = FIELDS | {"secret": "yes", "callbacks": "https://app.example.com/back\n\n", "logouts": ""}
    page = await operator.followed(await operator.post("/clients/new", fields))
    assert told(page).startswith("The app client Studio was created. It has a secret")
    client = next(key for key, name in (await every_client(operator)).items() if name == "Studio")
    made = (await operator.stage.admin("DescribeUserPoolClient", ClientId=client))["UserPoolClient"]
    assert made["ExplicitAuthFlows"] == FIELDS["flow"]
    assert (made["AccessTokenValidity"], made["IdTokenValidity"], made["RefreshTokenValidity"]) == (15, 2, 12)
    assert (made["CallbackURLs"], made["AllowedOAuthFlows"]) == (["https://app.example.com/back"], ["code"])
    assert made["ClientSecret"] not in page.text


@each(
    "change",
    [
        {"name": ""},
        {"access": "1"},
        {"access": "x"},
        {"access": "48", "access-unit": "hours"},
        {"refresh-unit": "years"},
        {"flow": ["NOTHING"]},
        {"callbacks": "javascript:alert(1)"},
        {"callbacks": "http://app.example.com"},
    ],
)
async def test_creation_that_is_refused(operator, change):
    """With the reason and what was typed; nothing is made."""
    before = await every_client(operator)
    page = await operator.post("/clients/new", FIELDS | change)
    assert page.status_code == 400
    assert alert(page)
    assert await every_client(operator) == before


async def test_deletion_wants_the_name(operator):
    client, _ = await with_secret(operator)
    page = await operator.get("/client/delete", id=client)
    assert "cannot be brought back" in page.text
    for typed in ("", "server"):
        assert (await operator.post("/client/delete", {"confirm": typed}, id=client)).status_code == 400
    assert client in await every_client(operator)
    done = await operator.post("/client/delete", {"confirm": "Server"}, id=client)
    assert told(await operator.followed(done)).startswith("The app client Server was deleted.")
    assert client not in await every_client(operator)


async def test_defined_clients_are_the_definitions(operator):
    """Shown with the reason; neither ended nor rotated from here, whatever is sent."""
    client, secret = await with_secret(operator)
    await define(operator, client)
    page = await operator.get("/client", id=client)
    assert "amplify/auth/resource.py" in page.text
    for absent in ("/client/delete", "Make a second secret"):
        assert absent not in page.text
    for path, fields in (("/client/delete", {"confirm": "Server"}), ("/client/secret", {"step": "add"})):
        refused = await operator.post(path, fields, id=client)
        assert (refused.status_code, "amplify/auth/resource.py" in alert(refused)) == (403, True)
    assert len(await secret_ids(operator, client)) == 1
    assert secret in (await operator.post("/client/secret", {"step": "show"}, id=client)).text


@pytest.mark.parametrize("who", [SUPPORT, CUSTOMER])
async def test_others_see_nothing(console, who):
    """No rule gives clients to a delegate here: neither pages nor forms, and no navigation to them."""
    client, secret = await with_secret(console)
    await console.sign_in(who)
    before = await every_client(console)
    for path in ("/clients", "/clients/new", "/client", "/client/delete"):
        page = await console.get(path, id=client)
        assert page.status_code == 403
        assert secret not in page.text
        assert "App clients" not in page.text
    for path in ("/clients/new", "/client/secret", "/client/delete"):
        fields = {"step": "show", "confirm": "Server", **FIELDS}
        refused = await console.post(path, fields, csrf="" if who == CUSTOMER else None, id=client)
        assert refused.status_code == 403
        assert secret not in refused.text
    assert await every_client(console) == before


async def test_everything_is_escaped(operator):
    """Names and addresses, on every page of clients."""
    name = "<img src=x onerror=alert(1)>"
    refused = await operator.post("/clients/new", FIELDS | {"name": EVIL, "callbacks": EVIL, "access": EVIL})
    assert "&lt;img src=x" in refused.text
    pages = [refused, await operator.get("/clients")]
    async with operator.services.database.write() as tx:
        found = await clients.get(tx, operator.stage.client)
        await clients.change(tx, found._replace(name=name + EVIL))
    pages.append(await operator.get("/clients"))
    for path in ("/client", "/client/delete"):
        pages.append(await operator.get(path, id=operator.stage.client))
        pages.append(await operator.get(path, id=operator.stage.client, secret=EVIL))
        assert "&lt;img src=x" in pages[-1].text
    assert all("<img" not in page.text for page in pages)
