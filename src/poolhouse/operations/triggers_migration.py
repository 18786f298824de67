"""UserMigration: somebody whom the pool does not know is asked for elsewhere, and becomes its user when he is known.

A password that the function accepts is the user's own from then on. It is never sent to anybody, so no welcome message
is sent either: its template is the one that carries a password.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, NoReturn

import msgspec

from poolhouse import telemetry
from poolhouse.errors import (
    AliasExistsException,
    IncorrectUsernameOrPassword,
    InvalidLambdaResponseException,
    InvalidParameterException,
    PasswordAttemptsExceeded,
    ServiceError,
    UnexpectedLambdaException,
    UsernameExistsException,
    UserNotFoundException,
)
from poolhouse.store import attempts, users
from poolhouse.store.factors import SMS
from poolhouse.store.users import User

from . import admission, attributes, credentials, mfa, protection, triggers, usernames
from .door import Door
from .usernames import NewName

_RESPONSE: Final = {
    "userAttributes": None,
    "forceAliasCreation": None,
    "enableSMSMFA": None,
    "finalUserStatus": None,
    "messageAction": None,
    "desiredDeliveryMediums": None,
}
# Why a user that the function knows cannot be made: what it said of him does not fit into the pool.
_Unfit = (InvalidParameterException, UsernameExistsException, AliasExistsException)


class Known(msgspec.Struct, frozen=True):
    """What the function says of a user; without attributes it does not know him."""

    userAttributes: dict[str, str] | None = None  # noqa: N815 - AWS's members
    finalUserStatus: Literal["CONFIRMED", "RESET_REQUIRED"] | None = None  # noqa: N815 - AWS's member
    messageAction: Literal["SUPPRESS", "RESEND"] | None = None  # noqa: N815 - AWS's member
    desiredDeliveryMediums: list[Literal["EMAIL", "SMS"]] | None = None  # noqa: N815 - AWS's member
    forceAliasCreation: bool | None = None  # noqa: N815 - AWS's member
    enableSMSMFA: bool | None = None  # noqa: N815 - AWS's member


async def by_password(
    door: Door, name: str, password: str, validation: Mapping[str, str], metadata: Mapping[str, str]
) -> User:
    """The user that the function knew by this password, who is in the pool now. `validation` is the ClientMetadata of
    a sign-in's first request, `metadata` that of a later answer.

    Each try counts as a wrong password until it turns out right, so that parallel guesses are no cheaper here than in
    the pool. Raises PasswordAttemptsExceeded; what unknown users are answered; and, from a client that does not hide
    who exists, the errors of triggers.
    """
    async with door.ctx.services.database.write() as tx:
        if not await admission.count_failure(door, tx, None, name):
            raise PasswordAttemptsExceeded
    request = {"password": password, "validationData": validation, "clientMetadata": metadata}
    try:
        known = await ask(door, "UserMigration_Authentication", name, request)
        return await _made(door, name, known, password)
    except _Unfit as error:
        _refuse(door, error)
    except (InvalidLambdaResponseException, UnexpectedLambdaException) as error:
        if door.hides_unknown_users:
            raise IncorrectUsernameOrPassword from error
        raise
    except ServiceError as error:
        _refuse(door, error)


async def for_recovery(door: Door, name: str, metadata: Mapping[str, str]) -> None:
    """Before a code is sent: makes the user whom the function knows, without a password. Others stay unknown.

    The function is asked as often an hour as codes are sent. Raises the errors of triggers that are no answer, from a
    client that does not hide who exists.
    """
    if triggers.configured(door.pool, "UserMigration") is None:
        return
    asked = protection.subject(door.vault, "migration", door.pool, None, name)
    async with door.ctx.services.database.write() as tx:
        known = await users.find(tx, door.pool, name) is not None
        if known or await protection.limit(tx, asked, door.ctx.now, protection.CODES_SENT) is not None:
            return
    request = {"validationData": {}, "clientMetadata": metadata}
    try:
        found = await ask(door, "UserMigration_ForgotPassword", name, request)
        await _made(door, name, found, None)
    except (InvalidLambdaResponseException, UnexpectedLambdaException):
        if not door.hides_unknown_users:
            raise
    except ServiceError as error:
        telemetry.log.info("user is not migrated", pool=door.pool.id, reason=error.code)


def _refuse(door: Door, error: ServiceError) -> NoReturn:
    """A user who was not migrated is an unknown one."""
    telemetry.log.info("user is not migrated", pool=door.pool.id, reason=error.code)
    if door.hides_unknown_users:
        raise IncorrectUsernameOrPassword from error
    raise UserNotFoundException(f"Exception migrating user in app client {door.client.id}") from error


async def ask(door: Door, source: str, name: str, request: dict[str, Any]) -> Known:
    """What the function says of a user.

    Raises UserNotFoundException for one that it does not know, and the errors of triggers.
    """
    answer = await triggers.run(
        door.ctx.services,
        door.pool,
        "UserMigration",
        source,
        client_id=door.client.id,
        username=name,
        request=request,
        response=dict(_RESPONSE),
    )
    try:
        known = msgspec.convert(answer, Known)
    except msgspec.ValidationError as error:
        raise InvalidLambdaResponseException(f"UserMigration: unrecognizable lambda output: {error}") from error
    if not known.userAttributes:
        raise UserNotFoundException
    return known


async def _made(door: Door, name: str, known: Known, password: str | None) -> User:
    """Raises _Unfit."""
    named = _named(door, name, known)
    status = known.finalUserStatus or "RESET_REQUIRED"
    credential = None
    if password is not None and status == "CONFIRMED":
        credential = await credentials.make(door.ctx.services, door.pool, named.username, named.sub, password)
    try:
        async with door.ctx.services.database.write() as tx:
            user = await users.add(
                tx,
                door.pool,
                username=named.username,
                sub=named.sub,
                status=status,
                attributes=named.attributes,
                credential=credential,
                now=door.ctx.now,
                force_alias=bool(known.forceAliasCreation),
            )
            if known.enableSMSMFA:
                await mfa.enable(tx, user, SMS, door.ctx.now, preferred=False)
            await attempts.forget(tx, admission.counter(door, None, name))
    except UsernameExistsException:
        # Two sign-ins at once migrate one user. The second finds him, who may not be committed yet: a read would not.
        async with door.ctx.services.database.write() as tx:
            found = await users.find_for_sign_in(tx, door.pool, name)
        if found is None:
            raise
        return found
    return user


def _named(door: Door, name: str, known: Known) -> NewName:
    """The user's name and attributes. The function may say the username of somebody who typed an alias.

    A second factor by SMS needs a pool that asks for such and a phone number, as at AWS; whom the function wants to
    have one is not let in without. Raises InvalidParameterException.
    """
    settings = door.pool.settings
    given = dict(known.userAttributes or {})
    username = given.pop("username", name)
    usernames.check_as_request(door.pool.id, username, given)
    named = usernames.new_name(settings, name if settings.UsernameAttributes else username, given)
    if known.enableSMSMFA:
        mfa.require_served(door.pool, SMS)
        if "phone_number" not in named.attributes:
            raise InvalidParameterException("enableSMSMFA: the user has no phone_number.")
    return named._replace(attributes=attributes.created(settings, named.attributes))
