"""What to do about a refusal whose words are AWS's. For the server's log: the answer keeps to those words."""

import re
from typing import Final

from poolhouse.access.principals import Principal
from poolhouse.errors import ExpiredCodeException, ServiceError

_POOL: Final = re.compile(r"User pool ([a-z0-9-]+)_\w+ does not exist\.")
_EXPIRED: Final = (
    "the code is too old, used or replaced by a later one: ask for another with ForgotPassword, ResendConfirmationCode "
    "or GetUserAttributeVerificationCode"
)


def hint(error: ServiceError, principal: Principal) -> dict[str, str]:
    """A field of the log line, or none."""
    if isinstance(error, ExpiredCodeException):
        return {"hint": _EXPIRED}
    named, signed = _POOL.fullmatch(error.message), getattr(principal, "region", "")
    if named and signed and named[1] != signed:
        return {"hint": f"the request is signed for {signed} and the pool is of {named[1]}: set the client's region"}
    return {}
