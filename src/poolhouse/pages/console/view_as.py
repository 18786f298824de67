"""/view-as: what a user may do, without becoming him: nothing is signed in, and no token is made. It is recorded."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from starlette.responses import Response

from poolhouse.access import delegation as rules
from poolhouse.define.manifest import Delegate
from poolhouse.errors import PageRefusal, ServiceError
from poolhouse.operations import audit, delegation
from poolhouse.operations.console import debugger
from poolhouse.operations.console.debugger import Question
from poolhouse.operations.console.debugger_answers import Scene
from poolhouse.operations.console.debugger_doors import field_names, route_names
from poolhouse.store import groups, users
from poolhouse.store.groups import Group
from poolhouse.store.users import User

from . import render
from .naming import title
from .page import Nav, Page
from .visit import ConsoleVisit

_RECORDED: Final = "ViewAs"


class ViewAs(msgspec.Struct, frozen=True):
    """What the audit trail is told; AWS has no such operation."""

    UserPoolId: str
    Username: str


async def shown(visit: ConsoleVisit) -> Response:
    """Without a name the question whose."""
    name = visit.query.text("user")
    if not name:
        return render.page("view_as", visit, name="", title="")
    try:
        user, held = await _seen(visit, name)
    except ServiceError as error:
        return render.page("view_as", visit, status=error.status, error=error.message, name=name, title="")
    scene = Scene(ctx=visit.context(_RECORDED), pool=visit.chosen, applied=visit.applied)
    async with visit.services.database.read() as tx:
        found = await delegation.rules_of(tx, visit.pool)
    own = [one for one in (found.delegation.delegates if found else ()) if one.group in {group.name for group in held}]
    return render.page(
        "view_as",
        visit,
        name=name,
        title=title(user.username, users.attributes_of(user)),
        user=user,
        groups=held,
        rules=[_rule(rule) for rule in own] if user.enabled else [],
        fields=await _doors(scene, user, field_names(scene)),
        routes=await _doors(scene, user, route_names(scene)),
        protected=found.delegation.protected if found else (),
        scopes=_scopes(visit),
    )


async def _seen(visit: ConsoleVisit, name: str) -> tuple[User, list[Group]]:
    """Whoever may not see the user and his groups cannot view as him. The look itself is recorded."""
    await visit.of_pool("AdminGetUser", Username=name)
    await visit.of_pool("AdminListGroupsForUser", Username=name, Limit=1)
    ctx = visit.context(_RECORDED)
    ctx.request = ViewAs(visit.pool, name)
    async with visit.services.database.write() as tx:
        user = await users.get(tx, visit.chosen, name)
        ctx.subject, ctx.rule = user.sub, "root" if visit.is_operator else "AdminListGroupsForUser is delegated"
        await audit.record(tx, ctx)
        return user, await groups.of_user(tx, user.id)


def _rule(rule: Delegate) -> dict[str, Any]:
    """In plain words. Nobody acts on a stronger user, whatever a rule says."""
    return {
        "text": rules.shown(rule),
        "group": rule.group,
        "operations": rule.operations,
        "whom": _whom(rule.members_of, "everybody who is not stronger"),
        "assigns": _whom(rule.assigns, "every group that does not outrank his own"),
    }


def _whom(names: Sequence[str] | None, everybody: str) -> str:
    return everybody if names is None else " or ".join(names) or "nobody"


async def _doors(scene: Scene, user: User, names: Sequence[str]) -> list[dict[str, Any]]:
    found = []
    for name in names:
        try:
            answer = await debugger.answer(scene, Question(kind="user", who=user.sub, what=name))
        except PageRefusal:
            continue
        found.append({"name": name, "allowed": answer.allowed, "rule": answer.deciding.rule})
    return found


def _scopes(visit: ConsoleVisit) -> list[str]:
    """What access tokens of the app say when he signs in with his password; the hosted pages may give more."""
    auth = visit.applied.manifest.auth if visit.applied else None
    own = {"aws.cognito.signin.user.admin"}
    return sorted(own | set(auth.hosted.scopes if auth and auth.hosted else ()))


PAGES: Final = (Page("/view-as", shown, operations=("AdminListGroupsForUser",), nav=Nav("View as", "view")),)
