"""Charts as plain numbers: `templates/console/charts.html` draws them as SVG, with a table that says the same.

A drawing is 100 by 100 and stretches to whatever room there is; its labels are text beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

_WIDTH: Final = 100.0
_STEPS: Final = (1, 2, 5)
_GAP: Final = 0.2
"""How much of its room a bar leaves free, while there are few."""


class Series(NamedTuple):
    """What is counted, and the number of its colour: 1 to 3."""

    name: str
    colour: int = 1


class Point(NamedTuple):
    """A place on the x axis with one value for each series."""

    label: str
    values: tuple[float, ...]


class Bar(NamedTuple):
    """A rectangle from the top left; `text` is what it stands for."""

    x: float
    y: float
    width: float
    height: float
    colour: int
    text: str


class Level(NamedTuple):
    """A line across the drawing, such as a median."""

    y: float
    colour: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """`id` is unique on its page; `top` is where the y axis ends."""

    id: str
    title: str
    summary: str
    series: tuple[Series, ...]
    points: tuple[Point, ...]
    top: float
    bars: tuple[Bar, ...] = ()
    lines: tuple[tuple[int, str], ...] = ()
    levels: tuple[Level, ...] = ()
    unit: str = ""

    @property
    def is_empty(self) -> bool:
        return not any(value for point in self.points for value in point.values)

    @property
    def ticks(self) -> tuple[str, ...]:
        """The y axis from top to bottom."""
        return shown(self.top, self.unit), shown(self.top / 2, self.unit), "0"

    @property
    def labels(self) -> tuple[str, ...]:
        """The x axis from left to right: the first, the middle and the last; all where there are few."""
        labels = tuple(point.label for point in self.points)
        return labels if len(labels) <= 3 else (labels[0], labels[len(labels) // 2], labels[-1])

    def rows(self) -> list[tuple[str, tuple[str, ...]]]:
        """What the table says."""
        return [(point.label, tuple(shown(value, self.unit) for value in point.values)) for point in self.points]


def bars(
    id: str,  # noqa: A002 - the name of the attribute
    title: str,
    summary: str,
    series: Sequence[Series],
    points: Sequence[Point],
    *,
    unit: str = "",
    levels: Sequence[tuple[str, float, int]] = (),
) -> Chart:
    """The values of a point stand upon one another. `levels` are (words, value, colour)."""
    top = ceiling(max((sum(point.values) for point in points), default=0.0))
    return Chart(
        id=id,
        title=title,
        summary=summary,
        series=tuple(series),
        points=tuple(points),
        top=top,
        bars=tuple(_stack(series, points, top, unit)),
        levels=tuple(Level(_y(value, top), colour, f"{text} {shown(value, unit)}") for text, value, colour in levels),
        unit=unit,
    )


def line(
    id: str,  # noqa: A002 - the name of the attribute
    title: str,
    summary: str,
    series: Sequence[Series],
    points: Sequence[Point],
    *,
    unit: str = "",
) -> Chart:
    """One line for each series."""
    top = ceiling(max((value for point in points for value in point.values), default=0.0))
    step = _WIDTH / max(1, len(points) - 1)
    drawn = [
        (one.colour, " ".join(f"{index * step:g},{_y(point.values[at], top):g}" for index, point in enumerate(points)))
        for at, one in enumerate(series)
    ]
    return Chart(
        id=id,
        title=title,
        summary=summary,
        series=tuple(series),
        points=tuple(points),
        top=top,
        lines=tuple(drawn),
        unit=unit,
    )


def ceiling(value: float) -> float:
    """The next round number that is not less, at least 1: where a y axis ends, with a whole number in its middle."""
    scale = 2.0
    while True:
        for step in _STEPS:
            if value <= step * scale:
                return step * scale
        scale *= 10


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that is not exceeded by `share` of them (nearest rank); 0 of nothing."""
    ranked = sorted(values)
    return ranked[max(0, -(-len(ranked) * round(share * 100) // 100) - 1)] if ranked else 0.0


def shown(value: float, unit: str = "") -> str:
    """A number for people."""
    text = f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:,.1f}"
    return f"{text} {unit}".rstrip()


def _stack(series: Sequence[Series], points: Sequence[Point], top: float, unit: str) -> list[Bar]:
    made = []
    room = _WIDTH / max(1, len(points))
    width = room * (1 - _GAP)
    for index, point in enumerate(points):
        heights = accumulate(point.values, initial=0.0)
        for one, value, (below, above) in zip(series, point.values, pairwise(heights), strict=True):
            if value:
                text = f"{point.label}: {shown(value, unit)} {one.name}"
                x, y = index * room + room * _GAP / 2, _y(above, top)
                made.append(Bar(round(x, 3), y, round(width, 3), round(_y(below, top) - y, 3), one.colour, text))
    return made


def _y(value: float, top: float) -> float:
    return round(100 - 100 * value / top, 3)
