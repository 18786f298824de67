"""Users as answers show them. Attributes are embedded as the encoded text that the row holds."""

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
