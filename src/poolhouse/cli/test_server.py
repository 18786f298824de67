"""`poolhouse test-server`: the project on a database of its own, with a state to go back to and a clock to move.

For tests in any language. Nothing of it is in `dev` or `serve`, and it listens on loopback only.
"""

import asyncio
import base64
import contextlib
import os
import signal
import socket
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import msgspec
import uvloop

from poolhouse import service_model, telemetry
from poolhouse.app import Server, clock
from poolhouse.cli.administration import Administration
from poolhouse.cli.definitions import Definitions
from poolhouse.cli.options import Where
from poolhouse.cli.running import bind, write_for
from poolhouse.cli.secrets import check_name
from poolhouse.cli.seeding import Seed, plant, read
from poolhouse.cli.serving import uvicorn_server
from poolhouse.config import Settings, is_loopback, load
from poolhouse.crypto.vault import generate_master_key
from poolhouse.define.manifest import Manifest
from poolhouse.errors import PoolhouseError, UserError
from poolhouse.messages.inbox import messages as inbox_messages
from poolhouse.operations.backend.specs import SECRET_PURPOSE
from poolhouse.protocols.documents import json_response
from poolhouse.protocols.http import Receive, Scope, Send, header, read_body
from poolhouse.store import messages, secrets
from poolhouse.store.copies import Template
from poolhouse.store.database import open_database
from poolhouse.testing.clock import MovedClock

_HOST: Final = "127.0.0.1"
_PATH: Final = "/testing/"
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - only the parent of a folder with a random name
_WINDOW_SECONDS: Final = 100 * 365 * 86_400
"""Requests are signed with the time of the machine, wherever the server's clock was moved."""
_END_OF_TIME: Final = 2**62
_LONGEST_WAIT: Final = 60.0
_PAUSE: Final = 0.002


class Clock(msgspec.Struct, forbid_unknown_fields=True):
    """What `/testing/clock` is asked: seconds to move by, or the moment to move to."""

    advance: float | None = None
    to: float | None = None


class Mistaken(PoolhouseError):
    """A request to the controls that makes no sense."""


def run_test_server(
    project: Path, definitions: Definitions, *, port: int, seed_file: Path | None, secrets: Sequence[str]
) -> None:
    """Serve until standard input ends, or a signal comes. Raises UserError."""
    given = dict(_assignment(text) for text in secrets)
    seed = read(project, seed_file) if seed_file else None
    manifest = definitions.manifest()
    with _folder() as folder, bind(_HOST, port) as bound:
        settings = _settings(folder, bound)
        serving = _Testing(settings, project, folder, seed)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serving.run(manifest, bound, given))


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """In memory where there is such a place: what is written here need not outlive the process."""
    parent = _MEMORY if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="poolhouse-test-", dir=parent, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _settings(folder: Path, bound: socket.socket) -> Settings:
    """Nothing comes from the environment: a test never reaches the mail server or the database that it names."""
    overrides = {
        "host": _HOST,
        "port": bound.getsockname()[1],
        "database": f"sqlite:///{folder / 'test.db'}",
        "master_key": base64.b64encode(generate_master_key()).decode(),
        "max_workers": 2,
    }
    settings = load("dev", folder, overrides, {})
    telemetry.configure("info", "text", service_model.sensitive_members())
    return replace(settings, signature_window=_WINDOW_SECONDS)


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    check_name(name)
    if not equals:
        raise UserError(f"--secret {name} has no value.", resolution=f"Write --secret {name}=VALUE.")
    return name, value


class _Controlled(Server):
    """The server, with `/testing/...` in front of it."""

    def __init__(self, settings: Settings, project: Path) -> None:
        self.clock = MovedClock(clock)
        super().__init__(settings, project, now=self.clock, credential_seconds=_WINDOW_SECONDS)
        self.template: Template | None = None

    async def warm_up(self) -> None:
        """A test run asks for a few operations: it must not wait while all the others are made ready."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(_PATH):
            await super().__call__(scope, receive, send)
            return
        try:
            status, body = 200, await self._control(scope, await read_body(receive))
        except (Mistaken, msgspec.DecodeError) as error:
            status, body = 400, {"message": str(error)}
        await json_response(body, status, {})(scope, receive, send)

    async def _control(self, scope: Scope, body: bytes) -> Any:
        _refuse_pages(scope)
        asked = scope["method"], scope["path"].removeprefix(_PATH)
        if asked == ("POST", "reset"):
            return await self._reset()
        if asked == ("POST", "clock"):
            return self._move(msgspec.json.decode(body or b"{}", type=Clock))
        if asked == ("GET", "messages"):
            return await self._messages(parse_qs(scope["query_string"].decode("latin-1")))
        raise Mistaken("Ask POST /testing/reset, POST /testing/clock or GET /testing/messages.")

    async def _reset(self) -> dict[str, float]:
        """The state of the beginning, the present time."""
        if self.template is None:
            raise Mistaken("The server is starting.")
        self.clock.offset = 0
        await asyncio.to_thread(self.template.restore)
        return self._time()

    def _move(self, wanted: Clock) -> dict[str, float]:
        if wanted.to is not None:
            self.clock.move_to(wanted.to)
        if wanted.advance is not None:
            self.clock.move(wanted.advance)
        self.services.wake_delivery()
        return self._time()

    def _time(self) -> dict[str, float]:
        """In seconds."""
        return {"now": self.clock() / 1_000_000, "offset": self.clock.offset / 1_000_000}

    async def _messages(self, asked: Mapping[str, list[str]]) -> list[dict[str, Any]]:
        """What was sent, once nothing waits for its delivery any more.

        `to` are addresses and usernames of one person. With `code=1` it waits until a code was sent, but no longer
        than `wait` seconds.
        """
        needs_code = "code" in asked
        deadline = time.monotonic() + min(float(asked.get("wait", ["5"])[0]), _LONGEST_WAIT)
        while True:
            settled = not await self._is_delivering()
            found = [each for each in await self._sent(asked.get("to")) if each["code"] or not needs_code]
            if (settled and (found or not needs_code)) or time.monotonic() > deadline:
                return found
            await asyncio.sleep(_PAUSE)

    async def _is_delivering(self) -> bool:
        async with self.services.database.read() as tx:
            return await messages.is_due(tx, _END_OF_TIME)

    async def _sent(self, to: list[str] | None) -> list[dict[str, Any]]:
        every = await inbox_messages(self.services.database, self.services.vault)
        return [each for each in every if to is None or each["destination"] in to or each["username"] in to]


def _refuse_pages(scope: Scope) -> None:
    """A web page of somewhere else, which the browser on this machine shows, has no business here."""
    names = [f"//{header(scope, b'host').decode('latin-1')}", header(scope, b"origin").decode("latin-1")]
    for name in names:
        if name and not is_loopback(urlsplit(name).hostname or ""):
            raise Mistaken("The controls answer this machine only.")


class _Testing:
    """One run of `poolhouse test-server`."""

    def __init__(self, settings: Settings, project: Path, folder: Path, seed: Seed | None) -> None:
        self._settings = settings
        self._project = project
        self._folder = folder
        self._seed = seed
        self._server = _Controlled(settings, project)
        self._failure: UserError | None = None
        self._preparing: asyncio.Task[None] | None = None

    async def run(self, manifest: Manifest, bound: socket.socket, given: Mapping[str, str]) -> None:
        try:
            await self._keep_secrets(given)
            await self._server.start(manifest)
            serving = uvicorn_server(self._server, self._listening)
            _end_with_input(lambda: serving.handle_exit(signal.SIGTERM, None))
            await serving.serve(sockets=[bound])
        finally:
            await self._server.stop()
            if self._server.template is not None:
                self._server.template.close()
        if self._failure is not None:
            raise self._failure

    async def _keep_secrets(self, given: Mapping[str, str]) -> None:
        """Before the functions are started with them."""
        if not given:
            return
        database, vault = open_database(self._settings.database), self._server.services.vault
        try:
            await database.start()
            async with database.write() as tx:
                for name, value in given.items():
                    await secrets.put(tx, name, vault.seal(SECRET_PURPOSE, value.encode()), clock())
        finally:
            await database.stop()

    def _listening(self) -> None:
        self._preparing = asyncio.get_running_loop().create_task(self._prepare())

    async def _prepare(self) -> None:
        """Users are made while the server listens, since making them may run functions that call it."""
        try:
            if self._seed is not None:
                await plant(Administration(self._server.services, Where(self._project, None)), self._seed)
        except UserError as error:
            self._failure = error
            os.kill(os.getpid(), signal.SIGTERM)
            return
        self._server.template = await asyncio.to_thread(Template, self._folder / "test.db")
        self._tell()

    def _tell(self) -> None:
        applied, settings = self._server.applied, self._settings
        assert applied is not None
        write_for(settings, applied, self._folder)
        told = {
            "url": settings.public_url,
            "region": settings.region,
            "user_pool_id": applied.pool_id,
            "user_pool_client_id": applied.client_id,
            "identity_pool_id": applied.identity_pool_id,
            "access_key_id": settings.root_access_key_id,
            "secret_access_key": settings.root_secret_access_key,
            "outputs": str(self._folder / "amplify_outputs.json"),
        }
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
        sys.stdout.flush()


def _end_with_input(end: Callable[[], None]) -> None:
    """The end of the parent ends a pipe; from a file or nothing at all no end is ever heard."""
    kind = os.fstat(0).st_mode
    if not (stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind) or os.isatty(0)):
        return
    loop = asyncio.get_running_loop()

    def readable() -> None:
        if not os.read(0, 4096):
            loop.remove_reader(0)
            end()

    loop.add_reader(0, readable)
