"""A user who comes from elsewhere: checked like one that an administrator makes, and added with everything he brings.

Nothing here is a trigger or a message: imported users are not told.
"""

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from poolhouse.crypto import codes
from poolhouse.errors import (
    AliasExistsException,
    GroupNotFound,
    InvalidParameterException,
    LimitExceededException,
    UsernameExistsException,
)
from poolhouse.store import factors, groups, users
from poolhouse.store.database import Transaction
from poolhouse.store.factors import Factor, State
from poolhouse.store.import_jobs import Outcome
from poolhouse.store.names import fold
from poolhouse.store.pools import Pool
from poolhouse.store.users import Status, User

from . import attributes, credentials, mfa
from .context import Services
from .credentials import Credential
from .usernames import check_as_request, contact_kind

SUCCEEDED: Final = "The import succeeded."
EXISTS: Final = "The user already exists."
_REFUSALS: Final = (AliasExistsException, GroupNotFound, InvalidParameterException, LimitExceededException)
_SUB: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """A user as a file describes him. Times are epoch microseconds; `complete` asks for what the pool requires."""

    username: str
    attributes: dict[str, str]
    status: Status
    enabled: bool = True
    sub: str | None = None
    credential: Credential | None = None
    temporary_until: int | None = None
    sms_mfa: bool = False
    groups: tuple[str, ...] = ()
    created: int | None = None
    complete: bool = True


class Checked(NamedTuple):
    """What would be stored."""

    username: str
    sub: str
    attributes: dict[str, str]


class Settled(NamedTuple):
    """What became of one user, in words that name nobody."""

    outcome: Outcome
    message: str


def checked(pool: Pool, new: NewUser) -> Checked:
    """The rules that need no database. Raises InvalidParameterException.

    Where contacts sign in, a username that is one becomes that attribute; any other stays the username, as it is for
    users who were exported from such a pool, and the attribute has to be there.
    """
    check_as_request(pool.id, new.username, new.attributes)
    if new.sms_mfa:
        mfa.require_served(pool, factors.SMS)
        if new.attributes.get("phone_number_verified", "").lower() != "true":
            raise InvalidParameterException("SMS MFA needs a verified phone_number.")
    if new.sub is not None and not _SUB.fullmatch(new.sub):
        raise InvalidParameterException("sub is not a UUID in lower case.")
    sub = new.sub or _sub(pool, new.username)
    held = {name: value for name, value in new.attributes.items() if value}
    username = new.username
    if not pool.settings.UsernameAttributes:
        attributes.check_free_name(pool.settings, username)
    elif not any(held.get(name) for name in pool.settings.UsernameAttributes) or _is_contact(pool, username):
        kind = contact_kind(pool.settings, username)
        if held.get(kind) and fold(pool.settings, held[kind]) != fold(pool.settings, username):
            raise InvalidParameterException(f"The {kind} in the attributes differs from the username.")
        username, held = sub, {kind: username, **held}
    return Checked(username, sub, attributes.created(pool.settings, held, complete=new.complete))


def _sub(pool: Pool, username: str) -> str:
    """Where contacts sign in, usernames are subs: one that looks like it stays both."""
    is_sub = pool.settings.UsernameAttributes and _SUB.fullmatch(username)
    return username if is_sub else codes.new_uuid()


def _is_contact(pool: Pool, username: str) -> bool:
    try:
        contact_kind(pool.settings, username)
    except InvalidParameterException:
        return False
    return True


async def add(
    services: Services, tx: Transaction, pool: Pool, new: NewUser, now: int, *, is_counted: bool = True
) -> User:
    """Raises InvalidParameterException, UsernameExistsException, AliasExistsException, LimitExceededException; the
    block must not be kept then.
    """
    name = checked(pool, new)
    if name.sub != name.username and await users.find(tx, pool, name.sub) is not None:
        raise UsernameExistsException
    created = new.created or now
    is_temporary = new.status == "FORCE_CHANGE_PASSWORD" and new.credential is not None
    user = await users.add(
        tx,
        pool,
        username=name.username,
        sub=name.sub,
        status=new.status,
        attributes=name.attributes,
        credential=_sealed(services, pool, name, new.credential),
        temporary_until=(new.temporary_until or credentials.temporary_until(pool.settings, now))
        if is_temporary
        else None,
        now=created,
        is_counted=is_counted,
    )
    if not new.enabled:
        user = await users.change(tx, pool, user, created, enabled=False)
    if new.sms_mfa:
        await factors.put(tx, Factor(user.id, factors.SMS, None, State(enabled=True), now))
    for group_name in new.groups:
        group = await groups.find(tx, pool.id, group_name)
        if group is None:
            raise InvalidParameterException(f"The group {group_name} does not exist.")
        await groups.add_member(tx, group.id, user.id, now)
    return user


def _sealed(services: Services, pool: Pool, name: Checked, held: Credential | None) -> bytes | None:
    if held is None:
        return None
    return credentials.seal(services.vault, name.sub, credentials.settled(held, pool, name.username))


async def is_known(tx: Transaction, pool: Pool, new: NewUser) -> bool:
    """Whether `add` would find one of the user's names taken. For trying out; only `add` decides."""
    name = checked(pool, new)
    for text in {name.username, new.username, *(() if new.sub is None else (new.sub,))}:
        if await users.find(tx, pool, text) is not None:
            return True
    taken = [value for kind, value in name.attributes.items() if kind in pool.settings.UsernameAttributes]
    return any([await users.find(tx, pool, value) is not None for value in taken])


def refusal(error: Exception) -> Settled:
    """What a refused `add` means for the row. Raises what is no refusal."""
    if isinstance(error, UsernameExistsException):
        return Settled("Skipped", EXISTS)
    if isinstance(error, _REFUSALS):
        return Settled("Failed", str(error).strip())
    raise error
