"""`python -m bench`: answers per second of the server, beside the machine's own limits and the published servers.

--peers --markdown is the table of the documentation, in about five minutes.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import uvloop

from . import admin_queries, charts, pages, report, sign_in  # noqa: F401 - some only register their scenarios
from .running import DATABASES, Options, run
from .scenarios import SCENARIOS


def main() -> None:
    options = _options(sys.argv[1:])
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # both ways of stopping end the children too
    with (
        tempfile.TemporaryDirectory(prefix="poolhouse-bench-") as folder,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        found = runner.run(run(options, Path(folder)))
    print(report.markdown(found))
    written = report.write(found, options.json)
    drawn = [] if options.charts is None else charts.write(found, options.charts)
    print("Written to " + ", ".join(str(path) for path in (written, *drawn)) + ".", file=sys.stderr)


def _options(arguments: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--database", choices=(*DATABASES, "both"), default="sqlite")
    parser.add_argument("--processes", type=int, choices=(1, 2), default=1, help="servers of one PostgreSQL database")
    parser.add_argument("--users", type=int, default=1000, help="members of the large group, up to 1,000,000")
    parser.add_argument("--callers", type=_numbers, default=(16,), help="connections, 1 to 256; several with commas")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each scenario is measured")
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), action="append", help="default: those of the table")
    parser.add_argument("--peers", action="store_true", help="also moto, ministack and cognito-local")
    parser.add_argument("--peer", action="append", default=[], help="only this peer; implies --peers")
    parser.add_argument("--json", type=Path, default=report.RESULTS, help="where the figures go")
    parser.add_argument("--charts", type=Path, help="a folder for SVG charts")
    parser.add_argument("--markdown", action="store_true", help="the default, and the only form of the output")
    asked = parser.parse_args(arguments)
    if not 120 <= asked.users <= 1_000_000:
        parser.error("--users must be from 120 to 1000000")
    if asked.processes == 2 and asked.database != "postgresql":
        parser.error("--processes 2 needs --database postgresql: SQLite has one writer")
    return Options(
        databases=DATABASES if asked.database == "both" else (asked.database,),
        processes=asked.processes,
        users=asked.users,
        callers=asked.callers,
        seconds=asked.seconds,
        scenarios=[one for one in SCENARIOS.values() if _is_chosen(one.name, asked.scenario, extra=one.extra)],
        peers=tuple(asked.peer) if asked.peer else None if not asked.peers else (),
        json=asked.json,
        charts=asked.charts,
    )


def _is_chosen(name: str, asked: list[str] | None, *, extra: bool) -> bool:
    return not extra if asked is None else name in asked


def _numbers(text: str) -> tuple[int, ...]:
    numbers = tuple(int(part) for part in text.split(","))
    if not all(1 <= number <= 256 for number in numbers):
        raise argparse.ArgumentTypeError("callers are 1 to 256")
    return numbers


if __name__ == "__main__":
    main()
