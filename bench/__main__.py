"""`python -m bench [--database sqlite|postgresql|both] [--users N] [--seconds S] [--scenario NAME]`."""

import argparse
import asyncio
import platform
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvloop

from . import admin_queries, children, report, sign_in  # noqa: F401 - some only register their scenarios
from .bare import ANSWER
from .children import HOST, ROOT, Child
from .limits import limits
from .load import CALLERS, Figures, Watched, measure
from .people import Site, create_people
from .processes import CPUS, Process
from .report import Line, Start
from .scenarios import SCENARIOS, Scenario, again, asking
from .seed import seed
from .wire import call

DATABASES = ("sqlite", "postgresql")


def main() -> None:
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # both ways of stopping end the children too
    machine = {
        "cpus": CPUS,
        "python": platform.python_version(),
        "callers": CALLERS,
        "seconds": options.seconds,
        "members": options.users,
    }
    lines: list[Line] = []
    found: list[Start] = []
    with (
        tempfile.TemporaryDirectory(prefix="poolhouse-bench-") as folder,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        machine["limits_ms"] = alone = limits(Path(folder))
        bare = runner.run(_bare(options.seconds))
        lines.append(Line(title="bare uvicorn", database="none", figures=bare))
        for database in DATABASES if options.database == "both" else (options.database,):
            place = Path(folder) / database
            place.mkdir()
            measured, start = runner.run(_database(place, database, options))
            lines += measured
            found.append(start)
    print(f"{CPUS} CPUs, {CALLERS} connections, one server process, one generator process, {options.users:,} members,")
    print(f"{options.seconds:g} s each. Alone: " + ", ".join(f"{name} {ms} ms" for name, ms in alone.items()) + ".\n")
    for database in ("none", *(one.database for one in found)):
        print(f"### {database}\n" if database != "none" else "### the machine\n")
        print(report.table([line for line in lines if line.database == database], bare) + "\n")
    print(report.starts(found))
    print(f"\nWritten to {report.write(lines, found, machine)}.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--database", choices=(*DATABASES, "both"), default="both")
    parser.add_argument("--users", type=int, default=100_000, help="members of the large group")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long each scenario is measured")
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), action="append", help="default: all of them")
    options = parser.parse_args()
    if options.users < 1000:
        parser.error("--users must be at least 1000")
    return options


def _chosen(options: argparse.Namespace) -> Sequence[Scenario]:
    return [SCENARIOS[name] for name in options.scenario or SCENARIOS]


async def _bare(seconds: float) -> Figures:
    """The same request as AdminGetUser's, to an application that does nothing with it."""
    _tell("bare uvicorn")
    with children.bare_uvicorn() as child:
        request = call(
            f"{HOST}:{child.port}", "AdminGetUser", {"UserPoolId": "us-east-1_0", "Username": "a" * 36}, ROOT
        )
        return await measure(
            child.address, asking(again([(request, ANSWER)])), Watched(server=child.process), warm_up=1, seconds=seconds
        )


async def _database(place: Path, database: str, options: argparse.Namespace) -> tuple[list[Line], Start]:
    """The server is started on an empty database, on the filled one, and for the scenarios with one more API."""
    project, key = children.project(place), secrets.token_bytes(32)
    with _store(place, database) as (url, store):
        with children.poolhouse(project, url, key) as first:
            pass
        _tell(f"{database}: {options.users:,} users")
        seeded = await seed(url, options.users)
        with children.poolhouse(project, url, key) as filled:
            start = _start(database, first, filled)
        children.add_admin_queries(project)
        with children.poolhouse(project, url, key) as server:
            longest = max(scenario.warm_up for scenario in SCENARIOS.values()) + options.seconds
            site = Site(address=server.address, root=ROOT, seeded=seeded, span=longest, database=url)
            return await _lines(database, site, Watched(server=server.process, database=store), options), start


async def _lines(database: str, site: Site, watched: Watched, options: argparse.Namespace) -> list[Line]:
    people, lines = await create_people(site), []
    for scenario in _chosen(options):
        _tell(f"{database}: {scenario.title}")
        step = await scenario.prepare(site, people)
        figures = await measure(site.address, step, watched, warm_up=scenario.warm_up, seconds=options.seconds)
        aim = scenario.aim if database == "sqlite" else None
        lines.append(Line(title=scenario.title, database=database, figures=figures, aim=aim))
    return lines


@contextmanager
def _store(place: Path, database: str) -> Iterator[tuple[str, Process | None]]:
    if database == "sqlite":
        yield f"sqlite:///{place / 'bench.db'}", None
        return
    with children.postgresql(place) as running:
        yield running


def _start(database: str, first: Child, server: Child) -> Start:
    time.sleep(1)
    workers = server.process.children()
    return Start(
        database=database,
        fresh_seconds=first.ready_after,
        filled_seconds=server.ready_after,
        idle_mb=server.process.resident() / 1e6,
        workers=len(workers),
        workers_mb=sum(worker.resident() for worker in workers) / 1e6,
    )


def _tell(text: str) -> None:
    print(f"  {text} ...", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
