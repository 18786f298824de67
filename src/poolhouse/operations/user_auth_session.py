"""The sessions of SignUp and ConfirmSignUp: whoever has just proved the contact of a new account is signed in by it.

Before the confirmation a session is worth nothing: an account that somebody else confirms is not its maker's.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from poolhouse.crypto.vault import BrokenSeal
from poolhouse.errors import InvalidParameterException, InvalidSession, UserNotConfirmedException
from poolhouse.store import users
from poolhouse.store.database import Transaction
from poolhouse.store.users import User

from . import challenges, steps
from .challenges import Ticket
from .door import Door, device_key
from .gate import Answer
from .steps import Outcome, Progress

_SEAL: Final = "signed-up"


class SignedUp(msgspec.Struct, frozen=True, array_like=True):
    """`credential` is the fingerprint of the password that the account was made with."""

    ticket: Ticket
    is_confirmed: bool
    credential: bytes


def session(door: Door, user: User, typed: str, *, is_confirmed: bool) -> dict[str, str]:
    """The member Session of an answer; nothing for clients that cannot use it."""
    if not _may_choose(door):
        return {}
    ticket = challenges.ticket(door.client, user.id, user.username, typed, door.ctx.now)
    sealed = SignedUp(ticket, is_confirmed, challenges.fingerprint(user.credential))
    return {"Session": door.vault.seal_token(_SEAL, sealed)}


def require_passwordless(door: Door) -> None:
    """Raises InvalidParameterException where a new user without a password could not sign in."""
    if not door.pool.settings.is_passwordless or not _may_choose(door):
        raise InvalidParameterException("Password is required: passwordless sign-in is not enabled.")


def _may_choose(door: Door) -> bool:
    return "ALLOW_USER_AUTH" in door.client.settings.ExplicitAuthFlows


def check(door: Door, text: str | None, name: str) -> None:
    """ConfirmSignUp may be given the session of SignUp. Raises InvalidSession, SessionExpired for one of others."""
    if text is not None and not _opened(door, text).ticket.is_for(name):
        raise InvalidSession


async def sign_in(door: Door, text: str, parameters: Mapping[str, str]) -> Answer:
    """Raises InvalidSession, SessionExpired, UserNotConfirmedException."""
    found = _opened(door, text)
    steps.require_named(door, found.ticket, parameters)
    async with door.ctx.services.database.write() as tx:
        outcome = await _admitted(door, tx, found, device_key(parameters))
    return await steps.answered(door, outcome)


async def _admitted(door: Door, tx: Transaction, found: SignedUp, device: str) -> Outcome:
    user = await users.by_id(tx, found.ticket.user_id, lock=True)
    if user is None or not user.enabled:
        raise InvalidSession
    if user.status == "UNCONFIRMED":
        raise UserNotConfirmedException
    same = challenges.fingerprint(user.credential) == found.credential
    is_past = user.status != "CONFIRMED" or user.tokens_not_before > found.ticket.issued
    if not found.is_confirmed or not same or is_past or not await challenges.spend(tx, found.ticket):
        raise InvalidSession
    return await steps.advance(door, tx, Progress(user, found.ticket.typed, device))


def _opened(door: Door, text: str) -> SignedUp:
    try:
        found = door.vault.open_token(_SEAL, text, SignedUp)
    except BrokenSeal as error:
        raise InvalidSession from error
    challenges.require_good(found.ticket, door.client, door.ctx.now)
    return found
