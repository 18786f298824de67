"""The three triggers of a custom sign-in: DefineAuthChallenge, CreateAuthChallenge, VerifyAuthChallengeResponse."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from poolhouse.errors import InvalidLambdaResponseException, InvalidParameterException
from poolhouse.store.pools import Pool
from poolhouse.store.users import User

from . import triggers
from .challenges import Round
from .door import Door
from .triggers import Trigger

CUSTOM_CHALLENGE: Final = "CUSTOM_CHALLENGE"
T = TypeVar("T", bound=msgspec.Struct)


class Who(NamedTuple):
    """The user as events show him; None where he does not exist and the client hides that."""

    user: User | None
    username: str


class Decision(NamedTuple):
    """What comes next: tokens, the end, or a challenge by its name."""

    challenge: str | None
    issues: bool
    fails: bool


class Challenge(NamedTuple):
    """What the client is shown, what only the functions may know, and what they call it."""

    public: dict[str, str]
    private: dict[str, str]
    note: str | None


class _Defined(msgspec.Struct, frozen=True):
    challengeName: str | None = None  # noqa: N815 - AWS's members
    issueTokens: bool | None = None  # noqa: N815 - AWS's member
    failAuthentication: bool | None = None  # noqa: N815 - AWS's member


class _Created(msgspec.Struct, frozen=True):
    publicChallengeParameters: dict[str, str] | None = None  # noqa: N815 - AWS's member
    privateChallengeParameters: dict[str, str] | None = None  # noqa: N815 - AWS's member
    challengeMetadata: str | None = None  # noqa: N815 - AWS's member


class _Verified(msgspec.Struct, frozen=True):
    answerCorrect: bool | None = None  # noqa: N815 - AWS's member


def require(pool: Pool, trigger: Trigger) -> None:
    """Raises InvalidParameterException in AWS's words for a pool without the function."""
    if triggers.configured(pool, trigger) is None:
        raise InvalidParameterException("Custom auth lambda trigger is not configured for the user pool.")


async def define(door: Door, who: Who, done: Sequence[Round]) -> Decision:
    answer = await _run(door, who, "DefineAuthChallenge", {"session": _session(done)}, _Defined)
    return Decision(answer.challengeName, bool(answer.issueTokens), bool(answer.failAuthentication))


async def create(door: Door, who: Who, done: Sequence[Round]) -> Challenge:
    request = {"challengeName": CUSTOM_CHALLENGE, "session": _session(done)}
    made = await _run(door, who, "CreateAuthChallenge", request, _Created)
    return Challenge(
        made.publicChallengeParameters or {}, made.privateChallengeParameters or {}, made.challengeMetadata
    )


async def verify(door: Door, who: Who, private: dict[str, str], answer: str) -> bool:
    """Whether the answer is right; what is not said to be right is wrong."""
    request = {"privateChallengeParameters": private, "challengeAnswer": answer}
    return (await _run(door, who, "VerifyAuthChallengeResponse", request, _Verified)).answerCorrect is True


async def _run(door: Door, who: Who, trigger: Trigger, request: dict[str, Any], answer: type[T]) -> T:
    require(door.pool, trigger)
    members = {
        "userAttributes": triggers.attributes(door.pool, who.user) if who.user else {},
        **request,
        "clientMetadata": door.metadata,
        "userNotFound": who.user is None,
    }
    given = await triggers.run(
        door.ctx.services,
        door.pool,
        trigger,
        f"{trigger}_Authentication",
        client_id=door.client.id,
        username=who.username,
        request=members,
        response=dict.fromkeys(answer.__struct_fields__),
    )
    try:
        return msgspec.convert(given, answer)
    except msgspec.ValidationError as error:
        raise InvalidLambdaResponseException(f"{trigger}: unrecognizable lambda output: {error}") from error


def _session(done: Sequence[Round]) -> list[dict[str, Any]]:
    """What was answered so far, as the functions see it."""
    return [
        {"challengeName": each.name, "challengeResult": each.result, "challengeMetadata": each.note} for each in done
    ]
