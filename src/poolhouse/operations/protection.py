"""What stands between a guesser and an account: client secrets, the wait after wrong passwords, limits on codes, and
answers that do not tell whether a user exists.
"""

import base64
import hmac
import re
import uuid
from collections.abc import Collection, Sequence
from typing import Final

from poolhouse.crypto.vault import Vault
from poolhouse.errors import LimitExceededException, NotAuthorizedException
from poolhouse.messages.contacts import Contact
from poolhouse.store import attempts
from poolhouse.store.clients import Client
from poolhouse.store.database import Transaction
from poolhouse.store.names import fold
from poolhouse.store.pools import Pool
from poolhouse.store.users import User

from . import client_secrets

CODE_TRIES: Final = 15
_SUB: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CODES_SENT: Final = 5
PASSWORD_CHANGES: Final = 5


# --- client secrets ----------------------------------------------------------------------------------------


def check_secret_hash(vault: Vault, client: Client, given: str | None, names: Sequence[str]) -> None:
    """SECRET_HASH is the HMAC of a name and the client id under a secret of the client; any of `names` will do.

    Raises NotAuthorizedException, also for a hash that is sent for a client without a secret.
    """
    if client.secret is None and given is None:
        return
    if given is None:
        raise NotAuthorizedException(f"Client {client.id} is configured with secret but SECRET_HASH was not received")
    if client.secret is None:
        raise _unverified(client)
    keys = [secret.encode() for secret in client_secrets.open_secrets(vault, client.secret)]
    fits = [_equal(_secret_hash(key, name, client), given) for key in keys for name in names]
    if not any(fits):
        raise _unverified(client)


def secret_hash(vault: Vault, client: Client, name: str) -> str | None:
    """What a client that keeps its secret would send with this name; our own pages ask on its behalf."""
    if client.secret is None:
        return None
    return _secret_hash(client_secrets.open_secret(vault, client.secret).encode(), name, client)


def is_secret(vault: Vault, client: Client, given: str | None) -> bool:
    """For the operations that send the secret itself. A client without one sends none."""
    if client.secret is None or given is None:
        return client.secret is None and given is None
    fits = [_equal(secret, given) for secret in client_secrets.open_secrets(vault, client.secret)]
    return any(fits)


def _secret_hash(key: bytes, name: str, client: Client) -> str:
    return base64.b64encode(hmac.digest(key, (name + client.id).encode(), "sha256")).decode("ascii")


def _unverified(client: Client) -> NotAuthorizedException:
    return NotAuthorizedException(f"Unable to verify secret hash for client {client.id}")


def _equal(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))


# --- limits ------------------------------------------------------------------------------------------------


def subject(vault: Vault, what: str, pool: Pool, user: User | None, name: str) -> str:
    """Whose tries are counted. A user that does not exist has a counter too, and is locked out like any other."""
    if user is not None:
        return f"{what}:{user.id}"
    return f"{what}:{unknown(vault, pool, name).hex()}"


async def limit(tx: Transaction, counted: str, now: int, most: int) -> LimitExceededException | None:
    """Count one try of at most `most` an hour. The error is returned: raising it would take the count back."""
    return None if await attempts.allow(tx, counted, now, most) else LimitExceededException()


# --- users that do not exist -------------------------------------------------------------------------------


def unknown(vault: Vault, pool: Pool, name: str) -> bytes:
    """The same 32 bytes for the same name in the same pool, which nobody can make without the master key."""
    return vault.digest("unknown-user", f"{pool.id}\0{fold(pool.settings, name)}".encode())


def decoy_username(pool: Pool, name: str, seed: bytes) -> str:
    """USER_ID_FOR_SRP of a user that does not exist: a UUID where real users have one, else the name itself.

    Where case does not count it is folded, since a real user's name does not follow the spelling that was typed. Where
    usernames are subs, a sub that was typed is answered with itself.
    """
    is_contact = "@" in name or name.startswith("+")
    if not is_contact and _SUB.fullmatch(fold(pool.settings, name)):
        return fold(pool.settings, name)
    if pool.settings.UsernameAttributes or (pool.settings.AliasAttributes and is_contact):
        return str(uuid.UUID(bytes=seed[:16], version=4))
    return name if pool.settings.case_sensitive else fold(pool.settings, name)


def hidden_contact(
    vault: Vault, pool: Pool, name: str, known: Contact | None, reachable: Collection[str] = ("email", "phone_number")
) -> Contact:
    """The contact to mask where nobody may learn who exists: the user's own, `known`, or an invented one.

    Folded, so that the letters of the answer do not tell whether they came from a row or from the request. `reachable`
    are the attributes that a code can go to.
    """
    if known is None:
        known = decoy_contact(pool, name, unknown(vault, pool, name), reachable)
    return known._replace(address=fold(pool.settings, known.address))


def decoy_contact(pool: Pool, name: str, seed: bytes, reachable: Collection[str]) -> Contact:
    """For a user that does not exist: the contact that was typed, else one that stays the same for the same name.

    In a pool that verifies both kinds, as many users are told of a phone as not: a typed address proves nobody absent.
    """
    automatic = {*pool.settings.AutoVerifiedAttributes} & {*reachable}
    phone = Contact("phone_number", f"+1{int.from_bytes(seed[:8], 'big') % 10**10:010d}")
    if name.startswith("+") and "phone_number" in reachable:
        return Contact("phone_number", name)
    if (len(automatic) == 2 and seed[8] % 2) or "email" not in reachable:
        return phone
    if "@" not in name and automatic == {"phone_number"}:
        return phone
    return Contact("email", decoy_destination(name, seed))


def decoy_destination(name: str, seed: bytes) -> str:
    """An address to mask for a user that does not exist: the one that was typed, else one that stays the same."""
    if "@" in name:
        return name
    first, second = (chr(ord("a") + seed[index] % 26) for index in (0, 1))
    return f"{first}@{second}"
