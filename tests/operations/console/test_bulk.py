"""Many names into a group and out of it: what is foreseen, what is done, what is noted, and whose list it is."""

import asyncio

import pytest
from operations.stage import ROOT, build

from poolhouse.access.principals import Person
from poolhouse.errors import InternalErrorException, LimitExceededException
from poolhouse.operations.console import bulk
from poolhouse.operations.console.bulk_names import Name, parse
from poolhouse.operations.context import Call
from poolhouse.operations.housekeeping import tidy
from poolhouse.store import bulk_runs, pools

MONTH = 31 * 86_400


class World:
    """Five users, the first of whom is an editor."""

    def __init__(self, services, stage) -> None:
        self.services = services
        self.stage = stage

    def ctx(self, principal=ROOT) -> Call:
        person = principal if isinstance(principal, Person) else None
        return Call(
            services=self.services, principal=principal, now=self.services.clock(), request_id="r", person=person
        )

    async def pool(self):
        async with self.services.database.read() as tx:
            return await pools.get(tx, self.stage.pool)

    async def begin(self, text: str, action: str = "add", principal=ROOT):
        return await bulk.begin(self.ctx(principal), self.stage.pool, "EDITORS", action, parse(text).names)

    async def perform(self, operation: str, members: dict) -> object:
        return await self.stage.admin(operation, **members)

    async def work(self, run, perform=None) -> bool:
        return await bulk.work(self.services, await self.pool(), run, perform or self.perform)

    async def again(self, run):
        return await bulk.find(self.ctx(), self.stage.pool, run.id)

    async def outcomes(self, run) -> dict:
        return {row.name: row.outcome for row in await bulk.report(self.services, run)}

    async def members(self) -> list[str]:
        found = (await self.stage.admin("ListUsersInGroup", GroupName="EDITORS"))["Users"]
        return sorted([await self.email(user["Username"]) for user in found])

    async def email(self, username: str) -> str:
        return (await self.stage.user(username))["attributes"]["email"]


@pytest.fixture
async def world(services, invoke):
    stage = await build(services, invoke)
    await stage.admin("CreateGroup", GroupName="EDITORS")
    for nth in range(5):
        await stage.admin("AdminCreateUser", Username=f"u{nth}@example.com", MessageAction="SUPPRESS")
    await stage.admin("AdminAddUserToGroup", GroupName="EDITORS", Username="u0@example.com")
    return World(services, stage)


def person(world, name: str) -> Person:
    return Person(world.stage.pool, name, name, "jti", "192.0.2.1", "console", "000000000000", "us-east-1")


# --- before ------------------------------------------------------------------------------------------------


async def test_foreseen_and_nothing_done(world):
    """Members, users, nobody, and what is no name at all; by address, by username, by sub."""
    sub = (await world.stage.user("u2@example.com"))["attributes"]["sub"]
    run = await world.begin(f"u0@example.com\nU1@Example.com\n{sub}\nnobody@example.com\nno name\n" + "x" * 200)
    names = await bulk.names_of(world.services, run)
    found = await bulk.foresee(world.ctx(), await world.pool(), run, names, tells_names=True)
    assert [row.outcome for row in found] == ["unchanged", "done", "done", "unknown", "refused", "refused"]
    assert found[2].username == sub
    assert "128" in found[5].message
    assert await world.members() == ["u0@example.com"]


async def test_foreseen_removal(world):
    """The other way round: who is in it goes, who is not stays."""
    run = await world.begin("u0@example.com\nu1@example.com", "remove")
    names = await bulk.names_of(world.services, run)
    found = await bulk.foresee(world.ctx(), await world.pool(), run, names, tells_names=False)
    assert [(row.outcome, row.username) for row in found] == [("done", ""), ("unchanged", "")]


# --- the run -----------------------------------------------------------------------------------------------


async def test_run_to_its_end(world):
    """Each name comes to an outcome of its own, in the order of the list."""
    run = await world.begin("u0@example.com\nu1@example.com\nnobody@example.com\nno name\nu2@example.com")
    assert await world.work(run)
    assert list((await world.outcomes(run)).values()) == ["unchanged", "done", "unknown", "refused", "done"]
    assert await world.members() == ["u0@example.com", "u1@example.com", "u2@example.com"]
    assert (await world.again(run)).status == "done"
    assert await bulk.counts(world.services, run) == {"done": 2, "unchanged": 1, "unknown": 1, "refused": 1}


async def test_removal(world):
    run = await world.begin("u0@example.com\nu1@example.com", "remove")
    await world.work(run)
    assert list((await world.outcomes(run)).values()) == ["done", "unchanged"]
    assert await world.members() == []


async def test_goes_on_where_it_ended(world, clock):
    """A second's work at a time; what was noted is not done again."""
    names = [*(f"u{n}@example.com" for n in range(5)), *(f"n{n}@example.com" for n in range(15))]
    run, calls = await world.begin("\n".join(names)), []

    async def slowly(operation: str, members: dict) -> object:
        calls.append(members["Username"])
        clock.advance(seconds=0.2)
        return await world.perform(operation, members)

    for done, status in ((8, "running"), (16, "running"), (20, "done")):
        assert await world.work(run, slowly)
        assert (len(calls), (await world.again(run)).status) == (done, status)
        assert sum((await bulk.counts(world.services, run)).values()) == done
    assert sorted(calls) == sorted(names)
    assert not await world.work(run, slowly)
    assert len(calls) == 20


async def test_a_process_that_dies(world, clock):
    """Its rows in hand are done once more, which changes nothing; nobody else works on the list for half a minute."""
    run = await world.begin("u1@example.com\nu2@example.com")
    async with world.services.database.write() as tx:
        now = clock()
        assert await bulk_runs.claim(tx, run.id, now, now + 30_000_000)
    await world.perform("AdminAddUserToGroup", {"GroupName": "EDITORS", "Username": "u1@example.com"})
    assert not await world.work(run)
    clock.advance(seconds=31)
    assert await world.work(run)
    assert await world.outcomes(run) == {"u1@example.com": "unchanged", "u2@example.com": "done"}


async def test_what_breaks_gives_the_list_back(world):
    """A fault of ours is no outcome: the list can be gone on with at once."""
    run = await world.begin("u1@example.com\nu2@example.com")

    async def broken(_operation: str, _members: dict) -> object:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await world.work(run, broken)
    assert (await world.again(run)).status == "running"
    assert await world.work(run)
    assert set((await world.outcomes(run)).values()) == {"done"}


@pytest.mark.parametrize("error", [LimitExceededException("Too many groups."), InternalErrorException()])
async def test_refusals_are_told(world, error):
    """With the words of whoever refused."""
    run = await world.begin("u1@example.com")

    async def refusing(_operation: str, _members: dict) -> object:
        raise error

    await world.work(run, refusing)
    (row,) = await bulk.report(world.services, run)
    assert (row.outcome, row.message) == ("refused", error.message)
    assert await world.members() == ["u0@example.com"]


async def test_two_at_once(world):
    """One of them works, and every name is settled once."""
    run = await world.begin("u1@example.com\nu2@example.com\nu3@example.com")
    answers = await asyncio.gather(*(world.work(run) for _ in range(4)))
    assert sorted(answers)[:3] == [False, False, False]
    assert set((await world.outcomes(run)).values()) == {"done"}


async def test_group_that_is_gone(world):
    """Every row is refused, and says why."""
    run = await world.begin("u1@example.com")
    await world.stage.admin("DeleteGroup", GroupName="EDITORS")
    await world.work(run)
    (row,) = await bulk.report(world.services, run)
    assert (row.outcome, row.message) == ("refused", "Group not found.")


# --- whose -------------------------------------------------------------------------------------------------


async def test_lists_of_others(world):
    """A person sees his own lists; the operator sees all, and carries out his own."""
    ada, bo = person(world, "ada"), person(world, "bo")
    run = await world.begin("u1@example.com", principal=ada)
    assert await bulk.find(world.ctx(ada), world.stage.pool, run.id) == run
    assert await bulk.find(world.ctx(bo), world.stage.pool, run.id) is None
    assert await bulk.find(world.ctx(), world.stage.pool, run.id) == run
    assert await bulk.find(world.ctx(), "us-east-1_other", run.id) is None
    assert [bulk.is_own(world.ctx(who), run) for who in (ada, bo, ROOT)] == [True, False, False]
    assert await bulk.recent(world.ctx(bo), world.stage.pool, "EDITORS") == []
    assert await bulk.recent(world.ctx(), world.stage.pool, "EDITORS") == [run]


async def test_forgotten(world, clock):
    """By its owner, and a month later by itself; memberships stay."""
    first, second = await world.begin("u1@example.com"), await world.begin("u2@example.com")
    await world.work(first)
    await bulk.forget(world.services, first)
    assert await world.again(first) is None
    clock.advance(seconds=MONTH)
    assert await tidy(world.services) == 1
    assert await world.again(second) is None
    assert await world.members() == ["u0@example.com", "u1@example.com"]


async def test_names_are_sealed(world):
    """A copy of the database does not tell who was on the list."""
    run = await world.begin("u1@example.com")
    async with world.services.database.read() as tx:
        sealed = await bulk_runs.names(tx, run.id)
    assert b"u1@example.com" not in sealed
    assert await bulk.names_of(world.services, run) == [Name(1, "u1@example.com")]
