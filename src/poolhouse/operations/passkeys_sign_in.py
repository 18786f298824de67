"""WEB_AUTHN: signing in with a passkey. One challenge is good for one answer, right or wrong."""

import json
from collections.abc import Mapping
from typing import Any, Final

from poolhouse.crypto import passkeys as rules
from poolhouse.crypto.passkeys import BadPasskey
from poolhouse.errors import (
    InvalidParameterException,
    InvalidPasskey,
    InvalidSession,
    WebAuthnConfigurationMissingException,
)
from poolhouse.store import passkeys, users
from poolhouse.store.database import Transaction
from poolhouse.store.passkeys import Passkey

from . import challenges, first_factor, passkeys_sealed, steps
from .door import Door, required
from .first_factor import WEB_AUTHN, Asked, Candidate, Opening
from .gate import Answer
from .steps import Outcome

_LONGEST: Final = 20_000
MOST: Final = 20
"""Passkeys of one user."""


async def challenge(door: Door, who: Candidate, device: str) -> Answer:
    """Where the client hides who exists nobody's credentials are listed; the authenticator finds its own."""
    terms = _terms(door)
    asked = Asked(rules.new_challenge(), terms.relying_party, terms.verified)
    known = [] if who.user is None or door.hides_unknown_users else await _known(door, who.user.id)
    options = rules.request_options(
        challenge=asked.challenge,
        relying_party=asked.relying_party,
        allowed=[(each.id, each.state.transports) for each in known if each.relying_party == asked.relying_party],
        verification=terms.verification,
    )
    opening = Opening(first_factor.ticket(door, who), WEB_AUTHN, who.offered, device, asked)
    return {
        "ChallengeName": WEB_AUTHN,
        "Session": first_factor.seal(door, opening),
        "ChallengeParameters": {"CREDENTIAL_REQUEST_OPTIONS": json.dumps(options)},
    }


def _terms(door: Door) -> passkeys_sealed.Terms:
    """Raises InvalidParameterException, as a sign-in declares no other error for it."""
    try:
        return passkeys_sealed.terms(door.ctx.services, door.pool.settings)
    except WebAuthnConfigurationMissingException as error:
        raise InvalidParameterException(error.message) from error


async def _known(door: Door, user_id: int) -> list[Passkey]:
    async with door.ctx.services.database.read() as tx:
        return await passkeys.page(tx, user_id, ("", 0), MOST)


async def answer(door: Door, opening: Opening, responses: Mapping[str, str]) -> Answer:
    """Raises InvalidPasskey for whatever is wrong with the credential, and for a user who does not exist."""
    credential = _credential(required(responses, "CREDENTIAL"))
    await first_factor.again(door, opening)
    passkey, count = await _proved(door, opening, credential)
    async with door.ctx.services.database.write() as tx:
        outcome = await _decide(door, tx, opening, responses, passkey, count)
    return await steps.answered(door, outcome)


async def _proved(door: Door, opening: Opening, credential: Any) -> tuple[Passkey | None, int]:
    """The user's own passkey and its new counter; None when there is no such proof."""
    try:
        identity = rules.credential_id(credential)
        async with door.ctx.services.database.read() as tx:
            user = await users.by_id(tx, opening.ticket.user_id)
            passkey = await passkeys.find(tx, door.pool.id, opening.ticket.user_id, identity)
        handle = rules.user_handle(credential)
        if user is None or passkey is None or handle not in {None, user.sub.encode()}:
            return None, 0
        public_key = passkeys_sealed.unseal(door.vault, user, passkey.public_key)
        return passkey, await door.ctx.services.compute(_check, opening, credential, passkey, public_key)
    except BadPasskey:
        return None, 0


def _check(opening: Opening, credential: Any, passkey: Passkey, public_key: bytes) -> int:
    asked = opening.held
    if not isinstance(asked, Asked) or passkey.relying_party != asked.relying_party:
        raise BadPasskey("relying_party")
    return rules.check_signed(
        credential,
        challenge=asked.challenge,
        relying_party=asked.relying_party,
        public_key=public_key,
        sign_count=passkey.sign_count,
        verified=asked.verified,
    )


async def _decide(
    door: Door,
    tx: Transaction,
    opening: Opening,
    responses: Mapping[str, str],
    passkey: Passkey | None,
    count: int,
) -> Outcome:
    """Refusals are returned, so that the challenge stays used."""
    user = await users.by_id(tx, opening.ticket.user_id, lock=True)
    if not await challenges.spend(tx, opening.ticket):
        return InvalidSession()
    if user is None or passkey is None or not await passkeys.used(tx, passkey, count):
        return InvalidPasskey()
    return await first_factor.admitted(door, tx, user, opening, responses)


def _credential(text: str) -> Any:
    try:
        return json.loads(text) if len(text) <= _LONGEST else None
    except (ValueError, RecursionError) as error:
        raise InvalidParameterException("CREDENTIAL is not JSON.") from error
