"""The triggers before a sign-in: who is fetched from elsewhere, and who may try at all."""

from collections.abc import Mapping
from typing import Final

from poolhouse.store import users
from poolhouse.store.pools import Pool
from poolhouse.store.users import User

from . import admission, arrivals, protection, triggers, triggers_migration
from .door import Door, required, username

_WITH_PASSWORD: Final = frozenset({"USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"})
_REFRESHING: Final = frozenset({"REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"})


async def before(door: Door, flow: str, parameters: Mapping[str, str], metadata: Mapping[str, str]) -> None:
    """UserMigration and PreAuthentication, before the first factor is looked at.

    Only a client that is the one it says it is, and a user who need not wait after wrong passwords, gets so far. Where
    the client hides who exists, PreAuthentication runs for unknown users too. Raises what the first factor raises for
    the same reasons, and the errors of triggers.
    """
    migrates = _shows_password(flow, parameters) and triggers.configured(door.pool, "UserMigration") is not None
    asks = flow not in _REFRESHING and triggers.configured(door.pool, "PreAuthentication") is not None
    if not (migrates or asks):
        return
    name = username(parameters)
    password = required(parameters, "PASSWORD") if migrates else ""
    protection.check_secret_hash(door.vault, door.client, parameters.get("SECRET_HASH"), [name])
    user = await _fetched(door, name, password, metadata) if migrates else await _seen(door, name)
    if not asks or (user is None and not door.hides_unknown_users):
        return
    if user is not None:
        admission.refuse_by_status(door, user)
    await _pre_authentication(door, user, name, metadata)


async def with_password(door: Door, name: str, password: str) -> None:
    """UserMigration for whoever chose, in USER_AUTH, to begin with his password, which now is here.

    The function gets the ClientMetadata of this answer as such, where that of a first request is its validationData.
    """
    if triggers.configured(door.pool, "UserMigration") is not None:
        await _fetched(door, name, password, {}, door.metadata)


def _shows_password(flow: str, parameters: Mapping[str, str]) -> bool:
    """Whether the server sees a password: with USER_AUTH where the client prefers it and sends it along."""
    if flow == "USER_AUTH":
        return parameters.get("PREFERRED_CHALLENGE") == "PASSWORD" and bool(parameters.get("PASSWORD"))
    return flow in _WITH_PASSWORD


async def _fetched(
    door: Door, name: str, password: str, validation: Mapping[str, str], metadata: Mapping[str, str] | None = None
) -> User | None:
    """The user, with the password that the function accepted where this pool did not have it."""
    user = await _seen(door, name)
    if user is None:
        return await triggers_migration.by_password(door, name, password, validation, metadata or {})
    if arrivals.is_awaited(door.vault, user):
        return await arrivals.by_password(door, user, password, validation, metadata or {})
    return user


async def _seen(door: Door, name: str) -> User | None:
    """Raises PasswordAttemptsExceeded."""
    async with door.ctx.services.database.read() as tx:
        user = await users.find_for_sign_in(tx, door.pool, name)
        await admission.refuse_waiting(door, tx, user, name)
    return user


async def _pre_authentication(door: Door, user: User | None, name: str, metadata: Mapping[str, str]) -> None:
    await triggers.run(
        door.ctx.services,
        door.pool,
        "PreAuthentication",
        "PreAuthentication_Authentication",
        client_id=door.client.id,
        username=user.username if user else name,
        request={
            "userAttributes": shown(door.pool, user),
            "validationData": metadata,
            "userNotFound": user is None,
        },
        response={},
    )


def shown(pool: Pool, user: User | None) -> dict[str, str]:
    """The attributes of a user in events; none of one who does not exist."""
    return {} if user is None else triggers.attributes(pool, user)
