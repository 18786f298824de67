"""Reads the definitions in a process of its own while this one is still importing the server."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from poolhouse.define.manifest import Manifest
from poolhouse.define.project import load


class Definitions:
    """A Manifest on its way."""

    def __init__(self, project: Path) -> None:
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="definitions")
        self._loading = self._threads.submit(load, project)

    def manifest(self) -> Manifest:
        """Waits for it. Raises what `poolhouse.define.project.load` raises."""
        try:
            return self._loading.result()
        finally:
            self._threads.shutdown()
