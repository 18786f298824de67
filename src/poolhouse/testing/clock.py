"""A clock that stands still until it is moved."""

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
