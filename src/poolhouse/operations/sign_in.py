"""Signing in: InitiateAuth and RespondToAuthChallenge, and their signed twins. The flows have modules of their own."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from poolhouse.errors import InvalidParameterException
from poolhouse.service_model.structs.cognito_idp import (
    AdminInitiateAuthRequest,
    AdminRespondToAuthChallengeRequest,
    InitiateAuthRequest,
    RespondToAuthChallengeRequest,
)
from poolhouse.store import factors

from . import (
    custom_auth,
    device_flow,
    first_factor,
    new_password,
    passwords,
    second_factor,
    srp_flow,
    steps,
    tokens,
    triggers_sign_in,
    user_auth,
)
from .context import Call
from .custom_auth_triggers import CUSTOM_CHALLENGE
from .door import Door, open_door
from .gate import Answer, operation

Parameters = Mapping[str, str]
_UNSUPPORTED: Final = "Initiate Auth method not supported."
_ADMIN_ONLY: Final = frozenset({"ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"})
_PUBLIC_ONLY: Final = frozenset({"USER_PASSWORD_AUTH"})

_FLOWS: Final[Mapping[str, Callable[[Door, Parameters], Awaitable[Answer]]]] = {
    "USER_SRP_AUTH": srp_flow.start,
    "USER_PASSWORD_AUTH": passwords.start,
    "CUSTOM_AUTH": custom_auth.start,
    user_auth.USER_AUTH: user_auth.start,
    "ADMIN_USER_PASSWORD_AUTH": passwords.start,
    "ADMIN_NO_SRP_AUTH": passwords.start,
    "REFRESH_TOKEN_AUTH": tokens.refresh,
    "REFRESH_TOKEN": tokens.refresh,
}
_ANSWERS: Final[Mapping[str, Callable[[Door, str | None, Parameters], Awaitable[Answer]]]] = {
    srp_flow.PASSWORD_VERIFIER: custom_auth.password_verifier,
    CUSTOM_CHALLENGE: custom_auth.answer,
    new_password.NEW_PASSWORD_REQUIRED: new_password.answer,
    factors.TOTP: second_factor.software_token,
    factors.SMS: second_factor.sms,
    factors.EMAIL: user_auth.email_code,
    first_factor.SMS_OTP: user_auth.sms_code,
    first_factor.SELECT_CHALLENGE: user_auth.select,
    first_factor.PASSWORD: user_auth.password,
    first_factor.PASSWORD_SRP: user_auth.password_srp,
    first_factor.WEB_AUTHN: user_auth.web_authn,
    steps.SELECT_MFA_TYPE: second_factor.select,
    steps.MFA_SETUP: second_factor.set_up,
    steps.DEVICE_SRP_AUTH: device_flow.start,
    device_flow.DEVICE_PASSWORD_VERIFIER: device_flow.answer,
}
# Flow -> what a client lists to allow it: today's name, and the old one that some clients still have.
_ALLOWED_BY: Final[Mapping[str, frozenset[str]]] = {
    "USER_SRP_AUTH": frozenset({"ALLOW_USER_SRP_AUTH"}),
    "USER_PASSWORD_AUTH": frozenset({"ALLOW_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH"}),
    "ADMIN_USER_PASSWORD_AUTH": frozenset({"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"}),
    "ADMIN_NO_SRP_AUTH": frozenset({"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"}),
    "CUSTOM_AUTH": frozenset({"ALLOW_CUSTOM_AUTH", "CUSTOM_AUTH_FLOW_ONLY"}),
    user_auth.USER_AUTH: frozenset({"ALLOW_USER_AUTH"}),
    "REFRESH_TOKEN_AUTH": frozenset({"ALLOW_REFRESH_TOKEN_AUTH"}),
    "REFRESH_TOKEN": frozenset({"ALLOW_REFRESH_TOKEN_AUTH"}),
}
_ALWAYS_WITH_OLD_NAMES: Final = frozenset({"USER_SRP_AUTH", "CUSTOM_AUTH", "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"})


@operation("InitiateAuth")
async def initiate_auth(ctx: Call, req: InitiateAuthRequest) -> Answer:
    """ClientMetadata is the validation data of the triggers before the first factor; no other trigger gets it."""
    door = await open_door(ctx, req.ClientId)
    return await _start(door, req)


@operation("AdminInitiateAuth")
async def admin_initiate_auth(ctx: Call, req: AdminInitiateAuthRequest) -> Answer:
    door = await open_door(ctx, req.ClientId, req.UserPoolId)
    return await _start(door, req)


@operation("RespondToAuthChallenge")
async def respond_to_auth_challenge(ctx: Call, req: RespondToAuthChallengeRequest) -> Answer:
    door = await open_door(ctx, req.ClientId, metadata=req.ClientMetadata)
    return await respond(door, req.ChallengeName, req.Session, req.ChallengeResponses or {})


@operation("AdminRespondToAuthChallenge")
async def admin_respond_to_auth_challenge(ctx: Call, req: AdminRespondToAuthChallengeRequest) -> Answer:
    door = await open_door(ctx, req.ClientId, req.UserPoolId, metadata=req.ClientMetadata)
    return await respond(door, req.ChallengeName, req.Session, req.ChallengeResponses or {})


async def _start(door: Door, req: InitiateAuthRequest | AdminInitiateAuthRequest) -> Answer:
    flow, parameters = req.AuthFlow, req.AuthParameters or {}
    if flow in (_PUBLIC_ONLY if door.admin else _ADMIN_ONLY):
        raise InvalidParameterException(_UNSUPPORTED)
    if flow not in _FLOWS:
        raise InvalidParameterException(f"{flow} is not served by this version of Poolhouse.")
    if not _is_allowed(flow, door.client.settings.ExplicitAuthFlows):
        named = "Auth flow" if door.admin else f"{flow} flow"
        raise InvalidParameterException(f"{named} not enabled for this client")
    await triggers_sign_in.before(door, flow, parameters, req.ClientMetadata or {})
    if flow == user_auth.USER_AUTH:
        return await user_auth.start(door, parameters, req.Session)
    return await _FLOWS[flow](door, parameters)


async def respond(door: Door, challenge: str, session: str | None, responses: Parameters) -> Answer:
    """The next answer of a sign-in."""
    if challenge not in _ANSWERS:
        raise InvalidParameterException(f"The challenge {challenge} is not served by this version of Poolhouse.")
    return await _ANSWERS[challenge](door, session, responses)


def _is_allowed(flow: str, listed: tuple[str, ...]) -> bool:
    if not _ALLOWED_BY[flow].isdisjoint(listed):
        return True
    has_old_names = bool(listed) and not any(name.startswith("ALLOW_") for name in listed)
    return has_old_names and flow in _ALWAYS_WITH_OLD_NAMES and "CUSTOM_AUTH_FLOW_ONLY" not in listed
