"""/debugger: may X do Y, and which rule says so? It only looks; for the operator."""

from collections.abc import Sequence
from typing import Any, Final

from starlette.responses import Response

from poolhouse import service_model
from poolhouse.errors import PageRefusal
from poolhouse.operations import gate
from poolhouse.operations.console import debugger
from poolhouse.operations.console.debugger import Question
from poolhouse.operations.console.debugger_answers import Answer, Scene
from poolhouse.operations.console.debugger_doors import field_names, route_names

from . import render
from .page import Nav, Page
from .visit import ConsoleVisit

_KINDS: Final = (
    ("user", "A user: as administrator, and with his token"),
    ("identity", "A user, with credentials of the identity pool"),
    ("group", "Members of a group"),
    ("function", "A function"),
    ("role", "A role, by its ARN"),
)


async def shown(visit: ConsoleVisit) -> Response:
    scene = Scene(ctx=visit.context(), pool=visit.chosen, applied=visit.applied)
    asked = {name: visit.query.text(name) for name in ("kind", "who", "what", "on", "group", "behalf")}
    answer, error, status = None, "", 200
    if asked["who"] and asked["what"]:
        try:
            answer = await debugger.answer(scene, _question(asked))
        except PageRefusal as refusal:
            error, status = refusal.text, refusal.status
    return render.page(
        "debugger",
        visit,
        status=status,
        error=error,
        asked=asked,
        kinds=_KINDS,
        choices=_choices(scene),
        functions=sorted(scene.function_roles),
        answer=answer,
        sentence=_sentence(asked, answer) if answer else "",
        then=_then(visit, asked, answer) if answer else "",
    )


def _question(asked: dict[str, str]) -> Question:
    """Raises PageRefusal."""
    if asked["kind"] not in debugger.KINDS:
        raise PageRefusal("Who is that?", "Choose who asks: a user, a group, a function or a role.")
    return Question(**asked)


def _choices(scene: Scene) -> list[tuple[str, Sequence[str]]]:
    """What can be asked for, by kind."""
    known = service_model.operations("cognito-idp")
    served = gate.served()
    operations = [one.name for one in known if one.auth == "iam" and (one.service, one.name) in served]
    kinds = (("Operation", operations), ("GraphQL field", field_names(scene)), ("REST route", route_names(scene)))
    return [(label, names) for label, names in kinds if names]


def _sentence(asked: dict[str, str], answer: Answer) -> str:
    """The answer in one sentence."""
    on = f" on {asked['on']}" if asked["on"] else ""
    group = f" for the group {asked['group']}" if asked["group"] else ""
    behalf = f", called by {asked['behalf']}," if asked["behalf"] else ""
    who = f"Members of {asked['who']}" if asked["kind"] == "group" else asked["who"]
    return f"{who}{behalf} {'may' if answer.allowed else 'may not'} use {asked['what']}{on}{group}."


def _then(visit: ConsoleVisit, asked: dict[str, Any], answer: Answer) -> str:
    """Where the next question begins: what the function may do that an allowed call runs."""
    if not (answer.allowed and answer.then):
        return ""
    behalf = asked["who"] if asked["kind"] in ("user", "identity") else ""
    return visit.url("/debugger", kind="function", who=answer.then, behalf=behalf)


PAGES: Final = (Page("/debugger", shown, operator_only=True, nav=Nav("Permission debugger", "debugger", "Security")),)
