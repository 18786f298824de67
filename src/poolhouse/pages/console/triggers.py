"""/triggers: which function a pool asks at which moment, and how the last runs went. For the operator."""

from typing import Any, Final, get_args

from starlette.responses import Response

from poolhouse.functions.history import Run
from poolhouse.operations import triggers
from poolhouse.operations.triggers import Trigger

from . import render
from .page import Nav, Page
from .visit import ConsoleVisit

_WHEN: Final[dict[str, str]] = {
    "PreSignUp": "Before somebody signs up or is invited: may refuse, confirm, verify.",
    "PostConfirmation": "After an account or a new password is confirmed.",
    "PreAuthentication": "Before a password or another proof is looked at: may refuse.",
    "PostAuthentication": "After a sign-in.",
    "PreTokenGeneration": "Before tokens are made: changes their claims.",
    "CustomMessage": "Before a message is sent: writes it.",
    "UserMigration": "When a user is not known: may bring him in.",
    "DefineAuthChallenge": "In a custom sign-in: says what comes next.",
    "CreateAuthChallenge": "In a custom sign-in: makes the challenge.",
    "VerifyAuthChallengeResponse": "In a custom sign-in: judges the answer.",
    "CustomEmailSender": "Sends mail in place of the server.",
    "CustomSMSSender": "Sends text messages in place of the server.",
}
_VERSIONED: Final = {
    "PreTokenGeneration": "PreTokenGenerationConfig",
    "CustomEmailSender": "CustomEmailSender",
    "CustomSMSSender": "CustomSMSSender",
}


async def shown(visit: ConsoleVisit) -> Response:
    rows = [_row(visit, trigger) for trigger in get_args(Trigger)]
    return render.page(
        "triggers",
        visit,
        rows=[row for row in rows if row["arn"]],
        unused=[row for row in rows if not row["arn"]],
        seconds=visit.services.trigger_seconds,
    )


def _row(visit: ConsoleVisit, trigger: Trigger) -> dict[str, Any]:
    arn = triggers.configured(visit.chosen, trigger)
    function = (arn or "").rpartition(":")[2]
    known = {one.name: one for one in (visit.applied.manifest.functions if visit.applied else ())}
    defined = None if visit.is_remote else known.get(function)
    functions = None if visit.is_remote else visit.services.functions
    runs = functions.history.runs(function) if functions and function else []
    return {
        "trigger": trigger,
        "when": _WHEN[trigger],
        "arn": arn,
        "function": function,
        "href": visit.url("/function", name=function) if defined else "",
        "version": _version(visit, trigger),
        "timeout": defined.timeout_seconds if defined else None,
        "last": _last(runs),
        "error": next((_told(run) for run in runs if run.failed), None),
    }


def _version(visit: ConsoleVisit, trigger: Trigger) -> str:
    """The version of the event, where AWS has several."""
    member = _VERSIONED.get(trigger)
    config = getattr(visit.chosen.settings.LambdaConfig, member) if member else None
    return str(config.LambdaVersion) if config is not None else "V1_0"


def _last(runs: list[Run]) -> dict[str, Any] | None:
    return _told(runs[0]) if runs else None


def _told(run: Run) -> dict[str, Any]:
    took = None if run.duration_us is None else run.duration_us / 1000
    return {"at": run.started / 1e6, "error": run.error, "message": run.message, "milliseconds": took}


PAGES: Final = (
    Page("/triggers", shown, operator_only=True, nav=Nav("Triggers", "triggers", "Pool"), is_described=True),
)
