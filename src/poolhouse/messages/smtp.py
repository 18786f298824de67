"""Delivery of e-mail to a mail server by SMTP, over TLS with a verified certificate."""

import asyncio
import smtplib
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from email.message import EmailMessage
from email.utils import formatdate
from typing import Final, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

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
    """One connection for each message. `ca_file` names further certificate authorities, in PEM."""

    def __init__(self, address: Address, default_from: str, ca_file: str = "") -> None:
        self._address = address
        self._from = default_from
        self._tls = ssl.create_default_context()
        if ca_file:
            self._tls.load_verify_locations(ca_file)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="smtp")

    async def send(self, pool: Pool, letter: Letter, content: Content) -> None:
        """Raises Undeliverable when the server refuses the recipient for good, or the address is none."""
        made = mail.compose(pool, letter, content, self._from)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, self._submit, made, letter)

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

    def _connected(self) -> "_Connection":
        return _Connection(self._address, self._tls)


class _Connection:
    """A greeted, encrypted and authenticated connection, as far as the address asks for it."""

    def __init__(self, address: Address, tls: ssl.SSLContext) -> None:
        self._address = address
        self._tls = tls
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> smtplib.SMTP:
        address = self._address
        if address.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(address.host, address.port, timeout=_SECONDS, context=self._tls)
        else:
            server = smtplib.SMTP(address.host, address.port, timeout=_SECONDS)
        self._server = server
        try:
            if address.security == "starttls":
                server.starttls(context=self._tls)
            if address.user is not None and address.password is not None:
                server.login(address.user, address.password)
        except BaseException:
            server.close()
            raise
        return server

    def __exit__(self, *_: object) -> None:
        """A message that was taken is delivered, whatever the server says to the goodbye."""
        if self._server is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._server.quit()
            self._server.close()
