"""A clock that jumps: what ends early, what holds longer, and what never opens a door."""

import pytest
from operations.stage import EMAIL, PASSWORD, Stage, build, refused

DAY = 86_400


@pytest.fixture
async def stage(services, invoke) -> Stage:
    made = await build(services, invoke)
    await made.person()
    return made


async def get_user(stage, tokens):
    return await stage.public("GetUser", AccessToken=tokens["AccessToken"])


async def renewed(stage, tokens):
    return await stage.public("GetTokensFromRefreshToken", ClientId=stage.client, RefreshToken=tokens["RefreshToken"])


async def test_forward_ends_tokens(stage, clock):
    """A year ahead no token holds; back again they are as they were, and new sign-ins work at both times."""
    tokens = await stage.tokens()
    clock.advance(days=365)
    assert (await refused(get_user(stage, tokens))).code == "NotAuthorizedException"
    assert (await refused(renewed(stage, tokens))).code == "NotAuthorizedException"
    assert await stage.tokens()
    clock.advance(days=-365)
    assert await get_user(stage, tokens)
    assert await renewed(stage, tokens)
    assert await stage.tokens()


async def test_back_keeps_what_was_revoked_revoked(stage, clock):
    """A jump back revives nothing that somebody ended."""
    tokens = await stage.tokens()
    clock.advance(seconds=5)
    await stage.public("GlobalSignOut", AccessToken=tokens["AccessToken"])
    clock.advance(days=-2)
    assert (await refused(get_user(stage, tokens))).code == "NotAuthorizedException"
    assert (await refused(renewed(stage, tokens))).code == "NotAuthorizedException"


@pytest.mark.parametrize("jump", [-DAY, DAY])
async def test_lockouts(stage, clock, jump):
    """Back: it lasts longer by the jump, and no guess is free; forward: it is over. Right is right when it has ended."""
    for _ in range(7):
        await refused(stage.by_password(password="Wrong-Horse-1"))
    clock.advance(seconds=jump)
    outcome = stage.by_password(EMAIL, PASSWORD)
    if jump < 0:
        assert "attempts exceeded" in (await refused(outcome)).message
        clock.advance(seconds=-jump + 900)
        outcome = stage.by_password(EMAIL, PASSWORD)
    assert "AuthenticationResult" in await outcome


@pytest.mark.parametrize("jump", [-DAY, 2 * DAY])
async def test_codes(stage, clock, jump):
    """A code ends when the clock says so; a jump back makes it no older, and it is good once."""
    verified = [{"Name": "email_verified", "Value": "true"}]
    await stage.admin("AdminUpdateUserAttributes", Username=EMAIL, UserAttributes=verified)
    await stage.public("ForgotPassword", ClientId=stage.client, Username=EMAIL)
    code = await stage.code()
    clock.advance(seconds=jump)
    asked = {"ClientId": stage.client, "Username": EMAIL, "ConfirmationCode": code, "Password": "Other-Horse-22"}
    if jump > 0:
        assert (await refused(stage.public("ConfirmForgotPassword", **asked))).code == "ExpiredCodeException"
        assert await stage.tokens()
    else:
        await stage.public("ConfirmForgotPassword", **asked)
        assert (await refused(stage.public("ConfirmForgotPassword", **asked))).code == "ExpiredCodeException"
