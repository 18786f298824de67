"""How the secret of an app client is stored; the only place that knows its seal."""

from typing import Final

from poolhouse.crypto.vault import Vault

_SEAL: Final = "client-secret"


def seal_secret(vault: Vault, secret: str) -> bytes:
    return vault.seal(_SEAL, secret.encode())


def open_secret(vault: Vault, sealed: bytes) -> str:
    """Raises BrokenSeal."""
    return vault.open(_SEAL, sealed).decode()
