"""The doctor on the database: reachable, migrated, durable, of this master key, with room on its disk."""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from poolhouse.cli.findings import Finding, fail, ok, warn
from poolhouse.cli.tables import megabytes
from poolhouse.config import Settings
from poolhouse.crypto.vault import BrokenSeal, Vault
from poolhouse.errors import MissingExtra
from poolhouse.store.inspection import Condition, is_current, of_postgresql, of_sqlite

_NAME = "database"
_LITTLE, _TOO_LITTLE = 1 << 30, 100 << 20
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p"})
_MOUNTS = Path("/proc/self/mounts")


def database(settings: Settings, now: Callable[[], int]) -> tuple[Condition | None, list[Finding]]:
    """What it says of itself, None when it cannot be read, and what that means."""
    path = settings.database.partition("sqlite:///")[2]
    return _file(Path(path)) if path else _server(settings, now)


def examined(settings: Settings, condition: Condition) -> Iterator[Finding]:
    """The same for both kinds: the schema, the key."""
    if condition.version is None:
        yield ok("schema", "empty; it is made at the first start")
        return
    if is_current(condition):
        yield ok("schema", f"version {condition.version}")
    else:
        text = f"version {condition.version} is not this program's"
        yield warn("schema", text, "Back it up; the next start migrates an older one, and refuses a newer one.")
    if condition.mark is not None:
        yield _key(settings, condition.mark)


def _key(settings: Settings, mark: bytes) -> Finding:
    try:
        Vault(settings.master_key).unlock(mark)
    except BrokenSeal:
        text = "It is not the one that this database was written with."
        return fail("master key fits", text, "Give the key it had; without it, what is sealed there is lost.")
    return ok("master key fits", "it opens what this database holds")


def _file(path: Path) -> tuple[Condition | None, list[Finding]]:
    folder = next(parent for parent in [path.parent, *path.resolve().parents] if parent.is_dir())
    if not os.access(folder, os.W_OK):
        return None, [
            fail(_NAME, f"The folder {folder} cannot be written to.", "Mend its rights; SQLite writes files beside.")
        ]
    if not path.exists():
        return None, [ok(_NAME, f"{path} is made at the first start")]
    if not os.access(path, os.W_OK):
        return None, [fail(_NAME, f"{path} cannot be written to.", "Mend its rights.")]
    try:
        condition = of_sqlite(path)
    except (OSError, sqlite3.Error) as error:
        return None, [
            fail(_NAME, f"{path} cannot be read ({error}).", "Bring back a backup: poolhouse restore-backup.")
        ]
    return condition, [*_sqlite(path, condition)]


def _sqlite(path: Path, condition: Condition) -> Iterator[Finding]:
    assert condition.size is not None
    assert condition.free is not None
    if condition.settings["check"] != "ok":
        yield fail(
            _NAME, f"{path} is damaged: {condition.settings['check']}", "Bring back a backup: poolhouse restore-backup."
        )
    elif condition.version is not None and condition.settings["journal_mode"] != "wal":
        text = f"{path} is in journal mode {condition.settings['journal_mode']}."
        yield warn(_NAME, text, "Nothing; the next start sets WAL, with an fsync for each commit.")
    else:
        yield ok(_NAME, f"{path}, {megabytes(condition.size)}, sound, WAL with an fsync for each commit")
    yield _disk(path, condition.free, condition.size)


def _disk(path: Path, free: int, size: int) -> Finding:
    kind = _file_system(path.resolve())
    if kind in _NETWORK:
        text = f"{path} is on a network file system ({kind}), where SQLite's locks are not safe."
        return fail("disk", text, "Move it to a disk of this machine, or use PostgreSQL.")
    text = f"{free / 1e9:,.1f} GB free"
    if free < _TOO_LITTLE:
        return fail("disk", text, "Make room: without it, every change is refused.")
    if free < max(_LITTLE, size):
        return warn("disk", text, "Make room: a backup and the write-ahead log need about the database's size.")
    return ok("disk", text)


def _file_system(path: Path) -> str:
    """Of the mount that the path lies below; empty where that cannot be known."""
    if not _MOUNTS.exists():
        return ""
    found = ("", "")
    for line in _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines():
        _, place, kind, *_ = line.split()
        if path.is_relative_to(place) and len(place) >= len(found[0]):
            found = (place, kind)
    return found[1]


def _server(settings: Settings, now: Callable[[], int]) -> tuple[Condition | None, list[Finding]]:
    try:
        import asyncpg
    except ModuleNotFoundError as error:
        lacking = MissingExtra("PostgreSQL", "postgres", package=error.name)
        return None, [fail(_NAME, lacking.message, lacking.resolution)]
    url = settings.database.replace("postgres://", "postgresql://", 1)
    try:
        condition = asyncio.run(of_postgresql(url, now))
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        text = f"PostgreSQL cannot be reached ({type(error).__name__}: {error})."
        return None, [fail(_NAME, text, "Check the address, the name, the password, and that it runs.")]
    return condition, [*_durable(condition)]


def _durable(condition: Condition) -> Iterator[Finding]:
    said = condition.settings
    yield ok(_NAME, f"PostgreSQL {said['server_version']}, at most {said['max_connections']} connections")
    off = [name for name in ("fsync", "full_page_writes") if said[name] != "on"]
    if off:
        text = f"{' and '.join(off)} is off: a power cut can damage the database."
        yield fail("durability", text, f"ALTER SYSTEM SET {off[0]} = on; then SELECT pg_reload_conf();")
    elif said["synchronous_commit"] == "off":
        text = "synchronous_commit is off: the last acknowledged changes are lost in a crash."
        yield fail("durability", text, "ALTER SYSTEM SET synchronous_commit = on; then SELECT pg_reload_conf();")
    else:
        yield ok("durability", f"fsync on, synchronous_commit {said['synchronous_commit']}")
    if said["server_encoding"] != "UTF8":
        yield fail("encoding", f"The database is in {said['server_encoding']}.", "Create it with ENCODING 'UTF8'.")
