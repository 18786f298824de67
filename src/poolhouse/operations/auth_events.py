"""AdminListUserAuthEvents: what the audit trail knows of a user's sign-ins and passwords, in AWS's shape.

Nobody judges risk here, so every event is without risk, and feedback is not served.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from poolhouse.service_model.structs.cognito_idp import AdminListUserAuthEventsRequest
from poolhouse.store import pools, users

from . import audit, paging
from ._described import present
from .audit import Event
from .context import Call, seconds
from .gate import Answer, operation

_TYPES: Final = {
    "SignUp": "SignUp",
    "ForgotPassword": "ForgotPassword",
    "ConfirmForgotPassword": "ForgotPassword",
    "ChangePassword": "PasswordChange",
}
_RESPONSES: Final = {audit.IN_PROGRESS: "InProgress", audit.OK: "Pass"}
_ORDER: Final = {audit.IN_PROGRESS: 0, audit.OK: 2}
_BEYOND: Final = 200
# AWS knows two challenges; what is neither is left out.
_CHALLENGES: Final = {
    "ADMIN_NO_SRP_AUTH": "Password",
    "ADMIN_USER_PASSWORD_AUTH": "Password",
    "PASSWORD": "Password",
    "PASSWORD_VERIFIER": "Password",
    "SMS_MFA": "Mfa",
    "SOFTWARE_TOKEN_MFA": "Mfa",
    "USER_PASSWORD_AUTH": "Password",
}


@dataclass(slots=True)
class _SignIn:
    """The records of one event, the newest first; `whole` as soon as the one is there with which it began."""

    records: list[Event] = field(default_factory=list)
    whole: bool = False


@operation("AdminListUserAuthEvents")
async def admin_list_user_auth_events(ctx: Call, req: AdminListUserAuthEventsRequest) -> Answer:
    """The newest first. A sign-in is one event, which changes with each answer to a challenge."""
    async with ctx.services.database.read() as tx:
        pool = await pools.get(tx, req.UserPoolId)
        user = ctx.about(await users.get(tx, pool, req.Username))
    size, scope = paging.size(req.MaxResults), (pool.id, user.sub)
    told, before = paging.opened(ctx, "AdminListUserAuthEvents", scope, req.NextToken)
    begun, listed = set(told.split()), dict[str, _SignIn]()
    while True:
        found = await _records(ctx, scope, before, size + 1)
        taken = _take(listed, begun, found, size)
        before = found[taken - 1].id if taken else before
        if taken < len(found) or len(found) <= size:
            break
    answer: Answer = {}
    if taken < len(found):
        unfinished = {key: one for key, one in listed.items() if not one.whole}
        key = " ".join(begun | unfinished.keys())
        answer["NextToken"] = paging.sealed(ctx, "AdminListUserAuthEvents", scope, key, before)
        for record in await _records(ctx, scope, before, _BEYOND) if unfinished else ():
            if _key(record) in unfinished:
                _add(unfinished[_key(record)], record)
    return {"AuthEvents": [_described(one.records) for one in listed.values()], **answer}


async def _records(ctx: Call, scope: tuple[str, str], before: int, limit: int) -> list[Event]:
    pool_id, sub = scope
    return await audit.events(ctx.services, pool_id=pool_id, subject=sub, kind="sign-in", before=before, limit=limit)


def _take(listed: dict[str, _SignIn], begun: set[str], found: Sequence[Event], size: int) -> int:
    """Put records to their events, and say how many: those before the first that needs a place too many.

    What was `begun` on a page before is not listed again.
    """
    for place, record in enumerate(found):
        key = _key(record)
        if key in begun:
            begun -= {record.body["event_id"]}
        elif key in listed:
            _add(listed[key], record)
        elif len(listed) == size:
            return place
        else:
            listed[key] = _SignIn()
            _add(listed[key], record)
    return len(found)


def _add(one: _SignIn, record: Event) -> None:
    one.records.append(record)
    one.whole = "sign_in" not in record.body


def _key(record: Event) -> str:
    return str(record.body.get("sign_in") or record.body["event_id"])


def _described(records: Sequence[Event]) -> dict[str, Any]:
    """The first record says what it is, the last how it stands."""
    ordered = sorted(records, key=_place)
    first, last = ordered[0], ordered[-1]
    return present(
        {
            "EventId": str(UUID(_key(last))),
            "EventType": _TYPES.get(last.operation, "SignIn"),
            "CreationDate": seconds(first.at),
            "EventResponse": _RESPONSES.get(last.result, "Fail"),
            "EventRisk": {"RiskDecision": "NoRisk", "CompromisedCredentialsDetected": False},
            "ChallengeResponses": [answered for record in ordered for answered in _answered(record)],
            "EventContextData": present({"IpAddress": last.body.get("address") or None}),
        }
    )


def _place(record: Event) -> tuple[int, int, int]:
    """As it happened: failures are written a moment later, and nothing comes behind a sign-in that has passed."""
    return _ORDER.get(record.result, 1), record.at, record.id


def _answered(record: Event) -> list[dict[str, str]]:
    """What was answered in a record: in one where the sign-in goes on, the first factor, and rightly."""
    challenge = _CHALLENGES.get(record.body.get("challenge", ""))
    result = "Success" if record.result in _RESPONSES else "Failure"
    return [{"ChallengeName": challenge, "ChallengeResponse": result}] if challenge else []
