"""Signing up: a user makes an account and proves the contact that it was made with."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NamedTuple

from poolhouse.errors import (
    AliasExistsException,
    CodeMismatchException,
    InvalidParameterException,
    NotAuthorizedException,
    ServiceError,
    UsernameExistsException,
    UserNotFoundException,
)
from poolhouse.messages.compose import Occasion, Purpose
from poolhouse.messages.contacts import Contact
from poolhouse.service_model.structs.cognito_idp import (
    ConfirmSignUpRequest,
    ResendConfirmationCodeRequest,
    SignUpRequest,
)
from poolhouse.store import users
from poolhouse.store.database import Transaction
from poolhouse.store.names import VERIFIABLE
from poolhouse.store.users import User

from . import (
    attributes,
    audit,
    credentials,
    custom_messages,
    first_factor,
    protection,
    triggers,
    triggers_accounts,
    user_auth_session,
    usernames,
    verification,
)
from .context import Call
from .door import Door, open_door
from .gate import Answer, operation
from .triggers_accounts import Confirmation, SignedUp
from .usernames import NewName

_RESENT: Final = "resend_code"
_UNKNOWN: Final = "Username/client id combination not found."


class Resent(NamedTuple):
    """Where a code was sent, or is said to have been sent."""

    contact: Contact


@operation("SignUp")
async def sign_up(ctx: Call, req: SignUpRequest) -> Answer:
    """Without a password where the pool's users can do without one, and the client lets them choose."""
    door = await open_door(ctx, req.ClientId)
    protection.check_secret_hash(door.vault, door.client, req.SecretHash, [req.Username])
    settings = door.pool.settings
    if settings.AdminCreateUserConfig.AllowAdminCreateUserOnly:
        raise NotAuthorizedException("SignUp is not permitted for this user pool")
    named = _named(door, req)
    if req.Password:
        credentials.check_policy(settings, req.Password)
    else:
        user_auth_session.require_passwordless(door)
    named, is_confirmed = await _asked_for(door, named, req)
    contact = None if is_confirmed else verification.automatic_contact(door.pool, named.attributes)
    if contact is not None:
        verification.require_delivery(ctx, door.pool, contact.medium)
    credential = await _credential(door, named, req.Password)
    occasion = await _occasion(door, named, contact, req.ClientMetadata)
    async with ctx.services.database.write() as tx:
        user = await _add(door, tx, named, credential, contact, occasion, is_confirmed=is_confirmed)
        await audit.signed(tx, ctx, user, door.client.id)
    answer: Answer = {"UserConfirmed": is_confirmed, "UserSub": named.sub}
    answer |= user_auth_session.session(door, user, req.Username, is_confirmed=is_confirmed)
    if contact is not None:
        ctx.services.wake_delivery()
        answer["CodeDeliveryDetails"] = verification.delivery(contact)
    if is_confirmed:
        await _told(door, user, req.ClientMetadata)
    return answer


@operation("ConfirmSignUp")
async def confirm_sign_up(ctx: Call, req: ConfirmSignUpRequest) -> Answer:
    """The contact that the code went to becomes verified, unless it was replaced since.

    The session signs in, so the code alone brings one only where codes are a first factor; else whoever signed up has
    to show the session of that.
    """
    door = await open_door(ctx, req.ClientId)
    protection.check_secret_hash(door.vault, door.client, req.SecretHash, [req.Username])
    user_auth_session.check(door, req.Session, req.Username)
    async with ctx.services.database.write() as tx:
        user = await _confirm(door, tx, req)
    if isinstance(user, ServiceError):
        raise user
    await _told(door, user, req.ClientMetadata)
    proved = users.attributes_of(user)
    if req.Session is None and not first_factor.can_receive(door.pool.settings, proved):
        return {}
    return dict(user_auth_session.session(door, user, req.Username, is_confirmed=True))


@operation("ResendConfirmationCode")
async def resend_confirmation_code(ctx: Call, req: ResendConfirmationCodeRequest) -> Answer:
    """Where the client hides who exists, everybody who cannot get a code is told that one was sent."""
    door = await open_door(ctx, req.ClientId)
    protection.check_secret_hash(door.vault, door.client, req.SecretHash, [req.Username])
    verification.require_some_delivery(ctx, door.pool, door.pool.settings.AutoVerifiedAttributes)
    occasion = await custom_messages.occasion_for_name(
        door, req.Username, "ResendCode", _RESENT, _choose(door), req.ClientMetadata
    )
    async with ctx.services.database.write() as tx:
        outcome = await _resend(door, tx, req.Username, occasion)
    if isinstance(outcome, ServiceError):
        raise outcome
    ctx.services.wake_delivery()
    return {"CodeDeliveryDetails": verification.delivery(outcome.contact)}


def _named(door: Door, req: SignUpRequest) -> NewName:
    """The checked name and attributes of the new user."""
    settings = door.pool.settings
    given = attributes.given(req.UserAttributes)
    named = usernames.new_name(settings, req.Username, given)
    attributes.check_client_may_write(door.client.settings, settings, given)
    if "preferred_username" in settings.AliasAttributes and given.get("preferred_username"):
        raise InvalidParameterException("preferred_username is an alias and can be set by confirmed users only.")
    return named._replace(attributes=attributes.created(settings, named.attributes))


async def _credential(door: Door, named: NewName, password: str | None) -> bytes | None:
    if not password:
        return None
    return await credentials.make(door.ctx.services, door.pool, named.username, named.sub, password)


async def _asked_for(door: Door, named: NewName, req: SignUpRequest) -> SignedUp:
    """The new user after the pool's function had its say."""
    return await triggers_accounts.pre_sign_up(
        door.ctx.services,
        door.pool,
        named,
        client_id=door.client.id,
        validation=attributes.given(req.ValidationData),
        metadata=req.ClientMetadata,
    )


async def _told(door: Door, user: User, metadata: Mapping[str, str] | None) -> None:
    """The pool's function hears of a confirmed user, behind the commit."""
    source: Confirmation = "PostConfirmation_ConfirmSignUp"
    await triggers_accounts.post_confirmation(
        door.ctx.services, door.pool, user, source, client_id=door.client.id, metadata=metadata
    )


async def _occasion(
    door: Door, named: NewName, contact: Contact | None, metadata: Mapping[str, str] | None
) -> Occasion:
    """With the words of the pool's function, which is not asked about a name that is taken already."""
    plain = Occasion("SignUp", door.client.id, dict(metadata or {}))
    if contact is None or not custom_messages.chooses_words(door.pool):
        return plain
    names = [named.attributes[name] for name in door.pool.settings.UsernameAttributes if name in named.attributes]
    async with door.ctx.services.database.read() as tx:
        for name in names or [named.username]:
            if await users.find(tx, door.pool, name) is not None:
                return plain
    known = triggers.aliased(door.pool, named.attributes)
    return await custom_messages.occasion(
        door.ctx.services,
        door.pool,
        "SignUp",
        contact.medium,
        {"sub": named.sub, **known, "cognito:user_status": "UNCONFIRMED"},
        username=named.username,
        client_id=door.client.id,
        metadata=metadata,
    )


async def _add(
    door: Door,
    tx: Transaction,
    named: NewName,
    credential: bytes | None,
    contact: Contact | None,
    occasion: Occasion,
    *,
    is_confirmed: bool,
) -> User:
    """Raises UsernameExistsException, also for an alias that the pool's function called verified and that is taken."""
    user = await _added(door, tx, named, credential, is_confirmed=is_confirmed)
    if contact is not None:
        await _send(door, tx, user, contact, "sign_up", occasion)
    return user


async def _added(door: Door, tx: Transaction, named: NewName, credential: bytes | None, *, is_confirmed: bool) -> User:
    try:
        return await users.add(
            tx,
            door.pool,
            username=named.username,
            sub=named.sub,
            status="CONFIRMED" if is_confirmed else "UNCONFIRMED",
            attributes=named.attributes,
            credential=credential,
            now=door.ctx.now,
        )
    except AliasExistsException as error:
        raise UsernameExistsException(error.message) from error


async def _send(
    door: Door, tx: Transaction, user: User, contact: Contact, purpose: Purpose, occasion: Occasion
) -> None:
    await verification.send(
        door.ctx,
        tx,
        door.pool,
        user,
        code_for=verification.SIGN_UP,
        purpose=purpose,
        to=contact,
        occasion=occasion,
    )


async def _confirm(door: Door, tx: Transaction, req: ConfirmSignUpRequest) -> User | ServiceError:
    """The confirmed user. Refusals of a code are returned, because raising one would take back the count of the try.

    Where the client hides who exists, whoever cannot be confirmed is answered like somebody who does not exist.
    """
    hides = door.hides_unknown_users
    user = await users.find(tx, door.pool, req.Username, lock=True)
    if user is None and not hides:
        raise UserNotFoundException(_UNKNOWN)
    if user is not None and user.status != "UNCONFIRMED" and not hides:
        raise NotAuthorizedException(f"User cannot be confirmed. Current status is {user.status}")
    counter = protection.subject(door.vault, "confirm_sign_up", door.pool, user, req.Username)
    refusal = await protection.limit(tx, counter, door.ctx.now, protection.CODE_TRIES)
    if refusal is not None:
        return refusal
    code = {"code_for": verification.SIGN_UP, "text": req.ConfirmationCode}
    if user is None or user.status != "UNCONFIRMED":
        await verification.look(door.ctx, tx, None, **code)
        return CodeMismatchException()
    proved = await verification.check(door.ctx, tx, user, **code)
    if isinstance(proved, ServiceError):
        return CodeMismatchException() if hides else proved
    return await _confirmed(door, tx, user, proved.contact, force=bool(req.ForceAliasCreation))


async def _confirmed(door: Door, tx: Transaction, user: User, proved: Contact, *, force: bool) -> User:
    after = users.attributes_of(user)
    if after.get(proved.attribute) == proved.address:
        after[VERIFIABLE[proved.attribute]] = "true"
    try:
        return await users.change(
            tx, door.pool, user, door.ctx.now, status="CONFIRMED", attributes=after, force_alias=force
        )
    except AliasExistsException as error:
        raise AliasExistsException(f"An account with the {proved.attribute} already exists.") from error


def _choose(door: Door) -> Callable[[Transaction, User], Awaitable[Contact | None]]:
    """Where a code goes that is sent again; None for a user who gets none."""

    async def choose(_tx: Transaction, user: User) -> Contact | None:
        contact = verification.automatic_contact(door.pool, users.attributes_of(user))
        return contact if user.status == "UNCONFIRMED" else None

    return choose


async def _resend(door: Door, tx: Transaction, name: str, occasion: Occasion | None) -> Resent | ServiceError:
    """Without an `occasion` nothing is sent."""
    hides = door.hides_unknown_users
    user = await users.find(tx, door.pool, name, lock=True)
    if user is None and not hides:
        raise UserNotFoundException(_UNKNOWN)
    counter = protection.subject(door.vault, _RESENT, door.pool, user, name)
    refusal = await protection.limit(tx, counter, door.ctx.now, protection.CODES_SENT)
    if refusal is not None:
        return refusal
    contact = None if user is None else verification.automatic_contact(door.pool, users.attributes_of(user))
    if user is not None and user.status == "UNCONFIRMED" and contact is not None:
        reached = custom_messages.is_deliverable(door.ctx.services, door.pool, contact.medium)
        if not reached and not hides:
            verification.require_delivery(door.ctx, door.pool, contact.medium)
        if reached and occasion is not None:
            await _send(door, tx, user, contact, "resend_code", occasion)
        return Resent(_hidden(door, name, contact) if hides else contact)
    if not hides:
        confirmed = user is not None and user.status != "UNCONFIRMED"
        text = "User is already confirmed." if confirmed else "Cannot resend codes. Auto verification not turned on."
        return InvalidParameterException(text)
    await verification.pretend(door.ctx, tx, code_for=verification.SIGN_UP)
    return Resent(_hidden(door, name, contact))


def _hidden(door: Door, name: str, contact: Contact | None) -> Contact:
    reachable = door.pool.settings.AutoVerifiedAttributes or ("email",)
    return protection.hidden_contact(door.vault, door.pool, name, contact, reachable)
