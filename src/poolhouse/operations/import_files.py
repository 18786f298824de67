"""Users and groups out of a file, brought in by the process that reads it; jobs of the server are `import_running`.

Every line comes to an outcome of its own, as it does in a job. A second run over the same file skips who is there.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Final, NamedTuple

from poolhouse.errors import GroupExistsException, InvalidParameterException, ServiceError
from poolhouse.store import groups
from poolhouse.store.database import Transaction
from poolhouse.store.import_jobs import RowOutcome
from poolhouse.store.names import fold
from poolhouse.store.pools import Pool

from . import import_csv, import_users, user_records
from .context import Services
from .import_csv import UnusableFile
from .import_users import NewUser, Settled
from .user_records import GroupRecord

_LONGEST_LINE: Final = 1_048_576
_BATCH: Final = 32
NEW_GROUP: Final = "The group was created."
OLD_GROUP: Final = "The group already exists."
_WOULD: Final = "The user would be imported."


class Entry(NamedTuple):
    """What a line holds; `problem` says why it holds nothing."""

    line: int
    found: NewUser | GroupRecord | None
    problem: str = ""


def csv_entries(pool: Pool, chunks: Iterable[bytes]) -> Iterator[Entry]:
    """Of AWS's format. Raises UnusableFile."""
    rows = import_csv.rows(chunks)
    names = import_csv.columns(pool.settings, rows)
    for row in rows:
        if row.problem is not None:
            yield Entry(row.line, None, row.problem)
            continue
        try:
            yield Entry(row.line, import_csv.new_user(pool, names, row.cells))
        except InvalidParameterException as error:
            yield Entry(row.line, None, error.message)


def json_entries(chunks: Iterable[bytes]) -> Iterator[Entry]:
    """One JSON object in every line that is not empty."""
    for number, line in enumerate(import_csv.physical_lines(chunks, _LONGEST_LINE), start=1):
        if not line.strip():
            continue
        try:
            record = user_records.decode(line)
            yield Entry(number, record if isinstance(record, GroupRecord) else user_records.new_user(record))
        except InvalidParameterException as error:
            yield Entry(number, None, error.message)


async def bring_in(
    services: Services, pool: Pool, entries: Iterable[Entry], *, dry_run: bool = False
) -> AsyncIterator[RowOutcome]:
    """Outcomes in the order of the lines. In a dry run nothing is written, and the outcomes are what would happen."""
    trial = _Trial(pool) if dry_run else None
    for batch in batches(entries):
        for outcome in await _settled(services, pool, batch, trial):
            yield outcome


def batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Groups come before the users who are in them. Raises UnusableFile behind what was there before it."""
    batch: list[Entry] = []
    try:
        for entry in entries:
            if isinstance(entry.found, GroupRecord) or len(batch) == _BATCH:
                yield batch
                batch = []
            batch.append(entry)
    except UnusableFile:
        yield batch
        raise
    yield batch


async def _settled(services: Services, pool: Pool, batch: list[Entry], trial: "_Trial | None") -> list[RowOutcome]:
    if trial is not None:
        return [RowOutcome(entry.line, *await trial.settle(services, entry)) for entry in batch]
    first, rest = batch[:1], batch[1:]
    settled = [await _settle(services, pool, entry) for entry in first]
    settled += await asyncio.gather(*(_settle(services, pool, entry) for entry in rest))
    return [RowOutcome(entry.line, *outcome) for entry, outcome in zip(batch, settled, strict=True)]


async def _settle(services: Services, pool: Pool, entry: Entry) -> Settled:
    if entry.found is None:
        return Settled("Failed", entry.problem)
    if isinstance(entry.found, GroupRecord):
        return await _group(services, pool, entry.found)
    try:
        async with services.database.write() as tx:
            await import_users.add(services, tx, pool, entry.found, services.clock())
    except ServiceError as error:
        return import_users.refusal(error)
    return Settled("Imported", import_users.SUCCEEDED)


async def _group(services: Services, pool: Pool, record: GroupRecord) -> Settled:
    try:
        async with services.database.write() as tx:
            return await add_group(tx, pool, record, services.clock())
    except GroupExistsException:
        return Settled("Skipped", OLD_GROUP)
    except ServiceError as error:
        return import_users.refusal(error)


async def add_group(tx: Transaction, pool: Pool, record: GroupRecord, now: int) -> Settled:
    """Raises GroupExistsException, LimitExceededException."""
    await groups.add(
        tx,
        pool.id,
        record.name,
        description=record.description,
        role_arn=record.role_arn,
        precedence=record.precedence,
        now=now,
    )
    return Settled("Imported", NEW_GROUP)


class _Trial:
    """A dry run: remembers what the lines before would have brought."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._groups: set[str] = set()
        self._names: set[str] = set()

    async def settle(self, services: Services, entry: Entry) -> Settled:
        if entry.found is None:
            return Settled("Failed", entry.problem)
        if isinstance(entry.found, GroupRecord):
            is_new = not await self._is_group(services, entry.found.name)
            self._groups.add(entry.found.name)
            return Settled("Imported", NEW_GROUP) if is_new else Settled("Skipped", OLD_GROUP)
        try:
            return await self._user(services, entry.found)
        except ServiceError as error:
            return import_users.refusal(error)

    async def _user(self, services: Services, new: NewUser) -> Settled:
        settings = self._pool.settings
        held = [new.attributes.get(name, "") for name in settings.UsernameAttributes]
        names = {fold(settings, text) for text in (new.username, *held) if text}
        async with services.database.read() as tx:
            is_known = await import_users.is_known(tx, self._pool, new)
        if is_known or not names.isdisjoint(self._names):
            return Settled("Skipped", import_users.EXISTS)
        for name in new.groups:
            if not await self._is_group(services, name):
                raise InvalidParameterException(f"The group {name} does not exist.")
        self._names |= names
        return Settled("Imported", _WOULD)

    async def _is_group(self, services: Services, name: str) -> bool:
        if name in self._groups:
            return True
        async with services.database.read() as tx:
            return await groups.find(tx, self._pool.id, name) is not None
