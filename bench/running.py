"""One run: the machine, our server on its databases, the peers; one after the other, so that each has the machine."""

import asyncio
import platform
import secrets
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from . import children, limits, peers, sizes
from .bare import ANSWER
from .children import HOST, ROOT, Child
from .load import Figures, Load, Watched, measure
from .pages import first_page
from .people import Person, Site, create_people
from .processes import CPUS, Process
from .report import OURS, Line, Run, Start
from .scenarios import Scenario, again, asking
from .seed import seed
from .wire import WrongAnswer, call, get

DATABASES = ("sqlite", "postgresql")
_PEERS_USERS = 1000
_ALONE_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is asked for. `peers`: None is none of them, () all."""

    databases: Sequence[str]
    processes: int
    users: int
    callers: Sequence[int]
    seconds: float
    scenarios: Sequence[Scenario]
    peers: Sequence[str] | None
    json: Path
    charts: Path | None

    @property
    def span(self) -> float:
        """Seconds for which a scenario's requests have to last."""
        return max(scenario.warm_up for scenario in self.scenarios) + self.seconds


async def run(options: Options, folder: Path) -> Run:
    """In a folder that is empty before and of no use after."""
    if options.peers is not None:
        peers.install()
    _tell("the machine")
    machine = {f"SQLite {name}": rate for name, rate in limits.sqlite(folder, _ALONE_SECONDS).items()}
    alone = limits.cryptography(_ALONE_SECONDS)
    machine |= {name: one.per_second for name, one in alone.items()}
    lines: list[Line] = []
    starts: list[Start] = []
    page_size = 20_000
    for database in options.databases:
        place = folder / database
        place.mkdir()
        found = await _ours(place, database, options, machine)
        lines, starts, page_size = [*lines, *found[0]], [*starts, found[1]], found[2]
    bare, paged = await _bare(options, page_size)
    machine |= {"bare uvicorn": bare.per_second, "bare page": paged.per_second}
    for peer in peers.named(options.peers) if options.peers is not None else ():
        place = folder / peer.name
        place.mkdir()
        theirs, start = await _peer(peer, place, options)
        lines, starts = [*lines, *theirs], [*starts, start]
    return Run(
        about=_about(options),
        milliseconds=limits.milliseconds(folder),
        machine=machine,
        cpu_seconds={name: one.cpu_seconds for name, one in alone.items()}
        | {"bare uvicorn": bare.cpu.server / bare.answers, "bare page": paged.cpu.server / paged.answers},
        lines=lines,
        starts=starts,
        bare=bare,
    )


def _about(options: Options) -> dict[str, object]:
    return {
        "cpus": CPUS,
        "python": platform.python_version(),
        "users": options.users,
        "callers": list(options.callers),
        "seconds": options.seconds,
        "processes": options.processes,
        "taken": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
    }


async def _bare(options: Options, page_size: int) -> tuple[Figures, Figures]:
    """The same request as AdminGetUser's, to an application that does nothing with it; and a page's transfer."""
    _tell("bare uvicorn")
    with children.bare_uvicorn() as child:
        host, watched = f"{HOST}:{child.port}", Watched(servers=[child.process])
        load = Load(callers=options.callers[0], warm_up=0.5, seconds=options.seconds)
        request = call(host, "AdminGetUser", {"UserPoolId": "us-east-1_0", "Username": "a" * 36}, ROOT)
        bare = await measure([child.address], asking(again([(request, ANSWER)])), watched, load)
        page = asking(again([(get(host, f"/page/{page_size}", {}), b"x")]))
        paged = await measure([child.address], page, watched, load)
    return bare, paged


# --- ours --------------------------------------------------------------------------------------------------


async def _ours(
    place: Path, database: str, options: Options, machine: dict[str, float]
) -> tuple[list[Line], Start, int]:
    """The server is started on an empty database, on the filled one, and for the scenarios with one more API.

    Also gives the size of a page of 60.
    """
    project, key = children.project(place), secrets.token_bytes(32)
    with _store(place, database) as (url, store):
        if database == "postgresql":
            alone = await limits.postgresql(url, _ALONE_SECONDS)
            machine |= {f"PostgreSQL {name}": rate for name, rate in alone.items()}
        with children.poolhouse(project, url, key) as first:
            pass
        _tell(f"{database}: {options.users:,} users")
        seeded = await seed(url, options.users)
        with children.poolhouse(project, url, key) as filled:
            start = _start(_subject(database, options), first, filled)
        children.add_admin_queries(project)
        with _servers(project, url, key, options.processes) as servers:
            site = Site(address=servers[0].address, root=ROOT, seeded=seeded, span=options.span, database=url)
            watched = Watched(servers=[server.process for server in servers], database=store)
            people = await create_people(site)
            lines = await measured(
                site, people, [server.address for server in servers], watched, options, start.subject
            )
            return lines, start, (await first_page(site))[1]


def _subject(database: str, options: Options) -> str:
    return f"{OURS}, {database}" + (f", {options.processes} processes" if options.processes > 1 else "")


@contextmanager
def _servers(project: Path, database: str, key: bytes, count: int) -> Iterator[list[Child]]:
    """The processes share the address of the first in what they issue and accept."""
    with ExitStack() as stack:
        first = stack.enter_context(children.poolhouse(project, database, key))
        url = f"http://{HOST}:{first.port}"
        more = []
        for number in range(1, count):
            copy = Path(shutil.copytree(project, project.with_name(f"{project.name}-{number}")))
            more.append(stack.enter_context(children.poolhouse(copy, database, key, url)))
        yield [first, *more]


@contextmanager
def _store(place: Path, database: str) -> Iterator[tuple[str, Process | None]]:
    if database == "sqlite":
        yield f"sqlite:///{place / 'bench.db'}", None
        return
    with children.postgresql(place) as running:
        yield running


def _start(subject: str, first: Child, server: Child) -> Start:
    time.sleep(1)  # what the start left to do must not count as idle memory
    workers = server.process.children()
    return Start(
        subject=subject,
        fresh_seconds=first.ready_after,
        filled_seconds=server.ready_after,
        idle_mb=server.process.resident() / 1e6,
        workers=len(workers),
        workers_mb=sum(worker.resident() for worker in workers) / 1e6,
        installed_mb=sizes.installed("poolhouse") / 1e6,
    )


# --- peers -------------------------------------------------------------------------------------------------


async def _peer(peer: peers.Peer, place: Path, options: Options) -> tuple[list[Line], Start]:
    subject = f"{peer.name} {peer.version()}"
    _tell(subject)
    with peers.started(peer, place) as child:
        await asyncio.sleep(1)
        start = Start(
            subject=subject,
            fresh_seconds=child.ready_after,
            idle_mb=child.process.resident() / 1e6,
            installed_mb=peer.installed() / 1e6,
        )
        only = replace(options, callers=options.callers[:1])
        try:
            site = await peers.fill(peer.name, child, min(options.users, _PEERS_USERS), options.span)
            people = await create_people(site)
        except WrongAnswer as error:
            empty = Line(scenario="", title="", subject=subject, callers=only.callers[0], error=_said(error))
            return [replace(empty, scenario=one.name, title=one.title) for one in options.scenarios], start
        return await measured(site, people, [child.address], Watched(servers=[child.process]), only, subject), start


# --- scenarios ---------------------------------------------------------------------------------------------


async def measured(
    site: Site,
    people: list[Person],
    addresses: Sequence[tuple[str, int]],
    watched: Watched,
    options: Options,
    subject: str,
) -> list[Line]:
    """Every scenario with every number of callers. A peer that cannot do one goes on to the next."""
    lines: list[Line] = []
    for scenario in options.scenarios:
        for callers in options.callers:
            _tell(f"{subject}: {scenario.title}, {callers} callers")
            empty = Line(
                scenario=scenario.name,
                title=scenario.title,
                subject=subject,
                callers=callers,
                users=len(site.seeded.crowd),
            )
            lines.append(await _line(site, people, addresses, watched, scenario, options, empty))
    return lines


async def _line(
    site: Site,
    people: list[Person],
    addresses: Sequence[tuple[str, int]],
    watched: Watched,
    scenario: Scenario,
    options: Options,
    line: Line,
) -> Line:
    load = Load(callers=line.callers, warm_up=scenario.warm_up, seconds=options.seconds)
    if site.name == OURS:
        return replace(line, figures=await measure(addresses, await scenario.prepare(site, people), watched, load))
    if scenario.own:
        return replace(line, error=scenario.own)
    try:
        return replace(line, figures=await measure(addresses, await scenario.prepare(site, people), watched, load))
    except Exception as error:  # noqa: BLE001 - whatever a peer does instead is what the table says of it
        said = replace(line, error=_said(error))
        if line.callers == 1:
            return said
        alone = await _line(site, people, addresses, watched, scenario, options, replace(line, callers=1))
        return said if alone.figures is None else replace(alone, error=f"with {line.callers} callers {said.error}")


def _said(error: BaseException) -> str:
    """The innermost of what went wrong, on one line without the head of an answer."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    text = str(error).rpartition("\r\n\r\n")[2].strip() or str(error).splitlines()[0] if str(error) else ""
    return " ".join(f"{type(error).__name__}: {text}".split()).replace("|", "/")[:160]


def _tell(text: str) -> None:
    print(f"  {text} ...", file=sys.stderr, flush=True)
