"""Signing up: a user makes an account and proves the contact that it was made with."""

from typing import Final, NamedTuple

from poolhouse.errors import (
    AliasExistsException,
    CodeMismatchException,
    InvalidParameterException,
    NotAuthorizedException,
    ServiceError,
    UserNotFoundException,
)
from poolhouse.messages.compose import Purpose
from poolhouse.service_model.structs.cognito_idp import (
    ConfirmSignUpRequest,
    ResendConfirmationCodeRequest,
    SignUpRequest,
)
from poolhouse.store import users
from poolhouse.store.database import Transaction
from poolhouse.store.names import VERIFIABLE
from poolhouse.store.users import User

from . import attributes, credentials, protection, usernames, verification
from .context import Call
from .door import Door, open_door
from .gate import Answer, operation
from .usernames import NewName

_UNKNOWN: Final = "Username/client id combination not found."


class Resent(NamedTuple):
    """Where a code was sent, or is said to have been sent."""

    destination: str


@operation("SignUp")
async def sign_up(ctx: Call, req: SignUpRequest) -> Answer:
    """Pools without passwords are not served, so a password is required. The code goes by e-mail only."""
    door = await open_door(ctx, req.ClientId)
    protection.check_secret_hash(door.vault, door.client, req.SecretHash, [req.Username])
    settings = door.pool.settings
    if settings.AdminCreateUserConfig.AllowAdminCreateUserOnly:
        raise NotAuthorizedException("SignUp is not permitted for this user pool")
    named = _named(door, req)
    if not req.Password:
        raise InvalidParameterException("Sign-up without a password is not served by this version of Poolhouse.")
    credentials.check_policy(settings, req.Password)
    contact = verification.automatic_contact(door.pool, named.attributes)
    if contact is not None:
        verification.require_delivery(ctx)
    credential = await credentials.make(ctx.services, door.pool.id, named.username, named.sub, req.Password)
    async with ctx.services.database.write() as tx:
        await _add(door, tx, named, credential, contact)
    answer: Answer = {"UserConfirmed": False, "UserSub": named.sub}
    if contact is not None:
        ctx.services.wake_delivery()
        answer["CodeDeliveryDetails"] = verification.delivery(contact)
    return answer


@operation("ConfirmSignUp")
async def confirm_sign_up(ctx: Call, req: ConfirmSignUpRequest) -> Answer:
    """The contact that the code went to becomes verified, unless it was replaced since."""
    door = await open_door(ctx, req.ClientId)
    protection.check_secret_hash(door.vault, door.client, req.SecretHash, [req.Username])
    async with ctx.services.database.write() as tx:
        refusal = await _confirm(door, tx, req)
    if refusal is not None:
        raise refusal
    return {}


@operation("ResendConfirmationCode")
async def resend_confirmation_code(ctx: Call, req: ResendConfirmationCodeRequest) -> Answer:
    """Where the client hides who exists, everybody who cannot get a code is told that one was sent."""
    door = await open_door(ctx, req.ClientId)
    protection.check_secret_hash(door.vault, door.client, req.SecretHash, [req.Username])
    verification.require_delivery(ctx)
    async with ctx.services.database.write() as tx:
        outcome = await _resend(door, tx, req.Username)
    if isinstance(outcome, ServiceError):
        raise outcome
    ctx.services.wake_delivery()
    return {"CodeDeliveryDetails": verification.delivery(outcome.destination)}


def _named(door: Door, req: SignUpRequest) -> NewName:
    """The checked name and attributes of the new user."""
    settings = door.pool.settings
    given = attributes.given(req.UserAttributes)
    named = usernames.new_name(settings, req.Username, given)
    attributes.check_client_may_write(door.client.settings, settings, given)
    if "preferred_username" in settings.AliasAttributes and given.get("preferred_username"):
        raise InvalidParameterException("preferred_username is an alias and can be set by confirmed users only.")
    return named._replace(attributes=attributes.created(settings, named.attributes))


async def _add(door: Door, tx: Transaction, named: NewName, credential: bytes, contact: str | None) -> None:
    user = await users.add(
        tx,
        door.pool,
        username=named.username,
        sub=named.sub,
        status="UNCONFIRMED",
        attributes=named.attributes,
        credential=credential,
        now=door.ctx.now,
    )
    if contact is not None:
        await _send(door, tx, user, contact, "sign_up")


async def _send(door: Door, tx: Transaction, user: User, contact: str, purpose: Purpose) -> None:
    await verification.send(door.ctx, tx, door.pool, user, code_for=verification.SIGN_UP, purpose=purpose, to=contact)


async def _confirm(door: Door, tx: Transaction, req: ConfirmSignUpRequest) -> ServiceError | None:
    """Refusals of a code are returned, because raising one would take back the count of the try."""
    user = await users.find(tx, door.pool, req.Username, lock=True)
    if user is None and not door.hides_unknown_users:
        raise UserNotFoundException(_UNKNOWN)
    if user is not None and user.status != "UNCONFIRMED":
        raise NotAuthorizedException(f"User cannot be confirmed. Current status is {user.status}")
    counter = protection.subject(door.vault, "confirm_sign_up", door.pool, user, req.Username)
    refusal = await protection.limit(tx, counter, door.ctx.now, protection.CODE_TRIES)
    if refusal is not None:
        return refusal
    if user is None:
        return CodeMismatchException()
    proved = await verification.check(door.ctx, tx, user, code_for=verification.SIGN_UP, text=req.ConfirmationCode)
    if isinstance(proved, ServiceError):
        return proved
    await _confirmed(door, tx, user, proved.destination, force=bool(req.ForceAliasCreation))
    return None


async def _confirmed(door: Door, tx: Transaction, user: User, destination: str, *, force: bool) -> None:
    after = users.attributes_of(user)
    if after.get("email") == destination:
        after[VERIFIABLE["email"]] = "true"
    try:
        await users.change(tx, door.pool, user, door.ctx.now, status="CONFIRMED", attributes=after, force_alias=force)
    except AliasExistsException as error:
        raise AliasExistsException("An account with the email already exists.") from error


async def _resend(door: Door, tx: Transaction, name: str) -> Resent | ServiceError:
    hides = door.hides_unknown_users
    user = await users.find(tx, door.pool, name, lock=True)
    if user is None and not hides:
        raise UserNotFoundException(_UNKNOWN)
    counter = protection.subject(door.vault, "resend_code", door.pool, user, name)
    refusal = await protection.limit(tx, counter, door.ctx.now, protection.CODES_SENT)
    if refusal is not None:
        return refusal
    contact = None if user is None else verification.automatic_contact(door.pool, users.attributes_of(user))
    if user is not None and user.status == "UNCONFIRMED" and contact is not None:
        await _send(door, tx, user, contact, "resend_code")
        return Resent(protection.hidden_destination(door.vault, door.pool, name, contact) if hides else contact)
    if not hides:
        confirmed = user is not None and user.status != "UNCONFIRMED"
        text = "User is already confirmed." if confirmed else "Cannot resend codes. Auto verification not turned on."
        return InvalidParameterException(text)
    return Resent(protection.hidden_destination(door.vault, door.pool, name, contact))
