"""Getting back into an account: a code for a verified contact, and a new password for the code.

What is asked for as a second factor is no way back in, because one mailbox, or one phone, would then be both factors.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from poolhouse.errors import (
    AliasExistsException,
    CodeDeliveryFailureException,
    CodeMismatchException,
    ExpiredCodeException,
    InvalidParameterException,
    NotAuthorizedException,
    ServiceError,
    UserDisabled,
    UserNotConfirmedException,
    UserNotFoundException,
)
from poolhouse.messages import contacts
from poolhouse.messages.compose import Occasion
from poolhouse.messages.contacts import Contact
from poolhouse.service_model.structs.cognito_idp import (
    AdminResetUserPasswordRequest,
    ConfirmForgotPasswordRequest,
    ForgotPasswordRequest,
)
from poolhouse.store import attempts, pools, users
from poolhouse.store.database import Transaction
from poolhouse.store.factors import EMAIL, SMS, Kind
from poolhouse.store.names import VERIFIABLE
from poolhouse.store.pools import Pool
from poolhouse.store.settings import ContactAttribute
from poolhouse.store.users import User

from . import (
    admission,
    audit,
    credentials,
    custom_messages,
    mfa,
    protection,
    triggers_accounts,
    triggers_migration,
    verification,
)
from .context import Call
from .door import Door, open_door
from .gate import Answer, operation
from .triggers_accounts import Confirmation

_CONTACTS: Final[Mapping[str, ContactAttribute]] = {
    "verified_email": "email",
    "verified_phone_number": "phone_number",
}
_FACTORS: Final[Mapping[ContactAttribute, Kind]] = {"email": EMAIL, "phone_number": SMS}
_ASKED: Final = "forgot_password"
_RESETTABLE: Final = frozenset({"CONFIRMED", "RESET_REQUIRED"})
_UNKNOWN: Final = "Username/client id combination not found."
_STATE: Final = "User password cannot be reset in the current state."
_BY_ADMIN: Final = "Contact administrator to reset password."
_NO_CONTACT: Final = "Cannot reset password for the user as there is no registered/verified email or phone_number"


@operation("ForgotPassword")
async def forgot_password(ctx: Call, req: ForgotPasswordRequest) -> Answer:
    """Where the client hides who exists, everybody who cannot get a code is told that one was sent.

    Differs from AWS: that covers users with a temporary password too, whom AWS tells apart.
    """
    door = await open_door(ctx, req.ClientId)
    protection.check_secret_hash(door.vault, door.client, req.SecretHash, [req.Username])
    _require_self_service(door.pool)
    verification.require_some_delivery(ctx, door.pool, _reachable_by(door.pool))
    await triggers_migration.for_recovery(door, req.Username, req.ClientMetadata or {})
    occasion = await custom_messages.occasion_for_name(
        door, req.Username, "ForgotPassword", _ASKED, _choose(door), req.ClientMetadata
    )
    async with ctx.services.database.write() as tx:
        outcome = await _forgot(door, tx, req.Username, occasion)
    if isinstance(outcome, ServiceError):
        raise outcome
    ctx.services.wake_delivery()
    return {"CodeDeliveryDetails": verification.delivery(outcome)}


@operation("ConfirmForgotPassword")
async def confirm_forgot_password(ctx: Call, req: ConfirmForgotPasswordRequest) -> Answer:
    """The contact that the code went to becomes verified. Sign-ins that exist go on, as on AWS."""
    door = await open_door(ctx, req.ClientId)
    protection.check_secret_hash(door.vault, door.client, req.SecretHash, [req.Username])
    credentials.check_policy(door.pool.settings, req.Password)
    async with ctx.services.database.write() as tx:
        found = await _try(door, tx, req)
    if isinstance(found, ServiceError):
        raise found
    credential = await credentials.make(ctx.services, door.pool, found.username, found.sub, req.Password)
    try:
        async with ctx.services.database.write() as tx:
            user = await _reset(door, tx, found, req.ConfirmationCode, credential)
            if isinstance(user, User):
                await audit.signed(tx, ctx, user, door.client.id)
    except AliasExistsException as error:
        # Somebody else has proved since then that the address is his.
        raise ExpiredCodeException from error
    if isinstance(user, ServiceError):
        raise user
    source: Confirmation = "PostConfirmation_ConfirmForgotPassword"
    await triggers_accounts.post_confirmation(
        ctx.services, door.pool, user, source, client_id=door.client.id, metadata=req.ClientMetadata
    )
    return {}


@operation("AdminResetUserPassword")
async def admin_reset_user_password(ctx: Call, req: AdminResetUserPasswordRequest) -> None:
    """The old password is gone at once. For a user who has to reset already, this sends another code."""
    occasion = await _reset_occasion(ctx, req)
    async with ctx.write() as tx:
        pool = await pools.get(tx, req.UserPoolId)
        user = await users.get(tx, pool, req.Username, lock=True)
        contact = await _reset_contact(ctx, tx, pool, user)
        refusal = await protection.limit(tx, f"admin_reset:{user.id}", ctx.now, protection.CODES_SENT)
        if refusal is not None:
            raise refusal
        user = await users.change(
            tx, pool, user, ctx.now, status="RESET_REQUIRED", credential=None, temporary_until=None
        )
        await _send(ctx, tx, pool, user, contact, occasion)
    ctx.services.wake_delivery()


async def _reset_occasion(ctx: Call, req: AdminResetUserPasswordRequest) -> Occasion:
    """Refusals come before the pool's function is asked; the write block looks again."""
    async with ctx.services.database.read() as tx:
        pool = await pools.get(tx, req.UserPoolId)
        user = ctx.about(await users.get(tx, pool, req.Username))
        contact = await _reset_contact(ctx, tx, pool, user)
    return await custom_messages.occasion_for(
        ctx.services, pool, "ForgotPassword", contact.medium, user, metadata=req.ClientMetadata
    )


async def _reset_contact(ctx: Call, tx: Transaction, pool: Pool, user: User) -> Contact:
    """Raises NotAuthorizedException, InvalidParameterException."""
    if not user.enabled:
        raise NotAuthorizedException("User is disabled")
    if user.status not in _RESETTABLE:
        raise NotAuthorizedException(_STATE)
    _require_self_service(pool)
    contact = await _contact(tx, pool, user)
    if isinstance(contact, ServiceError):
        raise contact
    if not custom_messages.is_deliverable(ctx.services, pool, contact.medium):
        raise InvalidParameterException(f"The code cannot be sent: this server delivers no {contact.medium} messages.")
    return contact


# --- where a code may go -----------------------------------------------------------------------------------


def _mechanisms(pool: Pool) -> tuple[str, ...]:
    """By priority; without a setting, a verified phone comes before a verified address, as AWS has had it of old."""
    setting = pool.settings.AccountRecoverySetting
    if setting is None or not setting.RecoveryMechanisms:
        return ("verified_phone_number", "verified_email")
    return tuple(option.Name for option in sorted(setting.RecoveryMechanisms, key=lambda option: option.Priority))


def _reachable_by(pool: Pool) -> list[ContactAttribute]:
    """The contacts that a code may go to, the first choice first."""
    return [_CONTACTS[name] for name in _mechanisms(pool) if name in _CONTACTS]


def _require_self_service(pool: Pool) -> None:
    """What holds for every user of the pool. Raises NotAuthorizedException."""
    if not _reachable_by(pool):
        raise NotAuthorizedException(_BY_ADMIN)


async def _contact(tx: Transaction, pool: Pool, user: User) -> Contact | ServiceError:
    """The first verified contact that is not a second factor of the user."""
    known, due = users.attributes_of(user), await mfa.due(tx, pool, user) or ()
    for attribute in _reachable_by(pool):
        contact = contacts.of(known, attribute)
        if contact is not None and mfa.has_verified(user, attribute) and _FACTORS[attribute] not in due:
            return contact
    return InvalidParameterException(_NO_CONTACT)


def _choose(door: Door) -> Callable[[Transaction, User], Awaitable[Contact | None]]:
    """Where a code goes; None for a user who gets none."""

    async def choose(tx: Transaction, user: User) -> Contact | None:
        contact = await _reachable(tx, door.pool, user)
        return contact if isinstance(contact, Contact) else None

    return choose


def _obstacle(user: User, unconfirmed: ServiceError) -> ServiceError | None:
    """Why this user cannot have a new password; `unconfirmed` is the word for one who never proved a contact."""
    if not user.enabled:
        return UserDisabled()
    if user.status in _RESETTABLE:
        return None
    return unconfirmed if user.status == "UNCONFIRMED" else NotAuthorizedException(_STATE)


# --- asking ------------------------------------------------------------------------------------------------


async def _forgot(door: Door, tx: Transaction, name: str, occasion: Occasion | None) -> Contact | ServiceError:
    """The contact to show; without an `occasion` nothing is sent.

    Refusals are returned, because raising one would take back the count.
    """
    user = await users.find(tx, door.pool, name, lock=True)
    if user is None and not door.hides_unknown_users:
        raise UserNotFoundException(_UNKNOWN)
    refusal = await protection.limit(tx, _asking(door, user, name), door.ctx.now, protection.CODES_SENT)
    if refusal is not None:
        return refusal
    contact = await _deliverable(door, tx, user)
    if user is not None and isinstance(contact, Contact) and occasion is not None:
        await _send(door.ctx, tx, door.pool, user, contact, occasion)
    else:
        await verification.pretend(door.ctx, tx, code_for=verification.RECOVERY)
    if not door.hides_unknown_users:
        return contact
    known = contact if isinstance(contact, Contact) else _unreached(door.pool, user)
    return protection.hidden_contact(door.vault, door.pool, name, known, _reachable_by(door.pool))


async def _deliverable(door: Door, tx: Transaction, user: User | None) -> Contact | ServiceError:
    contact = await _reachable(tx, door.pool, user)
    if isinstance(contact, ServiceError):
        return contact
    if not custom_messages.is_deliverable(door.ctx.services, door.pool, contact.medium):
        return CodeDeliveryFailureException(f"No delivery of {contact.medium} messages is configured for this server.")
    return contact


def _unreached(pool: Pool, user: User | None) -> Contact | None:
    """A contact of a user who is only said to have been sent a code."""
    known = {} if user is None else users.attributes_of(user)
    found = [contacts.of(known, attribute) for attribute in reversed(_reachable_by(pool))]
    return next((contact for contact in found if contact is not None), None)


async def _reachable(tx: Transaction, pool: Pool, user: User | None) -> Contact | ServiceError:
    if user is None:
        return UserNotFoundException(_UNKNOWN)
    return _obstacle(user, InvalidParameterException(_NO_CONTACT)) or await _contact(tx, pool, user)


async def _send(ctx: Call, tx: Transaction, pool: Pool, user: User, to: Contact, occasion: Occasion) -> None:
    await verification.send(
        ctx, tx, pool, user, code_for=verification.RECOVERY, purpose="forgot_password", to=to, occasion=occasion
    )


def _asking(door: Door, user: User | None, name: str) -> str:
    """The counter of codes that were sent, or are said to have been."""
    return protection.subject(door.vault, _ASKED, door.pool, user, name)


# --- answering ---------------------------------------------------------------------------------------------


async def _try(door: Door, tx: Transaction, req: ConfirmForgotPasswordRequest) -> User | ServiceError:
    """The user whose code this is, which stays good: a password is hashed for nobody else.

    Refusals of a code are returned, because raising one would take back the count of the try.
    """
    name, hides = req.Username, door.hides_unknown_users
    user = await users.find(tx, door.pool, name, lock=True)
    if user is None and not hides:
        raise UserNotFoundException(_UNKNOWN)
    counter = protection.subject(door.vault, "confirm_forgot_password", door.pool, user, name)
    refusal = await protection.limit(tx, counter, door.ctx.now, protection.CODE_TRIES)
    if refusal is not None:
        return refusal
    obstacle = None if user is None else _obstacle(user, UserNotConfirmedException())
    if obstacle is not None and not hides:
        return obstacle
    is_said_sent = hides and await _is_said_sent(door, tx, user, name)
    code = await verification.look(door.ctx, tx, user, code_for=verification.RECOVERY, text=req.ConfirmationCode)
    if hides and (obstacle is not None or isinstance(code, ExpiredCodeException)):
        if is_said_sent:
            return CodeMismatchException()
        return code if isinstance(code, ExpiredCodeException) else ExpiredCodeException()
    if isinstance(code, ServiceError):
        return code
    assert user is not None, "a code has a user"
    return user


async def _is_said_sent(door: Door, tx: Transaction, user: User | None, name: str) -> bool:
    """Whether a code would be good still if one had been sent each time that this was said."""
    asked = await attempts.find(tx, _asking(door, user, name))
    return asked is not None and asked.last + verification.lifetime(verification.RECOVERY) > door.ctx.now


async def _reset(door: Door, tx: Transaction, seen: User, text: str, credential: bytes) -> User | ServiceError:
    """Everything again, on the locked row; the first answer wins. A code for a former address is used up in vain.

    Raises AliasExistsException.
    """
    user = await users.by_id(tx, seen.id, lock=True)
    if user is None or _obstacle(user, UserNotConfirmedException()) is not None:
        return ExpiredCodeException()
    proved = await verification.check(door.ctx, tx, user, code_for=verification.RECOVERY, text=text)
    if isinstance(proved, ServiceError):
        return proved
    known, contact = users.attributes_of(user), proved.contact
    if known.get(contact.attribute) != contact.address:
        return ExpiredCodeException()
    changed = await users.change(
        tx,
        door.pool,
        user,
        door.ctx.now,
        status="CONFIRMED",
        attributes=known | {VERIFIABLE[contact.attribute]: "true"},
        credential=credential,
        temporary_until=None,
    )
    await admission.forget_failures(door, tx, user)
    return changed
