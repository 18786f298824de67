"""Guessing the codes of second factors: how often one may try, alone, in parallel and in new sessions."""

import asyncio
from dataclasses import replace

import pytest
from operations.factors_stage import (
    EMAIL_ONLY,
    EXCEEDED,
    TOTP_ONLY,
    WRONG_CODE,
    WRONG_TOTP,
    by_email,
    configure,
    enrol,
    with_code,
)
from operations.stage import Stage, build, refused, said

from poolhouse.operations import housekeeping
from poolhouse.operations.second_factor import WRONG_CODES_A_DAY
from poolhouse.store import attempts
from poolhouse.store.attempts import HOUR


@pytest.fixture
async def stage(services, invoke) -> Stage:
    stage = await build(services, invoke)
    await configure(stage, "OPTIONAL", **TOTP_ONLY, **EMAIL_ONLY)
    await stage.person()
    return stage


@pytest.mark.parametrize("factor", ["totp", "email"])
async def test_lockout(stage, clock, factor):
    """Five wrong codes cost a second, each further one twice as long, the right one included."""
    app = await enrol(stage) if factor == "totp" else None
    if app is None:
        await by_email(stage)
    asked = await stage.by_password()
    right = app.code() if app else await stage.code()
    wrong, text = (app.wrong(), WRONG_TOTP) if app else (f"{(int(right) + 1) % 10**6:06d}", WRONG_CODE)
    for _ in range(5):
        assert said(await refused(with_code(stage, asked, wrong))) == text
    assert said(await refused(with_code(stage, asked, right))) == EXCEEDED
    clock.advance(seconds=1)
    assert said(await refused(with_code(stage, asked, wrong))) == text
    clock.advance(seconds=1)
    assert said(await refused(with_code(stage, asked, right))) == EXCEEDED
    clock.advance(seconds=1)
    assert "AuthenticationResult" in await with_code(stage, asked, right)


async def test_lockout_is_the_users(stage):
    """New sessions and new server processes start with the count as it is."""
    app = await enrol(stage)
    for _ in range(5):
        assert said(await refused(with_code(stage, await stage.by_password(), app.wrong()))) == WRONG_TOTP
    other = stage.on(replace(stage.services))
    assert said(await refused(with_code(other, await other.by_password(), app.code()))) == EXCEEDED


async def test_lockout_ends_with_success(stage, clock):
    app = await enrol(stage)
    for _ in range(3):
        asked = await stage.by_password()
        for _ in range(4):
            assert said(await refused(with_code(stage, asked, app.wrong()))) == WRONG_TOTP
        assert "AuthenticationResult" in await with_code(stage, asked, app.code())
        clock.advance(seconds=30)


async def guess_for_hours(stage, clock, app):
    """How many guesses were heard of somebody who waits fifteen minutes whenever he has to, until a day has passed."""
    heard, begun = 0, clock()
    while clock() < begun + attempts.DAY - HOUR:
        told = said(await refused(with_code(stage, await stage.by_password(), app.wrong())))
        heard += told == WRONG_TOTP
        clock.advance(seconds=0 if told == WRONG_TOTP else 901)
    return heard


async def test_a_day_of_guessing(stage, clock, services):
    """Idle times and a right code in between give no more than twenty guesses a day; after it the owner gets in again."""
    app = await enrol(stage)
    clock.advance(seconds=30)
    assert said(await refused(with_code(stage, await stage.by_password(), app.wrong()))) == WRONG_TOTP
    assert "AuthenticationResult" in await with_code(stage, await stage.by_password(), app.code())
    assert await guess_for_hours(stage, clock, app) == WRONG_CODES_A_DAY - 1
    await housekeeping.tidy(services)
    assert said(await refused(with_code(stage, await stage.by_password(), app.code()))) == EXCEEDED
    clock.advance(seconds=3600)
    assert "AuthenticationResult" in await with_code(stage, await stage.by_password(), app.code())


async def test_a_stranger_locks_nobody(stage):
    """Who does not have the password comes to no second factor, and counts nothing there."""
    app = await enrol(stage)
    for _ in range(3):
        await refused(stage.by_password(password="Wrong-Horse-9"))
    assert "AuthenticationResult" in await with_code(stage, await stage.by_password(), app.code())


async def test_parallel_guesses(stage):
    """Attack 29: thirty guesses at once get no more answers than five, and the right one after them does not get in."""
    app = await enrol(stage)
    asked = await stage.by_password()
    guesses = (with_code(stage, asked, app.wrong()) for _ in range(30))
    told = [said(outcome) for outcome in await asyncio.gather(*guesses, return_exceptions=True)]
    assert told.count(WRONG_TOTP) == 5
    assert set(told) == {WRONG_TOTP, EXCEEDED}
    assert said(await refused(with_code(stage, asked, app.code()))) == EXCEEDED


async def test_parallel_answers(stage):
    """Of one code in many requests, with one session or with many, one gets tokens."""
    app = await enrol(stage)
    asked = [await stage.by_password() for _ in range(4)]
    code = app.code()
    calls = (with_code(stage, each, code) for each in [*asked, *asked])
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(outcome, dict) for outcome in outcomes) == 1
