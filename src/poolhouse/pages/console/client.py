"""One app client: its settings in words, its secrets on request, and its end."""

from typing import Any, Final

from starlette.responses import Response

from poolhouse.errors import PageNotFound, ResourceNotFoundException, ServiceError
from poolhouse.operations.console import moving, owned

from . import far_side, render
from .clients import ELSEWHERE, FLOWS, SEES
from .page import Page
from .visit import ConsoleVisit

_MEANINGS: Final = dict(FLOWS)
_UNIT_SECONDS: Final = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
_BARE: Final[dict[str, Any]] = dict.fromkeys(
    (
        "PreventUserExistenceErrors",
        "EnableTokenRevocation",
        "AuthSessionValidity",
        "RefreshTokenRotation",
        "AllowedOAuthFlowsUserPoolClient",
        "AllowedOAuthFlows",
        "AllowedOAuthScopes",
        "CallbackURLs",
        "LogoutURLs",
        "ReadAttributes",
        "WriteAttributes",
    )
)
"""What AWS leaves out of the description of a client."""
_USUAL: Final = {"AccessToken": (1, "hours"), "IdToken": (1, "hours"), "RefreshToken": (30, "days")}


async def shown(visit: ConsoleVisit) -> Response:
    return await _page(visit, await _found(visit))


async def _found(visit: ConsoleVisit) -> dict[str, Any]:
    """AWS's description, which holds the secret. Raises PageNotFound."""
    client_id = visit.query.get("id", "")
    try:
        described: dict[str, Any] = (await visit.of_pool("DescribeUserPoolClient", ClientId=client_id))[
            "UserPoolClient"
        ]
    except ResourceNotFoundException:
        raise PageNotFound("There is no such app client in this user pool.") from None
    return described


async def _page(
    visit: ConsoleVisit, found: dict[str, Any], *, error: str = "", status: int = 200, secret: str = "", title: str = ""
) -> Response:
    """`secret` is shown once, under `title`; the description that the template gets has none."""
    client = _BARE | {name: value for name, value in found.items() if name != "ClientSecret"}
    has_secret = "ClientSecret" in found
    secrets: list[dict[str, Any]] = []
    if has_secret and visit.may("ListUserPoolClientSecrets"):
        secrets = (await visit.of_pool("ListUserPoolClientSecrets", ClientId=client["ClientId"]))["ClientSecrets"]
    return render.page(
        "client",
        visit,
        status=status,
        error=error,
        client=client,
        flows=[(flow, _MEANINGS.get(flow, "")) for flow in client.get("ExplicitAuthFlows", [])],
        lifetimes=[(token, _lifetime(client, token)) for token in _USUAL],
        has_secret=has_secret,
        secrets=secrets,
        secret=secret,
        secret_title=title,
        defined=await owned.is_client(visit.services, client["ClientId"]),
        where=owned.WHERE,
    )


def _lifetime(client: dict[str, Any], token: str) -> str:
    """In the largest unit that says it exactly."""
    number, unit = _USUAL[token]
    number = client.get(f"{token}Validity") or number
    unit = client.get("TokenValidityUnits", {}).get(token) or unit
    seconds = number * _UNIT_SECONDS[unit]
    best = next(name for name in ("days", "hours", "minutes", "seconds") if seconds % _UNIT_SECONDS[name] == 0)
    count = seconds // _UNIT_SECONDS[best]
    return f"{count:,} {best[:-1] if count == 1 else best}"


# --- secrets -----------------------------------------------------------------------------------------------


async def secret_posted(visit: ConsoleVisit) -> Response:
    """Show the oldest secret, or make a second one and show that: in this answer and nowhere else."""
    found = await _found(visit)
    if "ClientSecret" not in found:
        return await _page(visit, found, error="This app client has no secret.", status=400)
    if visit.form.get("step") == "show":
        await moving.note_secret_shown(visit.context(), visit.pool, found["ClientId"])
        return await _page(visit, found, secret=found["ClientSecret"], title="The oldest secret")
    refusal = await _refusal(visit, found)
    if refusal:
        return await _page(visit, found, error=refusal, status=403)
    try:
        made = await visit.of_pool("AddUserPoolClientSecret", ClientId=found["ClientId"])
    except ServiceError as error:
        return await _page(visit, found, error=error.message, status=far_side.status(error))
    value = made["ClientSecretDescriptor"]["ClientSecretValue"]
    return await _page(visit, found, secret=value, title="The new secret: it is shown this once")


async def _refusal(visit: ConsoleVisit, found: dict[str, Any]) -> str:
    """Why this client is not changed here; "" when it is."""
    if await owned.is_client(visit.services, found["ClientId"]):
        return f"{found['ClientName']} is defined in {owned.WHERE}: change it there."
    return ""


# --- ends --------------------------------------------------------------------------------------------------


async def delete_shown(visit: ConsoleVisit) -> Response:
    """Of one secret where the address names one, otherwise of the client."""
    return await _deletion(visit, await _found(visit))


async def delete_posted(visit: ConsoleVisit) -> Response:
    found, secret = await _found(visit), visit.query.get("secret", "")
    name, client_id = found["ClientName"], found["ClientId"]
    refusal = await _refusal(visit, found)
    if refusal:
        return await _deletion(visit, found, error=refusal, status=403)
    if visit.form.text("confirm") != name.strip():
        return await _deletion(visit, found, error="The name that you typed is not the client's name.", status=400)
    try:
        if secret:
            await visit.of_pool("DeleteUserPoolClientSecret", ClientId=client_id, ClientSecretId=secret)
            return visit.done(visit.url("/client", id=client_id), f"A secret of {name} was deleted: it is refused now.")
        await visit.of_pool("DeleteUserPoolClient", ClientId=client_id)
    except ServiceError as error:
        return await _deletion(visit, found, error=error.message, status=far_side.status(error))
    return visit.done(visit.url("/clients"), f"The app client {name} was deleted. Tokens that it got are refused.")


async def _deletion(visit: ConsoleVisit, found: dict[str, Any], *, error: str = "", status: int = 200) -> Response:
    return render.page(
        "client_delete",
        visit,
        status=status,
        error=error,
        name=found["ClientName"],
        id=found["ClientId"],
        secret=visit.query.get("secret", ""),
        defined=await owned.is_client(visit.services, found["ClientId"]),
        where=owned.WHERE,
    )


_ROTATES: Final = ("AddUserPoolClientSecret", "DeleteUserPoolClientSecret", "DeleteUserPoolClient")
PAGES: Final = (
    Page("/client", shown, operations=("DescribeUserPoolClient",)),
    Page("/client/secret", None, secret_posted, operations=SEES, operator_only=True, elsewhere=ELSEWHERE),
    Page("/client/delete", delete_shown, delete_posted, operations=_ROTATES, operator_only=True, elsewhere=ELSEWHERE),
)
