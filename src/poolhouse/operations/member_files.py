"""Many users into one group, or out of it, by a file: what every line asks for, and what became of it.

A command reads the file, so it is root who asks. The rules are those of AdminAddUserToGroup and
AdminRemoveUserFromGroup; each membership is on record in the transaction that changes it.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from poolhouse import service_model
from poolhouse.errors import (
    DatabaseUnavailable,
    InvalidParameterException,
    LimitExceededException,
    ServiceError,
    UserNotFoundException,
)
from poolhouse.store import groups, memberships, pools
from poolhouse.store.database import Transaction
from poolhouse.store.memberships import AT_ONCE, Found
from poolhouse.store.pools import Pool

from . import audit, import_csv
from .audit import Cause, Effect
from .context import Services
from .import_csv import USERNAME, UnusableFile

Action = Literal["add", "remove"]
Outcome = Literal["Changed", "Skipped", "Failed"]
OPERATIONS: Final[Mapping[Action, str]] = {"add": "AdminAddUserToGroup", "remove": "AdminRemoveUserFromGroup"}
_TITLES: Final = (USERNAME, "username", "Username", "sub")
_LONGEST_LINE: Final = 16_000
_LONGEST_NAME: Final = 128
_TRIES: Final = (False, False, True)
_TEXT: Final[Mapping[tuple[Action, Outcome], str]] = {
    ("add", "Changed"): "The user was added to the group.",
    ("add", "Skipped"): "The user was in the group already.",
    ("remove", "Changed"): "The user was removed from the group.",
    ("remove", "Skipped"): "The user was not in the group.",
}
_NO_TEXT: Final = "The line is not UTF-8."


class Entry(NamedTuple):
    """Whom a line names; `problem` says why it names nobody."""

    line: int
    name: str
    problem: str = ""


class LineOutcome(NamedTuple):
    """What became of a line, in words that name nobody."""

    line: int
    outcome: Outcome
    message: str


@dataclass(frozen=True, slots=True)
class Group:
    """The group of a pool that a file is about, and what is done with it. `cause` is None for a dry run."""

    services: Services
    pool: Pool
    name: str
    action: Action
    cause: Cause | None = None


class _Settled(NamedTuple):
    """The users whom names mean, and those of them who were changed, or could not be."""

    found: Mapping[str, Found]
    changed: set[int]
    full: set[int]


def text_entries(chunks: Iterable[bytes]) -> Iterator[Entry]:
    """A name in every line that is not empty."""
    for number, line in enumerate(import_csv.physical_lines(chunks, _LONGEST_LINE), start=1):
        try:
            name = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError:
            yield Entry(number, "", _NO_TEXT)
            continue
        if name:
            yield Entry(number, name)


def csv_entries(chunks: Iterable[bytes]) -> Iterator[Entry]:
    """The column of usernames of a file with a header, AWS's or any other. Raises UnusableFile."""
    rows = import_csv.rows(chunks, most=_EVERY)
    first = next(rows, None)
    if first is None:
        raise UnusableFile("The file is empty.")
    place = next((first.cells.index(title) for title in _TITLES if title in first.cells), None)
    if place is None:
        raise UnusableFile(f"The header has no column {USERNAME} or username.")
    for row in rows:
        name = import_csv.unguarded(row.cells[place]).strip() if place < len(row.cells) else ""
        yield Entry(row.line, name, row.problem or ("" if name else "The row names nobody."))


_EVERY: Final = 1 << 62
"""Rows that a file may have: each is read and settled by itself."""


async def settle(of: Group, entries: Iterable[Entry]) -> AsyncIterator[list[LineOutcome]]:
    """Outcomes in the order of the lines, so many at a time as share a commit. Raises GroupNotFound; UnusableFile
    behind those of what was there before it.
    """
    seen: set[int] = set()
    for batch in import_csv.batches(entries, AT_ONCE):
        yield await (_try_out(of, batch, seen) if of.cause is None else _carry_out(of, of.cause, batch))


async def _carry_out(of: Group, cause: Cause, batch: Sequence[Entry]) -> list[LineOutcome]:
    """Done again when it is certain that nothing of it was."""
    for last in _TRIES:
        try:
            async with of.services.database.write() as tx:
                return await _changed(of, tx, cause, batch)
        except DatabaseUnavailable as outage:
            if last or not outage.may_repeat:
                raise
    raise AssertionError("the last one returns or raises")


async def _changed(of: Group, tx: Transaction, cause: Cause, batch: Sequence[Entry]) -> list[LineOutcome]:
    await pools.keep(tx, of.pool.id)
    _, group = await groups.get_with_pool(tx, of.pool.id, of.name)
    found = await memberships.find_many(tx, of.pool, _names(batch), lock=True)
    ids = {user.id for user in found.values()}
    if of.action == "add":
        changed = await memberships.add_many(tx, group.id, ids, of.services.clock())
    else:
        changed = await memberships.remove_many(tx, group.id, ids)
    full = set() if of.action == "remove" else await _full(tx, group.id, ids - changed)
    outcomes, effects = _told(of, batch, _Settled(found, changed, full))
    await audit.record_effects(tx, of.services, cause, effects)
    return outcomes


async def _full(tx: Transaction, group_id: int, ids: set[int]) -> set[int]:
    """Who was not added and is no member: he has as many groups as a user may have."""
    return ids - await memberships.members_among(tx, group_id, ids)


async def _try_out(of: Group, batch: Sequence[Entry], seen: set[int]) -> list[LineOutcome]:
    """Nothing is written. `seen` are those whom the lines before would have changed."""
    async with of.services.database.read() as tx:
        group = await groups.get(tx, of.pool.id, of.name)
        found = await memberships.find_many(tx, of.pool, _names(batch))
        ids = {user.id for user in found.values()}
        members = await memberships.members_among(tx, group.id, ids)
        free = await memberships.with_room(tx, ids - members) if of.action == "add" else ids
    changed = (ids - members if of.action == "add" else members) - seen
    full = ids - members - free if of.action == "add" else set()
    seen |= changed - full
    return _told(of, batch, _Settled(found, changed - full, full))[0]


def _names(batch: Sequence[Entry]) -> set[str]:
    """Without those that nobody can have."""
    return {entry.name for entry in batch if 0 < len(entry.name) <= _LONGEST_NAME and "\0" not in entry.name}


def _told(of: Group, batch: Sequence[Entry], settled: _Settled) -> tuple[list[LineOutcome], list[Effect]]:
    """What to say of each line, and what goes on record: what changed, and what was refused."""
    outcomes, effects, left = [], [], set(settled.changed)
    for entry in batch:
        user = settled.found.get(entry.name)
        asked = {"Line": entry.line, "GroupName": of.name, "Username": entry.name}
        if user is None or user.id in settled.full:
            told, effect = _refused(of, entry, asked, user)
            effects.append(effect)
        elif user.id in left:
            left.remove(user.id)
            told = LineOutcome(entry.line, "Changed", _TEXT[of.action, "Changed"])
            effects.append(Effect(OPERATIONS[of.action], user.sub, asked))
        else:
            told = LineOutcome(entry.line, "Skipped", _TEXT[of.action, "Skipped"])
        outcomes.append(told)
    return outcomes, effects


def _refused(of: Group, entry: Entry, asked: Mapping[str, object], user: Found | None) -> tuple[LineOutcome, Effect]:
    error = _refusal(of, entry, user)
    message = error.message.strip()
    effect = Effect(OPERATIONS[of.action], entry.name if user is None else user.sub, asked, error.code, message)
    return LineOutcome(entry.line, "Failed", message), effect


def _refusal(of: Group, entry: Entry, user: Found | None) -> ServiceError:
    """As the operation itself would refuse it."""
    if user is not None:
        return LimitExceededException(f"A user can be in at most {groups.GROUPS_PER_USER} groups.")
    if entry.problem:
        return InvalidParameterException(entry.problem)
    operation = service_model.operation("cognito-idp", OPERATIONS[of.action])
    assert operation is not None
    try:
        members = {"UserPoolId": of.pool.id, "GroupName": of.name, "Username": entry.name}
        service_model.from_params(operation, members)
    except ServiceError as error:
        return error
    return UserNotFoundException()
