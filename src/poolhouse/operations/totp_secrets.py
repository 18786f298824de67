"""The seal of an authenticator's secret: it names the user that it was made for."""

from typing import Final

from poolhouse.crypto.vault import BrokenSeal, Vault
from poolhouse.store.users import User

_SEAL: Final = "totp"
_SUB_BYTES: Final = 36


def seal(vault: Vault, user: User, secret: bytes) -> bytes:
    return vault.seal(_SEAL, user.sub.encode("ascii") + secret)


def unseal(vault: Vault, user: User, sealed: bytes) -> bytes:
    """Raises BrokenSeal when it is not this user's."""
    plain = vault.open(_SEAL, sealed)
    if plain[:_SUB_BYTES] != user.sub.encode("ascii"):
        raise BrokenSeal("The secret belongs to another user.")
    return plain[_SUB_BYTES:]
