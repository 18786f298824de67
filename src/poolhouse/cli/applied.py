"""Short visits of `push`, `status` and `pull` to a backend's database: what differs, what is there, the change."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

from poolhouse.app import clock
from poolhouse.cli.whereabouts import reached
from poolhouse.config import Settings, load
from poolhouse.crypto.vault import Vault
from poolhouse.define.manifest import Manifest
from poolhouse.errors import UserError
from poolhouse.operations.backend import Applied, Change, apply, current, plan
from poolhouse.operations.backend.master_key import check_master_key
from poolhouse.operations.backend.record import Record, recorded, sources_of
from poolhouse.operations.context import Services
from poolhouse.operations.cpu_threads import CpuThreads
from poolhouse.store.database import open_database

T = TypeVar("T")
Target = Literal["local", "server"]
BACKEND = "app"


class Difference(NamedTuple):
    """What the definitions ask for and what was noted when something was applied last."""

    changes: list[Change]
    record: Record | None
    sources: dict[str, str]


def settings_of(target: Target, project: Path, overrides: Mapping[str, object]) -> Settings:
    """Those of `dev`, of the one that runs if one does, or of `serve`. Raises SettingError."""
    if target == "local":
        return reached(load("dev", project, overrides), project, overrides)
    return load("serve", project, overrides)


def exists(settings: Settings) -> bool:
    """Whether there is a database at all: asking must not make one."""
    scheme, _, path = settings.database.partition(":///")
    return scheme != "sqlite" or Path(path).is_file()


def difference(settings: Settings, project: Path, manifest: Manifest) -> Difference:
    """Compares; of the database only its schema may be brought up to date."""

    async def work(services: Services) -> Difference:
        async with services.database.read() as tx:
            found = await plan(tx, manifest, settings)
            return Difference(found, await recorded(tx, manifest.name), sources_of(project, manifest))

    return _visit(settings, work)


def carry_out(
    settings: Settings, project: Path, manifest: Manifest, *, allow_destructive: bool
) -> tuple[Applied, list[Change], list[Change]]:
    """Apply the Manifest: what it became, the changes made, those withheld."""

    async def work(services: Services) -> tuple[Applied, list[Change], list[Change]]:
        digests = sources_of(project, manifest)
        return await apply(services, manifest, allow_destructive=allow_destructive, sources=digests)

    return _visit(settings, work)


def applied(settings: Settings) -> tuple[Applied, Record]:
    """The backend as it was applied last. Raises UserError when it never was."""

    async def work(services: Services) -> tuple[Applied, Record] | None:
        async with services.database.read() as tx:
            record = await recorded(tx, BACKEND)
        if record is None:
            return None
        return await current(settings, services.database, services.vault, record.manifest), record

    found = _visit(settings, work) if exists(settings) else None
    if found is None:
        raise UserError(
            "No backend was ever applied to this database.", resolution="Run: poolhouse push, or poolhouse dev."
        )
    return found


def _visit(settings: Settings, work: Callable[[Services], Awaitable[T]]) -> T:
    async def visit() -> T:
        async with _opened(settings) as services:
            return await work(services)

    return asyncio.run(visit())


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Services]:
    database, vault = open_database(settings.database), Vault(settings.master_key)
    with CpuThreads(2) as cpu:
        try:
            await database.start()
            await check_master_key(database, vault)
            yield Services(settings=settings, database=database, vault=vault, clock=clock, cpu=cpu)
        finally:
            await database.stop()
