"""One group: who is in it, one more, one less."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from starlette.responses import Response

from poolhouse.define.delegable import MEMBERSHIP
from poolhouse.errors import ResourceNotFoundException, ServiceError
from poolhouse.operations.console import bulk, groups, owned
from poolhouse.operations.console.rights import in_group

from . import far_side, render, views
from .groups import SEES, described, missing, sizes
from .page import Page
from .subject import removable
from .visit import ConsoleVisit

_LIMIT: Final = 50
_CHECKED: Final = "Functions and admin actions see it at once; the user's tokens say so when they are renewed."


async def shown(visit: ConsoleVisit) -> Response:
    return await _page(visit)


async def added(visit: ConsoleVisit) -> Response:
    name, user = visit.query.get("name", ""), visit.form.text("user")
    try:
        await visit.of_pool("AdminAddUserToGroup", GroupName=name, Username=user)
    except ServiceError as error:
        return await _page(visit, error=error)
    return visit.done(visit.url("/group", name=name), f"{user} is now a member of {name}. {_CHECKED}")


async def _page(visit: ConsoleVisit, *, error: ServiceError | None = None) -> Response:
    name = visit.query.get("name", "")
    group = await described(visit, name)
    after = visit.query.get("after") or None
    members: dict[str, Any] = {"Users": []}
    hidden = "" if visit.may("ListUsersInGroup") else "Your groups do not let you see who is in a group."
    if not hidden:
        try:
            members = await visit.of_pool("ListUsersInGroup", GroupName=name, Limit=_LIMIT, NextToken=after)
        except ResourceNotFoundException:
            raise missing() from None
        except ServiceError as refusal:
            hidden = refusal.message
    following = visit.url("/group", name=name, after=members["NextToken"]) if "NextToken" in members else ""
    able = await _able(visit, name)
    return render.page(
        "group",
        visit,
        **far_side.refusal(error),
        name=name,
        group=group,
        users=[views.listed(visit, user) for user in members["Users"]],
        hidden=hidden,
        size=(await sizes(visit, [name])).get(name),
        most=groups.COUNTED,
        defined=name in (await owned.of_pool(visit.services, visit.pool)).groups,
        where=owned.WHERE,
        able=able,
        removable=await _removable(visit, name, able, members["Users"]),
        runs=[] if visit.is_remote else await bulk.recent(visit.context(), visit.pool, name),
        typed=visit.form.get("user", ""),
        following=following,
        first=visit.url("/group", name=name) if after else "",
    )


async def _able(visit: ConsoleVisit, name: str) -> frozenset[str]:
    """What the visitor may do to members of this very group, were they the weakest of those that he may act on."""
    wanted, person = visit.allowed & MEMBERSHIP, visit.person
    return wanted if person is None else await in_group(visit.context(), person, visit.chosen, name, wanted)


async def _removable(
    visit: ConsoleVisit, name: str, able: frozenset[str], members: Iterable[Mapping[str, Any]]
) -> frozenset[str]:
    """The members who get a button: those whom the visitor may take out."""
    if "AdminRemoveUserFromGroup" not in able:
        return frozenset()
    return await removable(visit, name, [member["Username"] for member in members])


# --- one less ----------------------------------------------------------------------------------------------


async def remove_shown(visit: ConsoleVisit) -> Response:
    return _removal(visit)


async def removed(visit: ConsoleVisit) -> Response:
    name, user = visit.query.get("name", ""), visit.query.get("user", "")
    try:
        await visit.of_pool("AdminRemoveUserFromGroup", GroupName=name, Username=user)
    except ResourceNotFoundException:
        raise missing() from None
    except ServiceError as error:
        return _removal(visit, error=error)
    return visit.done(visit.url("/group", name=name), f"{user} is no longer a member of {name}. {_CHECKED}")


def _removal(visit: ConsoleVisit, *, error: ServiceError | None = None) -> Response:
    name, user = visit.query.get("name", ""), visit.query.get("user", "")
    if not name or not user:
        raise missing()
    return render.page(
        "group_remove",
        visit,
        **far_side.refusal(error),
        name=name,
        user=user,
        checked=_CHECKED,
    )


PAGES: Final = (
    Page("/group", shown, added, operations=SEES),
    Page("/group/remove", remove_shown, removed, operations=("AdminRemoveUserFromGroup",)),
)
