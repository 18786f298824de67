"""Exports: a new file that only its owner can read, whole or not there at all."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal

from poolhouse.cli.administration import Administration, visit
from poolhouse.cli.bars import counting
from poolhouse.cli.options import Where
from poolhouse.cli.tables import counted
from poolhouse.errors import UserError
from poolhouse.operations import exports, import_csv, user_records
from poolhouse.store import pools
from poolhouse.store.pools import Pool


def export_file(where: Where, file: Path, form: Literal["csv", "jsonl"], *, hashes: bool, overwrite: bool) -> list[str]:
    """What is to be said about it. Raises UserError."""

    async def work(administration: Administration) -> list[str]:
        pool = await administration.pool("list-users")
        with new_file(file, overwrite=overwrite) as target:
            return await _write(administration, pool, target, form, hashes=hashes)

    return visit(where, work)


async def _write(
    administration: Administration, pool: Pool, target: BinaryIO, form: Literal["csv", "jsonl"], *, hashes: bool
) -> list[str]:
    services = administration.services
    async with services.database.write() as tx:
        total = await pools.count_users(tx, pool.id)
        await administration.did(tx, "ExportUsers", Format=form, PasswordHashes=hashes)
    columns = import_csv.header(pool.settings)
    written = left = 0
    if form == "csv":
        target.write(exports.csv_line(columns))
    else:
        target.writelines(user_records.encode(record) + b"\n" for record in await exports.every_group(services, pool))
    with counting("Exporting", total) as progress:
        async for user, leaves_factors in exports.every_user(services, pool, hashes=hashes):
            line = (
                exports.csv_line(exports.csv_cells(columns, user))
                if form == "csv"
                else user_records.encode(user) + b"\n"
            )
            target.write(line)
            written, left = written + 1, left + leaves_factors
            progress.advance(progress.task_ids[0])
    return _told(written, left, form, hashes=hashes)


def _told(written: int, left: int, form: Literal["csv", "jsonl"], *, hashes: bool) -> list[str]:
    lines = [f"Exported {counted(written, 'user')}."]
    if not hashes:
        do = "--include-password-hashes puts them in" if form == "jsonl" else "JSON Lines can hold them"
        lines.append(f"Passwords are not in the file; {do}.")
    if left:
        lines.append(f"Second factors stay behind: {counted(left, 'user')} with an authenticator or codes by e-mail.")
    return lines


@contextmanager
def new_file(file: Path, *, overwrite: bool) -> Iterator[BinaryIO]:
    """The file gets its name when it is complete. Raises UserError."""
    if str(file) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if file.exists() and not overwrite:
        raise UserError(f"{file} exists.", resolution="Choose another name, or add --overwrite.")
    part = file.with_name(f".{file.name}.part")
    opener: Callable[[str, int], int] = lambda path, flags: os.open(path, flags, 0o600)  # noqa: E731 - for its type
    try:
        part.unlink(missing_ok=True)
        with open(part, "xb", opener=opener) as target:
            yield target
        part.replace(file)
    except OSError as error:
        raise UserError(f"{file} cannot be written ({error.strerror}).", resolution="Choose another file.") from error
    finally:
        part.unlink(missing_ok=True)
