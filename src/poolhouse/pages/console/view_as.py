"""/view-as: what a user may do, without becoming him: nothing is signed in, and no token is made. It is recorded."""

from collections.abc import Sequence
from typing import Any, Final

from starlette.responses import Response

from poolhouse.access import delegation as rules
from poolhouse.define.manifest import Delegate
from poolhouse.errors import PageRefusal, ServiceError
from poolhouse.operations.console import debugger, viewing
from poolhouse.operations.console.debugger import Question
from poolhouse.operations.console.debugger_answers import Scene
from poolhouse.operations.console.debugger_doors import field_names, route_names
from poolhouse.operations.console.people import Known
from poolhouse.operations.console.viewing import Seen

from . import render
from .naming import title
from .page import Nav, Page
from .visit import ConsoleVisit


async def shown(visit: ConsoleVisit) -> Response:
    """Without a name the question whose."""
    name = visit.query.text("user")
    if not name:
        return render.page("view_as", visit, name="", title="")
    try:
        seen = await _seen(visit, name)
    except ServiceError as error:
        return render.page("view_as", visit, status=error.status, error=error.message, name=name, title="")
    user, scene = seen.user, Scene(ctx=visit.context(viewing.OPERATION), pool=visit.chosen, applied=visit.applied)
    return render.page(
        "view_as",
        visit,
        name=name,
        title=title(user.username, user.attributes),
        user=seen,
        groups=seen.groups,
        rules=[_rule(rule) for rule in seen.rules] if seen.enabled else [],
        fields=await _doors(scene, user, field_names(scene)),
        routes=await _doors(scene, user, route_names(scene)),
        protected=seen.protected,
        scopes=_scopes(visit),
    )


async def _seen(visit: ConsoleVisit, name: str) -> Seen:
    """Whoever may not see the user and his groups cannot view as him. The look itself is recorded."""
    await visit.of_pool("AdminGetUser", Username=name)
    await visit.of_pool("AdminListGroupsForUser", Username=name, Limit=1)
    return await viewing.look(visit.context(), visit.chosen, name)


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


async def _doors(scene: Scene, user: Known, names: Sequence[str]) -> list[dict[str, Any]]:
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


_ELSEWHERE: Final = (
    "This page looks at users of this server, and those of this pool are at AWS. A user's groups are on his own page, "
    "and the permission debugger says of each operation, field and route whether he may use it."
)
PAGES: Final = (
    Page(
        "/view-as",
        shown,
        operations=("AdminListGroupsForUser",),
        nav=Nav("View as", "view"),
        elsewhere=_ELSEWHERE,
    ),
)
