"""`poolhouse keys rotate-master`: another master key for a database."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from poolhouse.cli.key_commands import keys
from poolhouse.cli.options import HERE, Database, DryRun, Project, Where, Yes

if TYPE_CHECKING:
    from poolhouse.cli.administration import Administration

__all__ = ["keys"]

_EFFECT = (
    "With this the key of this database's data is sealed under the new master key, in one transaction. Running servers "
    "go on; a start needs the new key from then on, and the old one is refused. Backups need the key that they were "
    "made with."
)
_AFTER = (
    "Done. Give servers and commands the new key now: POOLHOUSE_MASTER_KEY, or .poolhouse/master.key in dev. "
    "Keep the old one as long as there are backups that were made with it."
)


@keys.command("rotate-master")
def keys_rotate_master(
    new_key_file: Annotated[
        Path, typer.Option("--new-key-file", help="A file with the new key, of poolhouse generate master-key.")
    ],
    project: Project = HERE,
    database: Database = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Change the master key of a database; the old one is read from where it is."""
    from poolhouse.cli.administration import visit
    from poolhouse.cli.prompts import agree
    from poolhouse.operations.backend.master_key import move_to

    key, where = _read(new_key_file), Where(project, database, None)
    if _is_done(where, key):
        typer.echo("The database is under this master key already.")
        return
    typer.echo(_EFFECT)

    async def work(administration: "Administration") -> None:
        services = administration.services
        async with services.database.write() as tx:
            await move_to(tx, services.vault, key)
            await administration.did(tx, "RotateMasterKey")

    if dry_run:
        visit(where, _nothing)
        return
    if not agree("Change the master key now?", yes=yes, default=False):
        raise typer.Exit(1)
    visit(where, work)
    typer.echo(_AFTER)


def _is_done(where: Where, key: bytes) -> bool:
    """Asked before the old key is: a command that was killed behind its commit is done, and says so the next time."""
    import asyncio

    from poolhouse.cli.administration import opened
    from poolhouse.operations.backend.master_key import is_under
    from poolhouse.store.database import open_database

    async def ask() -> bool:
        database = open_database(opened(where).database)
        try:
            await database.start()
            return await is_under(database, key)
        finally:
            await database.stop()

    return asyncio.run(ask())


async def _nothing(_administration: "Administration") -> None:
    """That the old key fits is all that a dry run asks."""


def _read(file: Path) -> bytes:
    from poolhouse.config import master_key_of
    from poolhouse.errors import UserError

    try:
        return master_key_of(file.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise UserError(
            f"{file} holds no master key ({error}).", resolution="Make one: poolhouse generate master-key > FILE"
        ) from error
