"""`poolhouse keys ...`: the keys that sign a user pool's tokens."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from poolhouse.cli.options import HERE, Database, DryRun, Json, PoolName, Project, Where, Yes, group

if TYPE_CHECKING:
    from poolhouse.cli.administration import Administration
    from poolhouse.operations.console.keys import Key

keys = group("The keys that sign a user pool's tokens, and the master key of a database.")
_EFFECT = (
    "This makes two new keys, one for ID tokens and one for access tokens, which sign from then on. The keys that sign "
    "today stay in the pool's key set for 25 hours, until no token of theirs can be good any more; nobody is signed "
    "out."
)


@keys.command("list")
def keys_list(project: Project = HERE, database: Database = None, pool: PoolName = None, as_json: Json = False) -> None:
    """Every key of the pool: what it signs, since when, and until when it verifies."""
    from poolhouse.cli.administration import visit
    from poolhouse.cli.tables import print_json
    from poolhouse.operations.console import keys as console

    async def work(administration: "Administration") -> list["Key"]:
        return await console.of_pool(administration.services, await administration.pool_id())

    found = visit(Where(project, database, pool), work)
    print_json([_plain(key) for key in found]) if as_json else _print(found)


@keys.command("rotate")
def keys_rotate(
    project: Project = HERE,
    database: Database = None,
    pool: PoolName = None,
    now: Annotated[
        bool, typer.Option("--now", help="A key may be stolen: refuse every token of the old keys from now on.")
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Let new keys sign; running servers take them over within a second, and old tokens stay good, but for --now."""
    from poolhouse.cli.administration import visit
    from poolhouse.cli.prompts import agree
    from poolhouse.operations.console.keys import REPLACEMENT

    where, effect = Where(project, database, pool), "\n".join(REPLACEMENT) if now else _EFFECT
    if dry_run:
        visit(where, _pool_id)
        typer.echo(effect)
        return
    typer.echo(effect)
    if not agree("Replace the keys now?" if now else "Rotate?", yes=yes, default=False):
        raise typer.Exit(1)
    _print(visit(where, _renewed(now=now)))
    if now:
        typer.echo("The old keys are gone. Every server refuses their tokens within a second.")


def _renewed(*, now: bool) -> Callable[["Administration"], Awaitable[list["Key"]]]:
    from poolhouse.access.principals import Root
    from poolhouse.crypto.codes import new_uuid
    from poolhouse.operations.console import keys as console
    from poolhouse.operations.context import Call

    async def work(administration: "Administration") -> list["Key"]:
        services, pool = administration.services, await administration.pool()
        ctx = Call(
            services=services,
            principal=Root(services.settings.account_id, pool.region),
            now=services.clock(),
            request_id=new_uuid(),
            region=pool.region,
            way="cli",
        )
        return await (console.replace if now else console.rotate)(ctx, pool.id)

    return work


async def _pool_id(administration: "Administration") -> str:
    return await administration.pool_id()


def _print(found: list["Key"]) -> None:
    from poolhouse.cli.tables import moment, print_table

    rows = [
        (key.kid, key.use, "signs" if key.signs else "verifies", moment(key.created / 1e6), _end(key.until))
        for key in found
    ]
    print_table(("KID", "TOKENS", "STATE", "CREATED", "VERIFIES UNTIL"), rows)


def _end(until: int | None) -> str:
    from poolhouse.cli.tables import moment

    return moment(None if until is None else until / 1e6)


def _plain(key: "Key") -> dict[str, Any]:
    """Times are epoch seconds."""
    until = None if key.until is None else key.until // 1_000_000
    return key._asdict() | {"created": key.created // 1_000_000, "until": until}
