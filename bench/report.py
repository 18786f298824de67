"""The figures as Markdown tables and as JSON."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from . import aims
from .load import Figures
from .processes import CPUS

RESULTS = Path(__file__).parent / "results" / "latest.json"
OURS = "poolhouse"
_HEAD = (
    "scenario",
    "callers",
    "answers/s",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "CPU s/1,000: server",
    "workers",
    "database",
    "to bare",
    "server %",
    "MB",
    "generator %",
    "others %",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One scenario at one server: its figures, or the error that kept it from having any. `subject` is whose."""

    scenario: str
    title: str
    subject: str
    callers: int = 16
    users: int = 0
    figures: Figures | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Seconds to the first answer, memory without load and size on disk in MB. 0 is what does not apply."""

    subject: str
    fresh_seconds: float
    filled_seconds: float = 0.0
    idle_mb: float = 0.0
    workers: int = 0
    workers_mb: float = 0.0
    installed_mb: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Everything of one run. `machine` holds answers or operations a second that no server can surpass, `cpu_seconds`
    what one of some of them takes.
    """

    about: Mapping[str, object]
    milliseconds: Mapping[str, float]
    machine: Mapping[str, float]
    cpu_seconds: Mapping[str, float]
    lines: Sequence[Line]
    starts: Sequence[Start]
    bare: Figures

    def subjects(self) -> list[str]:
        return list(dict.fromkeys(line.subject for line in self.lines))


def markdown(run: Run) -> str:
    parts = ["### The machine", _machine(run)]
    for subject in run.subjects():
        parts += [f"### {subject}", table([line for line in run.lines if line.subject == subject], run.bare)]
    if any(line.subject != run.lines[0].subject for line in run.lines):
        parts += ["### Side by side, answers a second", side_by_side(run)]
        parts += ["### Side by side, the server's CPU ms for an answer", cpu_side_by_side(run)]
    parts += ["### Aims against the machine", against_the_machine(run)]
    parts += ["### Start, memory, size", starts(run.starts)]
    return "\n".join(f"{part}\n" for part in parts)


def _machine(run: Run) -> str:
    alone = ", ".join(f"{name} {value:g} ms" for name, value in run.milliseconds.items())
    rows = [("alone, a second", ""), *((name, f"{rate:,.0f}") for name, rate in run.machine.items())]
    return f"{generator(run)}\n\nOne of each: {alone}.\n\n{grid(rows)}"


def generator(run: Run) -> str:
    """Whether the generator held anything up: what it can send, and the most of a core that it used."""
    measured = [line for line in run.lines if line.figures is not None]
    busiest = max((line.figures.cpu.generator / line.figures.seconds for line in measured if line.figures), default=0.0)
    could = run.bare.answers / run.bare.cpu.generator
    share = run.bare.cpu.generator / run.bare.seconds
    return (
        f"{CPUS} CPUs. The generator is one process: it sent the bare server {run.bare.per_second:,.0f} requests a "
        f"second with {share:.0%} of a core, which is {could:,.0f} for a whole one, and used at most {busiest:.0%} of "
        "a core below, where the SRP client's arithmetic is its own."
    )


def table(lines: Sequence[Line], bare: Figures) -> str:
    """`to bare` compares CPU time; server and generator are in % of one core, others in % of all."""
    return grid([_HEAD, *(_row(line, bare) for line in lines)])


def grid(rows: Iterable[Sequence[str]]) -> str:
    head, *body = rows
    rule = [*("---" if column == 0 else "---:" for column in range(len(head)))]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *body))


def _row(line: Line, bare: Figures) -> tuple[str, ...]:
    got = line.figures
    if got is None:
        return (line.title, str(line.callers), f"cannot: {line.error}", *[""] * (len(_HEAD) - 3))
    cpu = got.cpu
    per_answer = cpu.server / got.answers
    known = cpu.server + cpu.workers + cpu.database + cpu.generator
    return (
        line.title,
        str(line.callers),
        f"{got.per_second:,.0f}",
        *(f"{value * 1000:.2f}" for value in (got.p50, got.p95, got.p99)),
        *(f"{value / got.answers * 1000:.3f}" for value in (cpu.server, cpu.workers, cpu.database)),
        f"{per_answer / (bare.cpu.server / bare.answers):.1f}",
        f"{cpu.server / got.seconds:.0%}",
        f"{got.resident / 1e6:.0f}",
        f"{cpu.generator / got.seconds:.0%}",
        f"{max(0.0, cpu.machine - known) / got.seconds / CPUS:.0%}",
    )


def side_by_side(run: Run) -> str:
    """One row for each scenario, one column for each server; then why a peer has no figure."""
    subjects = run.subjects()
    rows = [["scenario", *subjects, "ours to theirs"]]
    cannot = []
    for scenario in dict.fromkeys(line.scenario for line in run.lines):
        found = {line.subject: line for line in run.lines if line.scenario == scenario}
        title = next(iter(found.values())).title
        rows.append([title, *(_rate(found.get(subject)) for subject in subjects), verdict(scenario, found)])
        cannot += [f"- {line.subject}, {title}: {line.error}" for line in found.values() if line.error]
    return grid(rows) + (
        "\n\nWhat was not done, or (*) only with one caller, in the server's own words:\n\n" + "\n".join(cannot)
        if cannot
        else ""
    )


def cpu_side_by_side(run: Run) -> str:
    """With its function workers and its database. Other work on the machine changes this less than the rates."""
    found = [("scenario", *run.subjects())]
    for scenario in dict.fromkeys(line.scenario for line in run.lines if line.callers == run.lines[0].callers):
        lines = {line.subject: line for line in run.lines if line.scenario == scenario}
        title = next(iter(lines.values())).title
        found.append((title, *(_cpu(lines.get(subject)) for subject in run.subjects())))
    return grid(found)


def _cpu(line: Line | None) -> str:
    if line is None or line.figures is None:
        return "-"
    cpu = line.figures.cpu
    return f"{(cpu.server + cpu.workers + cpu.database) / line.figures.answers * 1000:.3f}"


def _rate(line: Line | None) -> str:
    if line is None:
        return ""
    return "-" if line.figures is None else f"{line.figures.per_second:,.0f}" + (" *" if line.error else "")


def verdict(scenario: str, found: Mapping[str, Line]) -> str:
    """Our rate to those of the peers, the best first, and whether that is what is aimed at."""
    rates = {name: line.figures.per_second for name, line in found.items() if line.figures is not None}
    ours = next((rate for name, rate in rates.items() if name.startswith(OURS)), None)
    theirs = [rate for name, rate in rates.items() if not name.startswith(OURS)]
    if ours is None or not theirs:
        return ""
    if scenario not in aims.PEERS:
        return f"{ours / max(theirs):.1f}"
    words, is_reached = aims.of_peers(aims.PEERS[scenario], ours, theirs)
    return f"{words}: {'reached' if is_reached else 'missed'}"


def against_the_machine(run: Run) -> str:
    """By answers a second, which is what is aimed at; and by CPU time, which other work on the machine changes less."""
    rows = [("scenario", "server", "rate", "", "CPU")]
    for line in run.lines:
        found = None
        if line.figures is not None and line.subject.startswith(OURS) and line.callers == run.lines[0].callers:
            found = aims.of_machine(line.scenario, line.figures.per_second, run.machine)
        if found is not None and line.figures is not None:
            words, is_reached = found
            share = run.cpu_seconds[aims.MACHINE[line.scenario][0]] / _cpu_seconds(line.scenario, line.figures)
            rows.append((line.title, line.subject, words, "reached" if is_reached else "missed", f"{share:.0%}"))
    return grid(rows)


def _cpu_seconds(scenario: str, got: Figures) -> float:
    """Of one answer: the server's, and for SRP the client's too, since the cryptography has both sides."""
    generator = got.cpu.generator if scenario == "srp-sign-in" else 0.0
    return (got.cpu.server + generator) / got.answers


def starts(found: Sequence[Start]) -> str:
    rows = [("server", "first start s", "on the filled database s", "idle MB", "function workers MB", "installed MB")]
    for one in found:
        filled = f"{one.filled_seconds:.2f}" if one.filled_seconds else ""
        workers = f"{one.workers} x {one.workers_mb / one.workers:.0f}" if one.workers else ""
        sizes = f"{one.idle_mb:.0f}", workers, f"{one.installed_mb:.0f}"
        rows.append((one.subject, f"{one.fresh_seconds:.2f}", filled, *sizes))
    return grid(rows)


def write(run: Run, file: Path) -> Path:
    """As JSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document(run), indent=2) + "\n", encoding="utf-8")
    return file


def document(run: Run) -> dict[str, object]:
    return {
        "about": dict(run.about),
        "milliseconds": dict(run.milliseconds),
        "machine": dict(run.machine),
        "cpu_seconds": dict(run.cpu_seconds),
        "bare": _figures(run.bare),
        "starts": [asdict(one) for one in run.starts],
        "lines": [
            {**asdict(line), "figures": None if line.figures is None else _figures(line.figures)} for line in run.lines
        ],
    }


def _figures(got: Figures) -> dict[str, object]:
    return {**asdict(got), "cpu": got.cpu._asdict(), "per_second": got.per_second}
