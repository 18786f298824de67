"""Triggers: a pool's functions are asked, with AWS's event, and what they answer is checked to be an answer at all.

What an answer means is the matter of whoever asks. A pool whose function is missing or broken is refused, never passed.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from poolhouse import telemetry
from poolhouse.access.resources import function_arn
from poolhouse.errors import (
    InvalidLambdaResponseException,
    ServiceError,
    UnexpectedLambdaException,
    UserLambdaValidationException,
)
from poolhouse.functions.invocations import Invocation, InvocationError
from poolhouse.operations.context import Services
from poolhouse.store import users
from poolhouse.store.pools import Pool
from poolhouse.store.users import User

Trigger = Literal[
    "PreSignUp",
    "PostConfirmation",
    "PreAuthentication",
    "PostAuthentication",
    "PreTokenGeneration",
    "CustomMessage",
    "UserMigration",
    "DefineAuthChallenge",
    "CreateAuthChallenge",
    "VerifyAuthChallengeResponse",
    "CustomEmailSender",
    "CustomSMSSender",
]
NO_CLIENT: Final = "CLIENT_ID_NOT_APPLICABLE"
"""What AWS writes where no app client asked."""

_ATTEMPTS: Final = 3
_LONGEST_ANSWER: Final = 262_144
_LONGEST_TEXT: Final = 2048
_VERSIONED: Final = {
    "PreTokenGeneration": "PreTokenGenerationConfig",
    "CustomEmailSender": "CustomEmailSender",
    "CustomSMSSender": "CustomSMSSender",
}
# The function did not end by itself, so another attempt may do better. What it raised is never tried again.
_AGAIN: Final = frozenset(
    {"Sandbox.Timedout", "Runtime.ExitError", "Runtime.OutOfMemory", "Runtime.StartError", "Runtime.Unknown"}
)
_BUSY: Final = "TooManyRequestsException"
_UNREADABLE: Final = frozenset({"Runtime.MarshalError", "Function.ResponseSizeTooLarge"})
_TIMED_OUT: Final = InvocationError("Sandbox.Timedout", "The function did not answer in time.")


class _Envelope(msgspec.Struct, frozen=True):
    """What a function returns: the event, of which only the response counts."""

    response: dict[str, Any]


_decoder: Final = msgspec.json.Decoder(_Envelope)


def configured(pool: Pool, trigger: Trigger) -> str | None:
    """The ARN of the function that the pool names for a trigger; None when it names none."""
    config = pool.settings.LambdaConfig
    if trigger in _VERSIONED:
        versioned = getattr(config, _VERSIONED[trigger])
        if versioned is not None or trigger != "PreTokenGeneration":
            return None if versioned is None else str(versioned.LambdaArn)
    arn: str | None = getattr(config, trigger)
    return arn


async def run(
    services: Services,
    pool: Pool,
    trigger: Trigger,
    source: str,
    *,
    client_id: str | None,
    username: str,
    request: dict[str, Any],
    response: dict[str, Any],
    version: str = "1",
) -> dict[str, Any]:
    """The `response` of what the pool's function returned. Never call it inside a read or write block.

    `response` is what the function finds there. Raises UserLambdaValidationException for what the function raised,
    UnexpectedLambdaException when it could not run or did not end, InvalidLambdaResponseException for any other answer
    than an event.
    """
    event = {
        "version": version,
        "triggerSource": source,
        "region": pool.region,
        "userPoolId": pool.id,
        "userName": username,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": client_id or NO_CLIENT},
        "request": request,
        "response": response,
    }
    outcome = await _invoked(services, _function(services, pool, trigger), trigger, msgspec.json.encode(event))
    if outcome.error is not None:
        error = _error(trigger, outcome.error, ran=outcome.duration_us > 0)
        telemetry.log.warning(
            "trigger failed", trigger=trigger, pool=pool.id, error=error.code, kind=outcome.error.type
        )
        raise error
    return _response(outcome.payload)


def attributes(pool: Pool, user: User) -> dict[str, str]:
    """A user as events show one: the attributes, with the status and the aliases."""
    return {**aliased(pool, users.attributes_of(user)), "cognito:user_status": user.status}


def aliased(pool: Pool, known: Mapping[str, str]) -> dict[str, str]:
    """Attributes with the alias of each contact that somebody may sign in with."""
    names = {*pool.settings.AliasAttributes, *pool.settings.UsernameAttributes} & {"email", "phone_number"}
    return {**known, **{f"cognito:{name}_alias": known[name] for name in sorted(names) if known.get(name)}}


def _function(services: Services, pool: Pool, trigger: Trigger) -> str:
    """The name of the function, which must be one of this server's. Raises UnexpectedLambdaException."""
    arn = configured(pool, trigger)
    assert arn is not None, f"{trigger} is not configured"
    settings, name = services.settings, arn.rpartition(":")[2]
    if arn != function_arn(settings.region, settings.account_id, name) or services.functions is None:
        raise _could_not_run(trigger, "ResourceNotFoundException")
    return name


async def _invoked(services: Services, name: str, trigger: Trigger, event: bytes) -> Invocation:
    """The first attempt in which the function ended by itself, or else the last one."""
    outcome = await _once(services, name, event)
    for _ in range(_ATTEMPTS - 1):
        if not _may_do_better(outcome):
            break
        telemetry.log.info("trigger is tried again", trigger=trigger, kind=outcome.error.type if outcome.error else "")
        outcome = await _once(services, name, event)
    return outcome


async def _once(services: Services, name: str, event: bytes) -> Invocation:
    assert services.functions is not None
    try:
        async with asyncio.timeout(services.trigger_seconds):
            return await services.functions.invoke(name, event)
    except TimeoutError:
        return Invocation(b"", _TIMED_OUT, "", 1)


def _may_do_better(outcome: Invocation) -> bool:
    error = outcome.error
    return error is not None and (error.type in _AGAIN or (error.type == _BUSY and outcome.duration_us == 0))


def _error(trigger: Trigger, error: InvocationError, *, ran: bool) -> ServiceError:
    """`ran` tells our own types of error from exceptions of the same name that the function raised."""
    if error.type in _UNREADABLE:
        return _unreadable()
    if error.type == "Sandbox.Timedout":
        return UnexpectedLambdaException(f"{trigger} failed with error Socket timeout while invoking Lambda function.")
    if error.type in _AGAIN or not ran:
        return _could_not_run(trigger, error.type)
    return UserLambdaValidationException(f"{trigger} failed with error {error.message[:_LONGEST_TEXT]}.")


def _could_not_run(trigger: Trigger, why: str) -> UnexpectedLambdaException:
    return UnexpectedLambdaException(f"{trigger} invocation failed due to error {why}.")


def _unreadable() -> InvalidLambdaResponseException:
    return InvalidLambdaResponseException("Unrecognizable lambda output")


def _response(payload: bytes) -> dict[str, Any]:
    """Raises InvalidLambdaResponseException for what is no event, or too long to be one."""
    if len(payload) > _LONGEST_ANSWER:
        raise _unreadable()
    try:
        return _decoder.decode(payload).response
    except (msgspec.DecodeError, RecursionError) as error:
        raise _unreadable() from error
