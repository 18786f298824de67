"""CUSTOM_AUTH: the pool's functions decide which challenges a sign-in consists of, make them, and judge the answers.

They decide about the first factor only. Whether the user may sign in at all, and whether he owes a new password, a
second factor or a proof of his device, is decided as for everybody, behind the last of their challenges.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from poolhouse.errors import (
    IncorrectUsernameOrPassword,
    InvalidLambdaResponseException,
    InvalidParameterException,
    InvalidSession,
    PasswordAttemptsExceeded,
    ServiceError,
)
from poolhouse.store import attempts, users
from poolhouse.store.database import Transaction
from poolhouse.store.users import User

from . import admission, challenges, custom_auth_triggers, passwords, protection, srp_exchange, srp_flow, steps
from .challenges import Custom, Round, Session
from .custom_auth_triggers import CUSTOM_CHALLENGE, Decision, Who
from .door import Door, device_key, required, username
from .gate import Answer
from .srp_flow import PASSWORD_VERIFIER
from .steps import Outcome, Progress

SRP_A: Final = "SRP_A"
MOST_ROUNDS: Final = 20
_LONGEST_SESSION: Final = 2048
Parameters = Mapping[str, str]


class Entrant(NamedTuple):
    """Who wants to sign in. `user` is None for one who does not exist, where the client hides that.

    `since` is when the present challenge was made; what happened to the account after it ends the sign-in.
    """

    user: User | None
    username: str
    typed: str
    device_key: str
    since: int

    @property
    def shown(self) -> Who:
        return Who(self.user, self.user.username if self.user else self.typed)


async def start(door: Door, parameters: Parameters) -> Answer:
    """With CHALLENGE_NAME=SRP_A the functions may begin with the user's password, by SRP."""
    custom_auth_triggers.require(door.pool, "DefineAuthChallenge")
    name, device = username(parameters), device_key(parameters)
    first = parameters.get("CHALLENGE_NAME")
    if first not in {None, SRP_A}:
        raise InvalidParameterException("A custom sign-in can begin with no other challenge than SRP_A.")
    a_public = None if first is None else srp_exchange.public_value(parameters)
    protection.check_secret_hash(door.vault, door.client, parameters.get("SECRET_HASH"), [name])
    user = await passwords.find(door, name)
    async with door.ctx.services.database.read() as tx:
        await _refuse_waiting(door, tx, user, name)
    seed = protection.unknown(door.vault, door.pool, name)
    canonical = user.username if user else protection.decoy_username(door.pool, name, seed)
    entrant = Entrant(user, canonical, name, device, door.ctx.now)
    done = () if a_public is None else (Round(SRP_A, result=True),)
    decision = await custom_auth_triggers.define(door, entrant.shown, done)
    if a_public is not None and decision.challenge == PASSWORD_VERIFIER:
        return await srp_flow.challenge(door, user, name, a_public, device, is_custom=True)
    return await _proceed(door, entrant, done, decision)


async def password_verifier(door: Door, session: str | None, responses: Parameters) -> Answer:  # noqa: ARG001 - as all
    """The end of every SRP exchange: its secret block says whether a custom sign-in goes on behind it."""
    checked = await srp_flow.check(door, responses)
    if not checked.block.is_custom:
        return await srp_flow.admit(door, checked)
    ticket = checked.block.ticket
    async with door.ctx.services.database.write() as tx:
        user = await admission.decide(door, tx, checked.user, ticket.typed, proven=checked.proven, ticket=ticket)
    if isinstance(user, ServiceError):
        raise user
    entrant = Entrant(user, ticket.username, ticket.typed, checked.device_key, ticket.issued)
    done = (Round(SRP_A, result=True), Round(PASSWORD_VERIFIER, result=True))
    return await _proceed(door, entrant, done, await custom_auth_triggers.define(door, entrant.shown, done))


async def answer(door: Door, session: str | None, responses: Parameters) -> Answer:
    """One answer per session, right or wrong; the functions decide whether there is another challenge."""
    found = steps.opened(door, session, responses, CUSTOM_CHALLENGE)
    given, waiting = required(responses, "ANSWER"), found.held
    if not isinstance(waiting, Custom):
        raise InvalidSession
    async with door.ctx.services.database.write() as tx:
        user = await _claimed(tx, found)
        await _refuse_waiting(door, tx, user, found.ticket.typed)
        await steps.spend(tx, found)
    ticket = found.ticket
    device = found.device_key or device_key(responses)
    entrant = Entrant(user, ticket.username, ticket.typed, device, ticket.issued)
    is_right = await custom_auth_triggers.verify(door, entrant.shown, waiting.private, given)
    async with door.ctx.services.database.write() as tx:
        refusal = await _counted(door, tx, entrant, is_right=is_right)
    if refusal is not None:
        raise refusal
    done = (*waiting.done, Round(CUSTOM_CHALLENGE, is_right, waiting.note))
    return await _proceed(door, entrant, done, await custom_auth_triggers.define(door, entrant.shown, done))


async def _proceed(door: Door, entrant: Entrant, done: tuple[Round, ...], decision: Decision) -> Answer:
    """Raises IncorrectUsernameOrPassword, InvalidLambdaResponseException."""
    if decision.fails or (not decision.issues and len(done) >= MOST_ROUNDS):
        raise IncorrectUsernameOrPassword
    if decision.issues:
        async with door.ctx.services.database.write() as tx:
            outcome = await _finish(door, tx, entrant)
        return await steps.answered(door, outcome)
    if decision.challenge != CUSTOM_CHALLENGE:
        raise InvalidLambdaResponseException(
            "DefineAuthChallenge: the next challenge must be CUSTOM_CHALLENGE, or PASSWORD_VERIFIER right after SRP_A."
        )
    return await _challenge(door, entrant, done)


async def _challenge(door: Door, entrant: Entrant, done: tuple[Round, ...]) -> Answer:
    made = await custom_auth_triggers.create(door, entrant.shown, done)
    user, now = entrant.user, door.ctx.now
    ticket = challenges.ticket(door.client, user.id if user else 0, entrant.username, entrant.typed, now)
    credential = challenges.fingerprint(user.credential if user else None)
    held = Custom(done, made.private, made.note)
    session = Session(ticket, CUSTOM_CHALLENGE, credential, entrant.device_key, held=held)
    text = challenges.seal_session(door.vault, session)
    if len(text) > _LONGEST_SESSION:
        raise InvalidLambdaResponseException(
            "CreateAuthChallenge: privateChallengeParameters and challengeMetadata are too long for a session."
        )
    parameters: dict[str, Any] = {**made.public, "USERNAME": entrant.username}
    return {"ChallengeName": CUSTOM_CHALLENGE, "Session": text, "ChallengeParameters": parameters}


async def _finish(door: Door, tx: Transaction, entrant: Entrant) -> Outcome:
    """Nobody signs in who does not exist, whatever the functions say."""
    seen = entrant.user
    user = await users.by_id(tx, seen.id, lock=True) if seen else None
    if seen is None or user is None:
        return IncorrectUsernameOrPassword()
    if user.credential != seen.credential or user.tokens_not_before > entrant.since:
        return InvalidSession()
    await attempts.forget(tx, _counter(door, user, entrant.typed))
    return await admission.enter(door, tx, Progress(user, entrant.typed, entrant.device_key))


async def _claimed(tx: Transaction, found: Session) -> User | None:
    """The user of a session as he was when it was made. Raises InvalidSession."""
    ticket = found.ticket
    user = await users.by_id(tx, ticket.user_id, lock=True)
    if user is None:
        if ticket.user_id:
            raise InvalidSession
        return None
    if challenges.fingerprint(user.credential) != found.credential or user.tokens_not_before > ticket.issued:
        raise InvalidSession
    return user


# --- guesses -----------------------------------------------------------------------------------------------


async def _counted(door: Door, tx: Transaction, entrant: Entrant, *, is_right: bool) -> ServiceError | None:
    """Wrong answers are counted on the locked user, so parallel guesses get no more tries than guesses in turn.

    A right one takes nothing back before tokens are issued: the challenge before the secret one may be easy.
    """
    user, counter = entrant.user, _counter(door, entrant.user, entrant.typed)
    if user is not None:
        await users.by_id(tx, user.id, lock=True)
    if not is_right:
        return None if await attempts.fail(tx, counter, door.ctx.now) else PasswordAttemptsExceeded()
    is_locked = attempts.is_locked(await attempts.find(tx, counter), door.ctx.now)
    return PasswordAttemptsExceeded() if is_locked else None


async def _refuse_waiting(door: Door, tx: Transaction, user: User | None, typed: str) -> None:
    if attempts.is_locked(await attempts.find(tx, _counter(door, user, typed)), door.ctx.now):
        raise PasswordAttemptsExceeded


def _counter(door: Door, user: User | None, typed: str) -> str:
    return protection.subject(door.vault, "custom", door.pool, user, typed)
