"""Charts as SVG: bars of a rate for each scenario and server, and lines of a figure over callers or users.

Colours are readable on a light and on a dark page; texts take the page's colour where the file is embedded.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from .report import Run

_COLOURS = ("#2f7ed8", "#e08a1e", "#5a9e3a", "#b34fa6", "#777777")
_WIDTH, _BAR, _GAP, _LEFT, _TOP = 840, 14, 14, 310, 46
_STYLE = "text{font:12px system-ui,sans-serif;fill:#666}.t{font-weight:600;font-size:14px}"


def write(run: Run, folder: Path) -> list[Path]:
    """The charts that a run has the figures for."""
    folder.mkdir(parents=True, exist_ok=True)
    charts = {"bench-rates.svg": rates(run)}
    if len({line.callers for line in run.lines}) > 1:
        charts["bench-callers.svg"] = callers(run)
    for name, text in charts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in charts]


def rates(run: Run) -> str:
    """Answers a second of every server in every scenario, with as many callers as the first line has."""
    groups: dict[str, dict[str, float]] = {}
    for line in run.lines:
        if line.figures is not None and line.callers == run.lines[0].callers:
            groups.setdefault(line.title, {})[line.subject] = line.figures.per_second
    return bars(f"Answers a second, {run.lines[0].callers} callers", groups, run.subjects())


def callers(run: Run) -> str:
    """Answers a second over the number of callers, one line for each scenario of the first server."""
    first = run.lines[0].subject
    series: dict[str, list[tuple[float, float]]] = {}
    for line in run.lines:
        if line.figures is not None and line.subject == first:
            series.setdefault(line.title, []).append((line.callers, line.figures.per_second))
    return lines(f"Answers a second by callers, {first}", series)


def bars(title: str, groups: Mapping[str, Mapping[str, float]], names: Sequence[str]) -> str:
    """Horizontal bars, one group for each key, each as long as its share of the group's greatest value."""
    parts, y = _legend(title, names), float(_TOP)
    for group, values in groups.items():
        height = _BAR * len(values)
        scale = (_WIDTH - _LEFT - 70) / max(*values.values(), 1e-9)
        parts.append(_text(_LEFT - 8, y + height / 2 + 4, group, "end"))
        for name in (name for name in names if name in values):
            width = max(1.0, values[name] * scale)
            colour = _COLOURS[names.index(name) % len(_COLOURS)]
            parts.append(f'<rect x="{_LEFT}" y="{y:.1f}" width="{width:.1f}" height="{_BAR - 2}" fill="{colour}"/>')
            parts.append(_text(_LEFT + width + 5, y + _BAR - 4, f"{values[name]:,.0f}"))
            y += _BAR
        y += _GAP
    return _svg(y, parts)


def lines(title: str, series: Mapping[str, Sequence[tuple[float, float]]], *, height: int = 320) -> str:
    """Both axes are logarithmic, and begin and end with the figures."""
    xs = sorted({x for points in series.values() for x, _ in points})
    ys = [y for points in series.values() for _, y in points]
    left, right, bottom = 60, _WIDTH - 250, float(height - 30)
    across, up = _axis(xs, left, right), _axis(ys, bottom, _TOP)
    parts = [_text(8, 20, title, style="t")]
    parts += [_text(across(x), height - 10, f"{x:,.0f}", "middle") for x in xs]
    parts += [_text(left - 8, up(y) + 4, f"{y:,.0f}", "end") for y in (min(ys), max(ys))]
    label = 0.0
    for number, (name, points) in enumerate(sorted(series.items(), key=lambda one: -one[1][-1][1])):
        colour = _COLOURS[number % len(_COLOURS)]
        path = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        label = max(label + 14, up(points[-1][1]))
        parts.append(_text(right + 8, label + 4, name))
    return _svg(max(float(height), label + 20), parts)


def _axis(values: Sequence[float], start: float, end: float) -> "_Axis":
    return _Axis(math.log10(max(min(values), 1e-9)), math.log10(max(*values, 1e-9)), start, end)


class _Axis:
    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self._low, self._span, self._start, self._length = low, (high - low) or 1.0, start, end - start

    def __call__(self, value: float) -> float:
        return self._start + (math.log10(max(value, 1e-9)) - self._low) / self._span * self._length


def _legend(title: str, names: Sequence[str]) -> list[str]:
    parts, x = [_text(8, 20, title, style="t")], _LEFT
    for number, name in enumerate(names):
        colour = _COLOURS[number % len(_COLOURS)]
        parts.append(f'<rect x="{x}" y="28" width="10" height="10" fill="{colour}"/>')
        parts.append(_text(x + 14, 37, name))
        x += 30 + 7 * len(name)
    return parts


def _text(x: float, y: float, text: str, anchor: str = "start", style: str = "") -> str:
    kind = f' class="{style}"' if style else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{kind}>{escape(text)}</text>'


def _svg(height: float, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height:.0f}" role="img">'
    return "\n".join([head, f"<style>{_STYLE}</style>", *parts, "</svg>", ""])
