"""What administrators do to users.

AdminCreateUser, AdminGetUser, AdminDeleteUser, AdminSetUserPassword, AdminConfirmSignUp, AdminEnableUser,
AdminDisableUser, AdminUpdateUserAttributes, AdminDeleteUserAttributes, AdminUserGlobalSignOut.
"""

from poolhouse.errors import NotAuthorizedException, UserNotFoundException
from poolhouse.messages.compose import Occasion
from poolhouse.messages.contacts import Contact
from poolhouse.service_model.structs.cognito_idp import (
    AdminConfirmSignUpRequest,
    AdminCreateUserRequest,
    AdminDeleteUserAttributesRequest,
    AdminDeleteUserRequest,
    AdminDisableUserRequest,
    AdminEnableUserRequest,
    AdminGetUserRequest,
    AdminSetUserPasswordRequest,
    AdminUpdateUserAttributesRequest,
    AdminUserGlobalSignOutRequest,
)
from poolhouse.store import families, pools, users
from poolhouse.store.database import Transaction
from poolhouse.store.names import VERIFIABLE
from poolhouse.store.pools import Pool
from poolhouse.store.users import User

from . import _invitations, attributes, credentials, custom_messages, mfa, triggers_accounts, verification
from ._described import listed
from .context import Call
from .gate import Answer, operation
from .triggers_accounts import Confirmation


@operation("AdminCreateUser")
async def admin_create_user(ctx: Call, req: AdminCreateUserRequest) -> Answer:
    """Differs from AWS: an alias that is taken is UsernameExistsException, as AWS declares no other error for it."""
    async with ctx.services.database.read() as tx:
        pool = await pools.get(tx, req.UserPoolId)
        known = await users.find(tx, pool, req.Username)
    make = _invitations.remind if req.MessageAction == "RESEND" else _invitations.create
    user = await make(ctx, req, pool, known)
    ctx.services.wake_delivery()
    return {"User": listed(user)}


@operation("AdminGetUser", "read")
async def admin_get_user(ctx: Call, req: AdminGetUserRequest) -> Answer:
    pool, user = await users.get_with_pool(ctx.tx, req.UserPoolId, req.Username)
    ctx.about(user)
    answer = listed(user)
    answer["UserAttributes"] = answer.pop("Attributes")
    return answer | await mfa.shown(ctx.tx, pool, user)


@operation("AdminDeleteUser", "write")
async def admin_delete_user(ctx: Call, req: AdminDeleteUserRequest) -> None:
    """Memberships, codes and sign-ins go with the user, so every token is dead."""
    _, user = await _locked(ctx, ctx.tx, req.UserPoolId, req.Username)
    await users.remove(ctx.tx, user)


@operation("AdminSetUserPassword")
async def admin_set_user_password(ctx: Call, req: AdminSetUserPasswordRequest) -> None:
    """Any status becomes CONFIRMED, or FORCE_CHANGE_PASSWORD when the password is not permanent."""
    async with ctx.services.database.read() as tx:
        pool = await pools.get(tx, req.UserPoolId)
        user = ctx.about(await users.get(tx, pool, req.Username))
    credentials.check_policy(pool.settings, req.Password)
    credential = await credentials.make(ctx.services, pool, user.username, user.sub, req.Password)
    async with ctx.write() as tx:
        current = await users.by_id(tx, user.id, lock=True)
        if current is None:
            raise UserNotFoundException
        await users.change(
            tx,
            pool,
            current,
            ctx.now,
            status="CONFIRMED" if req.Permanent else "FORCE_CHANGE_PASSWORD",
            credential=credential,
            temporary_until=None if req.Permanent else credentials.temporary_until(pool.settings, ctx.now),
        )


@operation("AdminConfirmSignUp")
async def admin_confirm_sign_up(ctx: Call, req: AdminConfirmSignUpRequest) -> None:
    """Verifies no contact: nobody has proved one."""
    async with ctx.write() as tx:
        pool, user = await _locked(ctx, tx, req.UserPoolId, req.Username)
        if user.status != "UNCONFIRMED":
            raise NotAuthorizedException(f"User cannot be confirmed. Current status is {user.status}")
        user = await users.change(tx, pool, user, ctx.now, status="CONFIRMED")
    source: Confirmation = "PostConfirmation_ConfirmSignUp"
    await triggers_accounts.post_confirmation(
        ctx.services, pool, user, source, client_id=None, metadata=req.ClientMetadata
    )


@operation("AdminEnableUser", "write")
async def admin_enable_user(ctx: Call, req: AdminEnableUserRequest) -> None:
    """Tokens that disabling killed stay dead."""
    pool, user = await _locked(ctx, ctx.tx, req.UserPoolId, req.Username)
    if not user.enabled:
        await users.change(ctx.tx, pool, user, ctx.now, enabled=True)


@operation("AdminDisableUser", "write")
async def admin_disable_user(ctx: Call, req: AdminDisableUserRequest) -> None:
    pool, user = await _locked(ctx, ctx.tx, req.UserPoolId, req.Username)
    await users.change(ctx.tx, pool, user, ctx.now, enabled=False, tokens_not_before=ctx.now)
    await families.revoke_all(ctx.tx, user.id, ctx.now)


@operation("AdminUserGlobalSignOut", "write")
async def admin_user_global_sign_out(ctx: Call, req: AdminUserGlobalSignOutRequest) -> None:
    pool, user = await _locked(ctx, ctx.tx, req.UserPoolId, req.Username)
    await users.change(ctx.tx, pool, user, ctx.now, tokens_not_before=ctx.now)
    await families.revoke_all(ctx.tx, user.id, ctx.now)


@operation("AdminUpdateUserAttributes")
async def admin_update_user_attributes(ctx: Call, req: AdminUpdateUserAttributesRequest) -> None:
    """A new contact that the request does not call verified gets a code where the pool verifies by itself."""
    changes = attributes.given(req.UserAttributes)
    async with ctx.services.database.read() as tx:
        pool = await pools.get(tx, req.UserPoolId)
        user = ctx.about(await users.get(tx, pool, req.Username))
    after = attributes.updated(pool.settings, users.attributes_of(user), changes)
    occasions = {
        contact: await custom_messages.occasion_for(
            ctx.services, pool, "UpdateUserAttribute", contact.medium, user, metadata=req.ClientMetadata
        )
        for contact in _unproved(ctx, pool, user, changes, after)
    }
    async with ctx.write() as tx:
        pool, user = await _locked(ctx, tx, req.UserPoolId, req.Username)
        after = attributes.updated(pool.settings, users.attributes_of(user), changes)
        unproved = _unproved(ctx, pool, user, changes, after)
        user = await users.change(tx, pool, user, ctx.now, attributes=after)
        for contact in unproved:
            occasion = occasions.get(contact, Occasion("UpdateUserAttribute"))
            code_for = verification.of_attribute(contact.attribute)
            await verification.send(
                ctx, tx, pool, user, code_for=code_for, purpose="verify_attribute", to=contact, occasion=occasion
            )
    ctx.services.wake_delivery()


def _unproved(ctx: Call, pool: Pool, user: User, changes: dict[str, str], after: dict[str, str]) -> list[Contact]:
    """The contacts that get a code, as far as somebody delivers it."""
    before = users.attributes_of(user)
    found = [
        Contact(name, after[name])
        for name in pool.settings.AutoVerifiedAttributes
        if name in after
        and after[name] != before.get(name)
        and after.get(VERIFIABLE[name]) == "false"
        and VERIFIABLE[name] not in changes
    ]
    return [each for each in found if custom_messages.is_deliverable(ctx.services, pool, each.medium)]


@operation("AdminDeleteUserAttributes", "write")
async def admin_delete_user_attributes(ctx: Call, req: AdminDeleteUserAttributesRequest) -> None:
    pool, user = await _locked(ctx, ctx.tx, req.UserPoolId, req.Username)
    after = attributes.removed(pool.settings, users.attributes_of(user), req.UserAttributeNames)
    await users.change(ctx.tx, pool, user, ctx.now, attributes=after)


async def _locked(ctx: Call, tx: Transaction, pool_id: str, name: str) -> tuple[Pool, User]:
    pool = await pools.get(tx, pool_id)
    return pool, ctx.about(await users.get(tx, pool, name, lock=True))
