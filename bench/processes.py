"""What processes use: CPU seconds and resident memory."""

import os

import psutil  # type: ignore[import-untyped]


class Process:
    """One process, and on demand those that it started."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)

    def cpu(self) -> float:
        """Seconds, in user and kernel mode."""
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def resident(self) -> int:
        """Bytes."""
        return int(self._process.memory_info().rss)

    def own(self) -> int:
        """Bytes without the pages of mapped files: those are the system's cache, and a database has many."""
        used = self._process.memory_info()
        return int(used.rss - used.shared)

    def children(self) -> "list[Process]":
        return [Process(child.pid) for child in self._process.children(recursive=True)]


def machine_cpu() -> float:
    """Seconds that all CPUs together were busy, with whatever."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0))


CPUS = os.cpu_count() or 1
