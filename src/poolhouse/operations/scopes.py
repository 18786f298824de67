"""What OAuth scopes stand for: which of a user's attributes a token may carry. Who may ask for a scope is not here."""

from collections.abc import Set as AbstractSet
from typing import Final

from .bearer import SELF_SERVICE

OPENID: Final = "openid"
_EMAIL: Final = frozenset({"email", "email_verified"})
_PHONE: Final = frozenset({"phone_number", "phone_number_verified"})
_NARROWING: Final = frozenset({"email", "phone", "profile"})
STANDARD: Final = frozenset({OPENID, SELF_SERVICE}) | _NARROWING


def is_oauth(scope: str) -> bool:
    """Whether a sign-in came through the OAuth endpoints; the API's own sign-ins have the self-service scope alone."""
    return scope != SELF_SERVICE


def visible(scope: str, readable: AbstractSet[str]) -> AbstractSet[str]:
    """The attributes that a token of this scope tells, of those that its client may read.

    `openid` alone tells all of them, as do the API's own sign-ins; `email`, `phone` and `profile` narrow it down.
    """
    asked = _NARROWING.intersection(scope.split())
    if not asked:
        return readable
    told = readable - _EMAIL - _PHONE if "profile" in asked else readable & {"sub"}
    if "email" in asked:
        told |= readable & _EMAIL
    return told | (readable & _PHONE) if "phone" in asked else told
