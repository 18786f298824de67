"""What is sealed for one user names the sub that it belongs to, so that moving it to another row is noticed."""

from typing import Final

from poolhouse.crypto.vault import BrokenSeal, Vault
from poolhouse.store.users import User

_SUB_BYTES: Final = 36


def seal(vault: Vault, purpose: str, sub: str, plain: bytes) -> bytes:
    return vault.seal(purpose, sub.encode("ascii") + plain)


def unseal(vault: Vault, purpose: str, user: User, sealed: bytes) -> bytes:
    """Raises BrokenSeal when it is not this user's."""
    plain = vault.open(purpose, sealed)
    if plain[:_SUB_BYTES] != user.sub.encode("ascii"):
        raise BrokenSeal(f"The {purpose} belongs to another user.")
    return plain[_SUB_BYTES:]
