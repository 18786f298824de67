"""What the machine itself gives, on one core: the parts that no server can make cheaper."""

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from poolhouse.crypto import srp
from poolhouse.crypto.group import power, power_of_g
from poolhouse.crypto.tokens import SigningKey


def limits(folder: Path) -> dict[str, float]:
    """Milliseconds, the median of a few: a durable 4 KB write, a signature, a power with a 256-bit exponent."""
    return {"fsync": _fsync(folder), "RS256 signature": _signature(), "3072-bit power": _power()}


def _fsync(folder: Path) -> float:
    with (folder / "fsync").open("wb", buffering=0) as file:

        def write() -> None:
            file.write(bytes(4096))
            os.fsync(file.fileno())

        return _median(write)


def _signature() -> float:
    key = SigningKey.generate()
    return _median(lambda: key.sign({"sub": "a" * 36}))


def _power() -> float:
    """Every SRP sign-in costs the server two of these, and the client one with a longer exponent."""
    base, exponent = power_of_g(srp.new_b()), srp.new_b()
    return _median(lambda: power(base, exponent))


def _median(function: Callable[[], object], times: int = 40) -> float:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        function()
        taken.append((time.perf_counter() - started) * 1000)
    return round(statistics.median(taken), 3)
