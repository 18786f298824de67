"""USER_AUTH: the user chooses the first factor, or the client says which one it prefers.

PASSWORD and PASSWORD_SRP go the way of the flows of their own; only the choice before them is new.
"""

from collections.abc import Mapping
from typing import Final

from poolhouse.errors import InvalidParameterException

from . import (
    first_factor,
    first_factor_codes,
    passkeys_sign_in,
    passwords,
    protection,
    second_factor,
    srp_flow,
    triggers_sign_in,
)
from . import user_auth_session as after_sign_up
from .door import Door, device_key, required, username
from .first_factor import (
    CONTACTS,
    EMAIL_OTP,
    PASSWORD,
    PASSWORD_SRP,
    SELECT_CHALLENGE,
    SMS_OTP,
    WEB_AUTHN,
    Candidate,
    Factor,
    Opening,
)
from .gate import Answer

Parameters = Mapping[str, str]
USER_AUTH: Final = "USER_AUTH"
_KNOWN: Final = frozenset({PASSWORD, PASSWORD_SRP, EMAIL_OTP, SMS_OTP, WEB_AUTHN})


async def start(door: Door, parameters: Parameters, session: str | None = None) -> Answer:
    """The preferred challenge where the user can meet it, else all that he can choose among.

    `session` is that of a sign-up that was just confirmed, which proves as much as any factor.
    """
    name, device = username(parameters), device_key(parameters)
    protection.check_secret_hash(door.vault, door.client, parameters.get("SECRET_HASH"), [name])
    if session is not None:
        return await after_sign_up.sign_in(door, session, parameters)
    preferred = parameters.get("PREFERRED_CHALLENGE")
    if preferred is not None and preferred not in _KNOWN:
        raise InvalidParameterException("The preferred challenge is not one that a sign-in can begin with.")
    who = await first_factor.candidate(door, name)
    for factor in who.offered:
        if factor == preferred:
            return await _challenge(door, who, factor, device, parameters)
    return _asked(door, who, SELECT_CHALLENGE, device) | {"AvailableChallenges": list(who.offered)}


async def select(door: Door, session: str | None, responses: Parameters) -> Answer:
    """Any first factor that was offered, also instead of one that was asked for and could not be met."""
    opening = first_factor.opened(door, session, responses)
    wanted = required(responses, "ANSWER")
    chosen = next((factor for factor in opening.offered if factor == wanted), None)
    if chosen is None:
        raise InvalidParameterException("The answer is not a challenge that the user can choose.")
    return await _meet(door, opening, chosen, responses)


async def password(door: Door, session: str | None, responses: Parameters) -> Answer:
    required(responses, "PASSWORD")
    opening = first_factor.opened(door, session, responses, PASSWORD)
    return await _meet(door, opening, PASSWORD, responses)


async def password_srp(door: Door, session: str | None, responses: Parameters) -> Answer:
    required(responses, "SRP_A")
    opening = first_factor.opened(door, session, responses, PASSWORD_SRP)
    return await _meet(door, opening, PASSWORD_SRP, responses)


async def email_code(door: Door, session: str | None, responses: Parameters) -> Answer:
    """The session says whether the code is the first factor or the second one."""
    opening = first_factor.found(door, session, responses, EMAIL_OTP)
    if opening is None:
        return await second_factor.email(door, session, responses)
    return await first_factor_codes.answer(door, opening, EMAIL_OTP, responses)


async def sms_code(door: Door, session: str | None, responses: Parameters) -> Answer:
    opening = first_factor.opened(door, session, responses, SMS_OTP)
    return await first_factor_codes.answer(door, opening, SMS_OTP, responses)


async def web_authn(door: Door, session: str | None, responses: Parameters) -> Answer:
    opening = first_factor.opened(door, session, responses, WEB_AUTHN)
    return await passkeys_sign_in.answer(door, opening, responses)


async def _meet(door: Door, opening: Opening, factor: Factor, responses: Parameters) -> Answer:
    """The session is used up when the answer to it is another challenge or tokens; a wrong password leaves it good."""
    who = await first_factor.again(door, opening)
    if factor == PASSWORD and responses.get("PASSWORD"):
        await triggers_sign_in.with_password(door, who.typed, responses["PASSWORD"])
    answer = await _challenge(door, who, factor, opening.device_key or device_key(responses), responses)
    async with door.ctx.services.database.write() as tx:
        await first_factor.spend(tx, opening)
    return answer


async def _challenge(door: Door, who: Candidate, factor: Factor, device: str, given: Parameters) -> Answer:
    if factor in CONTACTS:
        return await first_factor_codes.challenge(door, who, factor, device)
    if factor == WEB_AUTHN:
        return await passkeys_sign_in.challenge(door, who, device)
    secret = "PASSWORD" if factor == PASSWORD else "SRP_A"
    if not given.get(secret):
        return _asked(door, who, factor, device)
    flow = passwords.start if factor == PASSWORD else srp_flow.start
    return await flow(door, _as_first(door, who, device) | {secret: given[secret]})


def _as_first(door: Door, who: Candidate, device: str) -> dict[str, str]:
    """The parameters of a sign-in that begins with the password, by the name that was typed."""
    named = {"USERNAME": who.typed} | ({"DEVICE_KEY": device} if device else {})
    made = protection.secret_hash(door.vault, door.client, who.typed)
    return named if made is None else {**named, "SECRET_HASH": made}


def _asked(door: Door, who: Candidate, name: str, device: str) -> Answer:
    opening = Opening(first_factor.ticket(door, who), name, who.offered, device)
    return {"ChallengeName": name, "Session": first_factor.seal(door, opening), "ChallengeParameters": {}}
