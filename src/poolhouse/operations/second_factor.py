"""The answers to second factors in a sign-in: SOFTWARE_TOKEN_MFA, SMS_MFA, EMAIL_OTP, SELECT_MFA_TYPE and MFA_SETUP.

Wrong codes leave the session good and are counted on the locked user, all factors together, so that neither parallel
requests nor new sessions get more guesses than one after the other. The count of a day outlives idle times and right
codes: it bounds who has the password and all the time of the world.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from poolhouse.crypto import totp
from poolhouse.errors import (
    CodeAttemptsExceeded,
    CodeMismatchException,
    ExpiredCodeException,
    InvalidParameterException,
    InvalidSession,
    ServiceError,
    SoftwareTokenMFANotFoundException,
)
from poolhouse.messages.contacts import Contact
from poolhouse.store import attempts, factors, users
from poolhouse.store.database import Transaction
from poolhouse.store.factors import EMAIL, SMS, TOTP, Kind
from poolhouse.store.names import VERIFIABLE
from poolhouse.store.users import User

from . import attributes, mfa, sign_in_codes, steps, totp_secrets
from .challenges import Enrolment, SentCode, Session
from .door import Door, required
from .gate import Answer
from .steps import MFA_SETUP, SELECT_MFA_TYPE, Outcome, Sending

_WRONG_TOTP: Final = "Invalid code received for user"
_WRONG_CODE: Final = "Invalid code or auth state for the user."
_USED: Final = "Your software token has already been used once."
_MEMBERS: Final[Mapping[Kind, str]] = {EMAIL: "EMAIL_OTP_CODE", SMS: "SMS_MFA_CODE"}
WRONG_CODES_A_DAY: Final = 20
"""With three codes good at a time, a guesser who has the password finds one in some forty years."""
_SET_UP_WITH: Final[Mapping[Kind, str]] = {SMS: "PHONE_NUMBER", EMAIL: "EMAIL"}
Responses = Mapping[str, str]


async def software_token(door: Door, session: str | None, responses: Responses) -> Answer:
    found = steps.opened(door, session, responses, TOTP)
    code = required(responses, "SOFTWARE_TOKEN_MFA_CODE")
    async with door.ctx.services.database.write() as tx:
        user = await steps.claimed(tx, found)
        refusal = await _waiting(door, tx, user) or await _check_totp(door, tx, user, code)
        outcome = refusal or await _passed(door, tx, found, user, responses)
    return await steps.answered(door, outcome)


async def email(door: Door, session: str | None, responses: Responses) -> Answer:
    return await _by_code(door, session, responses, EMAIL)


async def sms(door: Door, session: str | None, responses: Responses) -> Answer:
    return await _by_code(door, session, responses, SMS)


async def _by_code(door: Door, session: str | None, responses: Responses, kind: Kind) -> Answer:
    """A code that came back proves the contact that it went to."""
    found = steps.opened(door, session, responses, kind)
    code = required(responses, _MEMBERS[kind])
    async with door.ctx.services.database.write() as tx:
        user = await steps.claimed(tx, found)
        refusal = await _waiting(door, tx, user) or await _check_code(door, tx, user, found, kind, code)
        if refusal is None:
            user = await _proved(door, tx, user, found, kind)
        outcome = refusal or await _passed(door, tx, found, user, responses)
    return await steps.answered(door, outcome)


async def select(door: Door, session: str | None, responses: Responses) -> Answer:
    """One of the factors that are due at this moment."""
    found = steps.opened(door, session, responses, SELECT_MFA_TYPE)
    wanted = required(responses, "ANSWER")
    async with door.ctx.services.database.write() as tx:
        user = await steps.claimed(tx, found)
        chosen = [kind for kind in await mfa.due(tx, door.pool, user) or () if kind == wanted]
        if not chosen:
            raise InvalidParameterException("The answer is not a factor that the user can choose.")
        await steps.spend(tx, found)
        outcome = await steps.challenge(door, tx, steps.progress(found, user, responses), (chosen[0],))
    return await steps.answered(door, outcome)


async def set_up(door: Door, session: str | None, responses: Responses) -> Answer:
    """With the session of VerifySoftwareToken, or with a phone number or e-mail address that gets a code."""
    found = steps.opened(door, session, responses, MFA_SETUP)
    chosen = [kind for kind, member in _SET_UP_WITH.items() if responses.get(member)]
    async with door.ctx.services.database.write() as tx:
        user = await steps.claimed(tx, found)
        verified = isinstance(found.held, Enrolment) and found.held.is_verified
        if not verified and not chosen:
            raise InvalidSession
        await steps.spend(tx, found)
        if verified:
            await _require_kept(tx, user)
            await mfa.enable(tx, user, TOTP, door.ctx.now)
            outcome = await _passed(door, tx, found, user, responses, spent=True)
        else:
            await require_nothing_set_up(door, tx, user)
            outcome = _send_to(door, found, user, responses, chosen[0])
    return await steps.answered(door, outcome)


async def _require_kept(tx: Transaction, user: User) -> None:
    """The authenticator that this sign-in verified may have been taken away since. Raises InvalidSession."""
    factor = await factors.find(tx, user.id, TOTP)
    if factor is None or factor.secret is None:
        raise InvalidSession


async def require_nothing_set_up(door: Door, tx: Transaction, user: User) -> None:
    """MFA_SETUP is for users who have nothing to prove; of two sign-ins that set up, the first one wins.

    Raises InvalidSession.
    """
    if await mfa.due(tx, door.pool, user) != ():
        raise InvalidSession


def _send_to(door: Door, found: Session, user: User, responses: Responses, kind: Kind) -> Sending:
    """Raises InvalidParameterException."""
    mfa.require_served(door.pool, kind)
    contact = Contact(steps.ATTRIBUTES[kind], responses[_SET_UP_WITH[kind]])
    attributes.updated(door.pool.settings, users.attributes_of(user), {contact.attribute: contact.address})
    return Sending(steps.progress(found, user, responses), contact, is_new=True)


# --- guesses -----------------------------------------------------------------------------------------------


def _counter(user: User) -> str:
    return f"mfa:{user.id}"


def _of_day(user: User) -> str:
    return f"{attempts.BY_DAY}{_counter(user)}"


async def _waiting(door: Door, tx: Transaction, user: User) -> ServiceError | None:
    now, row, day = door.ctx.now, await attempts.find(tx, _counter(user)), await attempts.find(tx, _of_day(user))
    waits = attempts.is_locked(row, now) or attempts.is_used_up(day, now, WRONG_CODES_A_DAY, attempts.DAY)
    return CodeAttemptsExceeded() if waits else None


async def _wrong(door: Door, tx: Transaction, user: User, text: str) -> ServiceError:
    """Returned, because raising it would take back the count."""
    now = door.ctx.now
    counted = await attempts.fail(tx, _counter(user), now)
    counted = counted and await attempts.allow(tx, _of_day(user), now, WRONG_CODES_A_DAY, attempts.DAY)
    return CodeMismatchException(text) if counted else CodeAttemptsExceeded()


async def _check_totp(door: Door, tx: Transaction, user: User, code: str) -> ServiceError | None:
    """Use up the time step of a right code."""
    factor = await factors.find(tx, user.id, TOTP)
    if factor is None or factor.secret is None:
        return SoftwareTokenMFANotFoundException()
    secret = totp_secrets.unseal(door.vault, user, factor.secret)
    step = totp.matching_step(secret, code, door.ctx.now)
    if step is None:
        return await _wrong(door, tx, user, _WRONG_TOTP)
    if step <= factor.state.last_step:
        return ExpiredCodeException(_USED)
    state = msgspec.structs.replace(factor.state, last_step=step)
    await factors.put(tx, factor._replace(state=state, modified=door.ctx.now))
    return None


async def _check_code(
    door: Door, tx: Transaction, user: User, found: Session, kind: Kind, code: str
) -> ServiceError | None:
    sent = found.held
    if not isinstance(sent, SentCode):
        raise InvalidSession
    contact = Contact(steps.ATTRIBUTES[kind], sent.destination)
    if not sign_in_codes.fits(door.vault, found.ticket, contact, sent, code):
        return await _wrong(door, tx, user, _WRONG_CODE)
    if not sent.is_new and users.attributes_of(user).get(contact.attribute) != sent.destination:
        return ExpiredCodeException()
    return None


async def _proved(door: Door, tx: Transaction, user: User, found: Session, kind: Kind) -> User:
    """The user with the proved contact; a new one is his second factor from now on.

    Raises AliasExistsException, InvalidSession.
    """
    sent, attribute = found.held, steps.ATTRIBUTES[kind]
    assert isinstance(sent, SentCode)
    known = users.attributes_of(user)
    if sent.is_new:
        await require_nothing_set_up(door, tx, user)
        await mfa.enable(tx, user, kind, door.ctx.now)
    proved = known | {attribute: sent.destination, VERIFIABLE[attribute]: "true"}
    return user if proved == known else await users.change(tx, door.pool, user, door.ctx.now, attributes=proved)


async def _passed(
    door: Door, tx: Transaction, found: Session, user: User, responses: Responses, *, spent: bool = False
) -> Outcome:
    if not spent:
        await steps.spend(tx, found)
    await attempts.forget(tx, _counter(user))
    return await steps.advance(door, tx, steps.progress(found, user, responses)._replace(second=True))
