"""What to do about a refusal whose words are AWS's. For the server's log: the answer keeps to those words."""

import re
from typing import Final

from poolhouse.access.principals import Principal, RoleSession
from poolhouse.define.grants import SINGLES
from poolhouse.errors import ExpiredCodeException, ServiceError

_POOL: Final = re.compile(r"User pool ([a-z0-9-]+)_\w+ does not exist\.")
_UNGRANTED: Final = re.compile(r"no identity-based policy allows the cognito-idp:(\w+) action$")
_GRANTS: Final = {operation: name for name, operation in SINGLES.items()}
_UNITS: Final = (("day", 86_400), ("hour", 3600), ("minute", 60))


def hint(error: ServiceError, principal: Principal) -> dict[str, str]:
    """A field of the log line, or none."""
    if isinstance(error, ExpiredCodeException):
        return {"hint": _expired(error.seconds_ago)}
    if grant := _missing_grant(error, principal):
        return {"hint": grant}
    named, signed = _POOL.fullmatch(error.message), getattr(principal, "region", "")
    if named and signed and named[1] != signed:
        return {"hint": f"the request is signed for {signed} and the pool is of {named[1]}: set the client's region"}
    return {}


def _missing_grant(error: ServiceError, principal: Principal) -> str:
    """For a call of a function: the grant that it lacks, by the name that the definitions give it."""
    found = _UNGRANTED.search(error.message)
    name = _GRANTS.get(found[1]) if found else None
    if name is None or not isinstance(principal, RoleSession):
        return ""
    if f"-function-{principal.session_name}-" not in principal.role_name:
        return ""
    return (
        f"the function {principal.session_name} was not granted this on the user pool: add "
        f'"{name}" to its allow.resource(...).to([...]) in access'
    )


def _expired(seconds: int | None) -> str:
    what = "is too old, used or replaced by a later one" if seconds is None else f"expired {_ago(seconds)} ago"
    return (
        f"the code {what}: ask for another with ForgotPassword, ResendConfirmationCode or "
        "GetUserAttributeVerificationCode"
    )


def _ago(seconds: int) -> str:
    """In the largest unit of which there are two at least."""
    unit, size = next(((unit, size) for unit, size in _UNITS if seconds >= 2 * size), ("second", 1))
    count = seconds // size
    return f"{count} {unit}{'' if count == 1 else 's'}"
