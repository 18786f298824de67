"""Everybody and every group of a pool, read page by page, for a file that an import accepts."""

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final, NamedTuple

from poolhouse.store import factors, groups, users
from poolhouse.store.factors import SMS
from poolhouse.store.pools import Pool
from poolhouse.store.users import User

from . import import_csv, user_records
from .context import Services
from .import_csv import MFA, USERNAME
from .user_records import GroupRecord, UserRecord

_PAGE: Final = 200


class Exported(NamedTuple):
    """A user, and whether he has second factors that stay behind: all but text messages."""

    record: UserRecord
    leaves_factors: bool


async def every_group(services: Services, pool: Pool) -> list[GroupRecord]:
    found: list[GroupRecord] = []
    after = ""
    while True:
        async with services.database.read() as tx:
            page = await groups.list_(tx, pool.id, after, _PAGE)
        if not page:
            return found
        found += [user_records.of_group(group) for group in page]
        after = page[-1].name


async def every_user(services: Services, pool: Pool, *, hashes: bool) -> AsyncIterator[Exported]:
    """In the order in which they came; with `hashes` their passwords go along as they are kept."""
    after = 0
    while True:
        async with services.database.read() as tx:
            page = await users.page(tx, pool.id, after, _PAGE)
        if not page:
            return
        for user in page:
            yield await _exported(services, user, hashes=hashes)
        after = page[-1].id


async def _exported(services: Services, user: User, *, hashes: bool) -> Exported:
    async with services.database.read() as tx:
        names = [group.name for group in await groups.of_user(tx, user.id)]
        found = await factors.of_user(tx, user.id)
    sms = SMS in found and found[SMS].state.enabled
    record = user_records.of_user(services.vault, user, names, sms_mfa=sms, hashes=hashes)
    return Exported(record, any(factor.state.enabled for kind, factor in found.items() if kind != SMS))


def csv_cells(columns: Sequence[str], record: UserRecord) -> list[str]:
    """The row of a user in AWS's file; what a spreadsheet would take for a formula is marked as text."""
    special: Mapping[str, str] = {USERNAME: record.username, MFA: "true" if record.sms_mfa else "false"}
    values = {**record.attributes, **special}
    return [import_csv.guarded(values.get(name, "")) for name in columns]


def csv_line(cells: Sequence[str]) -> bytes:
    """Commas, quotes and ends of lines in a value have a backslash before them, as AWS's importer wants it."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_NONE, escapechar="\\", lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()
