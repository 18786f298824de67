"""Codes by e-mail or SMS as a first factor: EMAIL_OTP and SMS_OTP of USER_AUTH.

Whoever knows a name can ask for a code, so both the codes that are sent and the guesses are counted, for names that
nobody has as for all others.
"""

import base64
from collections.abc import Mapping
from typing import Final

import msgspec

from poolhouse.crypto.codes import one_time_code
from poolhouse.errors import (
    CodeAttemptsExceeded,
    CodeMismatchException,
    ExpiredCodeException,
    InvalidSession,
    InvalidUserPoolConfigurationException,
    ServiceError,
    TooManyRequestsException,
)
from poolhouse.messages import contacts
from poolhouse.messages.compose import Occasion
from poolhouse.messages.contacts import Contact
from poolhouse.store import attempts, users
from poolhouse.store.database import Transaction
from poolhouse.store.settings import ContactAttribute
from poolhouse.store.users import User

from . import challenges, custom_messages, first_factor, protection, sign_in_codes, steps, verification
from .challenges import SentCode, Ticket
from .door import Door, required
from .first_factor import CONTACTS, Candidate, Factor, Opening
from .gate import Answer
from .steps import Outcome

SENT: Final = 10
"""Codes an hour for one name."""
_WRONG: Final = "Invalid code or auth state for the user."


async def challenge(door: Door, who: Candidate, factor: Factor, device: str) -> Answer:
    """Raises TooManyRequestsException, InvalidUserPoolConfigurationException, and the errors of triggers."""
    services, attribute = door.ctx.services, CONTACTS[factor]
    medium = contacts.MEDIUMS[attribute]
    if not custom_messages.is_deliverable(services, door.pool, medium):
        raise InvalidUserPoolConfigurationException(f"No delivery of {medium} is configured for this server.")
    known = None if who.user is None else first_factor.reachable(who.user, attribute)
    occasion: Occasion | None = None
    if who.user is not None and known is not None:
        occasion = await custom_messages.occasion_unless_hidden(door, "Authentication", medium, who.user, door.metadata)
    ticket = first_factor.ticket(door, who)
    async with services.database.write() as tx:
        sent = await _send(door, tx, who, ticket, known, occasion)
    if isinstance(sent, ServiceError):
        raise sent
    services.wake_delivery()
    return {
        "ChallengeName": factor,
        "Session": first_factor.seal(door, Opening(ticket, factor, who.offered, device, sent)),
        "ChallengeParameters": {
            "CODE_DELIVERY_DELIVERY_MEDIUM": medium,
            "CODE_DELIVERY_DESTINATION": _shown(door, who, known, factor),
            "USER_ID_FOR_SRP": who.username,
        },
    }


def _shown(door: Door, who: Candidate, known: Contact | None, factor: Factor) -> str:
    if known is not None and not door.hides_unknown_users:
        return known.masked
    return protection.hidden_contact(door.vault, door.pool, who.typed, known, (CONTACTS[factor],)).masked


async def _send(
    door: Door, tx: Transaction, who: Candidate, ticket: Ticket, contact: Contact | None, occasion: Occasion | None
) -> SentCode | ServiceError:
    """Nothing is sent without a contact and an occasion.

    A refusal is returned, because raising one would take back what was counted.
    """
    counter = protection.subject(door.vault, "first_code", door.pool, who.user, who.typed)
    if not await attempts.allow(tx, counter, door.ctx.now, SENT):
        return TooManyRequestsException()
    if who.user is not None and contact is not None and occasion is not None:
        sent = await sign_in_codes.send(door, tx, who.user, ticket, contact, occasion=occasion)
        return sent if isinstance(sent, ServiceError) else _addressed(door, contact.address, sent)
    await verification.pretend(door.ctx, tx, code_for="first_factor")
    await attempts.allow(tx, f"{counter}:sent", door.ctx.now, SENT)
    nothing = door.vault.digest("no-code", f"{one_time_code()}{ticket.nonce}".encode())
    return _addressed(door, "", SentCode(nothing, "", is_new=False))


def _addressed(door: Door, address: str, sent: SentCode) -> SentCode:
    """The code with a digest in the place of the address: the length of a session must not tell who exists."""
    digest = door.vault.digest("first-factor-address", address.encode())
    return msgspec.structs.replace(sent, destination=base64.b64encode(digest).decode("ascii"))


async def answer(door: Door, opening: Opening, factor: Factor, responses: Mapping[str, str]) -> Answer:
    """A wrong code leaves the session good."""
    given = required(responses, f"{factor}_CODE")
    async with door.ctx.services.database.write() as tx:
        user = await users.by_id(tx, opening.ticket.user_id, lock=True)
        if await challenges.is_spent(tx, opening.ticket):
            raise InvalidSession
        counter = protection.subject(door.vault, "first_factor", door.pool, user, opening.ticket.typed)
        proved = await _proved(door, tx, opening, user, CONTACTS[factor], given, counter)
        if isinstance(proved, User):
            await attempts.forget(tx, counter)
            outcome = await _passed(door, tx, proved, opening, responses)
        else:
            outcome = proved
    return await steps.answered(door, outcome)


async def _passed(door: Door, tx: Transaction, user: User, opening: Opening, responses: Mapping[str, str]) -> Outcome:
    await first_factor.spend(tx, opening)
    return await first_factor.admitted(door, tx, user, opening, responses)


async def _proved(
    door: Door,
    tx: Transaction,
    opening: Opening,
    user: User | None,
    attribute: ContactAttribute,
    given: str,
    counter: str,
) -> User | ServiceError:
    """The user, if the code is right. Errors are returned, because raising one would take back the count."""
    now, sent = door.ctx.now, opening.held
    if not isinstance(sent, SentCode):
        raise InvalidSession
    if attempts.is_locked(await attempts.find(tx, counter), now):
        return CodeAttemptsExceeded()
    contact = None if user is None else contacts.of(users.attributes_of(user), attribute)
    to = contact or Contact(attribute, "")
    is_moved = _addressed(door, to.address, sent) != sent
    if user is not None and is_moved and not door.hides_unknown_users:
        return ExpiredCodeException()
    fits = sign_in_codes.fits(door.vault, opening.ticket, to, sent, given)
    if user is None or is_moved or not fits:
        return CodeMismatchException(_WRONG) if await attempts.fail(tx, counter, now) else CodeAttemptsExceeded()
    return user
