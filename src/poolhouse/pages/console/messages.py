"""What the pool says to people: every message with example values, and other words where the pool is not defined."""

from typing import Any, Final

from starlette.responses import HTMLResponse, Response

from poolhouse.errors import PageNotFound, ServiceError
from poolhouse.operations.console import messages, owned
from poolhouse.operations.console.messages import Example
from poolhouse.operations.console.pools import Pool
from poolhouse.service_model.structs.cognito_idp import UpdateUserPoolRequest

from . import render
from .page import Nav, Page
from .visit import HEADERS, ConsoleVisit

_SEES: Final = ("DescribeUserPool",)
# A mail is somebody's markup: it gets no script, no form, no frame, no address of ours, and nothing from elsewhere.
_SANDBOX: Final = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_OPTIONS: Final = (("CONFIRM_WITH_CODE", "a code to type"), ("CONFIRM_WITH_LINK", "a link to open"))
_MOST_BYTES: Final = 524_288


async def shown(visit: ConsoleVisit) -> Response:
    await visit.of_pool("DescribeUserPool")
    cards = _cards(visit, visit.chosen)
    kinds = [
        (kind, *words, [card for card in cards if card["kind"] == kind]) for kind, words in messages.TITLES.items()
    ]
    return render.page("messages", visit, kinds=kinds, **await _ownership(visit))


async def _ownership(visit: ConsoleVisit) -> dict[str, Any]:
    return {"defined": (await owned.of_pool(visit.services, visit.pool)).pool, "where": owned.WHERE}


def _cards(visit: ConsoleVisit, pool: Pool) -> list[dict[str, Any]]:
    return [_card(example) for example in messages.examples(visit.services, pool)]


def _card(example: Example) -> dict[str, Any]:
    message = example.message
    return {
        "kind": example.kind,
        "medium": example.medium,
        "title": messages.TITLES[example.kind][0],
        "subject": message.subject,
        "body": message.body,
        "is_html": message.is_html,
        "lacks_code": message.code not in message.body,
        "length": len(message.body),
        "segments": messages.segments(message.body) if example.medium == "SMS" else None,
        "sender": example.sender,
        "chooser": example.chooser,
    }


async def preview(visit: ConsoleVisit) -> Response:
    """A mail of markup as a mail program would show it, on a page of its own that can do nothing."""
    await visit.of_pool("DescribeUserPool")
    kind = next((kind for kind in messages.KINDS if kind == visit.query.get("kind")), None)
    if kind is None:
        raise PageNotFound("There is no such message.")
    message = messages.example(visit.services, visit.chosen, kind, "EMAIL").message
    if not message.is_html:
        raise PageNotFound("That message is plain text.")
    return HTMLResponse(message.body, headers=HEADERS | {"content-security-policy": _SANDBOX})


# --- other words -------------------------------------------------------------------------------------------


async def edit_shown(visit: ConsoleVisit) -> Response:
    return await _form(visit, messages.words(visit.chosen))


async def edit_posted(visit: ConsoleVisit) -> Response:
    """Twice: to see the messages, and to keep the words."""
    words = {name: visit.form.get(name, "").strip() for name in messages.words(visit.chosen)}
    if (await owned.of_pool(visit.services, visit.pool)).pool:
        return await _form(visit, words, error=f"The words of this pool are defined in {owned.WHERE}.", status=403)
    if visit.form.get("seen") != _seen(visit.chosen):
        error = "The pool was changed meanwhile. Look at the words again and send them once more."
        return await _form(visit, words, error=error, status=409)
    try:
        members = await _members(visit, words)
        wanted = messages.with_request(visit.chosen, members)
        if visit.form.get("step") != "do":
            return await _form(visit, words, review=_cards(visit, wanted))
        await visit.call("UpdateUserPool", members)
    except ServiceError as error:
        return await _form(visit, words, error=error.message, status=error.status)
    return visit.done(visit.url("/messages"), "The words were changed. Messages that are sent from now on use them.")


async def _members(visit: ConsoleVisit, words: dict[str, str]) -> dict[str, Any]:
    """The request that changes the words and nothing else: UpdateUserPool resets what it does not name."""
    described = (await visit.of_pool("DescribeUserPool"))["UserPool"]
    names = UpdateUserPoolRequest.__struct_fields__
    members = {name: described[name] for name in names if name in described}
    for older in ("EmailVerificationMessage", "EmailVerificationSubject", "SmsVerificationMessage"):
        members.pop(older, None)
    template = {
        "DefaultEmailOption": words["option"],
        "EmailSubject": words["email_subject"],
        "EmailMessage": words["email_message"],
        "EmailSubjectByLink": words["link_subject"],
        "EmailMessageByLink": words["link_message"],
        "SmsMessage": words["sms_message"],
    }
    invite = {
        "EmailSubject": words["invite_subject"],
        "EmailMessage": words["invite_message"],
        "SMSMessage": words["invite_sms"],
    }
    admin = dict(members.get("AdminCreateUserConfig", {}))
    admin["InviteMessageTemplate"] = _given(invite)
    members |= {
        "UserPoolId": visit.pool,
        "PoolName": visit.chosen.name,
        "VerificationMessageTemplate": _given(template),
        "AdminCreateUserConfig": admin,
        "SmsAuthenticationMessage": words["code_sms"] or None,
    }
    return _given(members)


def _given(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in ("", None)}


def _seen(pool: Pool) -> str:
    """Which state of the pool a form was made from."""
    return str(pool.modified)


async def _form(
    visit: ConsoleVisit,
    words: dict[str, str],
    *,
    review: list[dict[str, Any]] | None = None,
    error: str = "",
    status: int = 200,
) -> Response:
    return render.page(
        "messages_edit",
        visit,
        status=status,
        error=error,
        words=words,
        review=review or [],
        options=_OPTIONS,
        seen=_seen(visit.chosen),
        **await _ownership(visit),
    )


_ELSEWHERE: Final = (
    "The messages of this user pool are sent by AWS. Their words are settings of the pool: change them in AWS's "
    "console, or with aws cognito-idp update-user-pool."
)
PAGES: Final = (
    Page("/messages", shown, operations=_SEES, elsewhere=_ELSEWHERE, nav=Nav("Messages", "messages", "Pool")),
    Page("/messages/preview", preview, operations=_SEES, elsewhere=_ELSEWHERE),
    Page(
        "/messages/edit",
        edit_shown,
        edit_posted,
        operations=("UpdateUserPool",),
        operator_only=True,
        elsewhere=_ELSEWHERE,
        most_bytes=_MOST_BYTES,
    ),
)
