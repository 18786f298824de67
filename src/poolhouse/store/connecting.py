"""Connections to PostgreSQL: to that of several hosts that takes changes, and ended when its machine is gone."""

import re
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

_HOST_SECONDS: Final = 4.0
"""How long one of several hosts may take: a machine that is off answers nothing, and the next one waits to be asked."""
_PORT: Final = 5432
_TARGET: Final = "target_session_attrs"
_HOST = re.compile(r"\[([^\]]+)\](?::(\d+))?|([^:]*)(?::(\d+))?")
_ELSEWHERE = (
    OSError,
    asyncpg.CannotConnectNowError,
    asyncpg.PostgresConnectionError,
)
# Without these, a request to a machine that lost its power waits for a quarter of an hour.
_WATCH: Final = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 20_000}


class Connection(asyncpg.Connection):
    """Sessions hold no state between uses, so giving one back to a pool costs no round trip."""

    asked_at: float = 0.0
    """Since when it waits for an answer, by the monotonic clock; 0 while it waits for none."""
    was_slow: bool = False
    """Whether it was ended for the time that an answer took."""

    def __init__(self, protocol: Any, transport: Any, *more: Any) -> None:
        super().__init__(protocol, transport, *more)
        own = transport.get_extra_info("socket")
        if own.family == socket.AF_UNIX:
            return
        own.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _WATCH.items():
            if hasattr(socket, name):  # not every system knows every one
                own.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)

    def get_reset_query(self) -> str:
        return ""


class _Host(NamedTuple):
    name: str
    port: int


class Route:
    """The way to a database at `postgresql://...`. Of several hosts, the one that served last is asked first."""

    def __init__(self, url: str, *, host_seconds: float = _HOST_SECONDS) -> None:
        self._url = url
        self._seconds = host_seconds
        self._hosts = list(_hosts(url))
        self._chooses = len(self._hosts) > 1 or _TARGET in url
        # Whoever names several means the one that takes changes, unless the address says otherwise.
        self._wanted = {} if _TARGET in url else {_TARGET: "read-write"}

    @property
    def places(self) -> str:
        """Its hosts with their ports, for people; neither name nor password."""
        return ", ".join(f"{host.name}:{host.port}" for host in self._hosts)

    async def connect(self, _url: str | None = None, **options: Any) -> Any:
        """A connection, by asyncpg's options. Raises what asyncpg raises, of several hosts the last one's failure, and
        ConnectionError when none is what is wanted.
        """
        options = {"connection_class": Connection, **options}
        if not self._chooses:
            return await asyncpg.connect(self._url, **options)
        options = {**self._wanted, **options, "timeout": self._seconds}
        failure: BaseException = ConnectionError("no host is named")
        for host in tuple(self._hosts):
            try:
                made = await asyncpg.connect(self._url, host=host.name, port=host.port, **options)
            except asyncpg.TargetServerAttributeNotMatched:
                failure = ConnectionError(f"{host.name}:{host.port} is not the server that is wanted: a standby?")
            except _ELSEWHERE as error:
                failure = error
            else:
                self._hosts.sort(key=lambda one: one != host)
                return made
        raise failure


def _hosts(url: str) -> Iterator[_Host]:
    """The hosts of an address, as libpq reads it: before the path, or as the parameters `host` and `port`."""
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    named = unquote(parts.netloc.rpartition("@")[2]) or asked.get("host", [""])[-1]
    ports = asked.get("port", [""])[-1].split(",")
    for place, text in enumerate(named.split(",")):
        usual = ports[place] if place < len(ports) else ports[-1]
        found = None if text.startswith("/") else _HOST.fullmatch(text)
        name, port = (found[1] or found[3], found[2] or found[4]) if found else (text, "")
        yield _Host(name or "localhost", int(port or usual or _PORT))


def postgresql_engine(url: str, **options: Any) -> "AsyncEngine":
    """SQLAlchemy on connections that are made here: it cannot read every address that PostgreSQL's own tools can."""
    from sqlalchemy.ext.asyncio import create_async_engine

    return create_async_engine("postgresql+asyncpg://", async_creator=Route(url).connect, **options)
