"""What happens to a user while a function of the pool runs: a sign-in that was ended meanwhile brings no tokens."""

import asyncio

import pytest
from operations.stage import EMAIL, refused, said

WAITS = """
import time

def {trigger}(event):
    for _ in range(400):
        if _NOTES.with_suffix(".go").exists():
            return
        time.sleep(0.01)
"""
ENDINGS = ["AdminDisableUser", "AdminUserGlobalSignOut", "AdminDeleteUser"]
INVALID = ("NotAuthorized", "Invalid session for the user.")
REVOKED = ("NotAuthorized", "Refresh Token has been revoked")


class Meanwhile:
    """A stage whose function waits for a sign of the test."""

    def __init__(self, hooks, tmp_path) -> None:
        self.hooks = hooks
        self.go = tmp_path / "hooks.go"

    async def stage(self, trigger):
        return await self.hooks.stage(WAITS.format(trigger=trigger))

    async def happens(self, stage, call, ending):
        """The error of a call in the middle of which an administrator does something."""
        seen, running = len(self.hooks.events()), asyncio.ensure_future(refused(call))
        while len(self.hooks.events()) == seen:
            await asyncio.sleep(0.01)
        stage.services.clock.advance(seconds=1)
        await stage.admin(ending, Username=EMAIL)
        self.go.touch()
        return await running


@pytest.fixture
def meanwhile(hooks, tmp_path) -> Meanwhile:
    return Meanwhile(hooks, tmp_path)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("trigger", ["PostAuthentication", "PreTokenGeneration"])
async def test_sign_in(meanwhile, trigger, ending):
    stage = await meanwhile.stage(trigger)
    await stage.person()
    assert said(await meanwhile.happens(stage, stage.by_password(), ending)) == INVALID
    assert len(meanwhile.hooks.events(trigger.removeprefix("Pre"))) == 1


@pytest.mark.parametrize("ending", ENDINGS)
async def test_refresh(meanwhile, ending):
    stage = await meanwhile.stage("PreTokenGeneration")
    await stage.person()
    meanwhile.go.touch()
    token = (await stage.tokens())["RefreshToken"]
    meanwhile.go.unlink()
    call = stage.public("GetTokensFromRefreshToken", ClientId=stage.client, RefreshToken=token)
    assert said(await meanwhile.happens(stage, call, ending)) == REVOKED


@pytest.mark.parametrize(
    ("ending", "code"), [("AdminDisableUser", "NotAuthorized"), ("AdminDeleteUser", "UserNotFound")]
)
async def test_before_the_password(meanwhile, ending, code):
    """The user is looked at behind PreAuthentication too."""
    stage = await meanwhile.stage("PreAuthentication")
    await stage.person()
    assert said(await meanwhile.happens(stage, stage.by_password(), ending))[0] == code
