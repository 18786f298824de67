"""How answers show what rows hold. A user's attributes are embedded as the encoded text of the row."""

from collections.abc import Mapping
from typing import Any

from msgspec import Raw

from poolhouse.store.search import Listed
from poolhouse.store.users import User

from .context import seconds


def listed(user: Listed | User) -> dict[str, Any]:
    """A UserType: what lists and AdminCreateUser show."""
    return {
        "Username": user.username,
        "Attributes": Raw(user.attributes.encode()),
        "UserCreateDate": seconds(user.created),
        "UserLastModifiedDate": seconds(user.modified),
        "Enabled": user.enabled == 1,
        "UserStatus": user.status,
    }


def present(members: Mapping[str, Any]) -> dict[str, Any]:
    """An answer's part without the members that are None, at every depth."""
    return {name: _plain(value) for name, value in members.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return present(value)
    return [_plain(entry) for entry in value] if isinstance(value, tuple) else value
