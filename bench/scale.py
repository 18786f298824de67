"""`python -m bench.scale`: what a million users change, on SQLite. Every figure with its aim; CPU beside wall time.

The steps go on from one another: an import, a listing, memberships, the same requests at 1,000 users and at the full
number, a start, and deletions while somebody else asks.
"""

import argparse
import asyncio
import base64
import contextlib
import json
import math
import resource
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from . import admin_queries, children, pages, report, sign_in  # noqa: F401 - some only register their scenarios
from .children import ROOT, Child, environment
from .load import Figures, Load, Watched, measure
from .people import Site, create_people
from .report import grid
from .scenarios import SCENARIOS
from .seed import CROWD, TARGETS, Seeded, found_pool, seed
from .wire import Connection

POINTS = ("admin-get-user", "admin-list-groups-for-user", "admin-add-user-to-group", "admin-create-user", "get-user")
PAGES = ("list-users-in-group", "list-users-in-group-deep")
_PAGE, _CALLERS = 60, 16
_LEFT = "SELECT 1 FROM pools WHERE region = '' AND id <> '' UNION SELECT 1 FROM groups WHERE pool_id = ''"
_HASH = "$2b$10$" + "N9qo8uLOickgx2ZMRZoMye" + "IjZAgcfl7p92ldGxad68LJZdL17lhWy"


@dataclass
class Findings:
    """Rows of the report."""

    rows: list[tuple[str, str, str, str]] = field(default_factory=list)

    def add(self, what: str, found: str, aim: str = "", *, is_reached: bool | None = None) -> None:
        verdict = "" if is_reached is None else "reached" if is_reached else "missed"
        self.rows.append((what, found, aim, verdict))
        print(f"  {what}: {found}  {aim} {verdict}", file=sys.stderr, flush=True)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A database with its key; servers of it come and go."""

    project: Path
    database: str
    key: bytes

    @contextmanager
    def serving(self) -> Iterator[Child]:
        with children.poolhouse(self.project, self.database, self.key) as child:
            yield child


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument(
        "--each",
        type=int,
        help="how many come by import, and join by requests; default: all. Others are written past it",
    )
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each request is measured")
    parser.add_argument("--json", type=Path, help="where the findings go as JSON as well")
    parser.add_argument("--folder", type=Path, help="where the database is made; default: the system's temporary one")
    options = parser.parse_args()
    findings = Findings()
    with (
        tempfile.TemporaryDirectory(prefix="poolhouse-scale-", dir=options.folder) as folder,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        each = min(options.each or options.users, options.users)
        runner.run(scale(Path(folder), (options.users, each), options.seconds, findings))
    print(grid([("what", f"with {options.users:,} users", "aim", ""), *findings.rows]))
    if options.json is not None:
        options.json.write_text(json.dumps(findings.rows, indent=2) + "\n", encoding="utf-8")


async def scale(folder: Path, numbers: tuple[int, int], seconds: float, findings: Findings) -> None:
    """Every step, in order. The numbers are those of all users and of those that come and join one by one."""
    users, each = numbers
    few, many = place(folder, "few"), place(folder, "many")
    with few.serving() as child, many.serving():
        findings.add("start on an empty database", f"{child.ready_after:.2f} s")
    small = await seed(few.database, min(users, 1000))
    if each == users:
        bring_in(many, folder, users, findings)
        large = await names(many, users)
    else:
        bring_in(few, folder, each, findings)
        large = await seed(many.database, users)
    join_by_file(many, folder, large.crowd, findings)
    with many.serving() as child:
        findings.add("start with all users", f"{child.ready_after:.2f} s")
        site = Site(address=child.address, root=ROOT, seeded=large, span=2 * seconds + 1, database=many.database)
        await walk(site, users, findings)
        group = CROWD if each == users else TARGETS[-1]
        await join(site, Watched(servers=[child.process]), (group, each), findings)
        with few.serving() as other:
            await compare((other, child), replace(site, address=other.address, seeded=small), site, seconds, findings)
        await delete_group(site, users, findings)
        await delete_pool(site, users, findings)


def place(folder: Path, name: str) -> Place:
    (folder / name).mkdir()
    project = children.project(folder / name)
    return Place(project=project, database=f"sqlite:///{folder / name / 'bench.db'}", key=secrets.token_bytes(32))


# --- import ------------------------------------------------------------------------------------------------


def bring_in(many: Place, folder: Path, users: int, findings: Findings) -> None:
    """`poolhouse users import` of JSON Lines with bcrypt hashes."""
    file = folder / "users.jsonl"
    write_users(file, users)
    took, cpu = _carried_out(many, ("users", "import", str(file)), {"imported": users})
    file.unlink()
    size = sum(path.stat().st_size for path in many.project.parent.glob("bench.db*")) / 1e6
    found = f"{users / took:,.0f}/s ({took:.0f} s, {cpu / users * 1000:.3f} ms of CPU each)"
    findings.add(f"import of {users:,} with hashes", found, "5,000/s", is_reached=users / took >= 5000)
    findings.add("database", f"{size:,.0f} MB")


def _carried_out(where: Place, arguments: Sequence[str], done: dict[str, int]) -> tuple[float, float]:
    """Seconds that a command takes, of time and of CPU, its start included. `done` is what its JSON has to say."""
    command = [sys.executable, "-m", "poolhouse", *arguments, "--json"]
    command += ["--project", str(where.project), "--database", where.database]
    variables = environment() | {"POOLHOUSE_MASTER_KEY": base64.b64encode(where.key).decode()}
    before, started = _children_cpu(), time.perf_counter()
    ended = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    took, cpu = time.perf_counter() - started, _children_cpu() - before
    if ended.returncode != 0 or not done.items() <= json.loads(ended.stdout).items():
        raise RuntimeError(f"The command ended with {ended.returncode}: {ended.stdout[-2000:]} {ended.stderr[-2000:]}")
    return took, cpu


def write_users(file: Path, users: int) -> None:
    with file.open("wb") as lines:
        for number in range(users):
            email = f"user-{number:07}@example.com"
            attributes = {"email": email, "email_verified": "true", "given_name": "Ada"}
            record = {"username": email, "attributes": attributes, "password_hash": _HASH}
            lines.write(msgspec.json.encode(record) + b"\n")


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def names(many: Place, users: int) -> Seeded:
    """The pool with its client, and the addresses that sign in: they name users as well as their usernames do."""
    pool_id, client_id = await found_pool(many.database, (CROWD, *TARGETS))
    return Seeded(pool_id, client_id, [f"user-{number:07}@example.com" for number in range(users)])


# --- lists and memberships ---------------------------------------------------------------------------------


async def walk(site: Site, users: int, findings: Findings) -> None:
    """ListUsers from the first page to the last, by one caller."""
    connection = await Connection.open(*site.address)
    where: dict[str, str] = {}
    count, started = 0, time.perf_counter()
    while True:
        answer = msgspec.json.decode(await connection.ask(site.call("ListUsers", Limit=_PAGE, **where)))
        count += len(answer["Users"])
        if "PaginationToken" not in answer:
            break
        where = {"PaginationToken": answer["PaginationToken"]}
    took = time.perf_counter() - started
    connection.close()
    if count < users:
        raise RuntimeError(f"ListUsers gave {count} of {users} users")
    findings.add("ListUsers, all pages, one caller", f"{took:.1f} s for {count:,} users", "60 s", is_reached=took < 60)


async def join(site: Site, watched: Watched, into: tuple[str, int], findings: Findings) -> None:
    """So many users into that group, a request each, on record."""
    group, count = into
    cpu, started = watched.cpu(), time.perf_counter()
    await _all(site, (site.call("AdminAddUserToGroup", Username=n, GroupName=group) for n in site.seeded.crowd[:count]))
    took, used = time.perf_counter() - started, watched.cpu().server - cpu.server
    found = f"{count / took:,.0f}/s ({took:.0f} s, {used / count * 1000:.3f} ms of the server's CPU each)"
    aim = 1_000_000 / 180
    findings.add(f"{count:,} memberships, a request each", found, f"{aim:,.0f}/s", is_reached=count / took >= aim)


def join_by_file(many: Place, folder: Path, crowd: Sequence[str], findings: Findings) -> None:
    """`poolhouse groups add-members` with every user, on record, in a copy: what it records has work left for a server,
    which the other steps are not to feel.
    """
    file, aside = folder / "names.txt", place(folder, "aside")
    shutil.copy(many.database.removeprefix("sqlite:///"), aside.database.removeprefix("sqlite:///"))
    file.write_text("\n".join(crowd), encoding="utf-8")
    count, where = len(crowd), replace(aside, key=many.key)
    took, cpu = _carried_out(where, ("groups", "add-members", TARGETS[-2], str(file)), {"added": count})
    shutil.rmtree(aside.project.parent)
    file.unlink()
    found = f"{count / took:,.0f}/s ({took:.0f} s, {cpu / count * 1000:.3f} ms of CPU each)"
    aim = 1_000_000 / 180
    findings.add(f"{count:,} memberships by a file", found, f"{aim:,.0f}/s", is_reached=count / took >= aim)


async def _all(site: Site, requests: Iterable[bytes]) -> None:
    left = iter(requests)

    async def caller() -> None:
        connection = await Connection.open(*site.address)
        for request in left:
            await connection.ask(request)
        connection.close()

    await asyncio.gather(*(caller() for _ in range(_CALLERS)))


# --- the same requests with few and many -------------------------------------------------------------------


async def compare(servers: tuple[Child, Child], small: Site, large: Site, seconds: float, findings: Findings) -> None:
    """By the server's CPU for an answer, which says what grew; rates beside it. The two take turns, twice each."""
    people = [await create_people(site) for site in (small, large)]
    best: dict[str, list[Figures]] = {}
    for name in (*POINTS, *PAGES):
        taken: list[list[Figures]] = [[], []]
        for which in (0, 1, 0, 1):
            step = await SCENARIOS[name].prepare((small, large)[which], people[which])
            load, child = Load(callers=_CALLERS, warm_up=0.5, seconds=seconds), servers[which]
            taken[which].append(await measure([child.address], step, Watched(servers=[child.process]), load))
        best[name] = [min(figures, key=_cpu) for figures in taken]
    for name in POINTS:
        ratio(f"{SCENARIOS[name].title}, from 1,000 users", best[name][0], best[name][1], 1.25, findings)
    first, last = (best[name][1] for name in PAGES)
    ratio("last page of the group, from the first", first, last, 1.15, findings)
    own = [server.process.own() / 1e6 for server in servers]
    all_of_it = [server.process.resident() / 1e6 for server in servers]
    findings.add("server's memory after this, without mapped files", f"{own[0]:.0f} MB to {own[1]:.0f} MB")
    findings.add("with the mapped database", f"{all_of_it[0]:.0f} MB to {all_of_it[1]:.0f} MB")


def ratio(what: str, before: Figures, after: Figures, most: float, findings: Findings) -> None:
    """How much more CPU an answer takes, without a verdict where the time was too short for that."""
    rates = f"{before.per_second:,.0f}/s to {after.per_second:,.0f}/s"
    if math.inf in {_cpu(before), _cpu(after)}:
        findings.add(what, f"too short to tell the CPU, {rates}", f"x {most}")
        return
    grown = _cpu(after) / _cpu(before)
    findings.add(what, f"CPU x {grown:.2f}, {rates}", f"x {most}", is_reached=grown <= most)


def _cpu(got: Figures) -> float:
    """Seconds for an answer; infinite where the machine, which counts in hundredths, saw none."""
    return got.cpu.server / got.answers if got.cpu.server > 0 else math.inf


# --- deletions ---------------------------------------------------------------------------------------------


async def delete_group(site: Site, users: int, findings: Findings) -> None:
    await _delete(
        site, site.database, site.call("DeleteGroup", GroupName=CROWD), f"DeleteGroup with {users:,} members", findings
    )


async def delete_pool(site: Site, users: int, findings: Findings) -> None:
    request = site.call("DeleteUserPool")
    await _delete(await _other_pool(site), site.database, request, f"DeleteUserPool with {users:,} users", findings)


async def _other_pool(site: Site) -> Site:
    made = await ask(site, site.call("CreateUserPool", PoolName="other"))
    other = Site(
        address=site.address, root=site.root, seeded=Seeded(made["UserPool"]["Id"], "", ["ada"]), span=site.span
    )
    await ask(other, other.call("AdminCreateUser", Username="ada", MessageAction="SUPPRESS"))
    return other


async def ask(site: Site, request: bytes) -> Any:
    connection = await Connection.open(*site.address)
    try:
        return msgspec.json.decode(await connection.ask(request) or b"{}")
    finally:
        connection.close()


async def _delete(site: Site, database: str, request: bytes, what: str, findings: Findings) -> None:
    """How long the request takes, when the last row is gone, and what others wait at most until then."""
    async with _watching(site) as waits:
        await asyncio.sleep(1)
        started = time.perf_counter()
        await ask(site, request)
        took = time.perf_counter() - started
        while _is_left(database):  # noqa: ASYNC110 - another process deletes
            await asyncio.sleep(0.5)
        gone = time.perf_counter() - started
    findings.add(f"{what}: the request", f"{took * 1000:.0f} ms", "1 s", is_reached=took < 1)
    findings.add(f"{what}: the last row is gone", f"after {gone:.0f} s")
    for kind, times in waits.items():
        times.sort()
        worst, usual = times[-1] * 1000, times[int(len(times) * 0.99)] * 1000
        found = f"p99 {usual:.0f} ms, worst {worst:.0f} ms"
        findings.add(f"{what}: another caller's {kind}", found, "worst 250 ms", is_reached=worst < 250)


def _is_left(database: str) -> bool:
    """Whether rows of what was deleted are still to go."""
    with contextlib.closing(sqlite3.connect(database.removeprefix("sqlite:///"), timeout=10)) as connection:
        return connection.execute(_LEFT).fetchone() is not None


@asynccontextmanager
async def _watching(site: Site) -> AsyncIterator[dict[str, list[float]]]:
    """Latencies of one caller who reads and of one who writes."""
    name = site.seeded.crowd[0]
    requests = {
        "read": lambda: site.call("AdminGetUser", Username=name),
        "write": lambda: site.call("AdminUpdateUserAttributes", Username=name, UserAttributes=_attribute()),
    }
    waits: dict[str, list[float]] = {kind: [] for kind in requests}

    async def caller(kind: str) -> None:
        connection = await Connection.open(*site.address)
        while True:
            started = time.perf_counter()
            await connection.ask(requests[kind]())
            waits[kind].append(time.perf_counter() - started)
            await asyncio.sleep(0.01)

    tasks = [asyncio.create_task(caller(kind)) for kind in requests]
    try:
        yield waits
    finally:
        for task in tasks:
            if task.done():
                task.result()
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _attribute() -> list[dict[str, str]]:
    return [{"Name": "nickname", "Value": secrets.token_hex(4)}]


if __name__ == "__main__":
    main()
