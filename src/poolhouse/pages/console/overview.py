"""/overview: the state of a pool in numbers and charts. Facts about the server are for the operator alone."""

import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Final

from starlette.responses import Response

from poolhouse.operations import audit
from poolhouse.operations.console import overview
from poolhouse.operations.console.overview import Day, People, Span
from poolhouse.operations.console.rights import own_rules

from . import charts, render
from .charts import Chart, Point, Series
from .page import Nav, Page
from .visit import ConsoleVisit

_SPANS: Final = {"7": 7, "30": 30}
_USERS: Final = Series("users")
_NEW: Final = Series("new users", 3)
_SIGN_INS: Final = (Series("signed in", 1), Series("refused at sign-in", 2))
_REFUSED: Final = (Series("refused", 2),)


async def shown(visit: ConsoleVisit) -> Response:
    asked = visit.query.get("days", "7")
    days = _SPANS.get(asked, 7)
    values: dict[str, Any] = {"days": days, "charts": [], "tiles": [], "server": [], "pool": _pool_facts(visit)}
    if visit.may("ListUsers") and not visit.is_remote:
        people = await overview.people(visit.services, visit.pool, days)
        values["tiles"] += _people_tiles(visit, people)
        values["charts"] += _people_charts(people, days)
    if visit.is_operator:
        await _add_operator(visit, values, days)
    else:
        assert visit.person is not None, "the operator needs no rule"
        values["rules"] = await own_rules(visit.services, visit.person)
    return render.page("overview", visit, **values)


async def _add_operator(visit: ConsoleVisit, values: dict[str, Any], days: int) -> None:
    services, now = visit.services, visit.services.clock()
    hours = await audit.hours(services, visit.pool, overview.since(now, max(days, 2)))
    spans = overview.spans(hours, now, days, "hour" if days == 7 else "day")
    tiles, drawn = _traffic_tiles(visit, overview.spans(hours, now, 2, "hour")[-24:]), _traffic_charts(spans, days)
    values["server"] = _server_facts(visit)
    if visit.is_remote:  # people sign in there, and get their messages from there
        values["tiles"] += tiles[1:]
        values["charts"] += drawn[1:]
        return
    values["tiles"] += tiles
    values["charts"] += drawn
    waiting = await overview.backlog(services)
    oldest = None if waiting.oldest is None else (now - waiting.oldest) // 60_000_000
    values["tiles"].append(_delivery_tile(waiting.waiting, oldest))


# --- tiles -------------------------------------------------------------------------------------------------


def _tile(label: str, value: int, text: str = "", href: str = "", tone: str = "") -> dict[str, object]:
    return {"label": label, "value": value, "text": text, "href": href, "tone": tone}


def _people_tiles(visit: ConsoleVisit, people: People) -> list[dict[str, object]]:
    new = sum(day.added for day in people.days[-7:])
    tiles = [_tile("Users", people.users, f"{new:,} new in 7 days", visit.url("/users"))]
    if visit.may("ListGroups"):
        tiles.append(_tile("Groups", people.groups, "", visit.url("/groups")))
    if visit.is_operator:
        tiles.append(_tile("App clients", people.clients, "", visit.url("/clients")))
    return tiles


def _traffic_tiles(visit: ConsoleVisit, last: Sequence[Span]) -> list[dict[str, object]]:
    signed_in, failed = sum(span.signed_in for span in last), sum(span.failed for span in last)
    refused = sum(span.refused for span in last)
    href = visit.url("/audit")
    return [
        _tile("Sign-ins in 24 hours", signed_in, f"{failed:,} refused", visit.url("/audit", kind="sign-in")),
        _tile("Refused calls in 24 hours", refused, "admin calls, fields and routes", href, "bad" if refused else ""),
    ]


def _delivery_tile(waiting: int, oldest: int | None) -> dict[str, object]:
    if oldest is None:
        return _tile("Messages waiting", 0, "everything is delivered")
    late = "the oldest for less than a minute" if not oldest else f"the oldest for {oldest:,} min"
    return _tile("Messages waiting", waiting, f"of all pools, {late}", tone="warn" if oldest >= 5 else "")


# --- charts ------------------------------------------------------------------------------------------------


def _people_charts(people: People, days: int) -> list[Chart]:
    first = people.days[0].users - people.days[0].added
    grown = f"{people.users - first:+,} in {days} days, {people.users:,} now"
    new = sum(day.added for day in people.days)
    return [
        charts.line("users", "Users", grown, [_USERS], [Point(_day(day), (day.users,)) for day in people.days]),
        charts.bars("new", "New users", f"{new:,} in {days} days", [_NEW], [_added(day) for day in people.days]),
    ]


def _traffic_charts(spans: Sequence[Span], days: int) -> list[Chart]:
    named = [(_hour(span.start) if days == 7 else _date(span.start), span) for span in spans]
    signed_in, failed = sum(span.signed_in for span in spans), sum(span.failed for span in spans)
    by = f"in {days} days, by {'hour' if days == 7 else 'day'}"
    return [
        charts.bars(
            "sign-ins",
            "Sign-ins",
            f"{signed_in:,} signed in and {failed:,} refused {by}",
            _SIGN_INS,
            [Point(name, (span.signed_in, span.failed)) for name, span in named],
        ),
        charts.bars(
            "refusals",
            "Refused calls",
            f"{sum(span.refused for span in spans):,} {by}",
            _REFUSED,
            [Point(name, (span.refused,)) for name, span in named],
        ),
    ]


def _added(day: Day) -> Point:
    return Point(_day(day), (day.added,))


def _day(day: Day) -> str:
    return _date(day.start)


def _date(microseconds: int) -> str:
    return f"{datetime.fromtimestamp(microseconds / 1e6, UTC):%-d %b}"


def _hour(microseconds: int) -> str:
    return f"{datetime.fromtimestamp(microseconds / 1e6, UTC):%-d %b %H:00}"


# --- facts -------------------------------------------------------------------------------------------------


def _pool_facts(visit: ConsoleVisit) -> list[tuple[str, str]]:
    pool, settings = visit.chosen, visit.chosen.settings
    mfa = {"ON": "asked of everybody", "OPTIONAL": "for those who set one up"}.get(settings.MfaConfiguration, "off")
    facts = [
        ("Name", pool.name),
        ("Id", pool.id),
        ("People sign in with", ", ".join(settings.UsernameAttributes) or "a user name"),
        ("Second factor", mfa),
    ]
    if visit.is_remote:
        return [*facts, ("Where", f"at AWS, in {pool.region}"), ("People sign in at", overview.address(visit.services))]
    if not visit.is_operator:
        return facts
    made = {"srp": "SRP verifiers", "argon2id": "argon2id hashes"}[settings.PasswordStorage]
    return [*facts, ("Issuer", visit.services.settings.issuer(pool.id)), ("Passwords are kept as", made)]


def _server_facts(visit: ConsoleVisit) -> list[tuple[str, str]]:
    settings = visit.services.settings
    live = "while the user is in them" if settings.live_groups else "as the token says"
    return [
        ("Version", f"Poolhouse {version('poolhouse')}, Python {platform.python_version()}"),
        ("Mode", "development" if settings.development else "production"),
        ("Database", _database(overview.size_on_disk(visit.services))),
        ("Address", settings.public_url),
        ("Region", settings.region),
        ("Groups count", live),
    ]


def _database(size: int | None) -> str:
    """What it is, never where: an address may hold a password."""
    return "PostgreSQL" if size is None else f"SQLite, {size / 1e6:,.1f} MB"


PAGES: Final = (Page("/overview", shown, nav=Nav("Overview", "overview"), is_described=True),)
