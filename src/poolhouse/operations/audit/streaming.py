"""The trail sent elsewhere, as JSON Lines in the order of the chain: to standard output, or to a webhook.

At least once: what was sent is noted behind the answer. One process at a time sends, by a lease; no action waits.
"""

import asyncio
import hashlib
import hmac
import http.client
import ssl
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from poolhouse import telemetry
from poolhouse.crypto.codes import new_uuid
from poolhouse.crypto.vault import BrokenSeal, Vault
from poolhouse.operations.context import Services
from poolhouse.store import audit, backend
from poolhouse.store.audit import Row

from .background import Pause

BATCH: Final = 100
SIGNATURE: Final = "X-Poolhouse-Signature"
PAUSE: Final = 0.5
_FACT: Final = "audit-stream"
_LEASE: Final = 60_000_000
_SECONDS: Final = 10.0
_LONGEST_PAUSE: Final = 60.0
_UNSENT = (OSError, http.client.HTTPException, ConnectionError)
_lines = msgspec.json.Encoder()
Send = Callable[[bytes], Awaitable[None]]


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """What was sent: everything up to the place `seq`. `holder` sends, until `until` (epoch microseconds)."""

    seq: int
    holder: str
    until: int


def line(row: Row) -> dict[str, Any]:
    """A record as it is exported and sent: its columns, its body, and what proves it."""
    named = row._asdict()
    named["body"] = msgspec.Raw(row.body.encode())
    return named | {"mac": row.mac.hex(), "hash": None if row.hash is None else row.hash.hex()}


def lines(rows: Sequence[Row]) -> bytes:
    return b"".join(_lines.encode(line(row)) + b"\n" for row in rows)


async def follow(services: Services, pause: Pause = asyncio.sleep) -> None:
    """Until it is cancelled; returns at once where nothing is to be sent."""
    settings, holder = services.settings, new_uuid()
    if not settings.audit_stream:
        return
    send = to_stdout if settings.audit_stream == "stdout" else partial(to_webhook, services)
    wait = PAUSE
    while True:
        try:
            sent = await forward(services, holder, send)
        except _UNSENT as error:
            telemetry.log.warning("audit records could not be sent; they are kept and sent later", why=str(error))
            await pause(wait)
            wait = min(wait * 2, _LONGEST_PAUSE)
        else:
            wait = PAUSE
            await pause(0 if sent == BATCH else PAUSE)


async def forward(services: Services, holder: str, send: Send) -> int:
    """Send one batch, if it is this process's turn; the number of rows. Raises what `send` raises."""
    async with services.database.read() as tx:
        cursor = opened(services.vault, await backend.fact(tx, _FACT))
        rows = await audit.linked(tx, cursor.seq, BATCH)
    if not rows:
        return 0
    mine = await _taken(services, holder)
    if mine is None:
        return 0
    async with services.database.read() as tx:
        rows = await audit.linked(tx, mine.seq, BATCH)
    if rows:
        await send(lines(rows))
        await _sent(services, holder, rows[-1].seq or mine.seq)
    return len(rows)


async def _taken(services: Services, holder: str) -> Cursor | None:
    """The cursor, when nobody else holds it."""
    now = services.clock()
    async with services.database.write() as tx:
        await audit.lock(tx)
        cursor = opened(services.vault, await backend.fact(tx, _FACT))
        if cursor.holder not in ("", holder) and cursor.until > now:
            return None
        await _put(tx, services.vault, Cursor(cursor.seq, holder, now + _LEASE))
    return cursor


async def _sent(services: Services, holder: str, seq: int) -> None:
    """Whoever lost the lease meanwhile leaves the cursor to the one who has it."""
    async with services.database.write() as tx:
        await audit.lock(tx)
        cursor = opened(services.vault, await backend.fact(tx, _FACT))
        if cursor.holder == holder:
            await _put(tx, services.vault, Cursor(seq, holder, services.clock() + _LEASE))


async def _put(tx: Any, vault: Vault, cursor: Cursor) -> None:
    await backend.set_fact(tx, _FACT, vault.seal(_FACT, msgspec.msgpack.encode(cursor)))


def opened(vault: Vault, sealed: bytes | None) -> Cursor:
    """A cursor that somebody changed is none: everything is sent again rather than something never."""
    if sealed is None:
        return Cursor(0, "", 0)
    try:
        return msgspec.msgpack.decode(vault.open(_FACT, sealed), type=Cursor)
    except (BrokenSeal, msgspec.MsgspecError):
        telemetry.log.error("the mark of what was sent of the audit trail was changed; everything is sent again")
        return Cursor(0, "", 0)


# --- where it goes -----------------------------------------------------------------------------------------


async def to_stdout(body: bytes) -> None:
    await asyncio.to_thread(_print, body)


def _print(body: bytes) -> None:
    sys.stdout.write(body.decode())
    sys.stdout.flush()


async def to_webhook(services: Services, body: bytes) -> None:
    """Raises OSError and HTTPException, also for every answer that is no 2xx; redirects are not followed."""
    settings = services.settings
    moment = str(services.clock() // 1_000_000)
    signed = signature(settings.audit_stream_secret, moment, body)
    parts = urlsplit(settings.audit_stream)
    given = {"http.request.method": "POST", "url.scheme": parts.scheme, "server.address": parts.hostname or ""}
    with telemetry.traces.call("POST", given) as span:
        status = await asyncio.to_thread(_post, settings.audit_stream, body, signed)
        telemetry.traces.answered(span, status)
    if not 200 <= status < 300:
        raise ConnectionError(f"{parts.scheme}://{parts.netloc} answered {status}")


def signature(secret: str, moment: str, body: bytes) -> str:
    """The value of the signature header: when (epoch seconds), and the HMAC-SHA256 of moment, full stop and body."""
    proof = hmac.digest(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hex()
    return f"t={moment},v1={proof}"


def _post(address: str, body: bytes, signed: str) -> int:
    """The status of the answer."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, parts.port, timeout=_SECONDS, context=context
        )
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=_SECONDS)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, body, {"Content-Type": "application/x-ndjson", SIGNATURE: signed})
        answer = connection.getresponse()
        answer.read(1024)
    finally:
        connection.close()
    return answer.status
