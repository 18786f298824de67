"""Passwords on their way into and out of the store: the policy, the one credential that is kept of each, its seal.

A pool keeps SRP verifiers or argon2id hashes. A user may still have another kind: that of the pool's former setting, a
hash from another system, or a verifier that was made for another pool. Such a credential is good for a password that is
shown to the server; the next one that fits is kept in the pool's own kind. Of a user who was pulled from a pool at
AWS only the place of the password is known, until he shows it.

What is sealed is sealed together with the sub that it belongs to, so that moving it to another row is noticed.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, ParamSpec, TypeVar

import msgspec

from poolhouse.crypto import password_hashes, passwords, srp
from poolhouse.crypto.srp import Verifier
from poolhouse.crypto.vault import Vault
from poolhouse.errors import InvalidParameterException, InvalidPasswordException
from poolhouse.store.pools import Pool
from poolhouse.store.settings import PoolSettings
from poolhouse.store.users import User

from . import user_seals
from .context import Services

P = ParamSpec("P")
T = TypeVar("T")
_SEAL = "credential"
_DAY = 86_400_000_000
# A verifier begins with the length of its salt, which is never 0.
_OTHER: Final = b"\0"


class Hash(msgspec.Struct, frozen=True, array_like=True, tag="hash"):
    """A slow hash in its written form."""

    text: str

    def __repr__(self) -> str:
        return "Hash(<secret>)"


class MovedVerifier(msgspec.Struct, frozen=True, array_like=True, tag="srp"):
    """An SRP verifier that was made under another pool's name, or another username."""

    verifier: Verifier
    pool_name: str
    username: str

    def __repr__(self) -> str:
        return "MovedVerifier(<secret>)"


class Elsewhere(msgspec.Struct, frozen=True, array_like=True, tag="elsewhere"):
    """The password is still in the pool of this id, and nothing of it is here: no password fits."""

    pool_id: str


Credential = Verifier | Hash | MovedVerifier | Elsewhere
_decoder = msgspec.msgpack.Decoder(Hash | MovedVerifier | Elsewhere)


class Check(NamedTuple):
    """Whether a password fits; `replacement` is what to keep instead of a credential that is not of the pool's kind."""

    fits: bool
    replacement: bytes | None


# --- the policy --------------------------------------------------------------------------------------------


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


def require_srp(settings: PoolSettings) -> None:
    """Raises InvalidParameterException in a pool that keeps nothing to which SRP could be answered."""
    if not settings.keeps_verifiers:
        raise InvalidParameterException(
            "SRP is not served by this user pool: it keeps passwords as argon2id hashes. Use USER_PASSWORD_AUTH."
        )


# --- passwords ---------------------------------------------------------------------------------------------


async def make(services: Services, pool: Pool, username: str, sub: str, password: str) -> bytes:
    """The sealed credential of a password, a slow hash on the CPU pool: never call it inside a write block.

    `username` is the canonical one, USER_ID_FOR_SRP.
    """
    slow = not pool.settings.keeps_verifiers
    return await _computed(services, slow, _make, services.vault, pool, username, sub, password)


async def check(services: Services, pool: Pool, user: User | None, password: str) -> Check:
    """Whether this is the user's password, a slow hash on the CPU pool: never call it inside a write block.

    A user that does not exist, or has no password, costs what making one of the pool's kind costs. A credential of
    another kind costs that on top of its own check, whether the password fits or not.
    """
    held = None if user is None else unseal(services.vault, user)
    slow = not pool.settings.keeps_verifiers or isinstance(held, Hash)
    return await _computed(services, slow, _check, services.vault, pool, user, held, password)


async def _computed(services: Services, slow: bool, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Slow hashes take turns: their memory is bounded, and threads stay free for signatures. A verifier is one power
    of 2, from a table.
    """
    if not slow:
        return services.cpu.here(function, *args, **kwargs)
    async with services.hashing:
        return await services.compute(function, *args, **kwargs)


def _check(vault: Vault, pool: Pool, user: User | None, held: Credential | None, password: str) -> Check:
    if user is None or held is None:
        _new(pool, user.username if user else "", password)
        return Check(fits=False, replacement=None)
    fits = _fits(held, pool, user, password)
    if _is_of_pool(held, pool):
        return Check(fits, None)
    replacement = _make(vault, pool, user.username, user.sub, password)
    return Check(fits, replacement if fits else None)


def _fits(held: Credential, pool: Pool, user: User, password: str) -> bool:
    if isinstance(held, Elsewhere):
        return False
    if isinstance(held, Hash):
        return password_hashes.parse(held.text).fits(password)
    if isinstance(held, MovedVerifier):
        return srp.matches(held.verifier, held.pool_name, held.username, password)
    return srp.matches(held, srp.pool_name(pool.id), user.username, password)


def _is_of_pool(held: Credential, pool: Pool) -> bool:
    if pool.settings.keeps_verifiers:
        return isinstance(held, Verifier)
    return isinstance(held, Hash) and password_hashes.is_own(password_hashes.parse(held.text))


def _make(vault: Vault, pool: Pool, username: str, sub: str, password: str) -> bytes:
    return seal(vault, sub, _new(pool, username, password))


def _new(pool: Pool, username: str, password: str) -> Credential:
    if not pool.settings.keeps_verifiers:
        return Hash(password_hashes.make(password))
    return srp.make_verifier(srp.pool_name(pool.id), username, password, srp.new_salt())


# --- what is kept ------------------------------------------------------------------------------------------


def verifier(vault: Vault, user: User) -> Verifier | None:
    """What SRP can be answered with; None for a user without a password and for every other kind of credential."""
    held = unseal(vault, user)
    return held if isinstance(held, Verifier) else None


def settled(held: Credential, pool: Pool, username: str) -> Credential:
    """A credential as this user of this pool keeps it: a verifier that was made for exactly him is a plain one."""
    if isinstance(held, MovedVerifier) and (held.pool_name, held.username) == (srp.pool_name(pool.id), username):
        return held.verifier
    return held


def seal(vault: Vault, sub: str, credential: Credential) -> bytes:
    plain = credential.to_bytes() if isinstance(credential, Verifier) else _OTHER + msgspec.msgpack.encode(credential)
    return user_seals.seal(vault, _SEAL, sub, plain)


def unseal(vault: Vault, user: User) -> Credential | None:
    """The user's credential, None for a user without a password. Raises BrokenSeal when it is not this user's."""
    if user.credential is None:
        return None
    kept = user_seals.unseal(vault, _SEAL, user, user.credential)
    return _decoder.decode(kept[1:]) if kept[:1] == _OTHER else Verifier.from_bytes(kept)
