"""The first password of a user who was pulled from another pool: that pool is asked, through the migration function.

The pool has the user with attributes and groups, and of the password it knows only where it is. So the function decides
about the password and about nothing else of him.
"""

from collections.abc import Mapping

from poolhouse import telemetry
from poolhouse.crypto.vault import Vault
from poolhouse.errors import (
    IncorrectUsernameOrPassword,
    InvalidLambdaResponseException,
    PasswordAttemptsExceeded,
    ServiceError,
    UnexpectedLambdaException,
)
from poolhouse.store import users
from poolhouse.store.users import User

from . import admission, credentials, triggers, triggers_migration
from .credentials import Elsewhere
from .door import Door

_ABLE = frozenset({"CONFIRMED", "FORCE_CHANGE_PASSWORD"})


def is_awaited(vault: Vault, user: User) -> bool:
    """Whether the password of somebody who could sign in is in another pool still."""
    return user.status in _ABLE and isinstance(credentials.unseal(vault, user), Elsewhere)


async def by_password(
    door: Door, user: User, password: str, validation: Mapping[str, str], metadata: Mapping[str, str]
) -> User:
    """The user with the password that the function accepted as his own from now on.

    Every try counts as a wrong password until it turns out right, as in `triggers_migration`. The function is asked for
    the username, which never changes: an address may be somebody else's by now. Its event has the user's attributes.
    Raises what his status says, PasswordAttemptsExceeded, IncorrectUsernameOrPassword; and, from a client that does not
    hide who exists, the errors of triggers that are no answer.
    """
    admission.refuse_by_status(door, user)
    async with door.ctx.services.database.write() as tx:
        if not await admission.count_failure(door, tx, user, user.username):
            raise PasswordAttemptsExceeded
    request = {
        "password": password,
        "validationData": validation,
        "clientMetadata": metadata,
        "userAttributes": triggers.attributes(door.pool, user),
    }
    try:
        known = await triggers_migration.ask(door, "UserMigration_Authentication", user.username, request)
    except ServiceError as error:
        telemetry.log.info("password is not taken over", pool=door.pool.id, reason=error.code)
        is_answer = not isinstance(error, InvalidLambdaResponseException | UnexpectedLambdaException)
        if is_answer or door.hides_unknown_users:
            raise IncorrectUsernameOrPassword from error
        raise
    if known.finalUserStatus == "CONFIRMED":
        return await _kept(door, user, password)
    return await _has_to_choose(door, user)


async def _kept(door: Door, user: User, password: str) -> User:
    """An invited user keeps his status: the password is a temporary one here too."""
    services, pool, now = door.ctx.services, door.pool, door.ctx.now
    credential = await credentials.make(services, pool, user.username, user.sub, password)
    is_invited = user.status == "FORCE_CHANGE_PASSWORD"
    async with services.database.write() as tx:
        current = await users.by_id(tx, user.id, lock=True)
        if current is None or current.credential != user.credential:
            return user  # somebody was faster; what he kept is what the password is held against
        await admission.forget_failures(door, tx, user)
        until = credentials.temporary_until(pool.settings, now) if is_invited else None
        return await users.change(tx, pool, current, now, credential=credential, temporary_until=until)


async def _has_to_choose(door: Door, user: User) -> User:
    """The function knows him, and says that this password is no longer enough."""
    async with door.ctx.services.database.write() as tx:
        current = await users.by_id(tx, user.id, lock=True)
        if current is None or current.credential != user.credential:
            return user
        return await users.change(tx, door.pool, current, door.ctx.now, status="RESET_REQUIRED")
