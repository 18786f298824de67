"""How the console words what the operations answer: statuses, names, contacts."""

from collections.abc import Mapping
from typing import Any, Final

from msgspec.json import Decoder

from poolhouse.errors import ServiceError
from poolhouse.operations.console.users import Listed

from . import far_side
from .naming import title
from .visit import ConsoleVisit

STATUS: Final[Mapping[str, tuple[str, str, str]]] = {
    "CONFIRMED": ("Confirmed", "good", "Has an account and may sign in."),
    "UNCONFIRMED": ("Unconfirmed", "warn", "Signed up, but has not proved an address yet."),
    "FORCE_CHANGE_PASSWORD": ("Invited", "accent", "Has a temporary password and chooses one at the first sign-in."),
    "RESET_REQUIRED": ("Reset required", "warn", "Has to choose a new password before the next sign-in."),
}
"""Status -> label, tone, meaning."""
WAYS: Final = {
    "awsjson": "API",
    "cli": "command line",
    "console": "console",
    "function": "function",
    "graphql": "GraphQL",
    "rest": "REST",
}
"""How an administrator came in."""
_FORBIDDEN: Final = frozenset({"NotAuthorizedException", "AccessDeniedException"})
_decoder = Decoder(list[dict[str, str]])


def attributes_of(entries: list[dict[str, str]]) -> dict[str, str]:
    """AWS's list as a mapping."""
    return {entry["Name"]: entry.get("Value", "") for entry in entries}


def status(name: str) -> tuple[str, str]:
    """Label and tone."""
    return STATUS.get(name, (name, "", ""))[:2]


def row(visit: ConsoleVisit, user: Listed) -> dict[str, Any]:
    """A line of a list of users. Times are epoch seconds."""
    return line(
        visit,
        user.username,
        attributes_of(_decoder.decode(user.attributes)),
        user.status,
        is_enabled=user.enabled == 1,
        created=user.created / 1_000_000,
    )


def listed(visit: ConsoleVisit, user: Mapping[str, Any]) -> dict[str, Any]:
    """The same of AWS's UserType."""
    return line(
        visit,
        user["Username"],
        attributes_of(user.get("Attributes", [])),
        user["UserStatus"],
        is_enabled=user["Enabled"],
        created=user["UserCreateDate"],
    )


def line(
    visit: ConsoleVisit, username: str, known: Mapping[str, str], status_name: str, *, is_enabled: bool, created: float
) -> dict[str, Any]:
    label, tone = status(status_name)
    called = title(username, known)
    contacts = [known[name] for name in ("email", "phone_number") if known.get(name, called) != called]
    return {
        "username": username,
        "title": called,
        "contact": contacts[0] if contacts else "",
        "status": label,
        "tone": tone,
        "enabled": is_enabled,
        "created": created,
        "href": visit.url("/user", name=username),
    }


def status_of(error: ServiceError) -> int:
    """The status of a page that tells of a refusal; never one that says the mistake is ours."""
    if far_side.title(error):
        return far_side.status(error)
    if error.code in _FORBIDDEN:
        return 403
    return error.status if 400 <= error.status < 500 else 400
