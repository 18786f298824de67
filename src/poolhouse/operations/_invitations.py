"""How AdminCreateUser makes a user, or reminds one, with a temporary password and an invitation."""

from typing import NamedTuple

from poolhouse.crypto import codes
from poolhouse.errors import (
    AliasExistsException,
    CodeDeliveryFailureException,
    InvalidParameterException,
    UnsupportedUserStateException,
    UsernameExistsException,
    UserNotFoundException,
)
from poolhouse.messages import compose, outbox
from poolhouse.service_model.structs.cognito_idp import AdminCreateUserRequest
from poolhouse.store import users
from poolhouse.store.database import Transaction
from poolhouse.store.pools import Pool
from poolhouse.store.users import User

from . import attributes, credentials
from .context import Call
from .usernames import contact_kind, new_name

_EXISTS = "User account already exists"


class _Invitation(NamedTuple):
    """The password, its sealed verifier, and where the message goes; None when there is none."""

    password: str
    credential: bytes
    destination: str | None


async def create(ctx: Call, req: AdminCreateUserRequest, pool: Pool, known: User | None) -> User:
    if pool.settings.UsernameAttributes:
        contact_kind(pool.settings, req.Username)
    if known is not None:
        raise UsernameExistsException(_EXISTS)
    name = new_name(pool.settings, req.Username, attributes.given(req.UserAttributes))
    checked = attributes.created(pool.settings, name.attributes, complete=False)
    invitation = await _invitation(ctx, req, pool, (name.username, name.sub), checked)
    try:
        async with ctx.services.database.write() as tx:
            user = await users.add(
                tx,
                pool,
                username=name.username,
                sub=name.sub,
                status="FORCE_CHANGE_PASSWORD",
                attributes=checked,
                credential=invitation.credential,
                temporary_until=credentials.temporary_until(pool.settings, ctx.now),
                now=ctx.now,
                force_alias=bool(req.ForceAliasCreation),
            )
            await _post(ctx, tx, pool, user, invitation)
    except UsernameExistsException:
        raise UsernameExistsException(_EXISTS) from None
    except AliasExistsException as error:
        raise UsernameExistsException(error.message) from None
    return user


async def remind(ctx: Call, req: AdminCreateUserRequest, pool: Pool, known: User | None) -> User:
    """A new temporary password with a new expiry; everything else of the user stays."""
    if known is None:
        raise UserNotFoundException
    _check_waiting(known)
    held = users.attributes_of(known)
    invitation = await _invitation(ctx, req, pool, (known.username, known.sub), held)
    async with ctx.services.database.write() as tx:
        current = await users.by_id(tx, known.id, lock=True)
        if current is None:
            raise UserNotFoundException
        _check_waiting(current)
        until = credentials.temporary_until(pool.settings, ctx.now)
        user = await users.change(tx, pool, current, ctx.now, credential=invitation.credential, temporary_until=until)
        await _post(ctx, tx, pool, user, invitation)
    return user


def _check_waiting(user: User) -> None:
    if user.status != "FORCE_CHANGE_PASSWORD":
        raise UnsupportedUserStateException(f"Resend not possible. {user.username} status is not FORCE_CHANGE_PASSWORD")


async def _invitation(
    ctx: Call, req: AdminCreateUserRequest, pool: Pool, names: tuple[str, str], held: dict[str, str]
) -> _Invitation:
    """`names` are the username and the sub. Hashes, so it runs outside of every block."""
    destination = _destination(ctx, req, held)
    password = req.TemporaryPassword
    if password is None:
        password = codes.temporary_password(credentials.policy(pool.settings))
    else:
        credentials.check_policy(pool.settings, password, "password policy")
    credential = await credentials.make(ctx.services, pool.id, *names, password)
    return _Invitation(password, credential, destination)


def _destination(ctx: Call, req: AdminCreateUserRequest, held: dict[str, str]) -> str | None:
    """The address that the invitation goes to. Only e-mail is served, and asking for SMS alone is refused.

    Without a medium the message goes to the user's e-mail address, if there is one.
    """
    mediums = req.DesiredDeliveryMediums
    if req.MessageAction == "SUPPRESS":
        return None
    if mediums and "EMAIL" not in mediums:
        raise InvalidParameterException("DesiredDeliveryMediums: this version of Poolhouse serves EMAIL and no SMS.")
    if mediums and "email" not in held:
        raise InvalidParameterException("DesiredDeliveryMediums: the user has no email to send the invitation to.")
    if "email" in held and not ctx.services.delivers:
        raise CodeDeliveryFailureException("The invitation cannot be sent: this server delivers no messages.")
    return held.get("email")


async def _post(ctx: Call, tx: Transaction, pool: Pool, user: User, invitation: _Invitation) -> None:
    if invitation.destination is None:
        return
    message = compose.invitation(pool, _typed_name(pool, user), invitation.password, invitation.destination)
    await outbox.put(tx, ctx.services.vault, pool.id, user.username, message, ctx.now)


def _typed_name(pool: Pool, user: User) -> str:
    """What the person types to sign in: nobody knows the sub that is the username."""
    held = users.attributes_of(user)
    return next((held[name] for name in pool.settings.UsernameAttributes if name in held), user.username)
