"""/log: the last requests of this process with what was decided, as they come. For the operator."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from starlette.responses import Response

from poolhouse import telemetry
from poolhouse.telemetry import Asked

from . import people, render
from .page import Nav, Page
from .visit import ConsoleVisit

_MOST: Final = 100
_WAYS: Final = {
    "awsjson": "AWS SDK",
    "console": "Console",
    "graphql": "GraphQL",
    "rest": "REST",
    "oauth": "Sign-in pages",
    "hosted": "Sign-in pages",
    "cli": "Command line",
}


async def shown(visit: ConsoleVisit) -> Response:
    """With `part=rows` the table alone, which the script fetches."""
    query = visit.query
    asked = {name: query.text(name) for name in ("operation", "principal", "only")}
    rows = found(telemetry.recent, **asked)
    known = await people.names(visit, (one.principal for one in rows))
    values: dict[str, Any] = {
        "rows": [_row(one, known) for one in rows],
        "asked": asked,
        "kept": telemetry.recent.maxlen,
        "here": visit.url("/log", **asked),
        "part": visit.url("/log", **asked, part="rows"),
    }
    return render.page("log_rows" if query.get("part") == "rows" else "log", visit, **values)


def found(entries: Iterable[Asked], *, operation: str = "", principal: str = "", only: str = "") -> list[Asked]:
    """The newest first. Names are compared without regard to case, as parts; `only` is "refused" or ""."""
    fits = [
        one
        for one in entries
        if operation.lower() in one.operation.lower()
        and principal.lower() in one.principal.lower()
        and (only != "refused" or one.result != "ok")
    ]
    return fits[: -_MOST - 1 : -1]


def _row(one: Asked, known: Mapping[str, str]) -> dict[str, Any]:
    return {
        "time": f"{datetime.fromtimestamp(one.at / 1e6, UTC):%H:%M:%S.%f}"[:-3],
        "way": _WAYS.get(one.way, one.way),
        "operation": one.operation,
        "who": known.get(one.principal) or people.short(one.principal) or "nobody signed in",
        "principal": one.principal,
        "result": one.result,
        "tone": {"ok": "good", "fault": "bad"}.get(one.result, "warn"),
        "rule": one.rule,
        "milliseconds": one.milliseconds,
        "request_id": one.request_id,
    }


PAGES: Final = (Page("/log", shown, operator_only=True, nav=Nav("Request log", "log", "Server")),)
