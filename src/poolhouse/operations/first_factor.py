"""First factors that a user may choose among: which ones he has, and the sealed session while one is being proved.

Where a client hides who exists, a name that nobody has gets a choice too, always the same one for the same name, and
of a kind that real users have.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

import msgspec

from poolhouse.crypto.vault import BrokenSeal
from poolhouse.errors import DeviceNotFound, InvalidSession, NotAuthorizedException, UserNotFoundException
from poolhouse.messages import contacts
from poolhouse.messages.contacts import Contact
from poolhouse.store import factors, passkeys, users
from poolhouse.store.database import Transaction
from poolhouse.store.names import VERIFIABLE, fold
from poolhouse.store.pools import Pool
from poolhouse.store.settings import ContactAttribute, PoolSettings
from poolhouse.store.users import User

from . import admission, challenges, mfa, protection, steps
from .challenges import SentCode, Ticket
from .door import Door, device_key
from .steps import Outcome, Progress

Factor = Literal["PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"]
PASSWORD: Final = "PASSWORD"  # noqa: S105 - a challenge's name
PASSWORD_SRP: Final = "PASSWORD_SRP"  # noqa: S105 - a challenge's name
EMAIL_OTP: Final = "EMAIL_OTP"
SMS_OTP: Final = "SMS_OTP"
WEB_AUTHN: Final = "WEB_AUTHN"
SELECT_CHALLENGE: Final = "SELECT_CHALLENGE"
CONTACTS: Final[Mapping[Factor, ContactAttribute]] = {EMAIL_OTP: "email", SMS_OTP: "phone_number"}
_SEAL: Final = "first-factor"
_NOBODY: Final = 0


class Facts(NamedTuple):
    """What the choice depends on; `asks_second` says that a second factor comes behind a password."""

    has_password: bool
    has_email: bool
    has_phone: bool
    has_passkey: bool
    asks_second: bool


class Candidate(NamedTuple):
    """Who wants to sign in; `user` is None where the choice is a pretence, which must not be noticed."""

    user: User | None
    username: str
    typed: str
    offered: tuple[Factor, ...]


class Asked(msgspec.Struct, frozen=True, array_like=True, tag="asked"):
    """What a passkey has to sign, for which relying party, and whether the user has to be verified."""

    challenge: bytes
    relying_party: str
    verified: bool


class Opening(msgspec.Struct, frozen=True, array_like=True):
    """A sign-in whose first factor is still to be proved. `challenge` is the one that was asked last."""

    ticket: Ticket
    challenge: str
    offered: tuple[Factor, ...]
    device_key: str = ""
    held: SentCode | Asked | None = None


# --- who may choose what -----------------------------------------------------------------------------------


async def candidate(door: Door, name: str) -> Candidate:
    """Raises UserNotFoundException, what the user's status says, or NotAuthorizedException for nothing to choose."""
    async with door.ctx.services.database.read() as tx:
        user = await users.find_for_sign_in(tx, door.pool, name)
        facts = await (_nothing(tx, door.pool) if user is None else _facts(tx, door.pool, user))
    if user is not None:
        admission.refuse_by_status(door, user)
    elif not door.hides_unknown_users:
        raise UserNotFoundException
    found = () if facts is None else choices(door.pool.settings, facts)
    if not found and not door.hides_unknown_users:
        raise NotAuthorizedException("The user has no way to sign in.")
    seed = protection.unknown(door.vault, door.pool, name)
    username = user.username if user else protection.decoy_username(door.pool, name, seed)
    if not found:
        return Candidate(None, username, name, choices(door.pool.settings, _imagined(door, name)))
    return Candidate(user, username, name, found)


def choices(settings: PoolSettings, facts: Facts) -> tuple[Factor, ...]:
    """Whoever is asked for a second factor begins with the password: a code or a passkey alone would replace both."""
    allowed = settings.first_factors
    able: dict[Factor, bool] = {
        PASSWORD: facts.has_password,
        PASSWORD_SRP: facts.has_password and settings.keeps_verifiers,
        EMAIL_OTP: EMAIL_OTP in allowed and facts.has_email and not facts.asks_second,
        SMS_OTP: SMS_OTP in allowed and facts.has_phone and not facts.asks_second,
        WEB_AUTHN: WEB_AUTHN in allowed and facts.has_passkey and not facts.asks_second,
    }
    return tuple(name for name, is_able in able.items() if is_able)


async def configured(tx: Transaction, pool: Pool, user: User) -> list[str]:
    """The first factors of a user as GetUserAuthFactors names them."""
    found = choices(pool.settings, (await _facts(tx, pool, user))._replace(asks_second=False))
    return [name for name in found if name != PASSWORD_SRP]


def reachable(user: User, attribute: ContactAttribute) -> Contact | None:
    """The contact that a code may go to: a verified one.

    An unconfirmed user may prove the one that he gave: behind the proof he hears that he is not confirmed.
    """
    known = users.attributes_of(user)
    is_proved = known.get(VERIFIABLE[attribute]) == "true" or user.status == "UNCONFIRMED"
    return contacts.of(known, attribute) if is_proved else None


def can_receive(settings: PoolSettings, known: Mapping[str, str]) -> bool:
    """Whether a code as first factor can go to any of these contacts."""
    return any(
        factor in settings.first_factors and known.get(attribute) and known.get(VERIFIABLE[attribute]) == "true"
        for factor, attribute in CONTACTS.items()
    )


async def _facts(tx: Transaction, pool: Pool, user: User) -> Facts:
    is_invited = user.status == "FORCE_CHANGE_PASSWORD"
    return Facts(
        has_password=user.credential is not None,
        has_email=reachable(user, "email") is not None and not is_invited,
        has_phone=reachable(user, "phone_number") is not None and not is_invited,
        has_passkey=not is_invited and await passkeys.count(tx, user.id) > 0,
        asks_second=await mfa.due(tx, pool, user) is not None,
    )


async def _nothing(tx: Transaction, pool: Pool) -> None:
    """As many statements as `_facts`, for somebody who does not exist."""
    await passkeys.count(tx, _NOBODY)
    if pool.settings.MfaConfiguration != "OFF":
        await factors.of_user(tx, _NOBODY)


def _imagined(door: Door, name: str) -> Facts:
    """The facts of nobody: each as often as not quite all real users have it, and the same at every time."""
    settings = door.pool.settings
    seed = door.vault.digest("unknown-factors", f"{door.pool.id}\0{fold(settings, name)}".encode())
    asks_second = settings.MfaConfiguration == "ON" or (settings.MfaConfiguration != "OFF" and seed[3] % 4 == 0)
    facts = Facts(
        has_password=seed[0] % 4 != 0,
        has_email=seed[1] % 8 != 0,
        has_phone=seed[4] % 2 == 0,
        has_passkey=seed[2] % 2 == 0,
        asks_second=asks_second,
    )
    return facts if choices(settings, facts) else facts._replace(has_password=True)


# --- sessions ----------------------------------------------------------------------------------------------


def ticket(door: Door, who: Candidate) -> Ticket:
    return challenges.ticket(door.client, who.user.id if who.user else 0, who.username, who.typed, door.ctx.now)


def seal(door: Door, opening: Opening) -> str:
    return door.vault.seal_token(_SEAL, opening)


def found(door: Door, text: str | None, responses: Mapping[str, str], *names: str) -> Opening | None:
    """The session of an answer; None when it is no session of a first factor. `names` are the challenges it may wait
    for, all of them when there are none.

    Raises InvalidSession, SessionExpired, NotAuthorizedException.
    """
    try:
        opening = door.vault.open_token(_SEAL, text or "", Opening)
    except BrokenSeal:
        return None
    challenges.require_good(opening.ticket, door.client, door.ctx.now)
    if names and opening.challenge not in names:
        raise InvalidSession
    steps.require_named(door, opening.ticket, responses)
    return opening


def opened(door: Door, text: str | None, responses: Mapping[str, str], *names: str) -> Opening:
    """Like `found`, for challenges that are nothing but first factors."""
    opening = found(door, text, responses, *names)
    if opening is None:
        raise InvalidSession
    return opening


async def again(door: Door, opening: Opening) -> Candidate:
    """Whom an unused session is about. Raises InvalidSession."""
    ticket = opening.ticket
    async with door.ctx.services.database.read() as tx:
        if await challenges.is_spent(tx, ticket):
            raise InvalidSession
        user = await users.by_id(tx, ticket.user_id)
    return Candidate(user, ticket.username, ticket.typed, opening.offered)


async def spend(tx: Transaction, opening: Opening) -> None:
    """Raises InvalidSession for all callers but one."""
    if not await challenges.spend(tx, opening.ticket):
        raise InvalidSession


async def admitted(door: Door, tx: Transaction, user: User, opening: Opening, responses: Mapping[str, str]) -> Outcome:
    """What follows for a locked user who has proved a first factor other than the password."""
    refusal = admission.standing(door, user)
    if refusal is not None:
        return refusal
    if user.status != "CONFIRMED" or user.tokens_not_before > opening.ticket.issued:
        return InvalidSession()
    device = opening.device_key or device_key(responses)
    outcome = await steps.advance(door, tx, Progress(user, opening.ticket.typed, device))
    if isinstance(outcome, DeviceNotFound):
        raise outcome  # and spend nothing: clients drop the device and send the same proof again without it
    return outcome
