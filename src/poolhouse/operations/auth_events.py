"""AdminListUserAuthEvents: what the audit trail knows of a user's sign-ins and passwords, in AWS's shape.

Nobody judges risk here, so every event is without risk, and feedback is not served.
"""

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


@operation("AdminListUserAuthEvents")
async def admin_list_user_auth_events(ctx: Call, req: AdminListUserAuthEventsRequest) -> Answer:
    """The newest first."""
    async with ctx.services.database.read() as tx:
        pool = await pools.get(tx, req.UserPoolId)
        user = ctx.about(await users.get(tx, pool, req.Username))
    size, scope = paging.size(req.MaxResults), (pool.id, user.sub)
    _, before = paging.opened(ctx, "AdminListUserAuthEvents", scope, req.NextToken)
    found = await audit.events(
        ctx.services, pool_id=pool.id, subject=user.sub, kind="sign-in", before=before, limit=size + 1
    )
    answer: Answer = {"AuthEvents": [_described(event) for event in found[:size]]}
    if len(found) > size:
        answer["NextToken"] = paging.sealed(ctx, "AdminListUserAuthEvents", scope, "", found[size - 1].id)
    return answer


def _described(event: Event) -> dict[str, Any]:
    passed = event.result == "ok"
    challenge = _CHALLENGES.get(event.body.get("challenge", ""))
    responses = [{"ChallengeName": challenge, "ChallengeResponse": "Success" if passed else "Failure"}]
    return present(
        {
            "EventId": str(UUID(event.body["event_id"])),
            "EventType": _TYPES.get(event.operation, "SignIn"),
            "CreationDate": seconds(event.at),
            "EventResponse": "Pass" if passed else "Fail",
            "EventRisk": {"RiskDecision": "NoRisk", "CompromisedCredentialsDetected": False},
            "ChallengeResponses": responses if challenge else [],
            "EventContextData": present({"IpAddress": event.body.get("address") or None}),
        }
    )
