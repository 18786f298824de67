"""`poolhouse backup` and `restore-backup`: a whole database of either kind, out into a sealed file and back."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import msgspec
import typer

from poolhouse.app import clock
from poolhouse.cli.administration import Administration, visit
from poolhouse.cli.backup_files import Backup, Key, Secret, Writer
from poolhouse.cli.bars import counting
from poolhouse.cli.moving_out import new_file
from poolhouse.cli.options import Where
from poolhouse.cli.tables import megabytes
from poolhouse.config import Settings, load
from poolhouse.crypto.vault import BrokenSeal, Vault
from poolhouse.errors import BackupRefused, SettingError, UserError
from poolhouse.store.dumping import Contents, Rows, dump_postgresql, dump_sqlite
from poolhouse.store.inspection import Condition, is_current, of_postgresql, of_sqlite
from poolhouse.store.loading import GAP_FACT, load_postgresql, load_sqlite

_SHORTEST = 12


class Done(NamedTuple):
    """What was written or put back; `size` in bytes."""

    file: str
    rows: int
    tables: int
    schema: str
    size: int


def backup(where: Where, file: Path, passphrase_file: Path | None, *, overwrite: bool) -> Done:
    """A server may run meanwhile. Raises UserError."""
    settings = load("dev", where.project, {"database": where.database})
    path = _sqlite_path(settings)
    if path is not None and not path.exists():
        raise SettingError(f"There is no database {path}.", resolution="Name it with --database, or its --project.")
    condition = _condition(settings)
    _require_key(settings, condition)
    secret = settings.master_key if passphrase_file is None else _passphrase(passphrase_file)
    with new_file(file, overwrite=overwrite) as target:
        if is_current(condition):
            visit(where, _note)
        contents = _write(settings, path, Writer(target, secret, made=clock(), by=version("poolhouse")))
        if target is not sys.stdout.buffer:
            os.fsync(target.fileno())
    size = file.stat().st_size if file.exists() else 0
    return Done(str(file), contents.rows, len(contents.tables), contents.version, size)


def restore(where: Where, file: Path, passphrase_file: Path | None, *, dry_run: bool) -> Done:
    """The file is read to its end before anything is made. Raises UserError."""
    settings = load("dev", where.project, {"database": where.database})

    def secret(kind: Key) -> Secret:
        if kind == "master-key":
            return settings.master_key
        if passphrase_file is None:
            raise BackupRefused(f"{file} was made with a passphrase.", resolution="Give it with --passphrase-file.")
        return _passphrase(passphrase_file)

    found = Backup(file, secret)
    contents = found.contents
    if not dry_run:
        with counting("Restoring", contents.rows) as progress:
            _load(settings, found, _counted(found.batches(), lambda rows: progress.advance(progress.task_ids[0], rows)))
    return Done(str(file), contents.rows, len(contents.tables), contents.version, file.stat().st_size)


def show(done: Done, verb: str) -> None:
    typer.echo(
        f"{verb} {done.rows:,} rows of {done.tables} tables, schema {done.schema}; {done.file}, {megabytes(done.size)}."
    )


async def _note(administration: Administration) -> None:
    async with administration.services.database.write() as tx:
        await administration.did(tx, "BackUpDatabase")


def _write(settings: Settings, path: Path | None, writer: Writer) -> Contents:
    held: list[Contents] = []

    def take(contents: Contents, batches: Iterator[tuple[int, Rows]]) -> None:
        held.append(contents)
        writer.put(contents)
        with counting("Backing up", contents.rows) as progress:
            for place, rows in batches:
                writer.put((place, rows))
                progress.advance(progress.task_ids[0], len(rows))

    if path is not None:
        dump_sqlite(path, take)
    else:
        asyncio.run(dump_postgresql(_url(settings), take))
    writer.close()
    return held[0]


def _load(settings: Settings, found: Backup, batches: Iterator[tuple[int, Rows]]) -> None:
    path = _sqlite_path(settings)
    if path is None:
        asyncio.run(load_postgresql(_url(settings), found.contents, batches))
        return
    load_sqlite(path, found.contents, batches, lambda mark, gap: _noted_gap(settings, mark, gap))


def _noted_gap(settings: Settings, mark: bytes | None, gap: int) -> bytes:
    vault = Vault(settings.master_key)
    if mark is not None:
        with _right_key():
            vault.unlock(mark)
    return vault.seal(GAP_FACT, msgspec.msgpack.encode(gap))


def _counted(batches: Iterator[tuple[int, Rows]], tell: Callable[[int], None]) -> Iterator[tuple[int, Rows]]:
    for place, rows in batches:
        yield place, rows
        tell(len(rows))


def _sqlite_path(settings: Settings) -> Path | None:
    path = settings.database.partition("sqlite:///")[2]
    return Path(path) if path else None


def _url(settings: Settings) -> str:
    return f"postgresql://{settings.database.partition('://')[2]}"


def _condition(settings: Settings) -> Condition:
    path = _sqlite_path(settings)
    try:
        return of_sqlite(path) if path else asyncio.run(of_postgresql(_url(settings), clock))
    except _refusals(path) as error:
        raise SettingError(f"The database cannot be read ({error}).", resolution="Ask poolhouse doctor.") from error


def _refusals(path: Path | None) -> tuple[type[Exception], ...]:
    """What reading it raises; PostgreSQL's driver is an extra."""
    if path:
        import sqlite3

        return (OSError, ValueError, sqlite3.Error)
    import asyncpg

    return (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError)


def _require_key(settings: Settings, condition: Condition) -> None:
    """A backup under a key that is not the database's would be found useless when it is needed."""
    with _right_key():
        if condition.mark is not None:
            Vault(settings.master_key).unlock(condition.mark)


@contextmanager
def _right_key() -> Iterator[None]:
    try:
        yield
    except BrokenSeal:
        raise SettingError(
            "The master key is not the one that this database was written with.",
            resolution="Give the key it had: POOLHOUSE_MASTER_KEY, or .poolhouse/master.key in dev.",
        ) from None


def _passphrase(file: Path) -> str:
    try:
        text = (sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"The passphrase cannot be read ({error}).", resolution="Name a text file, or - for a pipe."
        ) from error
    if len(text) < _SHORTEST:
        raise UserError(f"The passphrase has fewer than {_SHORTEST} characters.", resolution="Use a longer one.")
    return text
