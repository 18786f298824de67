"""The audit trail on the screen and in files."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import typer

from poolhouse.cli.administration import Administration, visit
from poolhouse.cli.options import Where
from poolhouse.cli.tables import moment, print_json, print_table
from poolhouse.operations import audit
from poolhouse.operations.audit import Head, Report
from poolhouse.operations.audit.streaming import lines
from poolhouse.store import audit as trail
from poolhouse.store.audit import Row

_BATCH = 1000
_TOLD_EVERY = 20_000
_HEADERS = ("ID", "WHEN", "KIND", "OPERATION", "WHO", "WHOM", "RESULT")
Filters = Mapping[str, str | int]


def verified(where: Where, noted: tuple[int, bytes] | None) -> Report:
    async def work(administration: Administration) -> Report:
        services = administration.services
        return await audit.verify(services.database, services.vault, None if noted is None else Head(*noted))

    return visit(where, work)


def print_report(report: Report, *, as_json: bool) -> bool:
    """Whether the trail holds."""
    problem = report.problem
    if as_json:
        print_json(asdict(report))
    elif problem is None:
        waiting = f", {report.loose} wait to be linked" if report.loose else ""
        typer.echo(f"The audit trail holds: {report.linked} linked records{waiting}.")
        typer.echo(
            f"Its end, to be noted elsewhere: {report.linked}:{report.head}" if report.linked else "It is empty."
        )
    else:
        place = f" at place {problem.seq}" if problem.seq else ""
        row = f" (record {problem.id})" if problem.id else ""
        typer.secho(f"The audit trail is broken{place}{row}. {problem.what}", fg="red", err=True)
    return problem is None


def records(where: Where, filters: Filters, limit: int) -> list[Row]:
    async def work(administration: Administration) -> list[Row]:
        pool_id = await _pool_id(administration, where)
        async with administration.services.database.read() as tx:
            return await trail.page(tx, {**filters, "pool_id": pool_id}, limit)

    return visit(where, work)


def print_records(found: list[Row], limit: int, *, as_json: bool) -> None:
    if as_json:
        return print_json([json.loads(line) for line in lines(found).splitlines()])
    print_table(_HEADERS, [_shown(row) for row in found])
    if len(found) == limit:
        typer.echo(f"There may be more: --before {found[-1].id}", err=True)
    return None


def _shown(row: Row) -> tuple[object, ...]:
    body: dict[str, Any] = json.loads(row.body)
    who = body.get("username") or row.actor.rpartition(":")[2]
    times = f" x{body['repeated']}" if "repeated" in body else ""
    return (row.id, moment(row.at / 1_000_000), row.kind, row.operation, who, row.subject, row.result + times)


def export(where: Where, filters: Filters) -> None:
    """What is linked, in the order of the chain, then what is not linked yet."""

    async def work(administration: Administration) -> int:
        wanted = {**filters, "pool_id": await _pool_id(administration, where)}
        database, after, told = administration.services.database, 0, 0
        while True:
            async with database.read() as tx:
                rows = await trail.linked(tx, after, _BATCH, wanted)
            if not rows:
                break
            _print(rows)
            after, told = rows[-1].seq or after, told + len(rows)
            if told % _TOLD_EVERY == 0:
                typer.echo(f"{told} records...", err=True)
        async with database.read() as tx:
            loose = [row for row in await trail.page(tx, wanted, _BATCH) if row.seq is None]
        _print(loose[::-1])
        return told + len(loose)

    typer.echo(f"Exported {visit(where, work)} records.", err=True)


def _print(rows: list[Row]) -> None:
    sys.stdout.write(lines(rows).decode())


async def _pool_id(administration: Administration, where: Where) -> str:
    """An id is taken as it is: the pool may be deleted long since."""
    if where.pool is None or "_" in where.pool:
        return where.pool or ""
    return await administration.pool_id()
