"""What was applied last, noted in the database: for processes that did not apply it, and for who asks what differs."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

import msgspec

from poolhouse import telemetry
from poolhouse.define.manifest import Manifest
from poolhouse.errors import UserError
from poolhouse.store.backend import fact, set_fact
from poolhouse.store.database import Database, Transaction


class Record(msgspec.Struct, frozen=True):
    """`sources` are digests of the functions' folders by function; `at` is when it was applied, in microseconds."""

    manifest: Manifest
    sources: dict[str, str]
    at: int


def _name(backend: str) -> str:
    return f"applied:{backend}"


async def recorded(tx: Transaction, backend: str) -> Record | None:
    """The last record; None where there is none that this version can read."""
    return _decoded(await fact(tx, _name(backend)))


def _decoded(found: bytes | None) -> Record | None:
    try:
        return None if found is None else msgspec.json.decode(found, type=Record)
    except msgspec.DecodeError:
        return None


async def note(tx: Transaction, manifest: Manifest, sources: Mapping[str, str], now: int, *, changed: bool) -> None:
    """Note what was applied, when it differs from what was noted before, or `changed` something."""
    before = await recorded(tx, manifest.name)
    if before is not None and not changed and (before.manifest, before.sources) == (manifest, dict(sources)):
        return
    made = Record(manifest, dict(sources), now)
    await set_fact(tx, _name(manifest.name), msgspec.json.encode(made, order="deterministic"))


def sources_of(project: Path, manifest: Manifest) -> dict[str, str]:
    """A digest of the folder of each function's entry."""
    return {function.name: _digest(project, PurePosixPath(function.entry).parent) for function in manifest.functions}


def _digest(project: Path, folder: PurePosixPath) -> str:
    digest = hashlib.sha256()
    for path in sorted((project / folder).rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(project).as_posix()}\0{path.stat().st_size}\n".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:32]


class Following:
    """Notices what another process applied to this one's backend.

    A Manifest is taken over only when this process has the same definitions and sources on its own disk: code and
    Manifest always belong together, and a server that still has the old files keeps serving the old backend.
    """

    def __init__(self, database: Database, project: Path, load: Callable[[Path], Manifest]) -> None:
        self._database = database
        self._project = project
        self._load = load
        self._seen: bytes | None = None
        self._tried: tuple[bytes, tuple[int, int]] | None = None

    async def see(self, backend: str) -> None:
        """What is noted now is what this process runs."""
        async with self._database.read() as tx:
            self._seen = await fact(tx, _name(backend))

    async def news(self, backend: str) -> Manifest | None:
        """The Manifest to take over, None while there is nothing new or this process has other files."""
        async with self._database.read() as tx:
            found = await fact(tx, _name(backend))
        if found is None or found == self._seen:
            return None
        attempt = (found, await asyncio.to_thread(_state, self._project))
        if attempt == self._tried:
            return None
        self._tried = attempt
        applied = _decoded(found)
        if applied is None or not await asyncio.to_thread(self._has, applied):
            telemetry.log.warning(
                "another process applied other definitions", remedy="bring this server's project up to date"
            )
            return None
        self._seen = found
        return applied.manifest

    def _has(self, applied: Record) -> bool:
        try:
            own = self._load(self._project)
        except UserError:
            return False
        return own == applied.manifest and sources_of(self._project, own) == applied.sources


def _state(project: Path) -> tuple[int, int]:
    """Changes with any file of the backend: the newest time, and how many files there are."""
    times = [path.stat().st_mtime_ns for path in (project / "amplify").rglob("*") if path.is_file()]
    return max(times, default=0), len(times)
