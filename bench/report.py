"""The figures as a Markdown table and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .load import Figures
from .processes import CPUS

RESULTS = Path(__file__).parent / "results" / "latest.json"
_HEAD = (
    "scenario",
    "answers/s",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "CPU s/1,000: server",
    "workers",
    "database",
    "server / bare",
    "server %",
    "generator %",
    "generator could",
    "others %",
    "aim",
    "reached",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row: what was measured, on which database, and the answers per second that were aimed at."""

    title: str
    database: str
    figures: Figures
    aim: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How long the server took to answer for the first time, and what it holds in memory then, in MB."""

    database: str
    fresh_seconds: float
    filled_seconds: float
    idle_mb: float
    workers: int
    workers_mb: float


def table(lines: Sequence[Line], bare: Figures) -> str:
    """`server / bare` compares CPU time; server and generator are in % of one core, others in % of all."""
    rows = [_HEAD, tuple("---" if column == 0 else "---:" for column in range(len(_HEAD)))]
    rows += [_row(line, bare) for line in lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _row(line: Line, bare: Figures) -> tuple[str, ...]:
    got, cpu = line.figures, line.figures.cpu
    per_answer = cpu.server / got.answers
    known = cpu.server + cpu.workers + cpu.database + cpu.generator
    return (
        line.title,
        f"{got.per_second:,.0f}",
        *(f"{value * 1000:.2f}" for value in (got.p50, got.p95, got.p99)),
        *(f"{value / got.answers * 1000:.3f}" for value in (cpu.server, cpu.workers, cpu.database)),
        f"{per_answer / (bare.cpu.server / bare.answers):.1f}",
        f"{cpu.server / got.seconds:.0%}",
        f"{cpu.generator / got.seconds:.0%}",
        f"{got.answers / cpu.generator:,.0f}/s",
        f"{max(0.0, cpu.machine - known) / got.seconds / CPUS:.0%}",
        "" if line.aim is None else f"{line.aim:,.0f}",
        "" if line.aim is None else "yes" if got.per_second >= line.aim else "no",
    )


def starts(found: Sequence[Start]) -> str:
    """Aims: ready within 1 s, under 100 MB."""
    return "\n".join(
        f"- {one.database}: ready {one.fresh_seconds:.2f} s after the first start, {one.filled_seconds:.2f} s on the "
        f"filled database (aim 1.00: {_yes(max(one.fresh_seconds, one.filled_seconds) <= 1)}); idle with "
        f"{one.idle_mb:.0f} MB resident (aim 100: {_yes(one.idle_mb < 100)}), "
        f"besides {one.workers} function workers with {one.workers_mb:.0f} MB"
        for one in found
    )


def _yes(reached: bool) -> str:
    return "yes" if reached else "no"


def write(lines: Sequence[Line], found: Sequence[Start], machine: dict[str, object]) -> Path:
    RESULTS.parent.mkdir(exist_ok=True)
    document = {
        "machine": machine,
        "starts": [asdict(one) for one in found],
        "lines": [_as_json(line) for line in lines],
    }
    RESULTS.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return RESULTS


def _as_json(line: Line) -> dict[str, object]:
    figures = {**asdict(line.figures), "cpu": line.figures.cpu._asdict(), "per_second": line.figures.per_second}
    return {"title": line.title, "database": line.database, "aim": line.aim, **figures}
