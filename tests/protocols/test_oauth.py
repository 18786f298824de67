"""The token, userInfo and revocation endpoints, with codes from the real pages, on both databases."""

import asyncio
import base64
import hashlib

import pytest
from cases import each
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import KeySet
from oauth_world import BASE, CALLBACK, OAUTH, PKCE, VERIFIER, answered, make_world
from operations.stage import EMAIL, claims, refused
from pool_rows import examples

from poolhouse.operations import discovery
from poolhouse.store import families

ADMIN = "aws.cognito.signin.user.admin"


@pytest.fixture
async def world(services, invoke):
    return await make_world(services, invoke)


def basic(client_id, secret):
    return {"authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


# --- codes -------------------------------------------------------------------------------------------------


async def test_code_becomes_verified_tokens(world, services):
    """A standard JOSE library verifies both tokens with the published keys; claims are OpenID Connect's."""
    code = await world.code(scope="openid email", nonce="n-1", **PKCE)
    response = await world.exchange(code, code_verifier=VERIFIER)
    answer = response.json()
    assert (response.status_code, answer["token_type"], answer["expires_in"]) == (200, "Bearer", 3600)
    keys = KeySet.import_key_set(await discovery.jwks(services, world.stage.pool))
    identity = jwt.decode(answer["id_token"], keys, algorithms=["RS256"]).claims
    access = jwt.decode(answer["access_token"], keys, algorithms=["RS256"]).claims
    half = hashlib.sha256(answer["access_token"].encode()).digest()[:16]
    assert identity["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    assert (identity["nonce"], identity["aud"], identity["email"]) == ("n-1", world.client, EMAIL)
    assert (access["scope"], access["version"], access["client_id"]) == ("openid email", 2, world.client)
    assert access["origin_jti"] == identity["origin_jti"]
    assert "email" not in access
    assert response.headers["cache-control"] == "no-store"


async def test_scopes_narrow_the_id_token(world):
    """profile alone does not tell the e-mail address; openid alone tells what the client may read."""
    assert "email" not in claims((await world.tokens(scope="openid profile"))["id_token"])
    assert claims((await world.tokens(scope="openid"))["id_token"])["email"] == EMAIL


async def test_without_openid_no_id_token(world):
    tokens = await world.tokens(scope=ADMIN)
    assert "id_token" not in tokens
    assert tokens.keys() == {"access_token", "refresh_token", "token_type", "expires_in"}


async def test_code_is_used_once_and_a_second_use_ends_what_it_gave(world):
    code = await world.code()
    tokens = (await world.exchange(code)).json()
    again = await world.exchange(code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    refused_refresh = await world.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refused_refresh.json()["error"] == "invalid_grant"
    assert (await refused(world.stage.public("GetUser", AccessToken=tokens["access_token"]))).code


async def test_parallel_exchanges_give_no_lasting_pair(world):
    """Two exchanges at once: at most one answer, and what it got is dead, for one of the two was a thief."""
    code = await world.code()
    answers = await asyncio.gather(world.exchange(code), world.exchange(code))
    assert sorted(each.status_code for each in answers) == [200, 400]
    (won,) = [each.json() for each in answers if each.status_code == 200]
    after = await world.token(grant_type="refresh_token", refresh_token=won["refresh_token"])
    assert after.json()["error"] == "invalid_grant"


@each(
    "change",
    [
        {"code_verifier": None},
        {"code_verifier": "w" * 64},
        {"code_verifier": "v" * 42},
        {"code_verifier": PKCE["code_challenge"]},
        {"redirect_uri": None},
        {"redirect_uri": CALLBACK + "/"},
        {"redirect_uri": "myapp://back"},
        {"code": "AAAA"},
        {"code": "\0"},
    ],
)
async def test_wrong_bindings_do_not_use_the_code_up(world, change):
    """Everything but the right verifier and redirect URI is invalid_grant, and the right ones still work after it."""
    code = await world.code(**PKCE)
    form = {"code": code, "code_verifier": VERIFIER, "redirect_uri": CALLBACK}
    wrong = await world.token(grant_type="authorization_code", **{**form, **change})
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_grant")
    assert (await world.token(grant_type="authorization_code", **form)).status_code == 200


async def test_verifier_for_a_code_without_challenge(world):
    assert (await world.exchange(await world.code(), code_verifier=VERIFIER)).json()["error"] == "invalid_grant"


async def test_code_of_another_client(world):
    code = await world.code()
    await world.stage.new_client(**OAUTH)
    assert (await world.exchange(code)).json()["error"] == "invalid_grant"


async def test_code_lives_five_minutes(world, clock):
    code, late = await world.code(), await world.code()
    clock.advance(seconds=299)
    assert (await world.exchange(code)).status_code == 200
    clock.advance(seconds=2)
    assert (await world.exchange(late)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("operation", ["AdminDisableUser", "AdminUserGlobalSignOut", "AdminDeleteUser"])
async def test_code_dies_with_the_sign_in(world, clock, operation):
    """Between code and exchange the user is disabled, signed out or deleted: no tokens."""
    code = await world.code()
    clock.advance(seconds=1)
    await world.stage.admin(operation, Username=EMAIL)
    assert (await world.exchange(code)).json()["error"] == "invalid_grant"


async def test_client_that_may_not_read_what_a_scope_tells(services, invoke):
    world = await make_world(services, invoke, ReadAttributes=["email"])
    assert (await world.exchange(await world.code(scope="openid email"))).json()["error"] == "invalid_grant"


# --- clients -----------------------------------------------------------------------------------------------


async def test_secret_in_header_or_form(services, invoke):
    world = await make_world(services, invoke, GenerateSecret=True)
    secret = world.stage.secret
    in_header = await world.exchange(await world.code(), client_id=None, headers=basic(world.client, secret))
    in_form = await world.exchange(await world.code(), client_secret=secret)
    assert (in_header.status_code, in_form.status_code) == (200, 200)


@pytest.mark.parametrize("form", [{}, {"client_secret": "wrong"}, {"client_id": "x"}, {"client_id": None}])
async def test_wrong_client_authentication(services, invoke, form):
    world = await make_world(services, invoke, GenerateSecret=True)
    code = await world.code()
    answer = await world.exchange(code, **form)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")
    assert (await world.exchange(code, client_secret=world.stage.secret)).status_code == 200


async def test_secret_sent_by_a_public_client(world):
    assert (await world.exchange(await world.code(), client_secret="x")).json()["error"] == "invalid_client"


@each(
    "headers, error",
    [
        ({"authorization": "Basic !!"}, "invalid_client"),
        ({"authorization": "Basic " + base64.b64encode(b"\xff:\xff").decode()}, "invalid_client"),
        ({"authorization": "Bearer x"}, "invalid_request"),
        (basic("other", "x"), "invalid_request"),
    ],
)
async def test_odd_authorization_headers(world, headers, error):
    answer = await world.token(grant_type="authorization_code", code="x", headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


# --- the endpoint itself -----------------------------------------------------------------------------------


@each(
    "form, error",
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x y"}, "invalid_grant"),
        ({"grant_type": "client_credentials"}, "invalid_client"),
    ],
)
async def test_refused_requests(world, form, error):
    answer = await world.token(**form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_client_without_oauth(world):
    await world.stage.new_client()
    answer = await world.token(grant_type="authorization_code", code="x", redirect_uri=CALLBACK)
    assert answer.json()["error"] == "unauthorized_client"


async def test_repeated_parameter_json_body_and_method(world):
    repeated = await world.app.post(
        "/oauth2/token",
        content="grant_type=refresh_token&grant_type=refresh_token",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    in_json = await world.app.post("/oauth2/token", json={"grant_type": "refresh_token"})
    large = await world.token(grant_type="x" * 40_000)
    assert [repeated.json()["error"], in_json.json()["error"], large.status_code] == [
        "invalid_request",
        "invalid_request",
        413,
    ]
    got = await world.app.get("/oauth2/token")
    assert (got.status_code, got.headers["allow"]) == (405, "POST,OPTIONS")


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/userInfo", "/oauth2/revoke"])
async def test_browsers_may_ask_from_anywhere_without_credentials(world, path):
    answer = await world.app.options(path, headers={"origin": "https://app.example.com"})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, "*")
    assert "access-control-allow-credentials" not in answer.headers
    assert "authorization" in answer.headers["access-control-allow-headers"]


async def test_arbitrary_forms_never_fault(world):
    """No 5xx for whatever a form holds."""
    names = st.sampled_from(["grant_type", "code", "client_id", "client_secret", "refresh_token", "scope", "token"])
    values = st.one_of(st.text(max_size=30), st.sampled_from(["authorization_code", "refresh_token", world.client]))
    for form in examples(st.dictionaries(names, values, max_size=6), 60):
        for path in ("/oauth2/token", "/oauth2/revoke"):
            data = {name: value.encode("utf-8", "surrogatepass") for name, value in form.items()}
            assert (await world.app.post(path, data=data)).status_code < 500


# --- refresh -----------------------------------------------------------------------------------------------


async def test_refresh_keeps_scope_and_sign_in(world, clock):
    first = await world.tokens(scope="openid email")
    clock.advance(seconds=10)
    answer = (await world.token(grant_type="refresh_token", refresh_token=first["refresh_token"])).json()
    assert answer.keys() == {"access_token", "id_token", "token_type", "expires_in"}
    before, after = claims(first["access_token"]), claims(answer["access_token"])
    for name in ("scope", "origin_jti", "auth_time", "version"):
        assert before[name] == after[name]


async def test_refresh_through_the_api_tells_no_more(world):
    """An app that was granted a scope cannot widen it by the other way of refreshing."""
    first = await world.tokens(scope="openid profile")
    answer = await world.stage.public(
        "GetTokensFromRefreshToken", ClientId=world.client, RefreshToken=first["refresh_token"]
    )
    assert "email" not in claims(answer["AuthenticationResult"]["IdToken"])
    assert claims(answer["AuthenticationResult"]["AccessToken"])["scope"] == "openid profile"


async def test_refresh_by_another_client(world):
    first = await world.tokens()
    await world.stage.new_client(**OAUTH)
    answer = await world.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert answer.json()["error"] == "invalid_grant"


async def test_rotation(services, invoke, clock):
    """With rotation a new refresh token comes back, and the replaced one ends the sign-in."""
    world = await make_world(
        services,
        invoke,
        ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"],
        RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
    )
    first = await world.tokens()
    second = (await world.token(grant_type="refresh_token", refresh_token=first["refresh_token"])).json()
    clock.advance(seconds=1)
    stale = await world.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert stale.json()["error"] == "invalid_grant"
    ended = await world.token(grant_type="refresh_token", refresh_token=second["refresh_token"])
    assert ended.json()["error"] == "invalid_grant"


# --- userInfo and revoke -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_user_info(world, method):
    tokens = await world.tokens(scope="openid email")
    headers = {"authorization": f"Bearer {tokens['access_token']}"}
    answer = (await world.app.request(method, "/oauth2/userInfo", headers=headers)).json()
    user = await world.stage.user()
    assert answer == {
        "sub": user["attributes"]["sub"],
        "email": EMAIL,
        "username": user["Username"],
    } | {name: value for name, value in user["attributes"].items() if name == "email_verified"}


async def test_user_info_refuses(world):
    """No token 400; of the API, an ID token, a revoked or broken one 401; nothing is told."""
    tokens = await world.tokens(scope="openid")
    api = await world.stage.tokens()
    statuses = {}
    for name, token in {
        "api": api["AccessToken"],
        "id": tokens["id_token"],
        "broken": tokens["access_token"][:-3] + "AAA",
        "text": "x",
    }.items():
        answer = await world.app.get("/oauth2/userInfo", headers={"authorization": f"Bearer {token}"})
        statuses[name] = (answer.status_code, answer.json()["error"], "sub" in answer.json())
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert set(statuses.values()) == {(401, "invalid_token", False)}
    bare = await world.app.get("/oauth2/userInfo")
    assert (bare.status_code, bare.json()["error"]) == (400, "invalid_request")


async def test_revoke(world):
    """The family ends, once and silently; userInfo refuses at once."""
    tokens = await world.tokens(scope="openid")
    for _ in range(2):
        answer = await world.app.post(
            "/oauth2/revoke", data={"token": tokens["refresh_token"], "client_id": world.client}
        )
        assert (answer.status_code, answer.content) == (200, b"")
    headers = {"authorization": f"Bearer {tokens['access_token']}"}
    assert (await world.app.get("/oauth2/userInfo", headers=headers)).status_code == 401
    async with world.services.database.read() as tx:
        assert (await families.find(tx, claims(tokens["access_token"])["origin_jti"])).revoked is not None


async def test_revoke_refuses(world):
    tokens = await world.tokens(scope="openid")
    good = {"token": tokens["refresh_token"], "client_id": world.client}
    asked = [
        ({**good, "client_id": "nobody"}, 401, "invalid_client"),
        ({**good, "client_secret": "x"}, 401, "invalid_client"),
        ({"client_id": world.client}, 400, "invalid_request"),
        ({**good, "token": tokens["access_token"]}, 400, "unsupported_token_type"),
    ]
    for form, status, error in asked:
        answer = await world.app.post("/oauth2/revoke", data=form)
        assert (answer.status_code, answer.json()["error"]) == (status, error)
    unknown = await world.app.post("/oauth2/revoke", data={**good, "token": "unknown"})
    assert (unknown.status_code, unknown.content) == (200, b"")
    still = await world.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert still.status_code == 200


async def test_revoke_of_another_clients_token_changes_nothing(world):
    tokens = await world.tokens(scope="openid")
    owner = world.client
    await world.stage.new_client(**OAUTH)
    form = {"token": tokens["refresh_token"], "client_id": world.client}
    assert (await world.app.post("/oauth2/revoke", data=form)).status_code == 200
    still = await world.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"], client_id=owner)
    assert still.status_code == 200


async def test_implicit(services, invoke):
    """Tokens in the fragment, never a refresh token; an ID token only with openid."""
    world = await make_world(services, invoke, AllowedOAuthFlows=["implicit"])
    answer = answered(await world.sign_in(response_type="token", scope="openid", nonce="n"))
    assert answer.keys() == {"access_token", "id_token", "token_type", "expires_in", "state"}
    assert claims(answer["id_token"])["nonce"] == "n"
    bare = answered(await world.authorize(response_type="token", scope=ADMIN))
    assert "id_token" not in bare
    refused_code = answered(await world.authorize())
    assert refused_code["error"] == "unauthorized_client"


async def test_discovery_points_here(world, services):
    document = await discovery.configuration(services, world.stage.pool)
    for member in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "revocation_endpoint"):
        path = document[member].removeprefix(BASE)
        assert (await world.app.get(path)).status_code != 404
