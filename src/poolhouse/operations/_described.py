"""How answers show what rows hold. A user's attributes are embedded as the encoded text of the row."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Raw

from poolhouse.store.database import Row
from poolhouse.store.search import Listed
from poolhouse.store.users import User

from .context import seconds


def listed(user: Listed | User) -> dict[str, Any]:
    """A UserType: what lists and AdminCreateUser show."""
    return {
        "Username": user.username,
        "Attributes": Raw(user.attributes),
        "UserCreateDate": seconds(user.created),
        "UserLastModifiedDate": seconds(user.modified),
        "Enabled": user.enabled == 1,
        "UserStatus": user.status,
    }


def page_of(found: Iterable[Row]) -> list[dict[str, Any]]:
    """What `listed` makes of each bare row. A page has sixty, so it is one expression without a call for each."""
    return [
        {
            "Username": username,
            "Attributes": Raw(attributes),
            "UserCreateDate": created // 1000 / 1000,
            "UserLastModifiedDate": modified // 1000 / 1000,
            "Enabled": enabled == 1,
            "UserStatus": status,
        }
        for _, username, status, enabled, attributes, created, modified in found
    ]


def present(members: Mapping[str, Any]) -> dict[str, Any]:
    """An answer's part without the members that are None, at every depth."""
    return {name: _plain(value) for name, value in members.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return present(value)
    return [_plain(entry) for entry in value] if isinstance(value, tuple) else value
