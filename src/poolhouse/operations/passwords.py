"""USER_PASSWORD_AUTH and ADMIN_USER_PASSWORD_AUTH: the server sees the password and recomputes the verifier."""

from collections.abc import Mapping

from poolhouse.crypto import srp
from poolhouse.crypto.srp import Verifier
from poolhouse.crypto.vault import Vault
from poolhouse.errors import UserNotFoundException
from poolhouse.store import users
from poolhouse.store.users import User

from . import admission, credentials, protection
from .door import Door, device_key, required, username
from .gate import Answer


async def start(door: Door, parameters: Mapping[str, str]) -> Answer:
    """An unknown user costs the same arithmetic and the same write as a wrong password, where the client hides him."""
    name, password, device = username(parameters), required(parameters, "PASSWORD"), device_key(parameters)
    protection.check_secret_hash(door.vault, door.client, parameters.get("SECRET_HASH"), [name])
    user = await find(door, name)
    seed = protection.unknown(door.vault, door.pool, name)
    proven = await door.ctx.services.compute(_proves, door, user, seed, name, password)
    return await admission.admit(door, user, name, proven=proven, device_key=device)


async def find(door: Door, name: str) -> User | None:
    """The user who may try now. None for an unknown one, where the client hides that.

    Raises UserNotFoundException, what the user's status says, or PasswordAttemptsExceeded.
    """
    async with door.ctx.services.database.read() as tx:
        user = await users.find_for_sign_in(tx, door.pool, name)
        if user is not None:
            admission.refuse_by_status(door, user)
        elif not door.hides_unknown_users:
            raise UserNotFoundException
        await admission.refuse_waiting(door, tx, user, name)
    return user


def verifier_of(vault: Vault, user: User | None, seed: bytes) -> tuple[Verifier, bool]:
    """The user's verifier, or one that fits no password, and whether it is real."""
    known = None if user is None else credentials.unseal(vault, user)
    return (srp.decoy_verifier(seed), False) if known is None else (known, True)


def _proves(door: Door, user: User | None, seed: bytes, name: str, password: str) -> bool:
    verifier, real = verifier_of(door.vault, user, seed)
    fits = srp.matches(verifier, srp.pool_name(door.pool.id), user.username if user else name, password)
    return fits and real
