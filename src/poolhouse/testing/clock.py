"""Clocks that can be moved: one that stands still until then, and one that runs."""

from collections.abc import Callable

_START = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z


class Clock:
    """Call it for epoch microseconds; it advances only by `advance`."""

    def __init__(self, now: int = _START) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        """Move forward (or back, with negative amounts)."""
        total = seconds + 60 * minutes + 3600 * hours + 86400 * days
        self.now += round(total * 1_000_000)


class MovedClock:
    """A clock that runs, ahead of `wall` by as much as it was moved. Both give epoch microseconds."""

    def __init__(self, wall: Callable[[], int]) -> None:
        self._wall = wall
        self.offset = 0

    def __call__(self) -> int:
        return self._wall() + self.offset

    def move(self, seconds: float) -> None:
        """Forward, or back with a negative number."""
        self.offset += round(seconds * 1_000_000)

    def move_to(self, seconds: float) -> None:
        """To a moment, in epoch seconds."""
        self.offset = round(seconds * 1_000_000) - self._wall()
