"""A pulled user's first password: the migration function is asked about it, for such users only, and decides it."""

import asyncio
from datetime import UTC, datetime

import pytest
from operations.causes import by_command
from operations.choices_stage import USER_AUTH, begin, prefer
from operations.factors_stage import respond
from operations.stage import EMAIL, PASSWORD, refused, said

from poolhouse.operations import pulling
from poolhouse.store import pools

SUB = "0f5e0d6c-5a0e-4f6f-9a53-1d2f3c4b5a69"
INCORRECT = ("NotAuthorized", "Incorrect username or password.")
HIDES = {"PreventUserExistenceErrors": "ENABLED"}


def knows(status: str = "CONFIRMED") -> str:
    """A function that knows the one user by the one password."""
    return f"""
def UserMigration(event):
    if event["userName"] != "{SUB}" or event["request"]["password"] != "{PASSWORD}":
        raise ValueError("Bad password")
    event["response"].update(userAttributes={{"email": "x@example.com"}}, finalUserStatus="{status}")
"""


async def pulled(stage, status: str = "CONFIRMED", **more) -> None:
    """One user of another pool."""
    services = stage.services
    async with services.database.read() as tx:
        pool = await pools.get(tx, stage.pool)
    running, _ = await pulling.begin(services, pool, "eu-central-1_OldPool99", by_command(pool))
    given = {"sub": SUB, "email": EMAIL, "email_verified": "true", "name": "Ada"}
    attributes = [{"Name": name, "Value": value} for name, value in given.items()]
    created = datetime(2020, 1, 1, tzinfo=UTC)
    shown = {"Username": SUB, "Attributes": attributes, "UserStatus": status, "UserCreateDate": created, **more}
    await running.users([pulling.incoming(shown)], None)


async def test_first_sign_in(hooks):
    """The password is kept, and nothing else changes; then nobody is asked again, and SRP works."""
    stage = await hooks.stage(knows())
    await pulled(stage)
    before = await stage.user()
    assert "AuthenticationResult" in await stage.by_password()
    after = await stage.user()
    assert (before["UserStatus"], before["attributes"], SUB) == ("CONFIRMED", after["attributes"], after["Username"])
    assert after["attributes"] == {"sub": SUB, "email": EMAIL, "email_verified": "true", "name": "Ada"}
    assert "AuthenticationResult" in await stage.srp()
    assert "AuthenticationResult" in await stage.by_password()
    (event,) = hooks.events()
    assert (event["userName"], event["request"]["userAttributes"]["cognito:user_status"]) == (SUB, "CONFIRMED")


@pytest.mark.parametrize("hides", [True, False])
async def test_a_wrong_password(hooks, hides):
    """Is refused like any other, and leaves the user as he was: his password is still where it was."""
    stage = await hooks.stage(knows(), client=HIDES if hides else None)
    await pulled(stage)
    assert said(await refused(stage.by_password(password="Wrong-Horse9"))) == INCORRECT
    assert "AuthenticationResult" in await stage.by_password()
    assert len(hooks.events()) == 2


async def test_guesses_are_counted(hooks):
    """Parallel guesses get no more tries than guesses in turn, and the function hears of no others."""
    stage = await hooks.stage(knows())
    await pulled(stage)
    guesses = [refused(stage.by_password(password=f"Wrong-Horse{n}")) for n in range(12)]
    errors = [said(error) for error in await asyncio.gather(*guesses)]
    assert errors.count(("NotAuthorized", "Password attempts exceeded")) == 7
    assert len(hooks.events()) == 5
    assert said(await refused(stage.by_password())) == ("NotAuthorized", "Password attempts exceeded")


@pytest.mark.parametrize("is_chosen", [False, True])
async def test_user_auth(hooks, is_chosen):
    """A password that comes with the preference, or behind the choice; a wrong one leaves the user as he was."""
    stage = await hooks.stage(knows(), client={"ExplicitAuthFlows": USER_AUTH} | HIDES)
    await pulled(stage)

    async def sign_in(password: str) -> dict:
        if not is_chosen:
            return await prefer(stage, "PASSWORD", PASSWORD=password)
        asked = await begin(stage)
        assert "PASSWORD" in asked["AvailableChallenges"]
        return await respond(stage, asked, ANSWER="PASSWORD", PASSWORD=password)

    assert said(await refused(sign_in("Wrong-Horse9"))) == INCORRECT
    assert "AuthenticationResult" in await sign_in(PASSWORD)
    assert "AuthenticationResult" in await stage.srp()
    assert len(hooks.events()) == 2


async def test_srp_before(hooks):
    """Nobody sees the password, so nobody can be asked about it: SRP answers like a wrong password."""
    stage = await hooks.stage(knows())
    await pulled(stage)
    assert said(await refused(stage.srp())) == INCORRECT
    assert hooks.events() == []


async def test_an_invited_user(hooks):
    """The temporary password is a temporary one here as well."""
    stage = await hooks.stage(knows())
    await pulled(stage, "FORCE_CHANGE_PASSWORD")
    assert (await stage.by_password())["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert (await stage.user())["UserStatus"] == "FORCE_CHANGE_PASSWORD"


async def test_a_reset_is_wanted(hooks):
    """The function knows him and says that the password is no longer enough."""
    stage = await hooks.stage(knows("RESET_REQUIRED"))
    await pulled(stage)
    assert (await refused(stage.by_password())).code == "PasswordResetRequiredException"
    assert (await stage.user())["UserStatus"] == "RESET_REQUIRED"


@pytest.mark.parametrize(("status", "code"), [("UNCONFIRMED", "UserNotConfirmed"), ("RESET_REQUIRED", "PasswordReset")])
async def test_who_may_not_sign_in(hooks, status, code):
    """The function is asked for nobody whose right password would not let him in."""
    stage = await hooks.stage(knows())
    await pulled(stage, status)
    assert (await refused(stage.by_password())).code.startswith(code)
    await stage.new_client(**HIDES)
    assert said(await refused(stage.by_password())) == INCORRECT
    assert hooks.events() == []


async def test_a_disabled_user(hooks):
    stage = await hooks.stage(knows())
    await pulled(stage, Enabled=False)
    assert said(await refused(stage.by_password())) == ("NotAuthorized", "User is disabled.")
    assert hooks.events() == []


async def test_a_password_of_this_pool(hooks):
    """Whoever was given one here is asked about no more, also when it is typed wrong."""
    stage = await hooks.stage(knows())
    await pulled(stage)
    await stage.admin("AdminSetUserPassword", Username=EMAIL, Password="Another-Horse9", Permanent=True)
    assert said(await refused(stage.by_password())) == INCORRECT
    assert "AuthenticationResult" in await stage.by_password(password="Another-Horse9")
    assert hooks.events() == []


async def test_a_broken_function(hooks):
    """Is named, unless the client hides who exists; the password is not taken for right."""
    stage = await hooks.stage("def UserMigration(event): return 1")
    await pulled(stage)
    assert (await refused(stage.by_password())).code == "InvalidLambdaResponseException"
    await stage.new_client(**HIDES)
    assert said(await refused(stage.by_password())) == INCORRECT
    assert said(await refused(stage.srp())) == INCORRECT


async def test_without_a_function(hooks):
    """No password fits, and the tries are counted."""
    stage = await hooks.stage("")
    await pulled(stage)
    errors = [said(await refused(stage.by_password())) for _ in range(6)]
    assert errors == [INCORRECT] * 5 + [("NotAuthorized", "Password attempts exceeded")]
