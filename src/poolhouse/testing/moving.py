"""The clock of a backend under test: it runs, and a test moves it."""

from datetime import UTC, datetime

from poolhouse.testing.clock import MovedClock
from poolhouse.testing.process import Process, wall


class BackendClock:
    """Codes, tokens, lockouts and rotation follow it; every test begins at the present."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._own = MovedClock(wall)

    def __call__(self) -> int:
        """Epoch microseconds."""
        return self._own()

    def time(self) -> float:
        """Epoch seconds, as `time.time` gives them."""
        return self._own() / 1_000_000

    def now(self) -> datetime:
        """The moment in UTC."""
        return datetime.fromtimestamp(self.time(), UTC)

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        """Move forward (or back, with negative amounts)."""
        total = seconds + 60 * minutes + 3600 * hours + 86400 * days
        self._take(self._process.control("POST", "clock", advance=total))

    def move_to(self, moment: datetime) -> None:
        """A datetime without zone is local time, as everywhere in Python."""
        self._take(self._process.control("POST", "clock", to=moment.timestamp()))

    def _take(self, answer: dict[str, float]) -> None:
        self._own.offset = round(answer["offset"] * 1_000_000)
