"""The published emulator ministack as a process on a free port of this machine, and an account in it per test."""

import atexit
import contextlib
import fcntl
import functools
import itertools
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
BINARY = ROOT / ".venv" / "ministack" / "bin" / "ministack"
REGION = "eu-central-1"
# Its group ends with whoever holds the pipe, however that one ends.
LIVES_AS_LONG = '"$0" </dev/null & read -r _; kill -9 -$$'
_numbers = itertools.count(1)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[str]:
    """Its URL. It and the functions that it runs are gone afterwards."""
    _install()
    port = _free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "LOG_LEVEL": "ERROR",
        "S3_DATA_DIR": str(folder / "s3"),
        "STATE_DIR": str(folder / "state"),
    }
    with (folder / "ministack.log").open("wb") as log:
        process = subprocess.Popen(
            ["/bin/sh", "-c", LIVES_AS_LONG, BINARY],
            env=environment,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _await(url, process, folder / "ministack.log")
        yield url
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        process.stdin.close()


@functools.cache
def shared() -> str:
    """The URL of one for the whole test process, with which it ends; for those who stay in accounts of their own."""
    held = contextlib.ExitStack()
    atexit.register(held.close)
    return held.enter_context(running(Path(held.enter_context(tempfile.TemporaryDirectory(prefix="ministack-")))))


def configuration(url: str, account: str | None = None, region: str = REGION) -> dict[str, str]:
    """Variables of the ordinary AWS configuration. A key of twelve digits is an account of its own there."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": account or new_account(),
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def new_account() -> str:
    return f"{os.getpid() % 1_000_000 + 100_000:06d}{next(_numbers):06d}"


def _install() -> None:
    """What `make test` has done already; for a test that is run by itself."""
    with (ROOT / ".venv" / "ministack.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run([ROOT / "scripts" / "ministack-env"], check=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/_ministack/health", timeout=2, trust_env=False).status_code == 200:
                return
        time.sleep(0.02)
    raise AssertionError(log.read_text())
