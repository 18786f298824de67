"""The way from a proven first factor to tokens: second factor, device, and nothing that could be left out.

Every step is decided anew from the database and from the sealed session that the last one gave; the client only says
which challenge it answers.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from poolhouse.crypto.codes import new_uuid
from poolhouse.errors import DeviceNotFound, InvalidSession, ServiceError, UserDisabled
from poolhouse.messages import contacts
from poolhouse.messages.contacts import Contact
from poolhouse.store import devices, factors, users
from poolhouse.store.database import Transaction
from poolhouse.store.devices import Device
from poolhouse.store.factors import EMAIL, SMS, TOTP, Kind
from poolhouse.store.pools import Pool
from poolhouse.store.settings import ContactAttribute
from poolhouse.store.users import User

from . import audit, challenges, custom_messages, device_keys, issuing, mfa, protection, sign_in_codes, triggers_release
from .challenges import Enrolment, SentCode, Session, Ticket
from .door import Door, device_key, username
from .gate import Answer
from .issuing import Grant
from .triggers_tokens import Source

SELECT_MFA_TYPE: Final = "SELECT_MFA_TYPE"
MFA_SETUP: Final = "MFA_SETUP"
DEVICE_SRP_AUTH: Final = "DEVICE_SRP_AUTH"
ATTRIBUTES: Final[Mapping[Kind, ContactAttribute]] = {EMAIL: "email", SMS: "phone_number"}
"""The contact that a code of this factor goes to."""
_BY_CODE: Final = {"email": EMAIL, "phone_number": SMS}


class Progress(NamedTuple):
    """What a sign-in has shown so far. `device_key` is "" when the client named none."""

    user: User
    typed: str
    device_key: str = ""
    second: bool = False
    device: bool = False


@dataclass(frozen=True, slots=True)
class Granted:
    """The end of the way. `new_device` is a key that the client may confirm."""

    grant: Grant
    typed: str
    new_device: str | None
    source: Source = "TokenGeneration_Authentication"


@dataclass(frozen=True, slots=True)
class Sending:
    """A code is to go out: after the write block, since a function of the pool may choose the words of the message.

    `is_new` says that the contact becomes the user's own with the code.
    """

    progress: Progress
    contact: Contact
    is_new: bool = False


Outcome = Granted | Sending | Answer | ServiceError


async def advance(door: Door, tx: Transaction, progress: Progress) -> Outcome:
    """The next challenge, or the tokens. Errors are returned, because raising one would undo the write block."""
    pool, device = door.pool, None
    if pool.settings.DeviceConfiguration is not None and progress.device_key:
        device = await devices.find(tx, progress.user.id, progress.device_key)
        if device is None:
            return DeviceNotFound()
    if not progress.second and not _stands_in(pool, device):
        due = await mfa.due(tx, pool, progress.user)
        if due is not None:
            return await challenge(door, tx, progress, due)
    if device is not None and not progress.device:
        await audit.challenged(tx, door.ctx, progress.user, door.client.id)
        return _reply(door, progress, DEVICE_SRP_AUTH, {})
    return await _granted(door, tx, progress, device)


async def answered(door: Door, outcome: Outcome, source: Source | None = None) -> Answer:
    """After the commit: raise, show the challenge, or run the triggers and sign the tokens.

    `source` is what the trigger before the tokens is told of the sign-in, where the outcome itself does not know it.
    """
    services = door.ctx.services
    if isinstance(outcome, Sending):
        outcome = await _sent(door, outcome)
    if isinstance(outcome, ServiceError):
        raise outcome
    if not isinstance(outcome, Granted):
        services.wake_delivery()
        return outcome
    granted = await triggers_release.released(
        door, outcome.grant, source or outcome.source, new_device=outcome.new_device is not None
    )
    result = await issuing.result(services, granted, door.ctx.now, typed=outcome.typed)
    if outcome.new_device is not None:
        group = device_keys.group_key(door.vault, outcome.new_device)
        result["NewDeviceMetadata"] = {"DeviceKey": outcome.new_device, "DeviceGroupKey": group}
    return {"AuthenticationResult": result, "ChallengeParameters": {}}


def _stands_in(pool: Pool, device: Device | None) -> bool:
    """Whether a proof of this device is asked for instead of a second factor; the proof itself never falls away."""
    configured = pool.settings.DeviceConfiguration
    return configured is not None and configured.ChallengeRequiredOnNewDevice and bool(device and device.remembered)


async def _granted(door: Door, tx: Transaction, progress: Progress, device: Device | None) -> Granted:
    user, now = progress.user, door.ctx.now
    tracked = door.pool.settings.DeviceConfiguration is not None
    new = f"{door.pool.region}_{new_uuid()}" if tracked and device is None else None
    key = device.device_key if device is not None else new
    family = await issuing.new_family(tx, door.client, user, now, device_key=key)
    await audit.signed(tx, door.ctx, user, door.client.id)
    grant = await issuing.grant(
        door.ctx.services, tx, pool=door.pool, client=door.client, user=user, family=family, now=now
    )
    source: Source = "TokenGeneration_AuthenticateDevice" if progress.device else "TokenGeneration_Authentication"
    return Granted(grant, progress.typed, new, source)


# --- challenges --------------------------------------------------------------------------------------------


async def challenge(door: Door, tx: Transaction, progress: Progress, due: tuple[Kind, ...]) -> Outcome:
    """For the second factors that are due: to prove the only one, choose among several, or set one up."""
    user = progress.user
    await audit.challenged(tx, door.ctx, user, door.client.id)
    if not due:
        return _reply(door, progress, MFA_SETUP, {"MFAS_CAN_SETUP": json.dumps(mfa.may_set_up(door.pool))})
    if len(due) > 1:
        return _reply(door, progress, SELECT_MFA_TYPE, {"MFAS_CAN_CHOOSE": json.dumps(due)})
    if due[0] in ATTRIBUTES:
        contact = contacts.of(users.attributes_of(user), ATTRIBUTES[due[0]])
        assert contact is not None, "a factor that is due can be asked for"
        return Sending(progress, contact)
    factor = await factors.find(tx, user.id, TOTP)
    name = factor.state.name if factor else None
    return _reply(door, progress, TOTP, {"FRIENDLY_DEVICE_NAME": name} if name else {})


async def _sent(door: Door, sending: Sending) -> Answer | ServiceError:
    """The challenge for a code that was just sent."""
    progress, contact = sending.progress, sending.contact
    occasion = await custom_messages.occasion_for(
        door.ctx.services,
        door.pool,
        "Authentication",
        contact.medium,
        progress.user,
        client_id=door.client.id,
        metadata=door.metadata,
    )
    ticket = _ticket(door, progress)
    async with door.ctx.services.database.write() as tx:
        sent = await sign_in_codes.send(
            door, tx, progress.user, ticket, contact, is_new=sending.is_new, occasion=occasion
        )
    if isinstance(sent, ServiceError):
        return sent
    where = {"CODE_DELIVERY_DELIVERY_MEDIUM": contact.medium, "CODE_DELIVERY_DESTINATION": contact.masked}
    return _reply(door, progress, _BY_CODE[contact.attribute], where, ticket=ticket, held=sent)


def session(
    door: Door,
    progress: Progress,
    name: str,
    *,
    ticket: Ticket | None = None,
    held: SentCode | Enrolment | None = None,
) -> str:
    """A fresh session, sealed, for the challenge `name`."""
    opened = Session(
        ticket or _ticket(door, progress),
        name,
        challenges.fingerprint(progress.user.credential),
        progress.device_key,
        progress.second,
        held,
        door.ctx.sign_in,
    )
    return challenges.seal_session(door.vault, opened)


def _reply(door: Door, progress: Progress, name: str, parameters: Mapping[str, str], **sealed: Any) -> Answer:
    shown = {} if name == DEVICE_SRP_AUTH else {"USER_ID_FOR_SRP": progress.user.username}
    return {
        "ChallengeName": name,
        "Session": session(door, progress, name, **sealed),
        "ChallengeParameters": {**parameters, **shown},
    }


def _ticket(door: Door, progress: Progress) -> Ticket:
    user = progress.user
    return challenges.ticket(door.client, user.id, user.username, progress.typed, door.ctx.now)


# --- answers -----------------------------------------------------------------------------------------------


def opened(door: Door, text: str | None, responses: Mapping[str, str], name: str) -> Session:
    """The session that an answer to the challenge `name` came with. Raises InvalidSession, SessionExpired."""
    found = challenges.open_session(door.vault, text, door.client, name, door.ctx.now)
    require_named(door, found.ticket, responses)
    return going_on(door, found)


def going_on(door: Door, found: Session) -> Session:
    """Note which sign-in a session belongs to."""
    door.ctx.sign_in = found.sign_in
    return found


def require_named(door: Door, ticket: Ticket, responses: Mapping[str, str]) -> None:
    """The answer names the user of the ticket, and its client is the one that it says it is."""
    name = username(responses)
    names = (name, ticket.username, ticket.typed)
    protection.check_secret_hash(door.vault, door.client, responses.get("SECRET_HASH"), names)
    if not ticket.is_for(name):
        raise InvalidSession


async def claimed(tx: Transaction, found: Session) -> User:
    """The user of an unused session, locked, as long as nothing has ended the sign-in meanwhile.

    Raises InvalidSession, UserDisabled.
    """
    user = await users.by_id(tx, found.ticket.user_id, lock=True)
    if user is None or await challenges.is_spent(tx, found.ticket):
        raise InvalidSession
    if not user.enabled:
        raise UserDisabled
    same = challenges.fingerprint(user.credential) == found.credential
    if user.status != "CONFIRMED" or not same or user.tokens_not_before > found.ticket.issued:
        raise InvalidSession
    return user


async def spend(tx: Transaction, found: Session) -> None:
    """Raises InvalidSession for all callers but one."""
    if not await challenges.spend(tx, found.ticket):
        raise InvalidSession


def progress(found: Session, user: User, responses: Mapping[str, str]) -> Progress:
    """Where the sign-in of a session stands; an answer may still name the device that it comes from."""
    return Progress(user, found.ticket.typed, found.device_key or device_key(responses), found.second)
