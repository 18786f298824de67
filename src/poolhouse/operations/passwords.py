"""USER_PASSWORD_AUTH and ADMIN_USER_PASSWORD_AUTH: the server sees the password and checks it."""

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
    check = await credentials.check(door.ctx.services, door.pool, user, password)
    return await admission.admit(door, user, name, proven=check.fits, device_key=device, replacement=check.replacement)


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
    """What SRP is answered with: the user's verifier, or one that fits no password, and whether it is real.

    A user whose password is kept in another way is like one who typed a wrong password.
    """
    known = None if user is None else credentials.verifier(vault, user)
    return (srp.decoy_verifier(seed), False) if known is None else (known, True)
