"""Many names into one group, or out of it: what would happen to each, and the run that does it row by row.

A run is a record of its own. It goes on where it ended, in any process, and each row is one call of the operation that
adds or removes one member, with every rule that holds for that call.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from poolhouse import service_model
from poolhouse.access.principals import Anonymous, Root
from poolhouse.crypto import codes
from poolhouse.crypto.vault import BrokenSeal
from poolhouse.errors import ServiceError, UserNotFoundException
from poolhouse.operations import delegation
from poolhouse.operations.context import Call, Services
from poolhouse.store import bulk_runs, groups, users
from poolhouse.store.bulk_runs import Action, Outcome, RowOutcome, Run
from poolhouse.store.database import Transaction
from poolhouse.store.pools import Pool

from .bulk_names import Name

__all__ = [
    "OPERATIONS",
    "Action",
    "Done",
    "Foreseen",
    "Perform",
    "Run",
    "begin",
    "counts",
    "find",
    "foresee",
    "forget",
    "is_own",
    "names_of",
    "recent",
    "report",
    "work",
]
OPERATIONS: Final[Mapping[Action, str]] = {"add": "AdminAddUserToGroup", "remove": "AdminRemoveUserFromGroup"}
Perform = Callable[[str, Mapping[str, str]], Awaitable[object]]
"""Carries out an operation on the run's pool as whoever asked for the run; raises ServiceError."""
_SEAL: Final = "bulk-names"
_SECOND: Final = 1_000_000
_HELD: Final = 30 * _SECOND
_BUDGET: Final = _SECOND
_AT_ONCE: Final = 8
_MOST: Final = 200
_LISTED: Final = 5

_decoder = msgspec.json.Decoder(list[Name])


class Foreseen(NamedTuple):
    """What would become of a name now; `username` is whose name it is, "" where nobody's or not to be told."""

    line: int
    name: str
    outcome: Outcome
    username: str
    message: str


class Done(NamedTuple):
    """What became of a name; `outcome` is None while it waits."""

    line: int
    name: str
    outcome: Outcome | None
    message: str


async def begin(ctx: Call, pool_id: str, group_name: str, action: Action, names: Sequence[Name]) -> Run:
    """Keep a list; nothing is done with it yet."""
    run = Run(
        id=codes.new_uuid(),
        pool_id=pool_id,
        group_name=group_name,
        action=action,
        actor=_actor(ctx),
        status="draft",
        total=len(names),
        held_until=0,
        created=ctx.now,
        modified=ctx.now,
    )
    sealed = ctx.services.vault.seal(_SEAL, msgspec.json.encode(names))
    async with ctx.services.database.write() as tx:
        await bulk_runs.add(tx, run, sealed)
    return run


async def find(ctx: Call, pool_id: str, run_id: str) -> Run | None:
    """A run of one's own; the operator sees everybody's."""
    async with ctx.services.database.read() as tx:
        run = await bulk_runs.find(tx, pool_id, run_id)
    if run is None or not (isinstance(ctx.principal, Root) or is_own(ctx, run)):
        return None
    return run


def is_own(ctx: Call, run: Run) -> bool:
    """Nobody carries out another's list: what is on it was that one's to decide, and to be allowed."""
    return run.actor == _actor(ctx)


async def recent(ctx: Call, pool_id: str, group_name: str) -> list[Run]:
    """The newest runs of a group that the caller may see."""
    actor = "" if isinstance(ctx.principal, Root) else _actor(ctx)
    async with ctx.services.database.read() as tx:
        return await bulk_runs.of_group(tx, pool_id, group_name, actor, _LISTED)


async def forget(services: Services, run: Run) -> None:
    """Drop the list and its report. Memberships stay as they are."""
    async with services.database.write() as tx:
        await bulk_runs.remove(tx, run.id)


def _actor(ctx: Call) -> str:
    assert not isinstance(ctx.principal, Anonymous), "the console has no anonymous visitors"
    return ctx.principal.arn


async def names_of(services: Services, run: Run) -> list[Name]:
    """Empty when the list was forgotten meanwhile, or the master key is another one."""
    async with services.database.read() as tx:
        sealed = await bulk_runs.names(tx, run.id)
    try:
        return [Name(*entry) for entry in _decoder.decode(services.vault.open(_SEAL, sealed))]
    except BrokenSeal:
        return []


# --- before ------------------------------------------------------------------------------------------------


async def foresee(ctx: Call, pool: Pool, run: Run, names: Sequence[Name], *, tells_names: bool) -> list[Foreseen]:
    """What would become of each name now. Nothing is done, and nothing is promised: the run decides anew.

    `tells_names` says that the caller may read users; others learn no more than the operation itself would tell them.
    """
    operation = service_model.operation("cognito-idp", OPERATIONS[run.action])
    assert operation is not None
    found = []
    async with ctx.services.database.read() as tx:
        group = await groups.get(tx, pool.id, run.group_name)
        for name in names:
            members = {"UserPoolId": pool.id, "GroupName": group.name, "Username": name.text}
            try:
                request = service_model.from_params(operation, members)
                outcome, username, message = await _foreseen(ctx, tx, (pool, group, run.action), name.text, request)
            except ServiceError as error:
                outcome, username, message = "refused", "", error.message
            found.append(Foreseen(name.line, name.text, outcome, username if tells_names else "", message))
    return found


async def _foreseen(
    ctx: Call, tx: Transaction, where: tuple[Pool, groups.Group, Action], name: str, request: Any
) -> tuple[Outcome, str, str]:
    """Raises ServiceError."""
    pool, group, action = where
    if ctx.person is not None:
        explained = await delegation.explain(ctx, tx, ctx.person, OPERATIONS[action], request)
        if not explained.allowed:
            return "refused", "", explained.rule or " ".join(explained.facts)
    user = await users.find(tx, pool, name)
    if user is None:
        return "unknown", "", ""
    is_member = await groups.is_member(tx, group.id, user.id)
    return ("unchanged" if is_member == (action == "add") else "done"), user.username, ""


# --- the run -----------------------------------------------------------------------------------------------


async def work(services: Services, pool: Pool, run: Run, perform: Perform) -> bool:
    """Go on with a run for about a second; False when somebody else is at it, or nothing is left to do.

    What was noted is never done again. Of a process that dies, the few rows that it had in hand are done once more.
    """
    now = services.clock()
    async with services.database.write() as tx:
        if not await bulk_runs.claim(tx, run.id, now, now + _HELD):
            return False
        last = await bulk_runs.last(tx, run.id)
    due = [name for name in await names_of(services, run) if name.line > last]
    settled = 0
    try:
        for start in range(0, min(len(due), _MOST), _AT_ONCE):
            if services.clock() >= now + _BUDGET:
                break
            batch = due[start : min(start + _AT_ONCE, _MOST)]
            await _settle(services, pool, run, batch, perform)
            settled += len(batch)
    finally:
        async with services.database.write() as tx:
            await bulk_runs.release(tx, run.id, "done" if settled == len(due) else "running", services.clock())
    return True


async def _settle(services: Services, pool: Pool, run: Run, batch: Sequence[Name], perform: Perform) -> None:
    outcomes = await asyncio.gather(*(_row(services, pool, run, name, perform) for name in batch))
    async with services.database.write() as tx:
        for outcome in outcomes:
            await bulk_runs.add_row(tx, run.id, outcome)


async def _row(services: Services, pool: Pool, run: Run, name: Name, perform: Perform) -> RowOutcome:
    was_member = await _is_member(services, pool, run.group_name, name.text)
    try:
        await perform(OPERATIONS[run.action], {"GroupName": run.group_name, "Username": name.text})
    except UserNotFoundException:
        return RowOutcome(name.line, "unknown", "")
    except ServiceError as error:
        return RowOutcome(name.line, "refused", error.message)
    return RowOutcome(name.line, "unchanged" if was_member == (run.action == "add") else "done", "")


async def _is_member(services: Services, pool: Pool, group_name: str, name: str) -> bool:
    async with services.database.read() as tx:
        group, user = await groups.find(tx, pool.id, group_name), await users.find(tx, pool, name)
        return group is not None and user is not None and await groups.is_member(tx, group.id, user.id)


# --- the report --------------------------------------------------------------------------------------------


async def report(services: Services, run: Run) -> list[Done]:
    """Every name of the list in its order, with what became of it so far."""
    names = await names_of(services, run)
    async with services.database.read() as tx:
        found = {row.line: row for row in await bulk_runs.rows(tx, run.id, 0, len(names) + 1)}
    return [
        Done(name.line, name.text, row.outcome if (row := found.get(name.line)) else None, row.message if row else "")
        for name in names
    ]


async def counts(services: Services, run: Run) -> dict[Outcome, int]:
    async with services.database.read() as tx:
        return await bulk_runs.counts(tx, run.id)
