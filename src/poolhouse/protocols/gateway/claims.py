"""A token's claims as API Gateway hands them to a function: every value is text (spec/admin-queries.md 2.5)."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import msgspec

GROUPS: Final = "cognito:groups"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def rendered(claims: Mapping[str, Any], live_groups: Collection[str] | None = None) -> dict[str, str]:
    """`live_groups` are the groups that still hold; None believes the token.

    Groups are joined with commas, so one whose name holds a comma is left out: `x,Admins` must not pass for `Admins`.
    A token whose groups are all gone looks like that of a user without groups.
    """
    told: dict[str, str] = {}
    for name, value in claims.items():
        if name == GROUPS:
            if groups := _groups(value, live_groups):
                told[name] = groups
        elif name in ("exp", "iat"):
            told[name] = _date(int(value))
        else:
            told[name] = value if isinstance(value, str) else _text(value)
    return told


def _groups(value: Any, live_groups: Collection[str] | None) -> str:
    named = [one for one in value if isinstance(one, str)] if isinstance(value, list | tuple) else []
    return ",".join(one for one in named if "," not in one and (live_groups is None or one in live_groups))


def _text(value: Any) -> str:
    """Truth values and numbers as JSON, lists of texts joined, anything else as JSON."""
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return ",".join(value)
    return msgspec.json.encode(value).decode()


@lru_cache(maxsize=4096)
def _date(seconds: int) -> str:
    """`Tue Apr 04 18:39:39 UTC 2023`."""
    moment = _EPOCH + timedelta(seconds=seconds)
    day, month = _DAYS[moment.weekday()], MONTHS[moment.month - 1]
    return f"{day} {month} {moment.day:02d} {moment:%H:%M:%S} UTC {moment.year}"
