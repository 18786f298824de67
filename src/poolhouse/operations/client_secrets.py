"""How the secrets of an app client are stored; the only place that knows their seal.

A client has one secret, or two while it changes from one to the other.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from msgspec.json import Decoder, encode

from poolhouse.crypto.vault import Vault
from poolhouse.store.clients import Client

_SEAL: Final = "client-secret"
# No secret begins like this: AWS allows letters, digits, "_" and "+".
_LIST: Final = b"["


class Secret(Struct, frozen=True, array_like=True):
    """One secret of a client; `created` in epoch microseconds."""

    id: str
    value: str
    created: int

    def __repr__(self) -> str:
        return f"Secret(id={self.id!r})"


_decoder = Decoder(tuple[Secret, ...])


def seal_secret(vault: Vault, secret: str) -> bytes:
    """The secret that a client is made with."""
    return vault.seal(_SEAL, secret.encode())


def seal_secrets(vault: Vault, secrets: Sequence[Secret]) -> bytes:
    return vault.seal(_SEAL, encode(secrets))


def secrets_of(vault: Vault, client: Client) -> tuple[Secret, ...]:
    """The oldest first; none for a client without a secret. Raises BrokenSeal."""
    if client.secret is None:
        return ()
    plain = vault.open(_SEAL, client.secret)
    if plain.startswith(_LIST):
        return _decoder.decode(plain)
    return (Secret(f"{client.id}--1", plain.decode(), client.created),)


def open_secrets(vault: Vault, sealed: bytes) -> list[str]:
    """Every secret that is good now, the oldest first. Raises BrokenSeal."""
    plain = vault.open(_SEAL, sealed)
    return [secret.value for secret in _decoder.decode(plain)] if plain.startswith(_LIST) else [plain.decode()]


def open_secret(vault: Vault, sealed: bytes) -> str:
    """The oldest secret, which is the one that a description shows. Raises BrokenSeal."""
    return open_secrets(vault, sealed)[0]
