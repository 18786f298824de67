"""What administrators do to users.

AdminCreateUser, AdminGetUser, AdminDeleteUser, AdminSetUserPassword, AdminConfirmSignUp, AdminEnableUser,
AdminDisableUser, AdminUpdateUserAttributes, AdminDeleteUserAttributes, AdminUserGlobalSignOut.
"""

from poolhouse.errors import NotAuthorizedException, UserNotFoundException
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
from poolhouse.store.pools import Pool
from poolhouse.store.users import User

from . import _invitations, attributes, credentials, mfa, verification
from ._described import listed
from .context import Call
from .gate import Answer, operation


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
    pool = await pools.get(ctx.tx, req.UserPoolId)
    user = await users.get(ctx.tx, pool, req.Username)
    answer = listed(user)
    answer["UserAttributes"] = answer.pop("Attributes")
    return answer | await mfa.shown(ctx.tx, pool, user)


@operation("AdminDeleteUser", "write")
async def admin_delete_user(ctx: Call, req: AdminDeleteUserRequest) -> None:
    """Memberships, codes and sign-ins go with the user, so every token is dead."""
    _, user = await _locked(ctx.tx, req.UserPoolId, req.Username)
    await users.remove(ctx.tx, user)


@operation("AdminSetUserPassword")
async def admin_set_user_password(ctx: Call, req: AdminSetUserPasswordRequest) -> None:
    """Any status becomes CONFIRMED, or FORCE_CHANGE_PASSWORD when the password is not permanent."""
    database = ctx.services.database
    async with database.read() as tx:
        pool = await pools.get(tx, req.UserPoolId)
        user = await users.get(tx, pool, req.Username)
    credentials.check_policy(pool.settings, req.Password)
    credential = await credentials.make(ctx.services, pool.id, user.username, user.sub, req.Password)
    async with database.write() as tx:
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


@operation("AdminConfirmSignUp", "write")
async def admin_confirm_sign_up(ctx: Call, req: AdminConfirmSignUpRequest) -> None:
    """Verifies no contact: nobody has proved one."""
    pool, user = await _locked(ctx.tx, req.UserPoolId, req.Username)
    if user.status != "UNCONFIRMED":
        raise NotAuthorizedException(f"User cannot be confirmed. Current status is {user.status}")
    await users.change(ctx.tx, pool, user, ctx.now, status="CONFIRMED")


@operation("AdminEnableUser", "write")
async def admin_enable_user(ctx: Call, req: AdminEnableUserRequest) -> None:
    """Tokens that disabling killed stay dead."""
    pool, user = await _locked(ctx.tx, req.UserPoolId, req.Username)
    if not user.enabled:
        await users.change(ctx.tx, pool, user, ctx.now, enabled=True)


@operation("AdminDisableUser", "write")
async def admin_disable_user(ctx: Call, req: AdminDisableUserRequest) -> None:
    pool, user = await _locked(ctx.tx, req.UserPoolId, req.Username)
    await users.change(ctx.tx, pool, user, ctx.now, enabled=False, tokens_not_before=ctx.now)
    await families.revoke_all(ctx.tx, user.id, ctx.now)


@operation("AdminUserGlobalSignOut", "write")
async def admin_user_global_sign_out(ctx: Call, req: AdminUserGlobalSignOutRequest) -> None:
    pool, user = await _locked(ctx.tx, req.UserPoolId, req.Username)
    await users.change(ctx.tx, pool, user, ctx.now, tokens_not_before=ctx.now)
    await families.revoke_all(ctx.tx, user.id, ctx.now)


@operation("AdminUpdateUserAttributes")
async def admin_update_user_attributes(ctx: Call, req: AdminUpdateUserAttributesRequest) -> None:
    """A new e-mail address that the request does not call verified gets a code where the pool verifies by itself."""
    changes = attributes.given(req.UserAttributes)
    async with ctx.services.database.write() as tx:
        pool, user = await _locked(tx, req.UserPoolId, req.Username)
        before = users.attributes_of(user)
        after = attributes.updated(pool.settings, before, changes)
        changed = await users.change(tx, pool, user, ctx.now, attributes=after)
        unproved = after.get("email") != before.get("email") and after.get("email_verified") == "false"
        asks = unproved and "email_verified" not in changes and "email" in pool.settings.AutoVerifiedAttributes
        if asks and ctx.services.delivers:
            to = after["email"]
            await verification.send(
                ctx, tx, pool, changed, code_for=verification.EMAIL, purpose="verify_attribute", to=to
            )
    ctx.services.wake_delivery()


@operation("AdminDeleteUserAttributes", "write")
async def admin_delete_user_attributes(ctx: Call, req: AdminDeleteUserAttributesRequest) -> None:
    pool, user = await _locked(ctx.tx, req.UserPoolId, req.Username)
    after = attributes.removed(pool.settings, users.attributes_of(user), req.UserAttributeNames)
    await users.change(ctx.tx, pool, user, ctx.now, attributes=after)


async def _locked(tx: Transaction, pool_id: str, name: str) -> tuple[Pool, User]:
    pool = await pools.get(tx, pool_id)
    return pool, await users.get(tx, pool, name, lock=True)
