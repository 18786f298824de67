"""The list of users, and where a new one is made."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from poolhouse.operations.attributes import schema
from poolhouse.operations.console import users
from poolhouse.operations.console.sight import LISTS
from poolhouse.operations.console.users import Asked, How, Sort

from . import render, users_at_aws, views
from .groups import first_names
from .page import Nav, Page
from .visit import ConsoleVisit

STATUSES: Final = ("CONFIRMED", "FORCE_CHANGE_PASSWORD", "RESET_REQUIRED", "UNCONFIRMED")
_HOW: Final = (("contains", "contains"), ("prefix", "begins with"), ("exact", "is exactly"))
_MEANT: Final[Mapping[str, How]] = {"contains": "contains", "prefix": "prefix", "exact": "exact"}
_SORTS: Final[Mapping[str, Sort]] = {"created": "created", "username": "username", "status": "status"}
_FIRST: Final = ("email", "name", "given_name", "family_name", "phone_number", "preferred_username")


async def shown(visit: ConsoleVisit) -> Response:
    """The users that the query asks for, 50 at a time."""
    if visit.is_remote:
        return await users_at_aws.shown(visit)
    asked = _asked(visit)
    page = await users.search(visit.context("ListUsers"), visit.chosen, asked)
    return render.page(
        "users",
        visit,
        asked=asked,
        page=page,
        rows=[views.row(visit, user) for user in page.users],
        attributes=_attributes(visit),
        hows=_HOW,
        statuses=_statuses(page),
        enabled_choices=_enabled(page),
        groups=await _groups(visit),
        columns=_columns(visit, asked),
        before=_link(visit, asked, mark=page.before) if page.before else "",
        after=_link(visit, asked, mark=page.after) if page.after else "",
        is_filtered=bool(asked.text or asked.status or asked.group or asked.enabled is not None),
    )


def _asked(visit: ConsoleVisit) -> Asked:
    """What does not make sense in a query is left out of it."""
    query = visit.query
    sort = query.get("sort", "")
    status, enabled = query.get("status", ""), query.get("enabled", "")
    return Asked(
        text=query.text("q")[: users.LONGEST].replace("\0", ""),
        attribute=query.text("by")[:64].replace("\0", ""),
        how=_MEANT.get(query.get("how", ""), "contains"),
        status=status if status in STATUSES else "",
        enabled={"yes": True, "no": False}.get(enabled),
        group=query.get("group", "")[:128].replace("\0", ""),
        sort=_SORTS.get(sort, "created"),
        descending=query.get("order", "desc" if sort in {"", "created"} else "asc") == "desc",
        mark=query.get("mark", ""),
    )


def _link(visit: ConsoleVisit, asked: Asked, **other: object) -> str:
    """The same list, but for `other`."""
    given = {
        "q": asked.text,
        "by": asked.attribute,
        "how": asked.how if asked.text else "",
        "status": asked.status,
        "enabled": {True: "yes", False: "no", None: ""}[asked.enabled],
        "group": asked.group,
        "sort": asked.sort,
        "order": "desc" if asked.descending else "asc",
    }
    return visit.url("/users", **given | other)


def _columns(visit: ConsoleVisit, asked: Asked) -> list[dict[str, str]]:
    """The heads of the table; those that sort turn the order around when it is theirs already."""
    columns = []
    for label, sort in (("User", "username"), ("Contact", ""), ("Status", "status"), ("Created", "created")):
        column = {"label": label}
        if sort:
            is_ours = asked.sort == sort
            turned = not asked.descending if is_ours else sort == "created"
            column["href"] = _link(visit, asked, sort=sort, order="desc" if turned else "asc")
            column["sort"] = ("descending" if asked.descending else "ascending") if is_ours else "none"
        columns.append(column)
    return columns


def _attributes(visit: ConsoleVisit) -> list[tuple[str, str]]:
    names = schema(visit.chosen.settings)
    rest = sorted(name for name in names if name not in _FIRST and name != "identities")
    return [("", "Anything"), ("username", "Username"), *((name, name) for name in (*_FIRST, *rest) if name in names)]


def _statuses(page: users.Page) -> list[tuple[str, str]]:
    def told(status: str) -> str:
        label = views.STATUS[status][0]
        return f"{label} ({page.counts.get(status, 0):,})" if page.counts else label

    return [("", "Any"), *((status, told(status)) for status in STATUSES)]


def _enabled(page: users.Page) -> list[tuple[str, str]]:
    if page.disabled is None or page.total is None:
        return [("", "Any"), ("yes", "Enabled"), ("no", "Disabled")]
    enabled = page.total - page.disabled
    return [("", "Any"), ("yes", f"Enabled ({enabled:,})"), ("no", f"Disabled ({page.disabled:,})")]


async def _groups(visit: ConsoleVisit) -> list[tuple[str, str]]:
    if not visit.may("ListGroups"):
        return []
    return [("", "Any"), *((name, name) for name in await first_names(visit))]


PAGES: Final = (Page("/users", shown, operations=LISTS, nav=Nav("Users", "users")),)
