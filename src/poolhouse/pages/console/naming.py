"""What people call users and their attributes; usernames that are only ids say nothing to anybody."""

from collections.abc import Mapping
from typing import Final

_LABELS: Final = {"sub": "Id", "email": "E-mail", "zoneinfo": "Time zone", "updated_at": "Updated at"}
_CUSTOM: Final = "custom:"


def title(username: str, known: Mapping[str, str]) -> str:
    """The username, or where that is only the user's id, his name or address."""
    if username != known.get("sub"):
        return username
    full = " ".join(filter(None, (known.get("given_name"), known.get("family_name"))))
    return known.get("name") or full or known.get("email") or known.get("phone_number") or username


def label(attribute: str) -> str:
    """An attribute in words; `custom:` ones as they were named."""
    words = attribute.removeprefix(_CUSTOM).removeprefix("dev:").replace("_", " ")
    return _LABELS.get(attribute) or words[:1].upper() + words[1:]
