"""The end of every first factor: was the proof right, and may this user sign in now.

One write block decides. It locks the user first, so parallel guesses are counted one after the other and each is
answered by the count that it found: no number of simultaneous requests gets more tries than the same requests in turn.
"""

from typing import Final

from poolhouse.errors import (
    DeviceNotFound,
    IncorrectUsernameOrPassword,
    InvalidSession,
    NotAuthorizedException,
    PasswordAttemptsExceeded,
    PasswordResetRequiredException,
    ServiceError,
    UserDisabled,
    UserNotConfirmedException,
)
from poolhouse.store import attempts, users
from poolhouse.store.database import Transaction
from poolhouse.store.users import User

from . import challenges, new_password, protection, steps
from .challenges import Ticket
from .door import Door
from .gate import Answer
from .steps import Outcome, Progress

_PASSWORD: Final = "password"  # noqa: S105 - the name of a counter
_EXPIRED: Final = "Temporary password has expired and must be reset by an administrator."


def refuse_by_status(door: Door, user: User) -> None:
    """What AWS says before it looks at the password. A client that hides who exists says it behind a right one."""
    if door.hides_unknown_users:
        return
    refusal = standing(door, user)
    if refusal is not None:
        raise refusal


async def refuse_waiting(door: Door, tx: Transaction, user: User | None, typed: str) -> None:
    """Spare the arithmetic while nobody may try. Raises PasswordAttemptsExceeded."""
    row = await attempts.find(tx, counter(door, user, typed))
    if attempts.is_locked(row, door.ctx.now):
        raise PasswordAttemptsExceeded


async def admit(
    door: Door,
    seen: User | None,
    typed: str,
    *,
    proven: bool,
    ticket: Ticket | None = None,
    device_key: str = "",
    replacement: bytes | None = None,
) -> Answer:
    """Tokens or the next challenge. `seen` is the user whose credential the proof was checked against.

    `replacement` is the credential to keep from now on, made of the same password.
    """
    async with door.ctx.services.database.write() as tx:
        user = await decide(door, tx, seen, typed, proven=proven, ticket=ticket)
        if replacement is not None and not isinstance(user, ServiceError):
            user = await users.change(tx, door.pool, user, user.modified, credential=replacement)
        outcome = user if isinstance(user, ServiceError) else await _next(door, tx, Progress(user, typed, device_key))
        if isinstance(outcome, DeviceNotFound):
            raise outcome  # and spend nothing: clients drop the device and send the same proof again without it
    return await steps.answered(door, outcome)


async def decide(
    door: Door, tx: Transaction, seen: User | None, typed: str, *, proven: bool, ticket: Ticket | None
) -> User | ServiceError:
    """The user who proved himself by his password. Errors are returned: raising would take back what was counted."""
    now = door.ctx.now
    user = await users.by_id(tx, seen.id if seen else 0, lock=True)
    if ticket is not None and not await challenges.spend(tx, ticket):
        return InvalidSession()
    if not proven or user is None or seen is None or user.credential != seen.credential:
        counted = await count_failure(door, tx, seen, typed)
        return IncorrectUsernameOrPassword() if counted else PasswordAttemptsExceeded()
    subject = counter(door, seen, typed)
    failures = await attempts.find(tx, subject)
    if attempts.is_locked(failures, now):
        return PasswordAttemptsExceeded()
    if failures is not None:
        await attempts.forget(tx, subject)
    return standing(door, user) or _expiry(user, now) or user


async def enter(door: Door, tx: Transaction, progress: Progress) -> Outcome:
    """What follows for a locked user who has proved who he is in another way than by his password."""
    refusal = standing(door, progress.user) or _expiry(progress.user, door.ctx.now)
    return refusal or await _next(door, tx, progress)


async def _next(door: Door, tx: Transaction, progress: Progress) -> Outcome:
    """A temporary password is replaced before anything else is asked for."""
    if progress.user.status == "FORCE_CHANGE_PASSWORD":
        return await new_password.challenge(door, tx, progress)
    return await steps.advance(door, tx, progress)


async def count_failure(door: Door, tx: Transaction, user: User | None, typed: str) -> bool:
    """Count one wrong password; False while nobody may try."""
    return await attempts.fail(tx, counter(door, user, typed), door.ctx.now)


async def forget_failures(door: Door, tx: Transaction, user: User) -> None:
    """For a user whose password, at which somebody guessed, was just replaced."""
    await attempts.forget(tx, counter(door, user, user.username))


def standing(door: Door, user: User) -> ServiceError | None:
    """Why a user who has proved who he is may not sign in."""
    if not user.enabled:
        return UserDisabled()
    if user.status == "UNCONFIRMED":
        return UserNotConfirmedException()
    if user.status == "RESET_REQUIRED":
        return IncorrectUsernameOrPassword() if door.hides_unknown_users else PasswordResetRequiredException()
    return None


def _expiry(user: User, now: int) -> ServiceError | None:
    if user.temporary_until is not None and user.temporary_until <= now:
        return NotAuthorizedException(_EXPIRED)
    return None


def counter(door: Door, user: User | None, typed: str) -> str:
    """Whose wrong passwords are counted."""
    return protection.subject(door.vault, _PASSWORD, door.pool, user, typed)
