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
from poolhouse.messages import compose, contacts, outbox
from poolhouse.messages.compose import Occasion
from poolhouse.messages.contacts import Contact
from poolhouse.service_model.structs.cognito_idp import AdminCreateUserRequest
from poolhouse.store import users
from poolhouse.store.database import Transaction
from poolhouse.store.pools import Pool
from poolhouse.store.users import User

from . import attributes, credentials, custom_messages, first_factor, triggers, triggers_accounts
from .context import Call
from .usernames import contact_kind, new_name

_EXISTS = "User account already exists"


class _Invitation(NamedTuple):
    """The password, what is kept of it, and where the message goes, with its words."""

    password: str
    credential: bytes
    contacts: tuple[tuple[Contact, Occasion], ...]


async def create(ctx: Call, req: AdminCreateUserRequest, pool: Pool, known: User | None) -> User:
    if pool.settings.UsernameAttributes:
        contact_kind(pool.settings, req.Username)
    if known is not None:
        raise UsernameExistsException(_EXISTS)
    name = new_name(pool.settings, req.Username, attributes.given(req.UserAttributes))
    checked = attributes.created(pool.settings, name.attributes, complete=False)
    await triggers_accounts.pre_sign_up(
        ctx.services,
        pool,
        name._replace(attributes=checked),
        client_id=None,
        validation=attributes.given(req.ValidationData),
        metadata=req.ClientMetadata,
    )
    event = {"sub": name.sub, **triggers.aliased(pool, checked), "cognito:user_status": "FORCE_CHANGE_PASSWORD"}
    is_invited = not _does_without_password(req, pool, checked)
    names = (name.username, name.sub)
    invitation = await _invitation(ctx, req, pool, names, checked, event) if is_invited else None
    try:
        async with ctx.write() as tx:
            user = await users.add(
                tx,
                pool,
                username=name.username,
                sub=name.sub,
                status="FORCE_CHANGE_PASSWORD" if invitation else "CONFIRMED",
                attributes=checked,
                credential=invitation.credential if invitation else None,
                temporary_until=credentials.temporary_until(pool.settings, ctx.now) if invitation else None,
                now=ctx.now,
                force_alias=bool(req.ForceAliasCreation),
            )
            ctx.about(user)
            if invitation is not None:
                await _post(ctx, tx, pool, user, invitation)
    except UsernameExistsException:
        raise UsernameExistsException(_EXISTS) from None
    except AliasExistsException as error:
        raise UsernameExistsException(error.message) from None
    return user


def _does_without_password(req: AdminCreateUserRequest, pool: Pool, held: dict[str, str]) -> bool:
    """A user who can sign in with a code gets no password, unless the request names one or a way to send one."""
    if req.TemporaryPassword is not None or req.DesiredDeliveryMediums:
        return False
    return pool.settings.is_passwordless and first_factor.can_receive(pool.settings, held)


async def remind(ctx: Call, req: AdminCreateUserRequest, pool: Pool, known: User | None) -> User:
    """A new temporary password with a new expiry; everything else of the user stays."""
    if known is None:
        raise UserNotFoundException
    _check_waiting(known)
    held = users.attributes_of(known)
    event = triggers.attributes(pool, known)
    invitation = await _invitation(ctx, req, pool, (known.username, known.sub), held, event)
    async with ctx.write() as tx:
        current = await users.by_id(tx, known.id, lock=True)
        if current is None:
            raise UserNotFoundException
        _check_waiting(ctx.about(current))
        until = credentials.temporary_until(pool.settings, ctx.now)
        user = await users.change(tx, pool, current, ctx.now, credential=invitation.credential, temporary_until=until)
        await _post(ctx, tx, pool, user, invitation)
    return user


def _check_waiting(user: User) -> None:
    if user.status != "FORCE_CHANGE_PASSWORD":
        raise UnsupportedUserStateException(f"Resend not possible. {user.username} status is not FORCE_CHANGE_PASSWORD")


async def _invitation(
    ctx: Call,
    req: AdminCreateUserRequest,
    pool: Pool,
    names: tuple[str, str],
    held: dict[str, str],
    event: dict[str, str],
) -> _Invitation:
    """`names` are the username and the sub, `event` the user as a function sees him.

    Hashes and asks a function, so it runs outside of every block.
    """
    destinations = _destinations(ctx, req, pool, held)
    password = req.TemporaryPassword
    if password is None:
        password = codes.temporary_password(credentials.policy(pool.settings))
    else:
        credentials.check_policy(pool.settings, password, "password policy")
    credential = await credentials.make(ctx.services, pool, *names, password)
    occasions = [
        await custom_messages.occasion(
            ctx.services,
            pool,
            "AdminCreateUser",
            contact.medium,
            event,
            username=names[0],
            metadata=req.ClientMetadata,
        )
        for contact in destinations
    ]
    return _Invitation(password, credential, tuple(zip(destinations, occasions, strict=True)))


def _destinations(ctx: Call, req: AdminCreateUserRequest, pool: Pool, held: dict[str, str]) -> list[Contact]:
    """Where the invitation goes: to every medium that is asked for and that the user has a contact for.

    Without a medium it goes to the user's phone, as on AWS, and to his e-mail address where that is all he has.
    """
    if req.MessageAction == "SUPPRESS":
        return []
    asked = req.DesiredDeliveryMediums
    wanted = [contacts.of(held, contacts.ATTRIBUTES[medium]) for medium in dict.fromkeys(asked or ("SMS", "EMAIL"))]
    found = [contact for contact in wanted if contact is not None][: None if asked else 1]
    if asked and not found:
        lacking = " and no ".join(contacts.ATTRIBUTES[medium] for medium in dict.fromkeys(asked))
        raise InvalidParameterException(f"DesiredDeliveryMediums: the user has no {lacking} to send the invitation to.")
    for contact in found:
        if not custom_messages.is_deliverable(ctx.services, pool, contact.medium):
            raise CodeDeliveryFailureException(
                f"The invitation cannot be sent: this server delivers no {contact.medium} messages."
            )
    return found


async def _post(ctx: Call, tx: Transaction, pool: Pool, user: User, invitation: _Invitation) -> None:
    until = credentials.temporary_until(pool.settings, ctx.now)
    for contact, occasion in invitation.contacts:
        message = compose.invitation(pool, _typed_name(pool, user), invitation.password, contact, occasion)
        await outbox.put(tx, ctx.services.vault, pool.id, user.username, message, ctx.now, until)


def _typed_name(pool: Pool, user: User) -> str:
    """What the person types to sign in: nobody knows the sub that is the username."""
    held = users.attributes_of(user)
    return next((held[name] for name in pool.settings.UsernameAttributes if name in held), user.username)
