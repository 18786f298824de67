"""/audit: who did what to whom, the newest first; whether the trail is what was written; the trail as a file.

The operator sees everything. A delegate sees what AdminListUserAuthEvents tells him of one user, and nothing else.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from starlette.responses import Response

from poolhouse.errors import PageNotFound, PageRefusal, ServiceError
from poolhouse.operations import audit
from poolhouse.operations.audit import Event
from poolhouse.operations.console.people import sub_of
from poolhouse.operations.console.trail import linked

from . import people, render
from .downloads import attachment
from .page import Nav, Page
from .verifying import verified
from .visit import ConsoleVisit

_LIMIT: Final = 50
_PIECE: Final = 500
_KINDS: Final = (
    ("", "Every kind"),
    ("admin", "What administrators do"),
    ("sign-in", "Sign-ins and passwords"),
    ("access", "Refused by GraphQL and REST"),
)
_RESULTS: Final = (("", "Every result"), ("ok", "Done"), ("refused", "Refused"))
_SCOPES: Final = (("", "This user pool"), ("server", "The whole server"))
_FILTERS: Final = ("actor", "subject", "operation", "kind", "result", "scope", "since", "until")
_lines = msgspec.json.Encoder()


async def shown(visit: ConsoleVisit) -> Response:
    if not visit.is_operator:
        return await _of_one_user(visit)
    asked = _asked(visit)
    before = _number(visit.query.get("before", ""))
    found = await _events(visit, asked, before, _LIMIT + 1)
    page = found[:_LIMIT]
    return render.page(
        "audit",
        visit,
        asked=asked,
        events=await _listed(visit, page),
        kinds=_KINDS,
        results=_RESULTS,
        scopes=_SCOPES,
        linked=await linked(visit.services),
        first=visit.url("/audit", **asked) if before else "",
        following=visit.url("/audit", **asked, before=page[-1].id) if len(found) > _LIMIT else "",
        file=visit.url("/audit/file", **asked),
    )


async def event_shown(visit: ConsoleVisit) -> Response:
    number = _number(visit.query.get("id", ""))
    found = await audit.events(visit.services, after=number - 1, before=number + 1, limit=1) if number else []
    if not found:
        raise PageNotFound("There is no such event.")
    event = found[0]
    body = dict(event.body)
    request = body.pop("request", None)
    facts = [(_label(name), _text(value)) for name, value in body.items() if value not in ("", [], None)]
    asked = _lines.encode(request).decode() if request else ""
    formatted = msgspec.json.format(asked, indent=2) if asked else ""
    row = (await _listed(visit, [event]))[0]
    return render.page("audit_event", visit, event=row, facts=facts, request=formatted)


async def verify_posted(visit: ConsoleVisit) -> Response:
    return verified(visit)


async def file_shown(visit: ConsoleVisit) -> Response:
    """JSON Lines, the newest first."""
    return attachment("audit.jsonl", "application/x-ndjson", _file(visit, _asked(visit)))


async def _file(visit: ConsoleVisit, asked: dict[str, str]) -> AsyncIterator[bytes]:
    before = 0
    while True:
        found = await _events(visit, asked, before, _PIECE)
        yield b"".join(_lines.encode(event) + b"\n" for event in found)
        if len(found) < _PIECE:
            return
        before = found[-1].id


# --- what is asked for -------------------------------------------------------------------------------------


def _asked(visit: ConsoleVisit) -> dict[str, str]:
    return {name: visit.query.text(name) for name in _FILTERS}


async def _events(visit: ConsoleVisit, asked: dict[str, str], before: int, limit: int) -> list[Event]:
    """A user is named by his id where the operation found him, and else by the name that the request had."""
    actor, subject = asked["actor"], asked["subject"]
    filters: dict[str, Any] = {
        "pool_id": "" if asked["scope"] == "server" else visit.pool,
        "actor": await _arn(visit, actor) if actor else "",
        "kind": asked["kind"],
        "operation": asked["operation"],
        "since": _day(asked["since"], 0),
        "until": _day(asked["until"], 1),
        "before": before,
        "limit": limit,
    }
    filters |= {"but": audit.OK, "nor": audit.SENT} if asked["result"] == "refused" else {"result": asked["result"]}
    if not subject:
        return await audit.events(visit.services, **filters)
    sub = await sub_of(visit.services, visit.chosen, subject)
    found = {event.id: event for name in {subject, sub or subject} for event in await _about(visit, name, filters)}
    return [found[place] for place in sorted(found, reverse=True)][:limit]


async def _about(visit: ConsoleVisit, name: str, filters: dict[str, Any]) -> list[Event]:
    return await audit.events(visit.services, subject=name, **filters)


async def _arn(visit: ConsoleVisit, typed: str) -> str:
    """A person by name, and everybody else by ARN; users of a pool at AWS by their id."""
    if typed.startswith("arn:"):
        return typed
    sub = typed if visit.is_remote else await sub_of(visit.services, visit.chosen, typed)
    if sub is None:
        return typed
    account, region = visit.services.settings.account_id, visit.chosen.region
    return f"arn:aws:cognito-idp:{region}:{account}:userpool/{visit.pool}/user/{sub}"


def _day(text: str, more: int) -> int:
    """The first microsecond of a day (UTC), or of the one `more` days later; 0 for no day."""
    if not text:
        return 0
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        return int((day + timedelta(days=more)).timestamp()) * 1_000_000
    except (ValueError, OverflowError):
        raise PageRefusal("That is no day", "Write a day like 2026-05-31.") from None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


# --- what is shown -----------------------------------------------------------------------------------------


async def _listed(visit: ConsoleVisit, events: Sequence[Event]) -> list[dict[str, Any]]:
    """With users called as a person would call them."""
    known = await people.names(visit, (key for event in events for key in (event.actor, event.subject)))
    return [_row(visit, event, known) for event in events]


def _row(visit: ConsoleVisit, event: Event, known: Mapping[str, str]) -> dict[str, Any]:
    """Time is epoch seconds."""
    return {
        "id": event.id,
        "href": visit.url("/audit/event", id=event.id),
        "at": event.at / 1e6,
        "kind": event.kind,
        "operation": event.operation,
        "who": known.get(event.actor) or people.short(event.actor),
        "actor": event.actor,
        "whom": known.get(event.subject) or people.short(event.subject),
        "subject": event.subject,
        "result": event.result,
        "tone": {audit.OK: "good", audit.SENT: ""}.get(event.result, "warn"),
        "rule": event.body.get("rule", ""),
        "seq": event.seq,
    }


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


async def _of_one_user(visit: ConsoleVisit) -> Response:
    """What the operation of AWS's says, asked by the delegate himself."""
    name, events, error, status = visit.query.text("subject"), [], "", 200
    following = ""
    if name:
        try:
            found = await visit.of_pool(
                "AdminListUserAuthEvents", Username=name, MaxResults=_LIMIT, NextToken=visit.query.get("after") or None
            )
            events, token = found.get("AuthEvents", []), found.get("NextToken", "")
            following = visit.url("/audit", subject=name, after=token) if token else ""
        except ServiceError as refusal:
            error, status = refusal.message, refusal.status
    return render.page("audit_user", visit, status=status, error=error, name=name, events=events, following=following)


PAGES: Final = (
    Page("/audit", shown, operations=("AdminListUserAuthEvents",), nav=Nav("Audit", "audit", "Security")),
    Page("/audit/event", event_shown, operator_only=True),
    Page("/audit/file", file_shown, operator_only=True),
    Page("/audit/verify", None, verify_posted, operator_only=True),
)
