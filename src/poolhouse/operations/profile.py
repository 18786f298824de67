"""What signed-in users do with their own account: read it, change it, prove a new address, delete it."""

from typing import Final, NamedTuple

from poolhouse.crypto import srp
from poolhouse.crypto.vault import Vault
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
from poolhouse.store.users import User

from . import attributes, credentials, mfa, protection, verification
from .bearer import SELF_SERVICE, Bearer, bearer, still
from .context import Call
from .gate import Answer, operation

_EMAIL: Final = "email"
_PHONE: Final = "phone_number"


class Update(NamedTuple):
    """An update of attributes: what is stored now, and the address that gets a code, now stored or only later."""

    attributes: dict[str, str]
    code_to: str | None
    is_new: bool


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
    if not await ctx.services.compute(_is_password, ctx.services.vault, who.user, req.PreviousPassword):
        raise IncorrectUsernameOrPassword
    user = who.user
    credential = await credentials.make(ctx.services, who.pool.id, user.username, user.sub, req.ProposedPassword)
    async with ctx.services.database.write() as tx:
        current = await still(tx, who)
        if current.credential != user.credential:
            raise IncorrectUsernameOrPassword
        await users.change(tx, who.pool, current, ctx.now, credential=credential, temporary_until=None)
    return {}


def _is_password(vault: Vault, user: User, given: str | None) -> bool:
    """A user without a password has none to name."""
    verifier = credentials.unseal(vault, user)
    if verifier is None or given is None:
        return verifier is None and given is None
    return srp.matches(verifier, srp.pool_name(user.pool_id), user.username, given)


# --- attributes --------------------------------------------------------------------------------------------


@operation("UpdateUserAttributes")
async def update_user_attributes(ctx: Call, req: UpdateUserAttributesRequest) -> Answer:
    """A new address is stored at once and unverified, or after its code where the pool keeps the original.

    Its code counts against the five an hour that can be sent; the model declares no LimitExceededException here.
    """
    who = await _who(ctx, req.AccessToken)
    changes = attributes.given(req.UserAttributes)
    attributes.check_client_may_write(who.client.settings, who.pool.settings, changes)
    async with ctx.services.database.write() as tx:
        user = await still(tx, who)
        update = _update(who, user, changes)
        if update.code_to is None:
            await users.change(tx, who.pool, user, ctx.now, attributes=update.attributes)
            return {"CodeDeliveryDetailsList": []}
        verification.require_delivery(ctx)
        await _require_free(tx, who, user, update)
        if await protection.limit(tx, _codes_sent(user), ctx.now, protection.CODES_SENT) is not None:
            raise TooManyRequestsException
        user = await users.change(tx, who.pool, user, ctx.now, attributes=update.attributes)
        await _send(ctx, tx, who, user, update.code_to, is_new=update.is_new)
    ctx.services.wake_delivery()
    return {"CodeDeliveryDetailsList": [verification.delivery(update.code_to)]}


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
    """To the address that waits to become the user's, if there is one, else to the present one."""
    who = await _who(ctx, req.AccessToken)
    _require_email(req.AttributeName)
    verification.require_delivery(ctx)
    async with ctx.services.database.write() as tx:
        user = await still(tx, who)
        sent = await _send_again(ctx, tx, who, user)
    if isinstance(sent, ServiceError):
        raise sent
    ctx.services.wake_delivery()
    return {"CodeDeliveryDetails": verification.delivery(sent)}


@operation("VerifyUserAttribute")
async def verify_user_attribute(ctx: Call, req: VerifyUserAttributeRequest) -> Answer:
    who = await _who(ctx, req.AccessToken)
    _require_email(req.AttributeName)
    async with ctx.services.database.write() as tx:
        refusal = await _verify(ctx, tx, who, req.Code)
    if refusal is not None:
        raise refusal
    return {}


def _update(who: Bearer, user: User, changes: dict[str, str]) -> Update:
    """Only a new value of a contact that the pool verifies gets a code. Raises what the schema says."""
    settings, before = who.pool.settings, users.attributes_of(user)
    after = attributes.updated(settings, before, changes)
    kept = settings.UserAttributeUpdateSettings.AttributesRequireVerificationBeforeUpdate
    watched = {*settings.AutoVerifiedAttributes, *kept}
    if _PHONE in watched and _is_changed(_PHONE, before, after):
        raise verification.no_sms()
    if _EMAIL not in watched or not _is_changed(_EMAIL, before, after):
        return Update(after, None, is_new=False)
    address = after[_EMAIL]
    if _EMAIL not in kept:
        return Update(after, address, is_new=False)
    original = {name: before[name] for name in (_EMAIL, VERIFIABLE[_EMAIL]) if name in before}
    stored = {name: value for name, value in after.items() if name not in (_EMAIL, VERIFIABLE[_EMAIL])}
    return Update(stored | original, address, is_new=True)


def _is_changed(name: str, before: dict[str, str], after: dict[str, str]) -> bool:
    return name in after and after[name] != before.get(name)


async def _require_free(tx: Transaction, who: Bearer, user: User, update: Update) -> None:
    """An address that signs in belongs to one user, also while it waits for its code."""
    if not update.is_new or update.code_to is None or _EMAIL not in who.pool.settings.UsernameAttributes:
        return
    owner = await users.find(tx, who.pool, update.code_to)
    if owner is not None and owner.id != user.id:
        raise AliasExistsException("An account with the given email already exists.")


async def _send(ctx: Call, tx: Transaction, who: Bearer, user: User, to: str, *, is_new: bool) -> None:
    await verification.send(
        ctx,
        tx,
        who.pool,
        user,
        code_for=verification.EMAIL,
        purpose="verify_attribute",
        to=to,
        is_new=is_new,
    )


def _codes_sent(user: User) -> str:
    return f"attribute_code:{user.id}"


async def _send_again(ctx: Call, tx: Transaction, who: Bearer, user: User) -> str | ServiceError:
    """The address. Refusals are returned, because raising one would take back the count."""
    refusal: LimitExceededException | None = await protection.limit(
        tx, _codes_sent(user), ctx.now, protection.CODES_SENT
    )
    if refusal is not None:
        return refusal
    waiting = await verification.pending(ctx, tx, user)
    address = waiting or users.attributes_of(user).get(_EMAIL)
    if address is None:
        return InvalidParameterException("The user has no email.")
    await _send(ctx, tx, who, user, address, is_new=waiting is not None)
    return address


async def _verify(ctx: Call, tx: Transaction, who: Bearer, text: str) -> ServiceError | None:
    user = await still(tx, who)
    refusal = await protection.limit(tx, f"verify_attribute:{user.id}", ctx.now, protection.CODE_TRIES)
    if refusal is not None:
        return refusal
    proved = await verification.check(ctx, tx, user, code_for=verification.EMAIL, text=text)
    if isinstance(proved, ServiceError):
        return proved
    known = users.attributes_of(user)
    if not proved.is_new and known.get(_EMAIL) != proved.destination:
        return ExpiredCodeException()
    after = known | {_EMAIL: proved.destination, VERIFIABLE[_EMAIL]: "true"}
    await users.change(tx, who.pool, user, ctx.now, attributes=after)
    return None


def _require_email(name: str) -> None:
    if name == _PHONE:
        raise verification.no_sms()
    if name != _EMAIL:
        raise InvalidParameterException(f"{name} is not an attribute that can be verified.")
