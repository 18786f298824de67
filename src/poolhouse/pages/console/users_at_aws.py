"""The list of users of a pool at AWS: ListUsers finds them there by one attribute, exactly or from its beginning.

Nothing is sorted, counted or looked for inside values: AWS would have to hand over every user for that.
"""

from typing import Any, Final, NamedTuple

from starlette.responses import Response

from poolhouse.errors import ServiceError

from . import render, views
from .groups import first_names
from .visit import ConsoleVisit

ATTRIBUTES: Final = (
    ("email", "E-mail"),
    ("username", "Username"),
    ("name", "Name"),
    ("given_name", "Given name"),
    ("family_name", "Family name"),
    ("preferred_username", "Preferred username"),
    ("phone_number", "Phone number"),
    ("sub", "Id"),
)
"""What AWS can search, without the two that are chosen from a list."""
_HOW: Final = (("prefix", "begins with"), ("exact", "is exactly"))
_ONLY: Final = (
    ("", "Everybody"),
    *((f"status:{name}", views.STATUS[name][0]) for name in views.STATUS),
    ("access:Enabled", "Enabled"),
    ("access:Disabled", "Disabled"),
)
_SEARCHED: Final = {"status": "cognito:user_status", "access": "status"}
_LIMIT: Final = 50
_LONGEST: Final = 200


class _Asked(NamedTuple):
    """`text` in the attribute `by`, or all of `only`: AWS takes one of them."""

    text: str
    by: str
    how: str
    only: str
    after: str


async def shown(visit: ConsoleVisit) -> Response:
    """50 at a time, in AWS's order."""
    asked, error, status = _asked(visit), "", 200
    found: dict[str, Any] = {"Users": []}
    try:
        found = await _found(visit, asked)
    except ServiceError as refusal:
        error, status = refusal.message, views.status_of(refusal)
    after = found.get("PaginationToken") or found.get("NextToken")
    return render.page(
        "users_at_aws",
        visit,
        status=status,
        error=error,
        asked=asked,
        rows=[views.listed(visit, user) for user in found["Users"]],
        attributes=ATTRIBUTES,
        hows=_HOW,
        choices=_ONLY if error else [*_ONLY, *((f"group:{name}", f"In {name}") for name in await first_names(visit))],
        first=_link(visit, asked, "") if asked.after else "",
        following=_link(visit, asked, after) if after else "",
        is_filtered=bool(asked.text or asked.only),
    )


def _asked(visit: ConsoleVisit) -> _Asked:
    """What does not make sense in a query is left out of it; a text goes before a choice."""
    query = visit.query
    text = query.text("q")[:_LONGEST].replace("\0", "")
    by = query.get("by", "")
    return _Asked(
        text=text,
        by=by if by in dict(ATTRIBUTES) else "email",
        how="exact" if query.get("how") == "exact" else "prefix",
        only="" if text else query.get("only", "")[:_LONGEST].replace("\0", ""),
        after=query.get("after", ""),
    )


async def _found(visit: ConsoleVisit, asked: _Asked) -> dict[str, Any]:
    kind, _, value = asked.only.partition(":")
    if kind == "group":
        return await visit.of_pool("ListUsersInGroup", GroupName=value, Limit=_LIMIT, NextToken=asked.after or None)
    wanted = None
    if asked.text:
        wanted = _filter(asked.by, "=" if asked.how == "exact" else "^=", asked.text)
    elif kind in _SEARCHED:
        wanted = _filter(_SEARCHED[kind], "=", value)
    return await visit.of_pool("ListUsers", Filter=wanted, Limit=_LIMIT, PaginationToken=asked.after or None)


def _filter(attribute: str, how: str, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{attribute} {how} "{escaped}"'


def _link(visit: ConsoleVisit, asked: _Asked, after: str) -> str:
    """The same list, behind `after`."""
    given = {"q": asked.text, "by": asked.by, "how": asked.how} if asked.text else {"only": asked.only}
    return visit.url("/users", **given, after=after)
