"""/oauth2/authorize and /logout: exact redirects, errors that reach the right one, hosted sessions."""

import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from cases import each
from hypothesis import strategies as st
from oauth_world import CALLBACK, OAUTH, PKCE, answered, make_world
from operations.stage import EMAIL
from pool_rows import examples

from poolhouse.errors import OAuthError
from poolhouse.operations.oauth.authorization import check
from poolhouse.operations.oauth.parameters import parse

SESSION = re.compile(r"poolhouse-session-[^=]+=[^;]+")


@pytest.fixture
async def world(services, invoke):
    return await make_world(services, invoke)


@pytest.mark.parametrize(
    ("changed", "hint"),
    [
        ({"redirect_uri": "https://app.example.com"}, "redirect_uri was 'https://app.example.com'; registered"),
        ({"redirect_uri": None}, "redirect_uri was not sent; registered"),
        ({"redirect_uri": "https://x.example/" + "x" * 5000}, "; registered, and compared to the letter: " + CALLBACK),
        ({"response_type": "token"}, "response_type=token is the flow implicit; the client's AllowedOAuthFlows: code"),
        ({"scope": "openid everything"}, "asked for: openid everything; allowed: "),
    ],
)
async def test_the_log_says_what_would_have_been_right(world, changed, hint):
    """The pages do not repeat a link's words; without them a developer would have to guess which sign is wrong."""
    with pytest.raises(OAuthError) as caught:
        await check(world.services, parse(world.query(**{**PKCE, **changed})))
    assert hint in caught.value.facts["hint"]
    assert len(caught.value.hint) < 1300
    assert caught.value.hint not in caught.value.description


async def test_nobody_signed_in_goes_to_the_sign_in_page(world):
    """The whole request goes along, relative to the address that the browser used."""
    response = await world.authorize(scope="openid", **PKCE)
    assert response.status_code == 302
    path, _, query = response.headers["location"].partition("?")
    assert path == "/login"
    assert parse_qs(query) == parse_qs(world.query(scope="openid", **PKCE))


async def test_signed_in_goes_straight_back(world):
    """One sign-in serves the pool's other apps for an hour, and not a second longer."""
    await world.sign_in()
    assert answered(await world.authorize())["state"] == "s-1"
    await world.stage.new_client(**OAUTH)
    assert "code" in answered(await world.authorize())


async def test_session_lasts_an_hour(world, clock):
    await world.sign_in()
    clock.advance(seconds=3599)
    assert "code" in answered(await world.authorize())
    clock.advance(seconds=2)
    assert (await world.authorize()).headers["location"].startswith("/login?")


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("AdminDisableUser", {}),
        ("AdminDeleteUser", {}),
        ("AdminUserGlobalSignOut", {}),
        ("AdminSetUserPassword", {"Password": "Other-Horse9", "Permanent": True}),
    ],
)
async def test_session_ends_with_the_account_or_its_password(world, clock, operation, more):
    await world.sign_in()
    clock.advance(seconds=1)
    await world.stage.admin(operation, Username=EMAIL, **more)
    assert (await world.authorize()).headers["location"].startswith("/login?")
    assert answered(await world.authorize(prompt="none"))["error"] == "login_required"


async def test_prompt_and_max_age(world, clock):
    assert answered(await world.authorize(prompt="none"))["error"] == "login_required"
    await world.sign_in()
    assert "code" in answered(await world.authorize(prompt="none"))
    assert (await world.authorize(prompt="login")).headers["location"].startswith("/login?")
    clock.advance(seconds=60)
    assert "code" in answered(await world.authorize(max_age="60"))
    assert (await world.authorize(max_age="59")).headers["location"].startswith("/login?")


@pytest.fixture
async def person(world):
    await world.sign_in()
    return world


@pytest.fixture(params=["signed out", "signed in"])
async def browsing(world, request):
    if request.param == "signed in":
        await world.sign_in()
    return world


@each(
    "uri",
    [
        None,
        CALLBACK + "/",
        CALLBACK + "/more",
        CALLBACK + "?x=1",
        CALLBACK + "#x",
        CALLBACK.upper(),
        CALLBACK.replace("https", "http"),
        CALLBACK.replace("app.", "evil.app."),
        CALLBACK.replace("app.example.com", "app.example.com.evil.example"),
        CALLBACK.replace("app.example.com", "app.example.com:8443"),
        CALLBACK.replace("app.example.com", "app.example.com@evil.example"),
        CALLBACK.replace("app.example.com", "evil.example\\@app.example.com"),
        CALLBACK.replace("/back", "/./back"),
        CALLBACK.replace("/back", "/%62ack"),
        CALLBACK.replace("/back", "\\back"),
        CALLBACK + " ",
        CALLBACK + "\r\nset-cookie: x=1",
        "myapp:back",
        "javascript:alert(1)",
        "https://app.example.com",
        "//app.example.com/back",
    ],
)
async def test_unregistered_redirect_is_never_followed(browsing, uri):
    """A page of our own that does not lead anywhere and does not repeat what was sent, signed in or not."""
    for path in ("/oauth2/authorize", "/login"):
        response = await browsing.browser.get(f"{path}?{browsing.query(redirect_uri=uri)}")
        assert response.status_code == 400
        assert "location" not in response.headers
        assert "evil" not in response.text
        assert "alert(1)" not in response.text


async def test_default_redirect(services, invoke):
    world = await make_world(services, invoke, DefaultRedirectURI=CALLBACK)
    answer = await world.authorize(redirect_uri=None, scope="no")
    assert answered(answer)["error"] == "invalid_scope"


@each("client", [None, "unknown", "../etc", "\0", "x" * 200, "'; drop table pools"])
async def test_unknown_client_is_never_redirected(world, client):
    response = await world.authorize(client_id=client)
    assert (response.status_code, "location" in response.headers) == (400, False)


async def test_client_without_oauth_is_never_redirected(world):
    await world.stage.new_client(CallbackURLs=[CALLBACK])
    response = await world.authorize()
    assert (response.status_code, "location" in response.headers) == (400, False)


@each(
    "asked, error",
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "id_token"}, "invalid_request"),
        ({"scope": "nope"}, "invalid_scope"),
        ({"scope": "openid  email"}, "invalid_scope"),
        ({"scope": "email"}, "invalid_scope"),
        ({"scope": "openid orders/read"}, "invalid_scope"),
        ({"code_challenge": PKCE["code_challenge"]}, "invalid_request"),
        ({"code_challenge": PKCE["code_challenge"], "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
        ({"identity_provider": "Google"}, "invalid_request"),
        ({"idp_identifier": "corp.example"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "guess"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
    ],
)
async def test_errors_reach_the_app(person, asked, error):
    """With the state, at the registered address, signed in or not."""
    answer = answered(await person.authorize(**asked))
    assert (answer["error"], answer["state"], "code" in answer) == (error, "s-1", False)


async def test_implicit_errors_are_in_the_fragment(world):
    response = await world.authorize(response_type="token")
    assert urlsplit(response.headers["location"]).query == ""
    assert answered(response)["error"] == "unauthorized_client"


async def test_client_without_identity_provider(services, invoke):
    world = await make_world(services, invoke, SupportedIdentityProviders=[])
    assert answered(await world.authorize())["error"] == "unauthorized_client"


async def test_repeated_parameters(world):
    for name, value in (("client_id", world.client), ("redirect_uri", CALLBACK)):
        response = await world.browser.get(f"/oauth2/authorize?{world.query()}&{urlencode({name: value})}")
        assert (response.status_code, "location" in response.headers) == (400, False)
    response = await world.browser.get(f"/oauth2/authorize?{world.query()}&scope=openid&scope=email")
    assert answered(response)["error"] == "invalid_request"


@pytest.mark.parametrize("at", [CALLBACK, "myapp://back"])
@pytest.mark.parametrize(
    "state",
    [
        "a&code=stolen",
        "x#y",
        "\r\nlocation: https://evil.example",
        '"><script>alert(1)</script>',
        "ünïcödé 🦦",
        "javascript:alert(1)",
        "%0d%0a",
        "+ +",
        "s" * 4000,
    ],
)
async def test_state_comes_back_to_the_letter(world, at, state):
    """As one parameter of the redirect, and escaped on every page in between."""
    page = await world.show("/login", state=state, redirect_uri=at)
    assert "<script" not in page.text
    assert "location: https" not in str(page.headers)
    response = await world.sign_in(state=state, redirect_uri=at)
    answer = answered(response, at)
    assert (answer["state"], answer["code"] != "stolen") == (state, True)
    assert list(parse_qs(urlsplit(response.headers["location"]).query)) == ["code", "state"]


async def test_forwarded_hosts_change_nothing(world):
    """No header moves a redirect, a link or the issuer away from the configured address."""
    headers = {"host": "evil.example", "x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}
    response = await world.browser.get(f"/oauth2/authorize?{world.query()}", headers=headers)
    page = await world.browser.get(f"/login?{world.query()}", headers=headers)
    assert response.headers["location"].startswith("/login?")
    assert "evil" not in page.text + str(page.headers)


async def test_arbitrary_queries_never_fault(world):
    """No 5xx for whatever a query holds, on any page."""
    names = st.sampled_from(
        ["response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "max_age", "prompt", "user_name"]
    )
    known = st.sampled_from(["code", "token", world.client, CALLBACK, "openid", "none", "\0", "%", "\ud800"])
    for query in examples(st.lists(st.tuples(names, st.one_of(st.text(max_size=20), known)), max_size=8), 60):
        text = urlencode([(name, value.encode("utf-8", "surrogatepass")) for name, value in query])
        for path in ("/oauth2/authorize", "/login", "/signup", "/confirmUser", "/forgotPassword", "/logout"):
            assert (await world.browser.get(f"{path}?{text}")).status_code < 500
    assert (await world.browser.get("/login?" + "%ff=%ff&" * 70)).status_code == 400


# --- logout ------------------------------------------------------------------------------------------------


async def test_logout_ends_the_session_for_good(world):
    """A copy of the cookie is worth nothing either; the tokens of apps live on."""
    tokens = await world.tokens()
    copy = SESSION.search("; ".join(f"{name}={value}" for name, value in world.browser.cookies.items()))
    assert copy is not None
    query = urlencode({"client_id": world.client, "logout_uri": OAUTH["LogoutURLs"][0]})
    response = await world.browser.get(f"/logout?{query}")
    assert (response.status_code, response.headers["location"]) == (302, OAUTH["LogoutURLs"][0])
    again = await world.app.get(f"/oauth2/authorize?{world.query()}", headers={"cookie": copy.group()})
    assert again.headers["location"].startswith("/login?")
    alive = await world.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert alive.status_code == 200


async def test_logout_to_the_sign_in_page(world):
    await world.sign_in()
    response = await world.browser.get(f"/logout?{world.query()}")
    assert response.headers["location"].startswith("/login?")
    assert (await world.authorize()).headers["location"].startswith("/login?")


@each(
    "asked",
    [
        {},
        {"logout_uri": "https://evil.example"},
        {"logout_uri": CALLBACK},
        {"logout_uri": "https://app.example.com/bye/"},
        {"logout_uri": "javascript:alert(1)"},
        {"redirect_uri": "https://evil.example", "response_type": "code"},
    ],
)
async def test_logout_to_nowhere_else(person, asked):
    """Refused means still signed in."""
    response = await person.browser.get(f"/logout?{urlencode({'client_id': person.client, **asked})}")
    assert (response.status_code, "location" in response.headers) == (400, False)
    assert "code" in answered(await person.authorize())


async def test_session_of_another_pool_is_nobody(services, invoke, world):
    """The cookie of one pool under the name of another pool's cookie does not sign anybody in."""
    other = await make_world(services, invoke, nth=1)
    await world.sign_in()
    (value,) = [v for name, v in world.browser.cookies.items() if "session" in name]
    cookie = f"poolhouse-session-{other.stage.pool}={value}"
    response = await other.app.get(f"/oauth2/authorize?{other.query()}", headers={"cookie": cookie})
    assert response.headers["location"].startswith("/login?")
