"""The seal of an authenticator's secret: it names the user that it was made for."""

from typing import Final

from poolhouse.crypto.vault import Vault
from poolhouse.store.users import User

from . import user_seals

_SEAL: Final = "totp"


def seal(vault: Vault, user: User, secret: bytes) -> bytes:
    return user_seals.seal(vault, _SEAL, user.sub, secret)


def unseal(vault: Vault, user: User, sealed: bytes) -> bytes:
    """Raises BrokenSeal when it is not this user's."""
    return user_seals.unseal(vault, _SEAL, user, sealed)
