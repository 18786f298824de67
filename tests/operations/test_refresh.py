"""How tokens are renewed, and how a sign-in ends."""

import asyncio
import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from operations.stage import EMAIL, Stage, build, claims, refused, said

from poolhouse.crypto import tokens as signed
from poolhouse.crypto.tokens import PublicKey
from poolhouse.operations import discovery, housekeeping
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


async def test_refresh(stage, clock):
    """New tokens of the same sign-in: its time, origin and event stay; groups and attributes are those of now."""
    await stage.person()
    before = await stage.tokens()
    await stage.group("late", None, "arn:aws:iam::000000000000:role/late")
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
    await stage.group("gone", None, "arn:aws:iam::000000000000:role/gone")
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


async def test_revoke_needs_the_secret(services, invoke):
    stage = await build(services, invoke, client={"GenerateSecret": True})
    await stage.sign_up(SecretHash=stage.hashed(EMAIL)["SECRET_HASH"])
    await stage.admin("AdminConfirmSignUp", Username=EMAIL)
    tokens = await stage.tokens()
    for secret in ({}, {"ClientSecret": "x" * 51}):
        call = stage.public("RevokeToken", ClientId=stage.client, Token=tokens["RefreshToken"], **secret)
        assert (await refused(call)).code == "UnauthorizedException"
    assert await get_user(stage, tokens["AccessToken"])
    await stage.public("RevokeToken", ClientId=stage.client, Token=tokens["RefreshToken"], ClientSecret=stage.secret)
    assert said(await refused(get_user(stage, tokens["AccessToken"]))) == REVOKED


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
