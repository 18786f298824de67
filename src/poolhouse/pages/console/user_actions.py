"""What can be done to a user: each action says what it will do, asks where it is grave, and says what it did."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NamedTuple

from starlette.responses import Response

from poolhouse.errors import ServiceError

from . import render, views
from .page import Page
from .subject import Subject, subject_of
from .visit import ConsoleVisit

Work = Callable[[ConsoleVisit, Subject], Awaitable[str]]
_ID_TOKENS: Final = "An ID token is good until it expires wherever AWS is not asked about it."
_NOT_TYPED: Final = "Type {} to confirm; that was something else."


class Action(NamedTuple):
    """`effect` is what will happen, `work` does it and says what happened; `fits` is whether it makes sense now.

    With `asks` the user's name has to be typed. `fields` is the template part with the action's own fields.
    """

    path: str
    label: str
    title: str
    operations: tuple[str, ...]
    effect: Callable[[Subject], Sequence[str]]
    work: Work
    fits: Callable[[Subject], bool] = lambda _subject: True
    asks: bool = False
    is_grave: bool = False
    fields: str = ""
    is_offered: bool = True


async def carried_out(
    visit: ConsoleVisit,
    subject: Subject,
    work: Callable[[], Awaitable[object]],
    *,
    told: str,
    link: tuple[str, str] = ("", ""),
    refused: Callable[[str, int], Awaitable[Response]],
) -> Response:
    """Back to the user with what changed, or the form again with why nothing did."""
    try:
        await work()
    except ServiceError as error:
        return await refused(error.message, views.status_of(error))
    return visit.done(visit.url("/user", name=subject.name), told, href=link[0], link=link[1])


def offered(visit: ConsoleVisit, subject: Subject) -> list[dict[str, Any]]:
    """The buttons of the user's page, the graver ones last."""
    found = [
        {
            "label": action.label,
            "href": visit.url(f"/user/{action.path}", name=subject.name),
            "is_grave": action.is_grave,
        }
        for action in ACTIONS
        if action.is_offered and subject.may(*action.operations) and action.fits(subject)
    ]
    return sorted(found, key=lambda each: bool(each["is_grave"]))


def _pages(action: Action) -> Page:
    async def shown(visit: ConsoleVisit) -> Response:
        return _form(visit, action, await subject_of(visit))

    async def posted(visit: ConsoleVisit) -> Response:
        return await _posted(visit, action)

    return Page(f"/user/{action.path}", shown, posted, operations=action.operations)


async def _posted(visit: ConsoleVisit, action: Action) -> Response:
    subject = await subject_of(visit)
    if action.asks and visit.form.text("confirm") != subject.typed:
        return _form(visit, action, subject, error=_NOT_TYPED.format(subject.typed), status=400)
    try:
        told = await action.work(visit, subject)
    except ServiceError as error:
        return _form(visit, action, subject, error=error.message, status=views.status_of(error))
    if action is DELETE:
        return visit.done(visit.url("/users"), told)
    return visit.done(visit.url("/user", name=subject.name), told)


def _form(visit: ConsoleVisit, action: Action, subject: Subject, *, error: str = "", status: int = 200) -> Response:
    return render.page(
        "user_action",
        visit,
        error=error,
        status=status,
        user=subject,
        action=action,
        effect=list(action.effect(subject)),
        here=visit.url(f"/user/{action.path}", **dict(visit.query)),
        back=visit.url("/user", name=subject.name),
    )


# --- the work ----------------------------------------------------------------------------------------------


async def _invite_again(visit: ConsoleVisit, subject: Subject) -> str:
    await visit.of_pool("AdminCreateUser", Username=subject.name, MessageAction="RESEND")
    return f"A new invitation is on its way to {_contact(subject)}; the password of the last one is void."


async def _confirm(visit: ConsoleVisit, subject: Subject) -> str:
    await visit.of_pool("AdminConfirmSignUp", Username=subject.name)
    return f"{subject.title} is confirmed and may sign in. No address was marked as verified."


async def _reset_password(visit: ConsoleVisit, subject: Subject) -> str:
    await visit.of_pool("AdminResetUserPassword", Username=subject.name)
    return f"The password of {subject.title} is void. A code to choose a new one is on its way to {_contact(subject)}."


async def _set_password(visit: ConsoleVisit, subject: Subject) -> str:
    """The password goes through as it was typed, and is never shown again."""
    is_permanent = visit.form.get("kind") == "permanent"
    password = visit.form.get("password", "")
    await visit.of_pool("AdminSetUserPassword", Username=subject.name, Password=password, Permanent=is_permanent)
    if is_permanent:
        return f"{subject.title} signs in with the new password from now on."
    return f"{subject.title} signs in with the temporary password once, and chooses another one then."


async def _enable(visit: ConsoleVisit, subject: Subject) -> str:
    await visit.of_pool("AdminEnableUser", Username=subject.name)
    return f"{subject.title} may sign in again."


async def _disable(visit: ConsoleVisit, subject: Subject) -> str:
    await visit.of_pool("AdminDisableUser", Username=subject.name)
    return f"{subject.title} is disabled: signed out everywhere, and cannot sign in."


async def _sign_out(visit: ConsoleVisit, subject: Subject) -> str:
    await visit.of_pool("AdminUserGlobalSignOut", Username=subject.name)
    return f"{subject.title} is signed out everywhere."


async def _reset_factors(visit: ConsoleVisit, subject: Subject) -> str:
    """The preference first: with the authenticator gone it could not be the preferred one."""
    off = {"Enabled": False, "PreferredMfa": False}
    await visit.of_pool(
        "AdminSetUserMFAPreference",
        Username=subject.name,
        SMSMfaSettings=off,
        SoftwareTokenMfaSettings=off,
        EmailMfaSettings=off,
    )
    await visit.of_pool("AdminDeleteSoftwareToken", Username=subject.name)
    return f"{subject.title} has no second step any more."


async def _end_session(visit: ConsoleVisit, subject: Subject) -> str:
    session = visit.query.get("session", "")
    await visit.of_pool("AdminRevokeUserSession", Username=subject.name, SessionId=session)
    return f"That sign-in of {subject.title} is over; its tokens are refused from now on."


async def _forget_device(visit: ConsoleVisit, subject: Subject) -> str:
    await visit.of_pool("AdminForgetDevice", Username=subject.name, DeviceKey=visit.query.get("device", ""))
    return f"The device of {subject.title} is forgotten."


async def _leave_group(visit: ConsoleVisit, subject: Subject) -> str:
    group = visit.query.get("group", "")
    await visit.of_pool("AdminRemoveUserFromGroup", Username=subject.name, GroupName=group)
    return f"{subject.title} is no member of {group} any more."


async def _delete(visit: ConsoleVisit, subject: Subject) -> str:
    await visit.of_pool("AdminDeleteUser", Username=subject.name)
    return f"{subject.title} was deleted."


def _contact(subject: Subject) -> str:
    return subject.attributes.get("email") or subject.attributes.get("phone_number") or "the user"


# --- the table ---------------------------------------------------------------------------------------------


DELETE: Final = Action(
    "delete",
    "Delete …",
    "Delete this user?",
    ("AdminDeleteUser",),
    lambda user: (
        f"{user.title} is removed with attributes, groups, devices and passkeys.",
        _ID_TOKENS if user.is_remote else "Every token stops working at once.",
        "This cannot be undone. Disabling keeps the user and keeps them out.",
    ),
    _delete,
    asks=True,
    is_grave=True,
)
ACTIONS: Final = (
    Action(
        "confirm",
        "Confirm",
        "Confirm this user?",
        ("AdminConfirmSignUp",),
        lambda user: (
            f"{user.title} may sign in without the code that was sent.",
            "No address is marked as verified by this: nobody has proved one.",
        ),
        _confirm,
        fits=lambda user: user.status == "UNCONFIRMED",
    ),
    Action(
        "invite",
        "Resend invitation",
        "Send the invitation again?",
        ("AdminCreateUser",),
        lambda user: (
            f"A message with a new temporary password goes to {_contact(user)}.",
            "The temporary password of the last invitation stops working.",
        ),
        _invite_again,
        fits=lambda user: user.status == "FORCE_CHANGE_PASSWORD",
    ),
    Action(
        "reset-password",
        "Reset password",
        "Reset the password?",
        ("AdminResetUserPassword",),
        lambda user: (
            "The password stops working now.",
            f"A code to choose a new one goes to {_contact(user)}, if that address is verified.",
        ),
        _reset_password,
        fits=lambda user: user.enabled and user.status in {"CONFIRMED", "RESET_REQUIRED"},
    ),
    Action(
        "set-password",
        "Set password",
        "Set a password",
        ("AdminSetUserPassword",),
        lambda user: (
            f"The password of {user.title} is replaced by the one below. Nobody is told.",
            "Sign-ins that are under way go on; sign out everywhere to end them.",
        ),
        _set_password,
        fields="password",
    ),
    Action(
        "sign-out",
        "Sign out everywhere",
        "Sign out everywhere?",
        ("AdminUserGlobalSignOut",),
        lambda user: (
            f"Every sign-in of {user.title} ends; access, ID and refresh tokens are refused."
            if not user.is_remote
            else f"Every sign-in of {user.title} ends at AWS. {_ID_TOKENS}",
            "The user may sign in again at once.",
        ),
        _sign_out,
    ),
    Action(
        "reset-mfa",
        "Reset second step",
        "Take the second step away?",
        ("AdminSetUserMFAPreference", "AdminDeleteSoftwareToken"),
        lambda user: (
            f"The authenticator app of {user.title} is forgotten and codes by message are switched off.",
            "Where the pool demands a second step, the next sign-in sets a new one up.",
        ),
        _reset_factors,
        fits=lambda user: bool(user.factors),
        asks=True,
    ),
    Action(
        "enable",
        "Enable",
        "Enable this user?",
        ("AdminEnableUser",),
        lambda user: (f"{user.title} may sign in again.", "Tokens from before stay dead."),
        _enable,
        fits=lambda user: not user.enabled,
    ),
    Action(
        "disable",
        "Disable …",
        "Disable this user?",
        ("AdminDisableUser",),
        lambda user: (
            f"{user.title} is signed out everywhere and cannot sign in until enabled again.",
            f"{_ID_TOKENS} Nothing is deleted." if user.is_remote else "Nothing is deleted.",
        ),
        _disable,
        fits=lambda user: user.enabled,
        asks=True,
        is_grave=True,
    ),
    DELETE,
    Action(
        "sessions/end",
        "End",
        "End this sign-in?",
        ("AdminRevokeUserSession",),
        lambda _user: ("The tokens of this one sign-in are refused from now on.", "Other sign-ins go on."),
        _end_session,
        is_offered=False,
    ),
    Action(
        "devices/forget",
        "Forget",
        "Forget this device?",
        ("AdminForgetDevice",),
        lambda _user: ("The next sign-in from it needs everything that a new device needs.",),
        _forget_device,
        is_offered=False,
    ),
    Action(
        "groups/remove",
        "Remove",
        "Take the user out of this group?",
        ("AdminRemoveUserFromGroup",),
        lambda user: (f"{user.title} loses what the group may do, from the next request on.",),
        _leave_group,
        is_offered=False,
    ),
)
PAGES: Final = tuple(_pages(action) for action in ACTIONS)
