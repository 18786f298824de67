"""Passwords on their way into and out of the store: the policy, the SRP verifier, and its seal.

A verifier is sealed together with the sub that it belongs to, so that moving it to another row is noticed.
"""

from collections.abc import Awaitable

from poolhouse.crypto import passwords, srp
from poolhouse.crypto.srp import Verifier
from poolhouse.crypto.vault import BrokenSeal, Vault
from poolhouse.errors import InvalidPasswordException
from poolhouse.store.settings import PoolSettings
from poolhouse.store.users import User

from .context import Services

_SEAL = "credential"
_SUB_BYTES = 36
_DAY = 86_400_000_000


def policy(settings: PoolSettings) -> passwords.Policy:
    rules = settings.Policies.PasswordPolicy
    return passwords.Policy(
        minimum_length=rules.MinimumLength,
        require_uppercase=rules.RequireUppercase,
        require_lowercase=rules.RequireLowercase,
        require_numbers=rules.RequireNumbers,
        require_symbols=rules.RequireSymbols,
    )


def check_policy(settings: PoolSettings, password: str, name: str = "policy") -> None:
    """Raises InvalidPasswordException; AdminCreateUser calls the policy "password policy"."""
    reason = passwords.violation(password, policy(settings))
    if reason is not None:
        raise InvalidPasswordException(f"Password did not conform with {name}: {reason}")


def temporary_until(settings: PoolSettings, now: int) -> int:
    """When a temporary password that is set `now` expires; epoch microseconds."""
    return now + settings.Policies.PasswordPolicy.TemporaryPasswordValidityDays * _DAY


def make(services: Services, pool_id: str, username: str, sub: str, password: str) -> Awaitable[bytes]:
    """The sealed credential of a password, computed on the CPU pool: never call it inside a write block.

    `username` is the canonical one, USER_ID_FOR_SRP.
    """
    return services.compute(_make, services.vault, srp.pool_name(pool_id), username, sub, password)


def _make(vault: Vault, pool_name: str, username: str, sub: str, password: str) -> bytes:
    return seal(vault, sub, srp.make_verifier(pool_name, username, password, srp.new_salt()))


def seal(vault: Vault, sub: str, verifier: Verifier) -> bytes:
    return vault.seal(_SEAL, sub.encode("ascii") + verifier.to_bytes())


def unseal(vault: Vault, user: User) -> Verifier | None:
    """The user's verifier, None for a user without a password. Raises BrokenSeal when it is not this user's."""
    if user.credential is None:
        return None
    plain = vault.open(_SEAL, user.credential)
    if plain[:_SUB_BYTES] != user.sub.encode("ascii"):
        raise BrokenSeal("The credential belongs to another user.")
    return Verifier.from_bytes(plain[_SUB_BYTES:])
