"""What passkeys are bound to: the pool's relying party, and the seals that name user and purpose."""

import base64
import os
from typing import Final, Literal, NamedTuple

import msgspec

from poolhouse.crypto import passkeys
from poolhouse.crypto.vault import Vault
from poolhouse.errors import WebAuthnConfigurationMissingException
from poolhouse.store.settings import PoolSettings, WebAuthnConfigurationType
from poolhouse.store.users import User

from . import user_seals
from .context import Services

_KEY: Final = "passkey"
_REGISTRATION: Final = "passkey-registration"


class Registration(msgspec.Struct, frozen=True, array_like=True):
    """What the challenge of a registration is bound to; times are epoch microseconds."""

    pool: str
    client: str
    user_id: int
    relying_party: str
    verified: bool
    expires: int
    nonce: str


class Terms(NamedTuple):
    """For which domain the passkeys of a pool are, and whether the user must be, or is better, verified."""

    relying_party: str
    verification: Literal["required", "preferred"]

    @property
    def verified(self) -> bool:
        return self.verification == "required"


def terms(services: Services, settings: PoolSettings) -> Terms:
    """A pool that names no relying party has the server's own host.

    Raises WebAuthnConfigurationMissingException where that is no name.
    """
    configured = settings.WebAuthnConfiguration or WebAuthnConfigurationType()
    relying_party = configured.RelyingPartyId or passkeys.domain_of(services.settings.public_url)
    if relying_party is None:
        raise WebAuthnConfigurationMissingException
    return Terms(relying_party, configured.UserVerification)


def new_nonce() -> str:
    return base64.urlsafe_b64encode(os.urandom(18)).decode("ascii")


def challenge(vault: Vault, registration: Registration) -> bytes:
    return passkeys.decode(vault.seal_token(_REGISTRATION, registration))


def registration(vault: Vault, challenge: bytes) -> Registration:
    """Raises BrokenSeal for a challenge that is not ours."""
    return vault.open_token(_REGISTRATION, passkeys.encode(challenge), Registration)


def seal(vault: Vault, user: User, public_key: bytes) -> bytes:
    return user_seals.seal(vault, _KEY, user.sub, public_key)


def unseal(vault: Vault, user: User, sealed: bytes) -> bytes:
    """Raises BrokenSeal when it is not this user's."""
    return user_seals.unseal(vault, _KEY, user, sealed)
