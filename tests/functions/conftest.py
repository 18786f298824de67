"""A project on disk, and functions that run in real workers; no process may be left when a test ends."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from textwrap import dedent

import boto3
import pytest
from functions.sdk import KEYS, Shop

from poolhouse.functions import Functions, FunctionSpec, RoleCredentials

HOUR_US = 3_600_000_000


def now_us() -> int:
    return time.time_ns() // 1000


def processes_about(text: str) -> list[str]:
    """The command lines of living processes that name `text`."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = os.fsdecode(file.read_bytes().replace(b"\0", b" "))
        except OSError:
            continue
        if text in line:
            found.append(line)
    return found


class House:
    """Everything a test needs to run handlers."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.lines: list[tuple[str, str, str]] = []
        self.issued: list[tuple[str, str]] = []
        self.lifetime_us = HOUR_US
        self.endpoint_url = "http://127.0.0.1:9"
        self._opened: list[Functions] = []

    def write(self, source: str, entry: str = "amplify/data/work/handler.py") -> str:
        file = self.project / entry
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(source))
        return entry

    def spec(self, source: str, name: str = "work", **more: object) -> FunctionSpec:
        entry = self.write(source, f"amplify/data/{name}/handler.py")
        return FunctionSpec(name=name, project=self.project, entry=entry, role_arn=f"arn:role/{name}", **more)  # type: ignore[arg-type]

    def credentials(self, role_arn: str, name: str) -> RoleCredentials:
        self.issued.append((role_arn, name))
        number = len(self.issued)
        return RoleCredentials(
            f"ASIA{number}", f"secret-key-{number}", f"session-{number}", now_us() + self.lifetime_us
        )

    async def open(self, *specs: FunctionSpec, **settings: object) -> Functions:
        functions = Functions(
            credentials=self.credentials,
            endpoint_url=self.endpoint_url,
            region="eu-test-1",
            account_id="123456789012",
            clock=now_us,
            log=lambda *line: self.lines.append(line),
            **settings,  # type: ignore[arg-type]
        )
        self._opened.append(functions)
        await functions.start()
        await functions.apply(specs)
        return functions

    async def run(self, source: str, **more: object) -> Functions:
        """One function with one worker, so that every call meets the same process."""
        return await self.open(self.spec(source, **more), max_workers=1)

    def texts(self) -> list[str]:
        return [line for _, _, line in self.lines]

    async def rested(self, functions: Functions, name: str = "work") -> None:
        """Returns when a worker waits for its next invocation."""
        async with asyncio.timeout(30):
            while not functions._fleets[name]._idle:
                await asyncio.sleep(0.001)

    async def close(self) -> None:
        for functions in self._opened:
            await functions.stop()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    yield house
    await house.close()
    assert processes_about(str(tmp_path)) == []


@pytest.fixture
def make_house() -> type[House]:
    """For a test that brings its own event loop."""
    return House


@pytest.fixture
def alive() -> Callable[[int], bool]:
    """Whether a process lives; one that waits to be collected does not."""

    def check(pid: int) -> bool:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        return state not in "ZX"

    return check


@pytest.fixture(scope="session")
def sdk_session() -> boto3.Session:
    """One for all: it reads the service's model once."""
    return boto3.Session(**KEYS, region_name="eu-test-1")


@pytest.fixture
def shop(sdk_session) -> Iterator[Shop]:
    shop = Shop(sdk_session)
    yield shop
    shop.close()
