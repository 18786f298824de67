"""Guessing names and passwords: what is told, and how often one may try."""

import asyncio
import uuid
from dataclasses import replace

import pytest
from operations.stage import EMAIL, PASSWORD, Stage, build, refused, said

from poolhouse.operations.cpu_threads import CpuThreads

INCORRECT = ("NotAuthorized", "Incorrect username or password.")
EXCEEDED = ("NotAuthorized", "Password attempts exceeded")


@pytest.fixture
async def stage(services, invoke) -> Stage:
    return await build(services, invoke)


@pytest.fixture
async def hiding(services, invoke) -> Stage:
    """A client that does not tell who exists."""
    return await build(services, invoke, client={"PreventUserExistenceErrors": "ENABLED"})


async def test_unknown_user_is_named(stage):
    assert said(await refused(stage.srp())) == ("UserNotFound", "User does not exist.")
    assert said(await refused(stage.by_password())) == ("UserNotFound", "User does not exist.")


async def test_unknown_user_is_hidden(hiding):
    """Salt and user id look like those of a real user, stay the same, and no password fits."""
    _, first = await hiding.srp_start()
    _, second = await hiding.srp_start()
    _, other = await hiding.srp_start("eve@example.com")
    assert (first["SALT"], first["USER_ID_FOR_SRP"]) == (second["SALT"], second["USER_ID_FOR_SRP"])
    assert other["SALT"] != first["SALT"]
    assert uuid.UUID(first["USER_ID_FOR_SRP"]).version == 4
    assert said(await refused(hiding.srp())) == INCORRECT
    assert said(await refused(hiding.by_password())) == INCORRECT


async def test_unknown_looks_like_known(hiding):
    await hiding.person()
    _, known = await hiding.srp_start()
    _, unknown = await hiding.srp_start("eve@example.com")
    assert known.keys() == unknown.keys()
    assert len(known["SECRET_BLOCK"]) // 32 == len(unknown["SECRET_BLOCK"]) // 32
    assert len(known["USER_ID_FOR_SRP"]) == len(unknown["USER_ID_FOR_SRP"])


async def test_unknown_looks_like_known_in_a_plain_pool(services, invoke):
    """Where usernames are what people type, so is the invented one."""
    client = {"PreventUserExistenceErrors": "ENABLED"}
    plain = await build(services, invoke, client=client, UsernameConfiguration={"CaseSensitive": True})
    await plain.person("ada")
    assert (await plain.srp_start("ada"))[1]["USER_ID_FOR_SRP"] == "ada"
    assert (await plain.srp_start("eve"))[1]["USER_ID_FOR_SRP"] == "eve"


class Counting(CpuThreads):
    """Remembers what was computed."""

    def __init__(self) -> None:
        super().__init__(1)
        self.jobs = 0

    async def run(self, function, *args, **kwargs):
        self.jobs += 1
        return await super().run(function, *args, **kwargs)

    def here(self, function, *args, **kwargs):
        self.jobs += 1
        return super().here(function, *args, **kwargs)


@pytest.mark.parametrize("way", ["srp", "by_password"])
async def test_unknown_costs_like_known(hiding, services, way):
    """The same arithmetic is done, and the same rows are written, for a user who is not there."""
    await hiding.person()
    costs = []
    with Counting() as cpu:
        there = hiding.on(replace(services, cpu=cpu))
        for name in (EMAIL, "eve@example.com"):
            before = cpu.jobs
            assert said(await refused(getattr(there, way)(name, "Wrong-Horse9"))) == INCORRECT
            costs.append(cpu.jobs - before)
    assert costs[0] == costs[1] > 0


async def test_hidden_state_behind_the_right_password(hiding):
    await hiding.sign_up()
    assert said(await refused(hiding.by_password(password="Wrong-Horse9"))) == INCORRECT
    assert (await refused(hiding.by_password())).code == "UserNotConfirmedException"
    assert (await refused(hiding.srp())).code == "UserNotConfirmedException"


async def test_unknown_is_locked_out_like_known(hiding):
    await hiding.person()
    for name in (EMAIL, "eve@example.com"):
        texts = [said(await refused(hiding.by_password(name, "Wrong-Horse9"))) for _ in range(6)]
        assert texts == [INCORRECT] * 5 + [EXCEEDED]


async def test_lockout(stage, clock):
    """Five wrong passwords cost a second, each further one twice as long, and a refused try costs nothing more."""
    await stage.person()
    for _ in range(5):
        assert said(await refused(stage.srp(password="Wrong-Horse9"))) == INCORRECT
    for _ in range(3):
        assert said(await refused(stage.srp())) == EXCEEDED
        assert said(await refused(stage.by_password())) == EXCEEDED
    clock.advance(seconds=1)
    assert said(await refused(stage.by_password(password="Wrong-Horse9"))) == INCORRECT
    clock.advance(seconds=1)
    assert said(await refused(stage.by_password())) == EXCEEDED
    clock.advance(seconds=1)
    assert "AuthenticationResult" in await stage.by_password()


async def test_lockout_ends_with_success(stage):
    await stage.person()
    for _ in range(2):
        for _ in range(4):
            await refused(stage.by_password(password="Wrong-Horse9"))
        assert "AuthenticationResult" in await stage.by_password()


async def test_lockout_ends_after_a_while(stage, clock):
    await stage.person()
    for _ in range(5):
        await refused(stage.by_password(password="Wrong-Horse9"))
    clock.advance(minutes=15)
    for _ in range(5):
        assert said(await refused(stage.by_password(password="Wrong-Horse9"))) == INCORRECT


async def test_parallel_guesses(stage):
    """Thirty guesses at once get no more answers than five, and the right one among them does not get in after those.

    A right one that comes before the fifth gets in, and the next five are answered: which one comes first is chance.
    """
    await stage.person()
    told: list[tuple[str, str]] = []
    are_used_up = asyncio.Event()

    async def guess(password: str) -> None:
        told.append(said(await refused(stage.by_password(password=password))))
        if told.count(INCORRECT) == 5:
            are_used_up.set()

    async def guess_right() -> None:
        await are_used_up.wait()
        await guess(PASSWORD)

    wrong = (guess(f"Wrong-Horse{number}") for number in range(29))
    await asyncio.wait_for(asyncio.gather(*wrong, guess_right()), 60)
    assert len(told) == 30
    assert told.count(INCORRECT) == 5
    assert set(told) == {INCORRECT, EXCEEDED}


async def test_parallel_sign_ins(stage):
    """Nobody is locked out by being right many times at once."""
    await stage.person()
    answers = await asyncio.gather(*(stage.by_password() for _ in range(12)))
    assert all("AuthenticationResult" in answer for answer in answers)
