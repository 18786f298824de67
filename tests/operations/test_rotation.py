"""Refresh tokens that replace one another, and what happens when an old one comes back."""

import asyncio

import pytest
from cases import each
from operations.stage import EMAIL, Stage, build, claims, refused, said

from poolhouse.errors import AccessTokenRevoked
from poolhouse.operations import issuing
from poolhouse.operations.issuing import RefreshToken
from poolhouse.store import families

REUSED = ("RefreshTokenReuse", "Refresh Token was already used and replaced.")
REVOKED = ("NotAuthorized", "Refresh Token has been revoked")
FLOWS = ["ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH"]
WITHOUT_ROTATION = [*FLOWS, "ALLOW_REFRESH_TOKEN_AUTH"]


def rotating(grace: int = 0) -> dict:
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": grace}
    return {"ExplicitAuthFlows": FLOWS, "RefreshTokenRotation": rotation}


@pytest.fixture
async def stage(services, invoke) -> Stage:
    """A client whose replaced refresh tokens stay good for five seconds."""
    stage = await build(services, invoke, client=rotating(5))
    await stage.person()
    return stage


@pytest.fixture
async def strict(services, invoke) -> Stage:
    """A client without any grace."""
    stage = await build(services, invoke, client=rotating())
    await stage.person()
    return stage


async def refresh(stage: Stage, token: str, **more: str) -> dict:
    answer = await stage.public("GetTokensFromRefreshToken", ClientId=stage.client, RefreshToken=token, **more)
    return answer["AuthenticationResult"]


async def next_token(stage: Stage, token: str) -> str:
    return (await refresh(stage, token))["RefreshToken"]


async def is_alive(stage: Stage, tokens: dict) -> bool:
    """Whether the access token is still good for our own operations."""
    try:
        await stage.public("GetUser", AccessToken=tokens["AccessToken"])
    except AccessTokenRevoked:
        return False
    return True


async def change_client(stage: Stage, **settings) -> None:
    await stage.admin("UpdateUserPoolClient", ClientId=stage.client, **settings)


async def test_rotation(stage, clock):
    """Every refresh gives a new refresh token of the same sign-in, which works in its turn."""
    first = await stage.tokens()
    token, seen = first["RefreshToken"], {first["RefreshToken"]}
    for _ in range(3):
        clock.advance(minutes=10)
        renewed = await refresh(stage, token)
        for kept in ("origin_jti", "auth_time", "event_id"):
            assert claims(renewed["AccessToken"])[kept] == claims(first["AccessToken"])[kept]
        token = renewed["RefreshToken"]
        assert token not in seen
        seen.add(token)
    assert await is_alive(stage, renewed)


async def test_old_token_in_its_grace(stage, clock):
    """For five seconds; with it comes another token of the present generation, and both go on."""
    old = (await stage.tokens())["RefreshToken"]
    new = await next_token(stage, old)
    clock.advance(seconds=4.999999)
    again = await next_token(stage, old)
    clock.advance(seconds=1)
    assert await refresh(stage, again)
    assert await refresh(stage, new)


async def test_old_token_after_its_grace(stage, clock):
    """Reuse ends the sign-in: whoever holds the newest token is out too, and its access tokens are dead."""
    tokens = await stage.tokens()
    renewed = await refresh(stage, tokens["RefreshToken"])
    other = await stage.tokens()
    clock.advance(seconds=5)
    assert said(await refused(refresh(stage, tokens["RefreshToken"]))) == REUSED
    for token in (renewed["RefreshToken"], tokens["RefreshToken"]):
        assert said(await refused(refresh(stage, token))) == REVOKED
    assert not await is_alive(stage, renewed)
    assert await is_alive(stage, other)
    assert await refresh(stage, other["RefreshToken"])


async def test_grace_is_for_the_last_token_only(stage):
    """Two generations back is reuse, however fresh."""
    first = (await stage.tokens())["RefreshToken"]
    second = await next_token(stage, first)
    third = await next_token(stage, second)
    assert said(await refused(refresh(stage, first))) == REUSED
    assert said(await refused(refresh(stage, third))) == REVOKED


async def test_grace_begins_once(stage, clock):
    """Using the old token again and again does not keep it good."""
    old = (await stage.tokens())["RefreshToken"]
    await refresh(stage, old)
    clock.advance(seconds=3)
    await refresh(stage, old)
    clock.advance(seconds=2)
    assert said(await refused(refresh(stage, old))) == REUSED


async def test_without_grace(strict):
    token = (await strict.tokens())["RefreshToken"]
    renewed = await refresh(strict, token)
    assert said(await refused(refresh(strict, token))) == REUSED
    assert not await is_alive(strict, renewed)


async def test_without_grace_no_clock_is_asked(strict, clock):
    """A second use is refused although the node that gets it has a clock that is behind, or the request began earlier."""
    token = (await strict.tokens())["RefreshToken"]
    renewed = await refresh(strict, token)
    clock.advance(seconds=-0.5)
    assert said(await refused(refresh(strict, token))) == REUSED
    assert not await is_alive(strict, renewed)


async def test_parallel_in_the_grace(stage):
    """Tabs that refresh at the same time are all served, and all can go on from there."""
    token = (await stage.tokens())["RefreshToken"]
    answers = await asyncio.gather(*(refresh(stage, token) for _ in range(8)))
    assert len({answer["RefreshToken"] for answer in answers}) == 8
    for answer in answers:
        assert await refresh(stage, answer["RefreshToken"])


async def test_parallel_without_grace(strict):
    """One winner; the others say that the token was stolen, so the winner's tokens are dead as well."""
    token = (await strict.tokens())["RefreshToken"]
    outcomes = await asyncio.gather(*(refresh(strict, token) for _ in range(8)), return_exceptions=True)
    [winner] = [outcome for outcome in outcomes if isinstance(outcome, dict)]
    told = [said(outcome) for outcome in outcomes if not isinstance(outcome, dict)]
    assert set(told) <= {REUSED, REVOKED}
    assert REUSED in told
    assert said(await refused(refresh(strict, winner["RefreshToken"]))) == REVOKED
    assert not await is_alive(strict, winner)


async def test_parallel_with_a_sign_out(stage):
    """Whatever was handed out while the user signed out is dead."""
    tokens = await stage.tokens()
    outcomes = await asyncio.gather(
        *(refresh(stage, tokens["RefreshToken"]) for _ in range(4)),
        stage.public("GlobalSignOut", AccessToken=tokens["AccessToken"]),
        return_exceptions=True,
    )
    for outcome in outcomes[:-1]:
        if isinstance(outcome, dict):
            assert said(await refused(refresh(stage, outcome["RefreshToken"]))) == REVOKED
        else:
            assert said(outcome) == REVOKED


async def test_lifetime_is_that_of_the_first(services, invoke, clock):
    """Rotation prolongs nothing: ten hours after the sign-in it is over."""
    validity = {"RefreshTokenValidity": 10, "TokenValidityUnits": {"RefreshToken": "hours"}}
    stage = await build(services, invoke, client={**rotating(60), **validity})
    await stage.person()
    token = (await stage.tokens())["RefreshToken"]
    for _ in range(4):
        clock.advance(hours=2)
        token = await next_token(stage, token)
    clock.advance(hours=2, seconds=-1)
    last = await next_token(stage, token)
    clock.advance(seconds=1)
    assert said(await refused(refresh(stage, last))) == ("NotAuthorized", "Refresh Token has expired")


async def test_refused_tokens_turn_nothing(stage):
    """Another client, a disabled user and a revoked sign-in leave the generation as it was."""
    tokens = await stage.tokens()
    token, family = tokens["RefreshToken"], claims(tokens["AccessToken"])["origin_jti"]
    first_client = stage.client
    await stage.new_client(**rotating(5))
    assert said(await refused(refresh(stage, token))) == ("NotAuthorized", "Invalid Refresh Token")
    stage.client = first_client
    await stage.admin("AdminDisableUser", Username=EMAIL)
    assert said(await refused(refresh(stage, token))) == ("NotAuthorized", "User is disabled.")
    await stage.admin("AdminEnableUser", Username=EMAIL)
    assert said(await refused(refresh(stage, token))) == REVOKED
    async with stage.services.database.read() as tx:
        assert (await families.find(tx, family)).generation == 0


async def test_secret_comes_first(services, invoke):
    """Without the client's secret an old token cannot even end the sign-in."""
    stage = await build(services, invoke, client={**rotating(), "GenerateSecret": True})
    await stage.sign_up(SecretHash=stage.hashed(EMAIL)["SECRET_HASH"])
    await stage.admin("AdminConfirmSignUp", Username=EMAIL)
    old = (await stage.tokens())["RefreshToken"]
    new = (await refresh(stage, old, ClientSecret=stage.secret))["RefreshToken"]
    for more in ({}, {"ClientSecret": "x" * 51}):
        assert (await refused(refresh(stage, old, **more))).code == "NotAuthorizedException"
    assert await refresh(stage, new, ClientSecret=stage.secret)


@pytest.mark.parametrize("which", [0, 1])
async def test_revoke_with_any_token(stage, which):
    """Signing out works with the present token and with one that was replaced."""
    tokens = await stage.tokens()
    held = [tokens["RefreshToken"], await next_token(stage, tokens["RefreshToken"])]
    assert await stage.public("RevokeToken", ClientId=stage.client, Token=held[which]) == {}
    assert not await is_alive(stage, tokens)
    assert said(await refused(refresh(stage, held[1]))) == REVOKED


# --- settings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flows", [FLOWS, ["USER_PASSWORD_AUTH"]])
async def test_flow_is_refused(stage, flows):
    """REFRESH_TOKEN_AUTH cannot rotate, so it is refused, for clients with the old flow names too."""
    await change_client(stage, **{**rotating(), "ExplicitAuthFlows": flows})
    token = (await stage.tokens())["RefreshToken"]
    for flow in ("REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"):
        request = {"AuthFlow": flow, "AuthParameters": {"REFRESH_TOKEN": token}}
        error = await refused(stage.public("InitiateAuth", ClientId=stage.client, **request))
        assert error.code == "InvalidParameterException"
        assert "flow not enabled for this client" in error.message
    assert await refresh(stage, token)


async def test_shown(stage):
    described = await stage.admin("DescribeUserPoolClient", ClientId=stage.client)
    shown = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 5}
    assert described["UserPoolClient"]["RefreshTokenRotation"] == shown


async def test_default_flows_leave_room(stage):
    """A client that names no flows gets those that go with rotation."""
    made = await stage.admin("CreateUserPoolClient", ClientName="app", RefreshTokenRotation={"Feature": "ENABLED"})
    assert made["UserPoolClient"]["ExplicitAuthFlows"] == ["ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH"]
    assert made["UserPoolClient"]["RefreshTokenRotation"] == {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}


@each(
    "members",
    [
        {**rotating(), "ExplicitAuthFlows": WITHOUT_ROTATION},
        {"RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 61}},
        {"RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": -1}},
        {"RefreshTokenRotation": {"RetryGracePeriodSeconds": 5}},
        {"RefreshTokenRotation": {"Feature": "MAYBE"}},
    ],
)
async def test_refused_settings(stage, members):
    """Neither made nor changed."""
    before = await stage.admin("DescribeUserPoolClient", ClientId=stage.client)
    creation = stage.admin("CreateUserPoolClient", ClientName="app", **members)
    assert (await refused(creation)).code == "InvalidParameterException"
    change = stage.admin("UpdateUserPoolClient", ClientId=stage.client, **members)
    assert (await refused(change)).code == "InvalidParameterException"
    assert len((await stage.admin("ListUserPoolClients"))["UserPoolClients"]) == 1
    assert await stage.admin("DescribeUserPoolClient", ClientId=stage.client) == before


@pytest.mark.parametrize("grace", [0, 60])
async def test_edges_of_the_grace(services, invoke, clock, grace):
    """The replaced token is good until exactly so many seconds have passed."""
    stage = await build(services, invoke, client=rotating(grace))
    await stage.person()
    token = (await stage.tokens())["RefreshToken"]
    await refresh(stage, token)
    if grace:
        clock.advance(seconds=grace - 0.000001)
        assert await refresh(stage, token)
        clock.advance(seconds=0.000001)
    assert said(await refused(refresh(stage, token))) == REUSED


async def test_switched_on(services, invoke):
    """The next refresh of a sign-in from before rotates."""
    stage = await build(services, invoke)
    await stage.person()
    token = (await stage.tokens())["RefreshToken"]
    assert "RefreshToken" not in await refresh(stage, token)
    await change_client(stage, **rotating())
    assert await next_token(stage, token) != token
    assert said(await refused(refresh(stage, token))) == REUSED


@pytest.mark.parametrize("way", ["operation", "flow"])
async def test_switched_off(stage, way):
    """What was replaced before stays dead, in both ways of refreshing; the present token stays as it is."""
    tokens = await stage.tokens()
    new = await next_token(stage, tokens["RefreshToken"])
    await change_client(stage, ExplicitAuthFlows=WITHOUT_ROTATION)

    async def renew(token: str) -> dict:
        if way == "operation":
            return await refresh(stage, token)
        request = {"AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": {"REFRESH_TOKEN": token}}
        return (await stage.public("InitiateAuth", ClientId=stage.client, **request))["AuthenticationResult"]

    for _ in range(2):
        assert "RefreshToken" not in await renew(new)
    assert said(await refused(renew(tokens["RefreshToken"]))) == (REUSED if way == "operation" else REVOKED)
    assert said(await refused(renew(new))) == REVOKED
    assert not await is_alive(stage, tokens)


async def test_token_from_before_there_was_rotation(stage, services):
    """A token that names no generation is of the first one."""
    token = issuing.open_refresh_token(services, (await stage.tokens())["RefreshToken"])
    older = tuple(getattr(token, name) for name in RefreshToken.__struct_fields__ if name != "generation")
    assert await refresh(stage, services.vault.seal_token("refresh-token", older))
