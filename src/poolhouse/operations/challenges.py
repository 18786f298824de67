"""Challenges on their way through the client: sealed sessions and SRP secret blocks, each good once and for a while.

The seal says who may answer what; whether it was used is in the database.
"""

import base64
import hashlib
import os
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import msgspec

from poolhouse.crypto.vault import BrokenSeal, Vault
from poolhouse.errors import IncorrectUsernameOrPassword, InvalidSession, SessionExpired
from poolhouse.store.clients import Client
from poolhouse.store.database import Transaction
from poolhouse.store.sessions import is_used, use

_SESSION: Final = "session"
_SECOND: Final = 1_000_000
_MAX_BLOCK: Final = 8192
_OWNER_BYTES: Final = 8
_LONGEST: Final = 900 * _SECOND
"""The greatest AuthSessionValidity; a ticket is remembered so long, whatever the client's setting becomes."""


class Ticket(msgspec.Struct, frozen=True, array_like=True):
    """What every challenge is bound to; times are microseconds.

    `owner` is a user's row in eight bytes, zeros for a user that does not exist: the length of a seal must not tell
    one from the other.
    """

    pool: str
    client: str
    owner: bytes
    username: str
    typed: str
    issued: int
    nonce: str

    @property
    def user_id(self) -> int:
        """0 for a user that does not exist."""
        return int.from_bytes(self.owner, "big")

    def is_for(self, name: str) -> bool:
        """A client answers with the name it typed, or with the canonical one that the challenge gave it."""
        return name in (self.username, self.typed)


class SentCode(msgspec.Struct, frozen=True, array_like=True, tag="code"):
    """A code on its way to `destination`, which becomes the user's contact with it when it `is_new`."""

    digest: bytes
    destination: str
    is_new: bool


class Enrolment(msgspec.Struct, frozen=True, array_like=True, tag="enrolment"):
    """An authenticator that is being set up during the sign-in: its secret, until it `is_verified`."""

    secret: bytes
    is_verified: bool


class Round(msgspec.Struct, frozen=True, array_like=True):
    """One answered challenge of a custom sign-in. `note` is what the pool's function called it."""

    name: str
    result: bool
    note: str | None = None


class Custom(msgspec.Struct, frozen=True, array_like=True, tag="custom"):
    """A custom challenge that waits: what was answered before it, and what only the pool's functions may know of it."""

    done: tuple[Round, ...]
    private: dict[str, str]
    note: str | None


class Session(msgspec.Struct, frozen=True, array_like=True):
    """A challenge that waits for its answer; `credential` is the fingerprint of the password that led to it.

    `device_key` is "" when the client named none; `second` says that the second factor was passed. `sign_in` is the id
    of the audit record of the sign-in, "" before its first factor is passed.
    """

    ticket: Ticket
    challenge: str
    credential: bytes
    device_key: str = ""
    second: bool = False
    held: SentCode | Enrolment | Custom | None = None
    sign_in: str = ""


def fingerprint(credential: bytes | None) -> bytes:
    """Sealed bytes are never the same twice, so this tells one setting of a password from any other."""
    return hashlib.sha256(credential or b"").digest()[:16]


class Exchange(msgspec.Struct, frozen=True, array_like=True):
    """The server's half of an SRP exchange: A, b and B as big-endian bytes."""

    a_public: bytes
    b: bytes
    b_public: bytes


class SecretBlock(msgspec.Struct, frozen=True, array_like=True):
    """A password exchange in the client's keeping; one that `is_custom` is a step of CUSTOM_AUTH and nothing else."""

    ticket: Ticket
    exchange: Exchange
    device_key: str = ""
    is_custom: bool = False


class DeviceBlock(msgspec.Struct, frozen=True, array_like=True):
    """A device's exchange in the client's keeping, with the sign-in that it belongs to."""

    session: Session
    exchange: Exchange

    @property
    def ticket(self) -> Ticket:
        return self.session.ticket


_Block = TypeVar("_Block", SecretBlock, DeviceBlock)
_PURPOSES: Final[Mapping[type, str]] = {SecretBlock: "secret-block", DeviceBlock: "device-block"}
_decoders: Final[Mapping[type, Any]] = {kind: msgspec.msgpack.Decoder(kind) for kind in _PURPOSES}


def ticket(client: Client, user_id: int, username: str, typed: str, now: int) -> Ticket:
    """A new one, for an answer through the same client."""
    nonce = base64.urlsafe_b64encode(os.urandom(18)).decode("ascii")
    return Ticket(client.pool_id, client.id, user_id.to_bytes(_OWNER_BYTES, "big"), username, typed, now, nonce)


def seal_session(vault: Vault, session: Session) -> str:
    return vault.seal_token(_SESSION, session)


def open_session(vault: Vault, text: str | None, client: Client, challenge: str, now: int) -> Session:
    """Raises InvalidSession for any session but one of this client that waits for this challenge, or SessionExpired."""
    session = _unsealed(vault, text)
    if session.challenge != challenge or not _is_of(session.ticket, client):
        raise InvalidSession
    _require_fresh(session.ticket, client, now)
    return session


def client_of(vault: Vault, text: str) -> str:
    """The id of the client that a session was made for; whether it is good there is `open_session`'s matter.

    Raises InvalidSession.
    """
    return _unsealed(vault, text).ticket.client


def _unsealed(vault: Vault, text: str | None) -> Session:
    if text is None:
        raise InvalidSession
    try:
        return vault.open_token(_SESSION, text, Session)
    except BrokenSeal as error:
        raise InvalidSession from error


def seal_block(vault: Vault, block: SecretBlock | DeviceBlock) -> str:
    """Standard base64, which clients decode to sign the bytes."""
    sealed = vault.seal(_PURPOSES[type(block)], msgspec.msgpack.encode(block))
    return base64.b64encode(sealed).decode("ascii")


def open_block(vault: Vault, text: str, client: Client, now: int, kind: type[_Block]) -> tuple[_Block, bytes]:
    """The block and its sealed bytes. Raises IncorrectUsernameOrPassword, or SessionExpired."""
    try:
        sealed = base64.b64decode(text[:_MAX_BLOCK], validate=True)
        if base64.b64encode(sealed).decode("ascii") != text:
            raise IncorrectUsernameOrPassword
        block: _Block = _decoders[kind].decode(vault.open(_PURPOSES[kind], sealed))
    except (ValueError, msgspec.DecodeError) as error:
        raise IncorrectUsernameOrPassword from error
    if not _is_of(block.ticket, client):
        raise IncorrectUsernameOrPassword
    _require_fresh(block.ticket, client, now)
    return block, sealed


async def spend(tx: Transaction, spent: Ticket) -> bool:
    """True once per ticket."""
    return await use(tx, spent.nonce, spent.issued + _LONGEST)


async def is_spent(tx: Transaction, checked: Ticket) -> bool:
    return await is_used(tx, checked.nonce)


def require_good(checked: Ticket, client: Client, now: int) -> None:
    """Raises InvalidSession for a ticket of another client, or SessionExpired."""
    if not _is_of(checked, client):
        raise InvalidSession
    _require_fresh(checked, client, now)


def _is_of(checked: Ticket, client: Client) -> bool:
    return checked.client == client.id and checked.pool == client.pool_id


def _require_fresh(checked: Ticket, client: Client, now: int) -> None:
    if now >= checked.issued + client.settings.session_seconds * _SECOND:
        raise SessionExpired
