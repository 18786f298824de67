"""Where a client hides who exists: nothing about an answer tells, neither its words nor its length."""

import pytest
from operations.choices_stage import HIDING, policy, prefer
from operations.stage import EMAIL, EMAIL_POOL, PASSWORD, build, refused, said

from poolhouse.operations import challenges
from poolhouse.operations.challenges import Exchange, SecretBlock
from poolhouse.store import clients

MISMATCH = ("CodeMismatch", "Invalid verification code provided, please try again.")
NOBODY = "eve@example.com"
PLAIN = {"UsernameConfiguration": {"CaseSensitive": False}, "AutoVerifiedAttributes": ["email"]}


@pytest.fixture
async def stage(services, invoke):
    return await build(services, invoke, client=HIDING, **EMAIL_POOL)


async def named(stage, username, email):
    """A confirmed user who is called something else than his address."""
    attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
    await stage.admin("AdminCreateUser", Username=username, UserAttributes=attributes, MessageAction="SUPPRESS")
    await stage.admin("AdminSetUserPassword", Username=username, Password=PASSWORD, Permanent=True)


# --- lengths ------------------------------------------------------------------------------------------------


async def test_seals_are_as_long_for_every_user(stage):
    """The row of a real user takes as much room in a seal as that of nobody."""
    async with stage.services.database.read() as tx:
        client = await clients.get(tx, stage.client)
    rows, exchange = (0, 1, 200, 70_000, 2**40), Exchange(b"a", b"b", b"c")
    made = [challenges.ticket(client, row, "name", "name", 1) for row in rows]
    blocks = [challenges.seal_block(stage.services.vault, SecretBlock(ticket, exchange)) for ticket in made]
    assert len({len(block) for block in blocks}) == 1
    assert tuple(ticket.user_id for ticket in made) == rows


async def test_session_of_a_code(services, invoke):
    """The address that a code went to, or did not, cannot be measured: what one may choose among makes the length."""
    stage = await build(services, invoke, client=HIDING, **PLAIN, **policy("PASSWORD", "EMAIL_OTP"))
    await named(stage, "ada", f"{'a' * 60}@{'mail.' * 10}example.com")
    real = await prefer(stage, "EMAIL_OTP", "ada")
    others = [await prefer(stage, "EMAIL_OTP", f"{one}d{two}") for one in "bcef" for two in "bcef"]
    lengths = {len(asked["Session"]) for asked in others if asked.get("ChallengeName") == "EMAIL_OTP"}
    assert len(real["Session"]) in lengths


async def test_spelling_of_a_name(services, invoke):
    """A name that nobody has is answered in the spelling that a stored one would have."""
    stage = await build(services, invoke, client=HIDING, **PLAIN)
    await named(stage, "ada", EMAIL)
    for typed, shown in (("ADA", "ada"), ("EVE", "eve"), ("eve", "eve")):
        _, parameters = await stage.srp_start(typed)
        assert (parameters["USERNAME"], parameters["USER_ID_FOR_SRP"]) == (shown, shown)


async def test_sub_that_was_typed(stage):
    """Where usernames are subs, nobody learns which of them are users."""
    sub = await stage.person()
    for typed in (sub, "9c1f4d3e-8a55-4a55-9a55-0123456789ab"):
        _, parameters = await stage.srp_start(typed)
        assert parameters["USER_ID_FOR_SRP"] == typed


# --- confirmations ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["nobody", "CONFIRMED", "FORCE_CHANGE_PASSWORD", "RESET_REQUIRED", "expired"])
async def test_confirmation(stage, status):
    """Neither who exists nor in which state; the tries are counted for everybody."""
    name = NOBODY if status == "nobody" else EMAIL
    if status in {"CONFIRMED", "RESET_REQUIRED"}:
        await stage.person()
    if status == "FORCE_CHANGE_PASSWORD":
        await stage.admin("AdminCreateUser", Username=EMAIL, MessageAction="SUPPRESS")
    if status == "RESET_REQUIRED":
        verified = [{"Name": "email_verified", "Value": "true"}]
        await stage.admin("AdminUpdateUserAttributes", Username=EMAIL, UserAttributes=verified)
        await stage.admin("AdminResetUserPassword", Username=EMAIL)
    if status == "expired":
        await stage.sign_up()
        stage.services.clock.advance(hours=24)
    tries = [said(await refused(stage.confirm(name, "000000"))) for _ in range(16)]
    assert tries[:15] == [MISMATCH] * 15
    assert tries[15][0] == "LimitExceeded"


async def test_confirmation_of_an_address(services, invoke):
    """Where addresses are aliases nobody learns from a confirmation that one is taken."""
    stage = await build(services, invoke, client=HIDING, AliasAttributes=["email"], AutoVerifiedAttributes=["email"])
    await named(stage, "ada", EMAIL)
    answers = [said(await refused(stage.confirm(name, "000000"))) for name in (EMAIL, NOBODY, "ada", "eve")]
    assert answers == [MISMATCH] * 4
    assert (await stage.user("ada"))["UserStatus"] == "CONFIRMED"
