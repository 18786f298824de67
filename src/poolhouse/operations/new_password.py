"""The NEW_PASSWORD_REQUIRED challenge: an invited user replaces the temporary password and adds what is missing."""

import json
from collections.abc import Mapping
from typing import Final

from poolhouse.errors import (
    InvalidParameterException,
    InvalidSession,
    NotAuthorizedException,
    UserDisabled,
)
from poolhouse.store import users
from poolhouse.store.database import Transaction
from poolhouse.store.users import User

from . import attributes, audit, challenges, credentials, steps
from .challenges import Session
from .door import Door, required
from .gate import Answer
from .steps import Outcome, Progress

NEW_PASSWORD_REQUIRED: Final = "NEW_PASSWORD_REQUIRED"  # noqa: S105 - a challenge's name
_PREFIX: Final = "userAttributes."
_LONGEST: Final = 256


async def challenge(door: Door, tx: Transaction, progress: Progress) -> Answer:
    """Parameters are JSON text, as clients expect them."""
    user = progress.user
    await audit.challenged(tx, door.ctx, user, door.client.id)
    known = users.attributes_of(user)
    readable = attributes.readable(door.client.settings) - {"sub"}
    return {
        "ChallengeName": NEW_PASSWORD_REQUIRED,
        "Session": steps.session(door, progress, NEW_PASSWORD_REQUIRED),
        "ChallengeParameters": {
            "USER_ID_FOR_SRP": user.username,
            "requiredAttributes": json.dumps([_PREFIX + name for name in _missing(door, known)]),
            "userAttributes": json.dumps({name: value for name, value in known.items() if name in readable}),
        },
    }


async def answer(door: Door, session: str | None, responses: Mapping[str, str]) -> Answer:
    """A refused password or attribute leaves the session good, so that the user may try another one."""
    opened = steps.opened(door, session, responses, NEW_PASSWORD_REQUIRED)
    password = required(responses, "NEW_PASSWORD")
    _check_password(door, password)
    async with door.ctx.services.database.read() as tx:
        user = _due(await users.by_id(tx, opened.ticket.user_id), opened)
    _completed(door, user, responses)
    credential = await credentials.make(door.ctx.services, door.pool, user.username, user.sub, password)
    async with door.ctx.services.database.write() as tx:
        outcome = await _accept(door, tx, opened, responses, credential)
    return await steps.answered(door, outcome, "TokenGeneration_NewPasswordChallenge")


async def _accept(
    door: Door, tx: Transaction, opened: Session, responses: Mapping[str, str], credential: bytes
) -> Outcome:
    """Everything again, on the locked row; the first answer wins."""
    now = door.ctx.now
    user = _due(await users.by_id(tx, opened.ticket.user_id, lock=True), opened)
    if not await challenges.spend(tx, opened.ticket):
        raise InvalidSession
    user = await users.change(
        tx,
        door.pool,
        user,
        now,
        status="CONFIRMED",
        attributes=_completed(door, user, responses),
        credential=credential,
        temporary_until=None,
    )
    return await steps.advance(door, tx, steps.progress(opened, user, responses))


def _due(user: User | None, opened: Session) -> User:
    """The user, if it is still the temporary password of this session that he has to replace."""
    if user is None or user.status != "FORCE_CHANGE_PASSWORD":
        raise InvalidSession
    if not user.enabled:
        raise UserDisabled
    same = challenges.fingerprint(user.credential) == opened.credential
    if not same or user.tokens_not_before > opened.ticket.issued:
        raise InvalidSession
    return user


def _check_password(door: Door, password: str) -> None:
    """The rules of a request's own password members, which no model applies to a map, then the pool's policy."""
    if len(password) > _LONGEST or password.split() != [password]:
        raise InvalidParameterException(
            "1 validation error detected: Value at 'newPassword' failed to satisfy constraint: "
            f"Member must have at most {_LONGEST} characters and no white space"
        )
    credentials.check_policy(door.pool.settings, password)


def _completed(door: Door, user: User, responses: Mapping[str, str]) -> dict[str, str]:
    """The user's attributes with those that were missing. Raises NotAuthorizedException, InvalidParameterException."""
    known = users.attributes_of(user)
    given = {name[len(_PREFIX) :]: value for name, value in responses.items() if name.startswith(_PREFIX)}
    for name in given:
        if known.get(name):
            raise NotAuthorizedException(f"Cannot modify an already provided {name}")
    attributes.check_client_may_write(door.client.settings, door.pool.settings, given)
    after = attributes.updated(door.pool.settings, known, {name: value for name, value in given.items() if value})
    missing = _missing(door, after)
    if missing:
        raise InvalidParameterException(f"Invalid attributes given, {missing[0]} is missing")
    return after


def _missing(door: Door, known: Mapping[str, str]) -> list[str]:
    entries = attributes.schema(door.pool.settings)
    return [name for name, entry in entries.items() if entry.Required and not known.get(name)]
