"""Uvicorn around our application: on sockets that are bound already, with TLS or without, and an orderly end."""

import asyncio
import gc
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn

from poolhouse import telemetry
from poolhouse.app import Server
from poolhouse.cli.renewing import hangups_in_loop
from poolhouse.cli.strict_http import StrictHttp
from poolhouse.cli.tls import Secured, listen
from poolhouse.protocols.traced import Traced

GRACE_SECONDS: Final = 10
_LOOK_SECONDS = 0.02


class _Uvicorn(uvicorn.Server):
    """Says when it listens; ends on the usual signals without raising them again, since our own end comes after it."""

    def __init__(
        self,
        config: uvicorn.Config,
        listening: Callable[[], None],
        secured: Secured | None,
        inner: socket.socket | None,
    ) -> None:
        super().__init__(config)
        self._listening = listening
        self._secured = secured
        self._inner = inner
        self._for_functions: asyncio.Server | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        if self._secured is None:
            await super().startup(sockets)
        else:
            await super().startup([])
            *self.servers, self._for_functions = await listen(self._secured, sockets or [], self._connection)
        if self._inner is not None:
            self._for_functions = await asyncio.get_running_loop().create_server(self._connection, sock=self._inner)
        # What the start made lives as long as the process: nothing there for the collector to look at.
        gc.freeze()
        gc.enable()
        self._listening()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Requests under way are finished while the functions that answer them can still call back."""
        if self._for_functions is not None:
            await self._finish(self._for_functions)
        await super().shutdown(sockets)
        if self._secured is not None:
            self._secured.inner.close()

    async def _finish(self, for_functions: asyncio.Server) -> None:
        for server in self.servers:
            server.close()
        inner = for_functions.sockets[0].getsockname()[1]
        for _ in range(round(GRACE_SECONDS / _LOOK_SECONDS)):
            outer = [one for one in self._protocols() if one.server is None or one.server[1] != inner]
            for one in outer:
                one.shutdown()
            if self.force_exit or not any(one.cycle is not None and not one.cycle.response_complete for one in outer):
                break
            await asyncio.sleep(_LOOK_SECONDS)
        for_functions.close()

    def _protocols(self) -> list[Any]:
        return list(self.server_state.connections)

    def _connection(self) -> asyncio.Protocol:
        return StrictHttp(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            with hangups_in_loop(self._secured.given if self._secured else None):
                yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


def uvicorn_server(
    server: Server,
    listening: Callable[[], None] = lambda: None,
    secured: Secured | None = None,
    inner: socket.socket | None = None,
) -> uvicorn.Server:
    """Uvicorn around our application, quiet: the application itself says what is worth saying.

    `inner` is where functions call back while the rest is closed already.
    """
    config = uvicorn.Config(
        Traced(server, server.route_of) if telemetry.traces.on else server,
        http=StrictHttp,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=server.settings.behind_proxy,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=GRACE_SECONDS,
        h11_max_incomplete_event_size=65536,
    )
    return _Uvicorn(config, listening, secured, inner)
