"""Recovery where the client hides who exists: nobody learns from it whether there is such a user."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from operations.resets import (
    EXPIRED,
    HIDES,
    LIMIT,
    MAIL,
    MISMATCH,
    NEW,
    answer,
    forgot,
    invited,
    letters,
    member,
    other,
    write,
)
from operations.stage import EMAIL, Stage, build, refused, said

UNKNOWN = "abe@example.com"
UNCONFIRMED = "amy@example.com"
INVITED = "ann@example.com"
DISABLED = "art@example.com"
UNPROVED = "aki@example.com"
NOBODY = (UNKNOWN, UNCONFIRMED, INVITED, DISABLED, UNPROVED)


@pytest.fixture
async def stage(services, invoke) -> Stage:
    """One user who can recover his account, and four who cannot."""
    stage = await build(services, invoke, client=HIDES)
    await member(stage)
    await stage.sign_up(UNCONFIRMED)
    await invited(stage, INVITED)
    await member(stage, DISABLED)
    await stage.admin("AdminDisableUser", Username=DISABLED)
    await stage.person(UNPROVED)
    return stage


async def test_everybody_is_told_the_same(stage):
    """A mail is announced to all and sent to one."""
    assert [await forgot(stage, name) for name in (EMAIL, *NOBODY)] == [MAIL] * 6
    assert len(await letters(stage)) == 1
    for name in NOBODY:
        assert await letters(stage, name) == []


async def test_letters_of_the_request_tell_nothing(stage):
    """Known or not, the address is shown in the same letters, whatever was typed."""
    for name in (EMAIL, UNKNOWN):
        assert await forgot(stage, name.upper()) == MAIL
    resend = [
        await stage.public("ResendConfirmationCode", ClientId=stage.client, Username=name.upper())
        for name in (UNCONFIRMED, UNKNOWN)
    ]
    assert resend == [{"CodeDeliveryDetails": MAIL}] * 2


@pytest.mark.parametrize("name", [EMAIL, *NOBODY])
async def test_wrong_codes(stage, clock, name):
    """Before a code was asked for it is an expired one, for an hour afterwards a wrong one, then an expired one."""
    guess = "123456"
    assert said(await refused(answer(stage, guess, name))) == EXPIRED
    await forgot(stage, name)
    if name == EMAIL:
        guess = other(await stage.code())
    assert said(await refused(answer(stage, guess, name))) == MISMATCH
    clock.advance(hours=1, seconds=-1)
    assert said(await refused(answer(stage, guess, name))) == MISMATCH
    clock.advance(seconds=1)
    assert said(await refused(answer(stage, guess, name))) == EXPIRED


@pytest.mark.parametrize("name", [EMAIL, *NOBODY])
async def test_limits(stage, name):
    """Everybody may ask five times and guess fifteen times."""
    assert [await forgot(stage, name) for _ in range(5)] == [MAIL] * 5
    assert said(await refused(forgot(stage, name))) == LIMIT
    guess = other(await stage.code()) if name == EMAIL else "123456"
    told = [said(await refused(answer(stage, guess, name))) for _ in range(16)]
    assert told == [MISMATCH] * 15 + [LIMIT]


async def test_parallel_limits_of_a_user_who_is_not_there(stage):
    outcomes = await asyncio.gather(*(forgot(stage, UNKNOWN) for _ in range(9)), return_exceptions=True)
    assert sum(outcome == MAIL for outcome in outcomes) == 5
    guesses = [answer(stage, "123456", UNKNOWN) for _ in range(20)]
    told = [said(outcome) for outcome in await asyncio.gather(*guesses, return_exceptions=True)]
    assert (told.count(MISMATCH), told.count(LIMIT)) == (15, 5)


async def test_the_policy_is_told_to_everybody(stage):
    for name in (EMAIL, UNKNOWN):
        error = await refused(answer(stage, "123456", name, password="Short1!"))
        assert said(error) == ("InvalidPassword", "Password did not conform with policy: Password not long enough")


async def test_the_one_who_can(stage):
    await forgot(stage)
    assert await answer(stage) == {}
    assert "AuthenticationResult" in await stage.srp(password=NEW)


async def test_code_of_a_user_who_was_disabled_since(stage):
    """The right code is answered like any other, and nothing happens."""
    await forgot(stage)
    await stage.admin("AdminDisableUser", Username=EMAIL)
    assert said(await refused(answer(stage))) == MISMATCH
    await stage.admin("AdminEnableUser", Username=EMAIL)
    assert "AuthenticationResult" in await stage.by_password()


async def test_medium_that_nobody_delivers_is_not_told(stage, services):
    """A user whose phone cannot be reached is told what everybody is told."""
    await write(stage, UNPROVED, phone_number="+15551234567", phone_number_verified="true")
    mail_only = stage.on(replace(services, delivers=frozenset({"EMAIL"})))
    assert await forgot(mail_only, UNPROVED) == MAIL
    assert await letters(stage, UNPROVED) == []
    assert await letters(stage, "+15551234567") == []


async def test_pool_that_verifies_both(services, invoke):
    """Names that nobody has are told of a phone as well as of a mail, the same for the same name."""
    both = {"AutoVerifiedAttributes": ["email", "phone_number"]}
    stage = await build(services, invoke, client=HIDES, **both)
    names = [f"nobody-{number}@example.com" for number in range(20)]
    told = [await forgot(stage, name) for name in names]
    assert {each["DeliveryMedium"] for each in told} == {"EMAIL", "SMS"}
    assert {len(each["Destination"]) for each in told if each["DeliveryMedium"] == "SMS"} == {len("+*******4567")}
    assert [await forgot(stage, name) for name in names] == told


async def test_a_typed_number(services, invoke):
    """Somebody who types a number is told of that number, whoever he is."""
    stage = await build(services, invoke, client=HIDES, AutoVerifiedAttributes=["phone_number"])
    shown = {"AttributeName": "phone_number", "DeliveryMedium": "SMS", "Destination": "+*******0000"}
    assert await forgot(stage, "+15550000000") == shown
    assert (await forgot(stage, "eve"))["DeliveryMedium"] == "SMS"


async def test_usernames_without_addresses(services, invoke):
    """An invented address looks like a real one and stays the same."""
    stage = await build(services, invoke, client=HIDES, AutoVerifiedAttributes=["email"])
    first, second, third = [await forgot(stage, name) for name in ("eve", "eve", "mallory-1")]
    assert first == second
    assert first != third
    assert {len(each["Destination"]) for each in (first, third)} == {len("a***@e***")}


class Counting:
    """A database that counts the statements of its write blocks."""

    def __init__(self, database) -> None:
        self.database = database
        self.statements = 0

    def read(self):
        return self.database.read()

    @asynccontextmanager
    async def write(self):
        async with self.database.write() as tx:
            yield _Counted(tx, self)


class _Counted:
    def __init__(self, tx, counting: Counting) -> None:
        self.tx, self.counting = tx, counting

    def __getattr__(self, name):
        self.counting.statements += 1
        return getattr(self.tx, name)


async def test_the_same_work_for_everybody(services, invoke):
    """Asking and guessing cost as many statements for a user who is not there, so time tells nothing."""
    stage = await build(services, invoke, client=HIDES, AutoVerifiedAttributes=["email"])
    await stage.sign_up("ada", UserAttributes=[{"Name": "email", "Value": EMAIL}])
    await stage.confirm("ada", await stage.code())
    counting = Counting(services.database)
    there = stage.on(replace(services, database=counting))
    costs = {}
    for name in ("ada", "eve"):
        counting.statements = 0
        await forgot(there, name)
        asked = counting.statements
        await refused(answer(there, other(await stage.code()), name))
        costs[name] = (asked, counting.statements - asked)
    assert costs["ada"] == costs["eve"]
    assert min(costs["ada"]) > 3
