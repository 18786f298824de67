"""What signed-in users do with their own account: read it, change it, prove a new address, delete it."""

from collections.abc import Mapping
from typing import NamedTuple

from poolhouse.errors import (
    AliasExistsException,
    ExpiredCodeException,
    IncorrectUsernameOrPassword,
    InvalidParameterException,
    LimitExceededException,
    PasswordResetRequiredException,
    ServiceError,
    TooManyRequestsException,
)
from poolhouse.messages import contacts
from poolhouse.messages.compose import Occasion, Source
from poolhouse.messages.contacts import Contact
from poolhouse.service_model.structs.cognito_idp import (
    ChangePasswordRequest,
    DeleteUserAttributesRequest,
    DeleteUserRequest,
    GetUserAttributeVerificationCodeRequest,
    GetUserRequest,
    UpdateUserAttributesRequest,
    VerifyUserAttributeRequest,
)
from poolhouse.store import users
from poolhouse.store.database import Transaction
from poolhouse.store.names import VERIFIABLE
from poolhouse.store.settings import ContactAttribute
from poolhouse.store.users import User

from . import attributes, audit, credentials, custom_messages, mfa, protection, verification
from .bearer import SELF_SERVICE, Bearer, bearer, still
from .context import Call
from .gate import Answer, operation

Occasions = Mapping[Contact, Occasion]


class Update(NamedTuple):
    """An update of attributes: what is stored now, and the contacts that get a code, with those that wait for it."""

    attributes: dict[str, str]
    code_to: tuple[Contact, ...]
    waiting: frozenset[Contact]


async def _who(ctx: Call, token: str) -> Bearer:
    async with ctx.services.database.read() as tx:
        return await bearer(ctx.services, tx, token, now=ctx.now, scope=SELF_SERVICE)


@operation("GetUser")
async def get_user(ctx: Call, req: GetUserRequest) -> Answer:
    """The attributes that the token's client may read, with `sub`; neither status nor dates."""
    async with ctx.services.database.read() as tx:
        who = await bearer(ctx.services, tx, req.AccessToken, now=ctx.now, scope=SELF_SERVICE)
        factors = await mfa.shown(tx, who.pool, who.user)
    readable = attributes.readable(who.client.settings)
    known = users.attributes_of(who.user)
    return {
        "Username": who.user.username,
        "UserAttributes": [{"Name": name, "Value": value} for name, value in known.items() if name in readable],
        **factors,
    }


@operation("DeleteUser")
async def delete_user(ctx: Call, req: DeleteUserRequest) -> None:
    who = await _who(ctx, req.AccessToken)
    async with ctx.services.database.write() as tx:
        await users.remove(tx, await still(tx, who))


# --- password ----------------------------------------------------------------------------------------------


@operation("ChangePassword")
async def change_password(ctx: Call, req: ChangePasswordRequest) -> Answer:
    """Every call counts against five an hour, before the old password is looked at. Tokens stay good.

    A user whose password was reset has none, but that does not make a session of his enough to set one.
    """
    who = await _who(ctx, req.AccessToken)
    ctx.about(who.user)
    if who.user.status == "RESET_REQUIRED":
        raise PasswordResetRequiredException
    credentials.check_policy(who.pool.settings, req.ProposedPassword)
    if who.user.credential is not None and req.PreviousPassword is None:
        raise InvalidParameterException("Missing required parameter PreviousPassword")
    async with ctx.services.database.write() as tx:
        counter = f"change_password:{who.user.id}"
        refusal = await protection.limit(tx, counter, ctx.now, protection.PASSWORD_CHANGES)
    if refusal is not None:
        raise refusal
    if not await _is_password(ctx, who, req.PreviousPassword):
        raise IncorrectUsernameOrPassword
    user = who.user
    credential = await credentials.make(ctx.services, who.pool, user.username, user.sub, req.ProposedPassword)
    async with ctx.services.database.write() as tx:
        current = await still(tx, who)
        if current.credential != user.credential:
            raise IncorrectUsernameOrPassword
        await users.change(tx, who.pool, current, ctx.now, credential=credential, temporary_until=None)
        await audit.signed(tx, ctx, current)
    return {}


async def _is_password(ctx: Call, who: Bearer, given: str | None) -> bool:
    """A user without a password has none to name."""
    if who.user.credential is None or given is None:
        return who.user.credential is None and given is None
    return (await credentials.check(ctx.services, who.pool, who.user, given)).fits


# --- attributes --------------------------------------------------------------------------------------------


@operation("UpdateUserAttributes")
async def update_user_attributes(ctx: Call, req: UpdateUserAttributesRequest) -> Answer:
    """A new address is stored at once and unverified, or after its code where the pool keeps the original.

    Its code counts against the five an hour that can be sent; the model declares no LimitExceededException here.
    """
    who = await _who(ctx, req.AccessToken)
    changes = attributes.given(req.UserAttributes)
    attributes.check_client_may_write(who.client.settings, who.pool.settings, changes)
    occasions = await _occasions(ctx, who, _update(who, who.user, changes), req.ClientMetadata)
    async with ctx.services.database.write() as tx:
        update = await _changed(ctx, tx, who, changes, occasions)
    if update.code_to:
        ctx.services.wake_delivery()
    return {"CodeDeliveryDetailsList": [verification.delivery(contact) for contact in update.code_to]}


@operation("DeleteUserAttributes")
async def delete_user_attributes(ctx: Call, req: DeleteUserAttributesRequest) -> Answer:
    who = await _who(ctx, req.AccessToken)
    settings = who.pool.settings
    async with ctx.services.database.write() as tx:
        user = await still(tx, who)
        after = attributes.removed(settings, users.attributes_of(user), req.UserAttributeNames)
        attributes.check_client_may_write(who.client.settings, settings, req.UserAttributeNames)
        await users.change(tx, who.pool, user, ctx.now, attributes=after)
    return {}


@operation("GetUserAttributeVerificationCode")
async def get_user_attribute_verification_code(ctx: Call, req: GetUserAttributeVerificationCodeRequest) -> Answer:
    """To the contact that waits to become the user's, if there is one, else to the present one."""
    who = await _who(ctx, req.AccessToken)
    attribute = _verifiable(req.AttributeName)
    verification.require_delivery(ctx, who.pool, contacts.MEDIUMS[attribute])
    occasion = await _occasion(ctx, who, "VerifyUserAttribute", attribute, req.ClientMetadata)
    async with ctx.services.database.write() as tx:
        user = await still(tx, who)
        sent = await _send_again(ctx, tx, who, user, attribute, occasion)
    if isinstance(sent, ServiceError):
        raise sent
    ctx.services.wake_delivery()
    return {"CodeDeliveryDetails": verification.delivery(sent)}


@operation("VerifyUserAttribute")
async def verify_user_attribute(ctx: Call, req: VerifyUserAttributeRequest) -> Answer:
    who = await _who(ctx, req.AccessToken)
    attribute = _verifiable(req.AttributeName)
    async with ctx.services.database.write() as tx:
        refusal = await _verify(ctx, tx, who, attribute, req.Code)
    if refusal is not None:
        raise refusal
    return {}


def _update(who: Bearer, user: User, changes: dict[str, str]) -> Update:
    """Only a new value of a contact that the pool verifies gets a code. Raises what the schema says."""
    settings, before = who.pool.settings, users.attributes_of(user)
    after = attributes.updated(settings, before, changes)
    kept = settings.UserAttributeUpdateSettings.AttributesRequireVerificationBeforeUpdate
    watched = {*settings.AutoVerifiedAttributes, *kept}
    code_to: list[Contact] = []
    stored = dict(after)
    for name in contacts.MEDIUMS:
        if name not in watched or not _is_changed(name, before, after):
            continue
        code_to.append(Contact(name, after[name]))
        if name in kept:
            originals = {each: before[each] for each in (name, VERIFIABLE[name]) if each in before}
            stored = {each: stored[each] for each in stored if each not in (name, VERIFIABLE[name])} | originals
    return Update(stored, tuple(code_to), frozenset(contact for contact in code_to if contact.attribute in kept))


async def _changed(ctx: Call, tx: Transaction, who: Bearer, changes: dict[str, str], occasions: Occasions) -> Update:
    """Raises CodeDeliveryFailureException, AliasExistsException, TooManyRequestsException."""
    user = await still(tx, who)
    update = _update(who, user, changes)
    for contact in update.code_to:
        verification.require_delivery(ctx, who.pool, contact.medium)
        await _require_free(tx, who, user, contact, update)
        if await protection.limit(tx, _codes_sent(user), ctx.now, protection.CODES_SENT) is not None:
            raise TooManyRequestsException
    user = await users.change(tx, who.pool, user, ctx.now, attributes=update.attributes)
    for contact in update.code_to:
        plain = Occasion("UpdateUserAttribute", who.client.id)
        await _send(ctx, tx, who, user, contact, occasions.get(contact, plain), is_new=contact in update.waiting)
    return update


async def _occasions(
    ctx: Call, who: Bearer, update: Update, metadata: Mapping[str, str] | None
) -> dict[Contact, Occasion]:
    """For every code that the update causes, as far as it can be foreseen outside of the write block."""
    return {
        contact: await _occasion(ctx, who, "UpdateUserAttribute", contact.attribute, metadata)
        for contact in update.code_to
    }


async def _occasion(
    ctx: Call, who: Bearer, source: Source, attribute: ContactAttribute, metadata: Mapping[str, str] | None
) -> Occasion:
    return await custom_messages.occasion_for(
        ctx.services,
        who.pool,
        source,
        contacts.MEDIUMS[attribute],
        who.user,
        client_id=who.client.id,
        metadata=metadata,
    )


def _is_changed(name: str, before: dict[str, str], after: dict[str, str]) -> bool:
    return name in after and after[name] != before.get(name)


async def _require_free(tx: Transaction, who: Bearer, user: User, contact: Contact, update: Update) -> None:
    """A contact that signs in belongs to one user, also while it waits for its code."""
    if contact not in update.waiting or contact.attribute not in who.pool.settings.UsernameAttributes:
        return
    owner = await users.find(tx, who.pool, contact.address)
    if owner is not None and owner.id != user.id:
        raise AliasExistsException(f"An account with the given {contact.attribute} already exists.")


async def _send(
    ctx: Call, tx: Transaction, who: Bearer, user: User, to: Contact, occasion: Occasion, *, is_new: bool
) -> None:
    await verification.send(
        ctx,
        tx,
        who.pool,
        user,
        code_for=verification.of_attribute(to.attribute),
        purpose="verify_attribute",
        to=to,
        occasion=occasion,
        is_new=is_new,
    )


def _codes_sent(user: User) -> str:
    return f"attribute_code:{user.id}"


async def _send_again(
    ctx: Call, tx: Transaction, who: Bearer, user: User, attribute: ContactAttribute, occasion: Occasion
) -> Contact | ServiceError:
    """Where it went. Refusals are returned, because raising one would take back the count."""
    refusal: LimitExceededException | None = await protection.limit(
        tx, _codes_sent(user), ctx.now, protection.CODES_SENT
    )
    if refusal is not None:
        return refusal
    waiting = await verification.pending(ctx, tx, user, attribute)
    contact = waiting or contacts.of(users.attributes_of(user), attribute)
    if contact is None:
        return InvalidParameterException(f"The user has no {attribute}.")
    await _send(ctx, tx, who, user, contact, occasion, is_new=waiting is not None)
    return contact


async def _verify(
    ctx: Call, tx: Transaction, who: Bearer, attribute: ContactAttribute, text: str
) -> ServiceError | None:
    user = await still(tx, who)
    refusal = await protection.limit(tx, f"verify_attribute:{user.id}", ctx.now, protection.CODE_TRIES)
    if refusal is not None:
        return refusal
    proved = await verification.check(ctx, tx, user, code_for=verification.of_attribute(attribute), text=text)
    if isinstance(proved, ServiceError):
        return proved
    known = users.attributes_of(user)
    if not proved.is_new and known.get(attribute) != proved.contact.address:
        return ExpiredCodeException()
    after = known | {attribute: proved.contact.address, VERIFIABLE[attribute]: "true"}
    await users.change(tx, who.pool, user, ctx.now, attributes=after)
    return None


def _verifiable(name: str) -> ContactAttribute:
    if name not in contacts.MEDIUMS:
        raise InvalidParameterException(f"{name} is not an attribute that can be verified.")
    return "email" if name == "email" else "phone_number"
