"""`poolhouse audit ...`: is the trail what was written, who did what, and all of it as JSON Lines."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import typer

from poolhouse.cli.options import HERE, Database, Json, Project, Where, group

audit = group("What was done, by whom and to whom.")
Pool = Annotated[str | None, typer.Option("--pool", help="Only what is about this user pool: its id or name.")]
Since = Annotated[
    str | None, typer.Option("--since", metavar="TIME", help="2026-01-31, or 2026-01-31T10:00; UTC unless it says so.")
]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Before this time.")]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@audit.command("verify")
def audit_verify(
    head: Annotated[
        str | None,
        typer.Option("--head", metavar="PLACE:HASH", help="An end that was noted earlier, which must still be there."),
    ] = None,
    project: Project = HERE,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Check every record and its place; exit with 1 and name the first broken one."""
    noted = _noted(head)
    from poolhouse.cli.audit_views import print_report, verified

    if not print_report(verified(Where(project, database), noted), as_json=as_json):
        raise typer.Exit(1)


@audit.command("list")
def audit_list(
    kind: Annotated[
        Literal["admin", "sign-in", "access"] | None, typer.Option("--kind", help="Without it: all of them.")
    ] = None,
    actor: Annotated[str | None, typer.Option("--actor", metavar="ARN", help="Who did it.")] = None,
    subject: Annotated[
        str | None, typer.Option("--subject", help="To whom: a user's sub, else the name that was given.")
    ] = None,
    operation: Annotated[str | None, typer.Option("--operation", help="AWS's name of the operation.")] = None,
    result: Annotated[str | None, typer.Option("--result", help="ok, or an error code.")] = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many at most.")] = 50,
    before: Annotated[int, typer.Option("--before", metavar="ID", min=0, help="Go on behind the last page.")] = 0,
    project: Project = HERE,
    database: Database = None,
    pool: Pool = None,
    as_json: Json = False,
) -> None:
    """Records, the newest first."""
    filters: dict[str, str | int] = {
        "kind": kind or "",
        "actor": actor or "",
        "subject": subject or "",
        "operation": operation or "",
        "result": result or "",
        "since": _moment(since, "--since"),
        "until": _moment(until, "--until"),
        "before": before,
    }
    from poolhouse.cli.audit_views import print_records, records

    print_records(records(Where(project, database, pool), filters, limit), limit, as_json=as_json)


@audit.command("export")
def audit_export(
    since: Since = None,
    until: Until = None,
    project: Project = HERE,
    database: Database = None,
    pool: Pool = None,
) -> None:
    """Print every record as JSON Lines, in the order of the chain."""
    filters: dict[str, str | int] = {"since": _moment(since, "--since"), "until": _moment(until, "--until")}
    from poolhouse.cli.audit_views import export

    export(Where(project, database, pool), filters)


def _moment(text: str | None, option: str) -> int:
    """Epoch microseconds; 0 when no time was given."""
    if text is None:
        return 0
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("a time is written 2026-01-31 or 2026-01-31T10:00.", param_hint=option) from error
    found = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return (found - _EPOCH) // timedelta(microseconds=1)


def _noted(text: str | None) -> tuple[int, bytes] | None:
    if text is None:
        return None
    found = re.fullmatch(r"([1-9]\d{0,17}):([0-9a-f]{64})", text)
    if found is None:
        raise typer.BadParameter("an end is written as `audit verify` prints it: PLACE:HASH.", param_hint="--head")
    return int(found[1]), bytes.fromhex(found[2])
