"""One user's page: who he is, where he is signed in, what he did and what was done to him."""

from collections.abc import Coroutine
from typing import Any, Final

from starlette.responses import Response

from poolhouse.errors import InvalidUserPoolConfigurationException, ServiceError
from poolhouse.operations import audit
from poolhouse.operations.attributes import schema
from poolhouse.operations.console import clients
from poolhouse.operations.console.passkeys import passkeys_of

from . import render, user_actions, views
from .groups import first_names
from .page import Page
from .subject import Subject, assignable, subject_of
from .visit import ConsoleVisit

FACTORS: Final = {
    "SMS_MFA": "Codes by text message",
    "SOFTWARE_TOKEN_MFA": "Authenticator app",
    "EMAIL_OTP": "Codes by e-mail",
}
Rows = Coroutine[Any, Any, list[dict[str, Any]] | None]
_MOST: Final = 60
_SHOWN_EVENTS: Final = 12
_OUTCOMES: Final = {"ok": ("Done", "good"), "sent": ("No answer", "warn"), "Unknown": ("No answer", "warn")}


async def shown(visit: ConsoleVisit) -> Response:
    return await user_page(visit, await subject_of(visit))


async def user_page(visit: ConsoleVisit, subject: Subject, *, error: str = "", status: int = 200) -> Response:
    """The page, also after a form on it was refused."""
    groups, free = await _groups(visit, subject)
    missing: dict[str, str] = {}
    return render.page(
        "user",
        visit,
        status=status,
        error=error,
        user=subject,
        attributes=_ordered(visit, subject),
        groups=groups,
        free=[("", "Choose one …"), *((name, name) for name in free)] if free else [],
        removable=frozenset(
            await assignable(visit, subject.name, [group["GroupName"] for group in groups], "AdminRemoveUserFromGroup")
        ),
        devices=await _part(visit, "devices", _devices(visit, subject), missing),
        sessions=await _part(visit, "sessions", _sessions(visit, subject), missing),
        passkeys=None if visit.is_remote else await passkeys_of(visit.services, visit.chosen, subject.name),
        factors=[FACTORS.get(name, name) for name in subject.factors],
        preferred=FACTORS.get(subject.preferred, subject.preferred),
        history=await _part(visit, "history", _history(visit, subject), missing),
        missing=missing,
        trail=await _trail(visit, subject),
        actions=user_actions.offered(visit, subject),
    )


async def _part(visit: ConsoleVisit, name: str, wanted: Rows, missing: dict[str, str]) -> list[dict[str, Any]] | None:
    """What else is known of the user. What AWS does not tell goes into `missing`, and the page is shown anyway."""
    try:
        return await wanted
    except ServiceError as error:
        if not visit.is_remote:
            raise
        missing[name] = error.message
        return []


def _ordered(visit: ConsoleVisit, subject: Subject) -> list[tuple[str, str, str]]:
    """Name, value, and whether it is verified, in the order of the schema; what it does not know comes last."""
    names = [*schema(visit.chosen.settings), *subject.attributes]
    found = []
    for name in dict.fromkeys(names):
        if name in subject.attributes and not name.endswith("_verified"):
            verified = subject.attributes.get(f"{name}_verified")
            mark = "" if name not in {"email", "phone_number"} else "verified" if verified == "true" else "not verified"
            found.append((name, subject.attributes[name], mark))
    return found


async def _groups(visit: ConsoleVisit, subject: Subject) -> tuple[list[dict[str, Any]], list[str]]:
    """Those of the user, and those that he can be put into by the visitor."""
    if not subject.may("AdminListGroupsForUser"):
        return [], []
    found: list[dict[str, Any]] = (await visit.of_pool("AdminListGroupsForUser", Username=subject.name, Limit=_MOST))[
        "Groups"
    ]
    found.sort(key=lambda group: (group.get("Precedence", 2**31), group["GroupName"]))
    if not visit.may("AdminAddUserToGroup") or not visit.may("ListGroups"):
        return found, []
    held = {group["GroupName"] for group in found}
    others = [name for name in await first_names(visit) if name not in held]
    return found, await assignable(visit, subject.name, others, "AdminAddUserToGroup")


async def _devices(visit: ConsoleVisit, subject: Subject) -> list[dict[str, Any]] | None:
    """None where the pool does not follow devices, or the visitor may not see them."""
    if visit.chosen.settings.DeviceConfiguration is None or not subject.may("AdminListDevices"):
        return None
    try:
        answer = await visit.of_pool("AdminListDevices", Username=subject.name, Limit=_MOST)
    except InvalidUserPoolConfigurationException:
        return None
    found = []
    for device in answer["Devices"]:
        known = {entry["Name"]: entry.get("Value", "") for entry in device.get("DeviceAttributes", [])}
        found.append(
            {
                "key": device["DeviceKey"],
                "name": known.get("device_name") or device["DeviceKey"],
                "address": known.get("last_ip_used", ""),
                "remembered": known.get("dev:device_remembered_status") == "remembered",
                "seen": device.get("DeviceLastAuthenticatedDate"),
            }
        )
    return found


async def _sessions(visit: ConsoleVisit, subject: Subject) -> list[dict[str, Any]] | None:
    """The newest first, with the names of the apps."""
    if not subject.may("AdminListUserSessions"):
        return None
    found = (await visit.of_pool("AdminListUserSessions", Username=subject.name))["Sessions"]
    names = await clients.names(visit.services, {session["ClientId"] for session in found})
    return [session | {"app": names[session["ClientId"]]} for session in reversed(found)]


async def _history(visit: ConsoleVisit, subject: Subject) -> list[dict[str, Any]] | None:
    if not subject.may("AdminListUserAuthEvents"):
        return None
    answer = await visit.of_pool("AdminListUserAuthEvents", Username=subject.name, MaxResults=_SHOWN_EVENTS)
    events: list[dict[str, Any]] = answer["AuthEvents"]
    return events


async def _trail(visit: ConsoleVisit, subject: Subject) -> list[dict[str, Any]] | None:
    """What administrators did to the user; the operator alone reads the trail."""
    if not visit.is_operator:
        return None
    found = await _events(visit, subject)
    return [
        {
            "operation": event.operation,
            "at": event.at / 1_000_000,
            "by": _actor(event),
            "way": views.WAYS.get(event.body.get("way", ""), event.body.get("way", "")),
            "outcome": _OUTCOMES.get(event.result, ("Refused", "bad")),
        }
        for event in found
    ]


async def _events(visit: ConsoleVisit, subject: Subject) -> list[audit.Event]:
    """The newest first. Of a pool at AWS requests are on record under the name that they had, and one that was sent is
    left out where it is known what became of it.
    """
    names = {subject.sub, subject.name} if visit.is_remote else {subject.sub or subject.name}
    about: dict[str, Any] = {
        "pool_id": visit.pool,
        "kind": "admin",
        "limit": _SHOWN_EVENTS * (2 if visit.is_remote else 1),
    }
    every = [event for name in names for event in await audit.events(visit.services, subject=name, **about)]
    answered = {event.body["intent"] for event in every if "intent" in event.body}
    found = [event for event in every if event.body.get("event_id") not in answered]
    return sorted(found, key=lambda event: event.id, reverse=True)[:_SHOWN_EVENTS]


def _actor(event: audit.Event) -> str:
    """A person by name, a role by its own, and the root key as who holds it."""
    principal = str(event.body.get("principal", event.actor))
    if "username" in event.body:
        return str(event.body["username"])
    return "Operator" if principal.endswith(":root") else principal.rpartition(":")[2]


async def group_added(visit: ConsoleVisit) -> Response:
    """The small form beside the groups."""
    subject = await subject_of(visit)
    group = visit.form.text("group")
    return await user_actions.carried_out(
        visit,
        subject,
        lambda: visit.of_pool("AdminAddUserToGroup", Username=subject.name, GroupName=group),
        told=f"{subject.title} is a member of {group} now, with everything that the group may do.",
        link=(visit.url("/group", name=group), f"See {group}"),
        refused=lambda text, status: user_page(visit, subject, error=text, status=status),
    )


PAGES: Final = (
    Page("/user", shown, operations=("AdminGetUser",), is_described=True),
    Page("/user/groups/add", None, group_added, operations=("AdminAddUserToGroup",), is_described=True),
)
