"""Delivery of e-mail to a mail server by SMTP, over TLS with a verified certificate."""

import asyncio
import smtplib
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.utils import formatdate
from threading import Timer
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from poolhouse import telemetry
from poolhouse.store.messages import Letter
from poolhouse.store.pools import Pool

from . import mail
from .delivery import Undeliverable
from .mail import Mail
from .outbox import Content

_SCHEMES: Final[dict[str, tuple["Security", int]]] = {
    "smtp": ("starttls", 587),
    "smtps": ("tls", 465),
    "smtp+plain": ("none", 25),
}
_SECONDS: Final = 10.0
_SECONDS_IN_ALL: Final = 30.0
"""A server that says a little every few seconds would hold a thread for ever."""
_THREADS: Final = 8
_PERMANENT: Final = range(500, 600)

Security = Literal["starttls", "tls", "none"]


class Address(NamedTuple):
    """A mail server. `password` is set whenever `user` is."""

    security: Security
    host: str
    port: int
    user: str | None
    password: str | None


def parse(url: str) -> Address:
    """`smtp://user:password@host:587` (STARTTLS), `smtps://...:465` (TLS) or `smtp+plain://host:25`.

    Raises ValueError, which does not repeat the text: it holds a password.
    """
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES or not parts.hostname or parts.path not in {"", "/"} or parts.query:
        raise ValueError("must be smtp://, smtps:// or smtp+plain://[user:password@]host[:port]")
    security, port = _SCHEMES[parts.scheme]
    if (parts.username is None) != (parts.password is None):
        raise ValueError("must name a user and a password, or neither")
    if security == "none" and parts.username is not None:
        raise ValueError("must not send a password without TLS: use smtp:// or smtps://")
    user = unquote(parts.username) if parts.username is not None else None
    password = unquote(parts.password) if parts.password is not None else None
    return Address(security, parts.hostname, parts.port or port, user, password)


class Smtp:
    """One connection for each message, which ends after `seconds` wherever it is. `ca_file` names further certificate
    authorities, in PEM.
    """

    def __init__(
        self, address: Address, default_from: str, ca_file: str = "", seconds: float = _SECONDS_IN_ALL
    ) -> None:
        self._address = address
        self._from = default_from
        self._seconds = seconds
        self._tls = ssl.create_default_context()
        if ca_file:
            self._tls.load_verify_locations(ca_file)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="smtp")

    async def send(self, pool: Pool, letter: Letter, content: Content) -> None:
        """Raises Undeliverable when the server refuses the recipient for good, or the address is none."""
        made = mail.compose(pool, letter, content, self._from)
        given: dict[str, str | int] = {"server.address": self._address.host, "server.port": self._address.port}
        with telemetry.traces.call("smtp", given):
            await asyncio.get_running_loop().run_in_executor(self._threads, self._submit, made, letter)

    def _submit(self, made: Mail, letter: Letter) -> None:
        try:
            origin, to = mail.address(made.origin), mail.address(made.destination)
            message = self._message(made, letter)
        except ValueError as error:
            raise Undeliverable("an address of it is none") from error
        with self._connected() as server:
            try:
                server.send_message(message, from_addr=origin.addr_spec, to_addrs=[to.addr_spec])
            except smtplib.SMTPRecipientsRefused as error:
                [(code, _)] = error.recipients.values()
                if code in _PERMANENT:
                    raise Undeliverable(f"the mail server refuses the recipient ({code})") from error
                raise

    def _message(self, made: Mail, letter: Letter) -> EmailMessage:
        """The id is the same for every attempt, so that a mailbox may tell a repetition."""
        host = mail.address(made.origin).domain
        identity = f"<poolhouse.{letter.pool_id}.{letter.id}.{letter.created}@{host}>"
        return mail.message(made, message_id=identity, date=formatdate(letter.created / 1_000_000))

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """A greeted, encrypted and authenticated connection, as far as the address asks for it."""
        address = self._address
        if address.security == "tls":
            server: _Plain = _Tls(self._seconds, address.host, address.port, timeout=_SECONDS, context=self._tls)
        else:
            server = _Plain(self._seconds, address.host, address.port, timeout=_SECONDS)
        try:
            if address.security == "starttls":
                server.starttls(context=self._tls)
            if address.user is not None and address.password is not None:
                server.login(address.user, address.password)
            yield server
            # A message that was taken is delivered, whatever the server says to the goodbye.
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
        finally:
            server.close()


class _Plain(smtplib.SMTP):
    """A connection that is cut after `seconds`; the library itself bounds only each wait for the next bytes."""

    def __init__(self, seconds: float, *arguments: Any, **options: Any) -> None:
        self._cut = Timer(seconds, self._hang_up)
        self._cut.daemon = True
        self._cut.start()
        try:
            super().__init__(*arguments, **options)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._cut.cancel()
        super().close()

    def _hang_up(self) -> None:
        """Whoever waits for the server learns at once that it says no more."""
        if self.sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


class _Tls(_Plain, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""
