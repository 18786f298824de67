"""Users and groups out of a file, brought in by the process that reads it; jobs of the server are `import_running`.

Every line comes to an outcome of its own, as it does in a job. A second run over the same file skips who is there.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from functools import partial
from typing import Final, NamedTuple

from poolhouse.errors import InvalidParameterException, ServiceError
from poolhouse.store import groups
from poolhouse.store.import_jobs import RowOutcome
from poolhouse.store.names import fold
from poolhouse.store.pools import Pool

from . import import_csv, import_settling, import_users, user_records
from .context import Services
from .import_settling import NEW_GROUP, OLD_GROUP, Import, Row
from .import_users import NewUser, Settled
from .user_records import GroupRecord

_LONGEST_LINE: Final = 1_048_576
# A commit for each: more would make a server of the same SQLite file wait for its turn.
_AT_ONCE: Final = 128
_WOULD: Final = "The user would be imported."


class Entry(NamedTuple):
    """What a line holds; `problem` says why it holds nothing but perhaps a `username`."""

    line: int
    found: NewUser | GroupRecord | None
    problem: str = ""
    username: str = ""


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
            yield Entry(row.line, None, error.message, import_csv.username(names, row))


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


async def bring_in(of: Import, entries: Iterable[Entry]) -> AsyncIterator[RowOutcome]:
    """Outcomes in the order of the lines. Raises UnusableFile behind those of what was there before it."""
    for batch in import_csv.batches(entries, _AT_ONCE):
        for outcome in await import_settling.settle(of, list(map(row, batch))):
            yield outcome


async def try_out(services: Services, pool: Pool, entries: Iterable[Entry]) -> AsyncIterator[RowOutcome]:
    """What would become of the lines; nothing is written. Raises UnusableFile."""
    trial = _Trial(pool)
    for entry in entries:
        yield RowOutcome(entry.line, *await trial.settle(services, entry))


def row(entry: Entry) -> Row:
    return Row(entry.line, partial(_found, entry), entry.username)


def _found(entry: Entry) -> NewUser | GroupRecord:
    """Raises InvalidParameterException."""
    if entry.found is None:
        raise InvalidParameterException(entry.problem)
    return entry.found


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
