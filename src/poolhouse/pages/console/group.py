"""One group: who is in it, one more, one less."""

from dataclasses import replace
from typing import Any, Final

from starlette.responses import Response

from poolhouse.access.delegation import Question, Ranked, decide
from poolhouse.define.delegable import MEMBERSHIP
from poolhouse.errors import GroupNotFound, ServiceError
from poolhouse.operations import delegation
from poolhouse.operations.console import bulk, groups, owned
from poolhouse.store import groups as stored
from poolhouse.store import users

from . import render, views
from .groups import SEES, described, missing
from .page import Page
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
        except GroupNotFound:
            raise missing() from None
        except ServiceError as refusal:
            hidden = refusal.message
    following = visit.url("/group", name=name, after=members["NextToken"]) if "NextToken" in members else ""
    return render.page(
        "group",
        visit,
        status=error.status if error else 200,
        error=error.message if error else "",
        name=name,
        group=group,
        users=[views.listed(visit, user) for user in members["Users"]],
        hidden=hidden,
        size=(await groups.sizes(visit.services, visit.pool, [name]))[name] if visit.is_operator else None,
        most=groups.COUNTED,
        defined=name in (await owned.of_pool(visit.services, visit.pool)).groups,
        where=owned.WHERE,
        able=await _able(visit, name),
        runs=await bulk.recent(visit.context(), visit.pool, name),
        typed=visit.form.get("user", ""),
        following=following,
        first=visit.url("/group", name=name) if after else "",
    )


async def _able(visit: ConsoleVisit, name: str) -> frozenset[str]:
    """What the visitor may do to members of this very group, were they the weakest of those that he may act on."""
    wanted, person = visit.allowed & MEMBERSHIP, visit.person
    if person is None or not wanted:
        return wanted
    async with visit.services.database.read() as tx:
        rules = await delegation.rules_of(tx, visit.pool)
        user = await users.find(tx, visit.chosen, person.sub)
        group = await stored.find(tx, visit.pool, name)
        held = await stored.of_user(tx, user.id) if user else []
    if rules is None:
        return frozenset()
    asked = Question(
        operation="",
        person=[Ranked(one.name, one.precedence) for one in held],
        target=[Ranked(circle, None) for rule in rules.delegation.delegates for circle in rule.members_of or ()],
        group=Ranked(group.name, group.precedence) if group else None,
        group_name=name,
    )
    return frozenset(one for one in wanted if decide(rules, replace(asked, operation=one)).allowed)


# --- one less ----------------------------------------------------------------------------------------------


async def remove_shown(visit: ConsoleVisit) -> Response:
    return _removal(visit)


async def removed(visit: ConsoleVisit) -> Response:
    name, user = visit.query.get("name", ""), visit.query.get("user", "")
    try:
        await visit.of_pool("AdminRemoveUserFromGroup", GroupName=name, Username=user)
    except GroupNotFound:
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
        status=error.status if error else 200,
        error=error.message if error else "",
        name=name,
        user=user,
        checked=_CHECKED,
    )


PAGES: Final = (
    Page("/group", shown, added, operations=SEES),
    Page("/group/remove", remove_shown, removed, operations=("AdminRemoveUserFromGroup",)),
)
