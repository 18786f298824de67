"""What tokens say, how they are renewed, and how they end."""

import asyncio
import base64
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from operations.stage import EMAIL, EMAIL_POOL, PASSWORD, Stage, build, claims, refused, said
from poolhouse.crypto import tokens as signed
from poolhouse.crypto.tokens import PublicKey
from poolhouse.operations import discovery, housekeeping
from poolhouse.operations.bearer import bearer
from poolhouse.store import families

REVOKED = ("NotAuthorized", "Access Token has been revoked")


@pytest.fixture
async def stage(services, invoke) -> Stage:
    return await build(services, invoke)


async def refresh(stage: Stage, token: str, **more: str) -> dict:
    answer = await stage.public("GetTokensFromRefreshToken", ClientId=stage.client, RefreshToken=token, **more)
    return answer["AuthenticationResult"]


async def refresh_flow(stage: Stage, token: str, flow: str = "REFRESH_TOKEN_AUTH", **more: str) -> dict:
    answer = await stage.public(
        "InitiateAuth", ClientId=stage.client, AuthFlow=flow, AuthParameters={"REFRESH_TOKEN": token, **more}
    )
    return answer["AuthenticationResult"]


async def get_user(stage: Stage, token: str) -> dict:
    return await stage.public("GetUser", AccessToken=token)


# --- claims ------------------------------------------------------------------------------------------------


async def test_access_token(stage, clock):
    """Exactly these claims, and no profile data."""
    sub = await stage.person()
    said_by_token = claims((await stage.tokens())["AccessToken"])
    now = clock() // 1_000_000
    fixed = {name: said_by_token.pop(name) for name in ("origin_jti", "event_id", "jti")}
    assert all(uuid.UUID(value) for value in fixed.values())
    assert len(set(fixed.values())) == 3
    assert said_by_token == {
        "sub": sub,
        "iss": f"http://127.0.0.1:4500/{stage.pool}",
        "client_id": stage.client,
        "token_use": "access",
        "scope": "aws.cognito.signin.user.admin",
        "auth_time": now,
        "iat": now,
        "exp": now + 3600,
        "username": sub,
    }


async def test_id_token(stage, clock):
    sub = await stage.person()
    tokens = await stage.tokens()
    told, access = claims(tokens["IdToken"]), claims(tokens["AccessToken"])
    now = clock() // 1_000_000
    assert told.pop("jti") != access["jti"]
    assert (told.pop("origin_jti"), told.pop("event_id")) == (access["origin_jti"], access["event_id"])
    assert told == {
        "sub": sub,
        "iss": f"http://127.0.0.1:4500/{stage.pool}",
        "cognito:username": sub,
        "aud": stage.client,
        "token_use": "id",
        "auth_time": now,
        "iat": now,
        "exp": now + 3600,
        "email": EMAIL,
    }


async def test_attribute_claims(services, invoke):
    """Flags are booleans, the address an object, the time of change a number, custom attributes text."""
    schema = [{"Name": "level", "AttributeDataType": "Number", "Mutable": True}]
    client = {"ReadAttributes": ["email", "email_verified", "address", "updated_at", "custom:level"]}
    stage = await build(services, invoke, client=client, **EMAIL_POOL, Schema=schema)
    await stage.person()
    given_ones = {"email_verified": "true", "address": "1 High St", "updated_at": "17", "custom:level": "3", "name": "A"}
    listed = [{"Name": name, "Value": value} for name, value in given_ones.items()]
    await stage.admin("AdminUpdateUserAttributes", Username=EMAIL, UserAttributes=listed)
    told = claims((await stage.tokens())["IdToken"])
    assert told["email_verified"] is True
    assert told["address"] == {"formatted": "1 High St"}
    assert told["updated_at"] == 17
    assert told["custom:level"] == "3"
    assert "name" not in told


async def test_header_and_keys(stage, services):
    """Two keys, one for each kind of token; both are published, and the issuer is the document's."""
    await stage.person()
    tokens = await stage.tokens()
    published = {key["kid"]: key for key in (await discovery.jwks(services, stage.pool))["keys"]}
    kids = [_header(tokens[name])["kid"] for name in ("AccessToken", "IdToken")]
    assert set(kids) == set(published)
    assert len(set(kids)) == 2
    assert _header(tokens["AccessToken"]) == {"kid": kids[0], "alg": "RS256"}
    document = await discovery.configuration(services, stage.pool)
    assert document["issuer"] == claims(tokens["IdToken"])["iss"]
    assert document["jwks_uri"] == f"{document['issuer']}/.well-known/jwks.json"


@pytest.mark.parametrize("document", [discovery.jwks, discovery.configuration])
async def test_documents_of_an_unknown_pool(services, document):
    assert (await refused(document(services, "us-east-1_Nothing00"))).code == "ResourceNotFoundException"


def _header(token: str) -> dict:
    return signed.json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))


async def test_groups_and_roles(stage):
    """By precedence; the best group's role is preferred."""
    await stage.person()
    for name, precedence in (("ten", 10), ("none", None), ("one", 1)):
        await _group(stage, name, precedence, f"arn:aws:iam::000000000000:role/{name}")
    told = claims((await stage.tokens())["IdToken"])
    assert told["cognito:groups"] == ["one", "ten", "none"]
    assert told["cognito:preferred_role"].endswith("role/one")
    assert [role.rpartition("/")[2] for role in told["cognito:roles"]] == ["one", "ten", "none"]
    assert claims((await stage.tokens())["AccessToken"])["cognito:groups"] == ["one", "ten", "none"]


async def test_no_preferred_role_in_a_tie(stage):
    await stage.person()
    for name in ("a", "b"):
        await _group(stage, name, 1, f"arn:aws:iam::000000000000:role/{name}")
    told = claims((await stage.tokens())["IdToken"])
    assert len(told["cognito:roles"]) == 2
    assert "cognito:preferred_role" not in told


async def _group(stage: Stage, name: str, precedence: int | None, role: str) -> None:
    ranked = {} if precedence is None else {"Precedence": precedence}
    await stage.admin("CreateGroup", GroupName=name, RoleArn=role, **ranked)
    await stage.admin("AdminAddUserToGroup", GroupName=name, Username=EMAIL)


async def test_lifetimes(services, invoke):
    """Each in the unit that the client gave."""
    units = {"AccessToken": "minutes", "IdToken": "hours", "RefreshToken": "days"}
    client = {"AccessTokenValidity": 10, "IdTokenValidity": 2, "RefreshTokenValidity": 3, "TokenValidityUnits": units}
    stage = await build(services, invoke, client=client)
    await stage.person()
    tokens = await stage.tokens()
    access, identity = claims(tokens["AccessToken"]), claims(tokens["IdToken"])
    assert (access["exp"] - access["iat"], identity["exp"] - identity["iat"]) == (600, 7200)
    assert tokens["ExpiresIn"] == 600


# --- refresh -----------------------------------------------------------------------------------------------


async def test_refresh(stage, clock):
    """New tokens of the same sign-in: its time, origin and event stay; groups and attributes are those of now."""
    await stage.person()
    before = await stage.tokens()
    await _group(stage, "late", None, "arn:aws:iam::000000000000:role/late")
    clock.advance(minutes=50)
    after = await refresh(stage, before["RefreshToken"])
    assert "RefreshToken" not in after
    old, new = claims(before["AccessToken"]), claims(after["AccessToken"])
    for kept in ("auth_time", "origin_jti", "event_id", "sub"):
        assert new[kept] == old[kept]
    assert new["iat"] == old["iat"] + 3000
    assert new["jti"] != old["jti"]
    assert claims(after["IdToken"])["cognito:groups"] == ["late"]


async def test_refresh_after_the_group_is_gone(stage):
    await stage.person()
    await _group(stage, "gone", None, "arn:aws:iam::000000000000:role/gone")
    tokens = await stage.tokens()
    await stage.admin("DeleteGroup", GroupName="gone")
    assert "cognito:groups" not in claims((await refresh(stage, tokens["RefreshToken"]))["AccessToken"])


@pytest.mark.parametrize("flow", ["REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"])
async def test_refresh_by_initiate_auth(stage, flow):
    await stage.person()
    tokens = await stage.tokens()
    assert set(await refresh_flow(stage, tokens["RefreshToken"], flow)) == {
        "AccessToken",
        "IdToken",
        "ExpiresIn",
        "TokenType",
    }


async def test_refresh_token_of_another_client(stage):
    await stage.person()
    token = (await stage.tokens())["RefreshToken"]
    await stage.new_client()
    for call in (refresh(stage, token), refresh_flow(stage, token)):
        assert said(await refused(call)) == ("NotAuthorized", "Invalid Refresh Token")


async def test_refresh_needs_the_secret(services, invoke):
    stage = await build(services, invoke, client={"GenerateSecret": True})
    await stage.sign_up(SecretHash=stage.hashed(EMAIL)["SECRET_HASH"])
    await stage.admin("AdminConfirmSignUp", Username=EMAIL)
    tokens = await stage.tokens()
    token, sub = tokens["RefreshToken"], claims(tokens["AccessToken"])["sub"]
    for call in (
        refresh(stage, token),
        refresh(stage, token, ClientSecret="x" * 51),
        refresh_flow(stage, token),
        refresh_flow(stage, token, SECRET_HASH="d3Jvbmc="),
    ):
        assert (await refused(call)).code == "NotAuthorizedException"
    assert await refresh(stage, token, ClientSecret=stage.secret)
    for name in (EMAIL, sub):
        assert await refresh_flow(stage, token, **stage.hashed(name))


async def test_refresh_token_expires(services, invoke, clock):
    stage = await build(services, invoke, client={"RefreshTokenValidity": 1})
    await stage.person()
    token = (await stage.tokens())["RefreshToken"]
    clock.advance(days=1, seconds=-1)
    assert await refresh(stage, token)
    clock.advance(seconds=1)
    assert said(await refused(refresh(stage, token))) == ("NotAuthorized", "Refresh Token has expired")


async def test_refresh_of_a_disabled_user(stage):
    """Enabling him again does not bring the old tokens back."""
    await stage.person()
    token = (await stage.tokens())["RefreshToken"]
    await stage.admin("AdminDisableUser", Username=EMAIL)
    assert said(await refused(refresh(stage, token))) == ("NotAuthorized", "User is disabled.")
    await stage.admin("AdminEnableUser", Username=EMAIL)
    assert said(await refused(refresh(stage, token))) == ("NotAuthorized", "Refresh Token has been revoked")
    assert "AuthenticationResult" in await stage.by_password()


async def test_refresh_of_a_deleted_user(stage):
    await stage.person()
    token = (await stage.tokens())["RefreshToken"]
    await stage.admin("AdminDeleteUser", Username=EMAIL)
    await stage.person()
    assert (await refused(refresh(stage, token))).code == "NotAuthorizedException"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
async def test_tampered_refresh_token(stage, data):
    """Any changed character makes it nothing."""
    if not hasattr(stage, "token"):
        await stage.person()
        stage.token = (await stage.tokens())["RefreshToken"]
    position = data.draw(st.integers(0, len(stage.token) - 1))
    letter = data.draw(st.sampled_from("ABYZabyz0189-_.").filter(lambda one: one != stage.token[position]))
    changed = stage.token[:position] + letter + stage.token[position + 1 :]
    assert said(await refused(refresh(stage, changed))) == ("NotAuthorized", "Invalid Refresh Token")


# --- ends --------------------------------------------------------------------------------------------------


async def test_revoke(stage):
    """That sign-in ends, with its access token; another one of the same user goes on. Twice is fine."""
    await stage.person()
    one, two = await stage.tokens(), await stage.tokens()
    for _ in range(2):
        assert await stage.public("RevokeToken", ClientId=stage.client, Token=one["RefreshToken"]) == {}
    assert said(await refused(get_user(stage, one["AccessToken"]))) == REVOKED
    assert said(await refused(refresh(stage, one["RefreshToken"]))) == (
        "NotAuthorized",
        "Refresh Token has been revoked",
    )
    assert await get_user(stage, two["AccessToken"])


@pytest.mark.parametrize("kind", ["AccessToken", "IdToken"])
async def test_revoke_of_another_kind_of_token(stage, kind):
    await stage.person()
    tokens = await stage.tokens()
    error = await refused(stage.public("RevokeToken", ClientId=stage.client, Token=tokens[kind]))
    assert error.code == "UnsupportedTokenTypeException"
    assert await get_user(stage, tokens["AccessToken"])


async def test_revoke_by_another_client(stage):
    await stage.person()
    first, tokens = stage.client, await stage.tokens()
    await stage.new_client()
    for client in (stage.client, "1example23456789"):
        error = await refused(stage.public("RevokeToken", ClientId=client, Token=tokens["RefreshToken"]))
        assert error.code == "UnauthorizedException"
    stage.client = first
    assert await refresh(stage, tokens["RefreshToken"])


async def test_revoke_of_garbage(stage):
    error = await refused(stage.public("RevokeToken", ClientId=stage.client, Token="garbage"))
    assert said(error) == ("InvalidParameter", "Invalid Refresh Token")


async def test_client_without_revocation(services, invoke):
    """Its tokens name no origin, cannot be revoked, and still end with a global sign-out."""
    stage = await build(services, invoke, client={"EnableTokenRevocation": False})
    await stage.person()
    tokens = await stage.tokens()
    access, identity = claims(tokens["AccessToken"]), claims(tokens["IdToken"])
    assert "origin_jti" not in access
    assert "origin_jti" not in identity
    assert "jti" not in identity
    error = await refused(stage.public("RevokeToken", ClientId=stage.client, Token=tokens["RefreshToken"]))
    assert error.code == "UnsupportedOperationException"
    assert await get_user(stage, tokens["AccessToken"])
    await stage.admin("AdminUserGlobalSignOut", Username=EMAIL)
    assert said(await refused(get_user(stage, tokens["AccessToken"]))) == REVOKED


async def test_global_sign_out(stage, services):
    """Every sign-in of the user ends at once; a new one in the same microsecond is good; the JWT itself stays valid."""
    await stage.person()
    one, two = await stage.tokens(), await stage.tokens()
    assert await stage.public("GlobalSignOut", AccessToken=one["AccessToken"]) == {}
    for tokens in (one, two):
        assert said(await refused(get_user(stage, tokens["AccessToken"]))) == REVOKED
        assert (await refused(refresh(stage, tokens["RefreshToken"]))).message == "Refresh Token has been revoked"
    assert await get_user(stage, (await stage.tokens())["AccessToken"])
    keys = {key["kid"]: key for key in (await discovery.jwks(services, stage.pool))["keys"]}
    assert signed.verify(one["AccessToken"], {kid: _public(key) for kid, key in keys.items()})


def _public(jwk: dict) -> PublicKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    numbers = [int.from_bytes(base64.urlsafe_b64decode(jwk[name] + "=="), "big") for name in ("e", "n")]
    return PublicKey(RSAPublicNumbers(*numbers).public_key())


@pytest.mark.parametrize("by", ["sub", "email"])
async def test_admin_global_sign_out(stage, by):
    sub = await stage.person()
    tokens = await stage.tokens()
    await stage.admin("AdminUserGlobalSignOut", Username=sub if by == "sub" else EMAIL)
    assert said(await refused(get_user(stage, tokens["AccessToken"]))) == REVOKED


async def test_sign_in_and_sign_out_at_once(stage):
    """After the sign-out was answered, whatever is still good came from a sign-in that it does not cover."""
    await stage.person()
    token = (await stage.tokens())["AccessToken"]
    results = await asyncio.gather(
        *(stage.tokens() for _ in range(4)), stage.public("GlobalSignOut", AccessToken=token)
    )
    assert results[-1] == {}
    assert said(await refused(get_user(stage, token))) == REVOKED


# --- bearer ------------------------------------------------------------------------------------------------


async def test_id_token_as_access_token(stage):
    await stage.person()
    tokens = await stage.tokens()
    assert said(await refused(get_user(stage, tokens["IdToken"]))) == ("NotAuthorized", "Invalid Access Token")


async def test_access_token_expires(stage, clock):
    await stage.person()
    token = (await stage.tokens())["AccessToken"]
    clock.advance(seconds=3599)
    assert await get_user(stage, token)
    clock.advance(seconds=1)
    assert said(await refused(get_user(stage, token))) == ("NotAuthorized", "Access Token has expired")


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "http://127.0.0.1:4500/us-east-1_Other0000"},
        {"iss": "http://evil.example/{pool}"},
        {"iss": "http://127.0.0.1:4500/x/{pool}"},
        {"iss": 7},
        {"token_use": "id"},
        {"client_id": "1example23456789"},
        {"sub": "00000000-0000-4000-8000-000000000000"},
        {"scope": "openid"},
        {"scope": "xaws.cognito.signin.user.admin"},
    ],
)
async def test_claims_that_do_not_fit(stage, services, change):
    """Even under a good signature each claim is compared with what the database knows."""
    await stage.person()
    good = claims((await stage.tokens())["AccessToken"])
    changed = {n: v.format(pool=stage.pool) if isinstance(v, str) else v for n, v in change.items()}
    token = await _signed(services, stage, {**good, **changed})
    assert (await refused(get_user(stage, token))).code == "NotAuthorizedException"
    assert await get_user(stage, await _signed(services, stage, good))


async def _signed(services, stage: Stage, told: dict, use: str = "access") -> str:
    from poolhouse.operations import signing_keys

    async with services.database.read() as tx:
        keys = await signing_keys.of_pool(tx, services.vault, stage.pool, services.clock())
    return keys.signing[use].sign(told)


async def test_key_of_the_other_use(stage, services):
    """An access token signed with the key for ID tokens is none."""
    await stage.person()
    good = claims((await stage.tokens())["AccessToken"])
    token = await _signed(services, stage, good, "id")
    assert said(await refused(get_user(stage, token))) == ("NotAuthorized", "Invalid Access Token")


async def test_key_of_another_pool(stage, services, invoke):
    other = await build(services, invoke, nth=1)
    await stage.person()
    good = claims((await stage.tokens())["AccessToken"])
    token = await _signed(services, other, good)
    assert said(await refused(get_user(stage, token))) == ("NotAuthorized", "Invalid Access Token")


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS512"])
async def test_other_algorithms(stage, algorithm):
    await stage.person()
    header, payload, signature = (await stage.tokens())["AccessToken"].split(".")
    forged = base64.urlsafe_b64encode(f'{{"alg":"{algorithm}"}}'.encode()).rstrip(b"=").decode()
    for token in (f"{forged}.{payload}.{signature}", f"{forged}.{payload}."):
        assert (await refused(get_user(stage, token))).code == "NotAuthorizedException"


ACCESS_TOKEN_OPERATIONS = {
    "GetUser": {},
    "GlobalSignOut": {},
    "DeleteUser": {},
    "ChangePassword": {"PreviousPassword": PASSWORD, "ProposedPassword": "Another-Horse9"},
    "UpdateUserAttributes": {"UserAttributes": [{"Name": "name", "Value": "Mallory"}]},
    "DeleteUserAttributes": {"UserAttributeNames": ["name"]},
    "GetUserAttributeVerificationCode": {"AttributeName": "email"},
    "VerifyUserAttribute": {"AttributeName": "email", "Code": "123456"},
}


@pytest.mark.parametrize("operation", ACCESS_TOKEN_OPERATIONS)
async def test_bad_tokens_everywhere(stage, services, clock, operation):
    """No operation takes a token of the wrong kind, key, user or time, and nothing changes."""
    await stage.person()
    tokens, before = await stage.tokens(), await stage.user()
    told = claims(tokens["AccessToken"])
    other_key = await _signed(services, stage, told, "id")
    unsigned = tokens["AccessToken"].rsplit(".", 1)[0] + "."
    await stage.admin("AdminUserGlobalSignOut", Username=EMAIL)
    for token in (tokens["IdToken"], other_key, unsigned, "garbage", tokens["AccessToken"]):
        error = await refused(stage.public(operation, AccessToken=token, **ACCESS_TOKEN_OPERATIONS[operation]))
        assert error.code == "NotAuthorizedException"
    after = await stage.user()
    assert after["attributes"] == before["attributes"]
    assert "AuthenticationResult" in await stage.by_password()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
async def test_tampered_access_token(stage, data):
    if not hasattr(stage, "token"):
        await stage.person()
        stage.token = (await stage.tokens())["AccessToken"]
    position = data.draw(st.integers(0, len(stage.token) - 1))
    letter = data.draw(st.sampled_from("ABYZabyz0189-_.").filter(lambda one: one != stage.token[position]))
    changed = stage.token[:position] + letter + stage.token[position + 1 :]
    assert said(await refused(get_user(stage, changed))) == ("NotAuthorized", "Invalid Access Token")


async def test_bearer_knows_live_groups(stage, services, clock):
    """The groups are those of now, not those that the token names."""
    await stage.person()
    await _group(stage, "a", None, "arn:aws:iam::000000000000:role/a")
    tokens = await stage.tokens()
    await stage.admin("AdminRemoveUserFromGroup", GroupName="a", Username=EMAIL)
    await _group(stage, "b", None, "arn:aws:iam::000000000000:role/b")
    async with services.database.read() as tx:
        who = await bearer(services, tx, tokens["IdToken"], now=clock(), uses=("access", "id"))
    assert who.groups == ("b",)
    assert who.token_use == "id"
    assert who.claims["cognito:groups"] == ["a"]
    assert (who.pool.id, who.client.id) == (stage.pool, stage.client)


async def test_bearer_of_a_given_pool(stage, services, invoke, clock):
    other = await build(services, invoke, nth=1)
    await stage.person()
    token = (await stage.tokens())["AccessToken"]
    async with services.database.read() as tx:
        assert await bearer(services, tx, token, now=clock(), pool_id=stage.pool)
        error = await refused(bearer(services, tx, token, now=clock(), pool_id=other.pool))
    assert error.message == "Invalid Access Token"


async def test_deleted_client(stage, services):
    await stage.person()
    token = (await stage.tokens())["AccessToken"]
    await stage.admin("DeleteUserPoolClient", ClientId=stage.client)
    assert (await refused(get_user(stage, token))).code == "NotAuthorizedException"


async def test_housekeeping(stage, services, clock):
    """What expired is forgotten, what is alive stays."""
    await stage.person()
    old = claims((await stage.tokens())["AccessToken"])["origin_jti"]
    await stage.srp()
    await refused(stage.by_password(password="Wrong-Horse9"))
    assert await housekeeping.tidy(services) == 0
    clock.advance(days=31)
    new = await stage.tokens()
    assert await housekeeping.tidy(services) == 3
    async with services.database.read() as tx:
        assert await families.find(tx, old) is None
    assert await refresh(stage, new["RefreshToken"])
