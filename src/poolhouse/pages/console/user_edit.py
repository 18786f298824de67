"""Forms that make a user and change what is known of one."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from poolhouse.errors import ServiceError
from poolhouse.operations.console.fields import Field, of_pool

from . import render, views
from .page import Page
from .subject import Subject, subject_of
from .visit import ConsoleVisit

_NEVER: Final = frozenset({"sub", "identities"})
_FLAGS: Final = {"email_verified": "email", "phone_number_verified": "phone_number"}
_TYPES: Final = {"email": "email", "phone_number": "tel", "birthdate": "date", "website": "url"}
_PREFIX: Final = "a-"
_LABELS: Final = {"email_verified": "E-mail address", "phone_number_verified": "Phone number"}
_CHOICES: Final = (("", "leave it to the pool"), ("true", "counts as verified"), ("false", "counts as not verified"))
_FIRST: Final = ("email", "phone_number", "name", "given_name", "family_name", "preferred_username")


async def shown(visit: ConsoleVisit) -> Response:
    subject = await subject_of(visit)
    return _form(visit, subject, subject.attributes)


def _form(
    visit: ConsoleVisit, subject: Subject, values: Mapping[str, str], *, error: str = "", status: int = 200
) -> Response:
    return render.page(
        "user_edit",
        visit,
        error=error,
        status=status,
        user=subject,
        fields=_fields(visit, values),
        flags=_flags(visit, subject),
        choices=_CHOICES,
        fixed=[(name, value) for name, value in subject.attributes.items() if _is_fixed(visit, name)],
        here=visit.url("/user/attributes", name=subject.name),
        back=visit.url("/user", name=subject.name),
    )


def _fields(visit: ConsoleVisit, values: Mapping[str, str]) -> list[dict[str, Any]]:
    """An input for each attribute that may change, the common ones first."""
    known = of_pool(visit.chosen)
    names = [*(name for name in _FIRST if name in known), *(name for name in known if name not in _FIRST)]
    return [
        {
            "name": _PREFIX + name,
            "label": name,
            "type": _TYPES.get(name, "text"),
            "value": values.get(name, ""),
            "required": known[name].required,
            "hint": _hint(known[name]),
        }
        for name in names
        if name not in _NEVER and name not in _FLAGS and known[name].mutable
    ]


def _hint(field: Field) -> str:
    """What the schema says of values, where that is worth a line."""
    if field.kind == "Number":
        least = f", {field.least} or more" if field.least else ""
        most = f", {field.most} or less" if field.most else ""
        return f"A number{least}{most}."
    return {"Boolean": "true or false.", "DateTime": "A time in seconds."}.get(
        field.kind, "+ and country code, digits only." if field.name == "phone_number" else ""
    )


def _flags(visit: ConsoleVisit, subject: Subject) -> list[dict[str, Any]]:
    """Whether an address counts as proved; left alone, the pool decides as it always does."""
    known = of_pool(visit.chosen)
    found = []
    for flag, name in _FLAGS.items():
        if name in known:
            is_verified = subject.attributes.get(flag) == "true"
            now = "" if name not in subject.attributes else "Verified now." if is_verified else "Not verified now."
            chosen = visit.form.get(_PREFIX + flag, "")
            found.append({"name": _PREFIX + flag, "label": _LABELS[flag], "hint": now, "value": chosen})
    return found


def _is_fixed(visit: ConsoleVisit, name: str) -> bool:
    entry = of_pool(visit.chosen).get(name)
    return name in _NEVER or entry is None or not entry.mutable


async def posted(visit: ConsoleVisit) -> Response:
    """Only what differs is asked for, so that nothing else is verified anew or overwritten."""
    subject = await subject_of(visit)
    given = _given(visit)
    before = subject.attributes
    changed = {name: value for name, value in given.items() if value and value != before.get(name, "")}
    removed = [name for name, value in given.items() if not value and before.get(name)]
    changed |= _changed_flags(visit, {**before, **given})
    if not changed and not removed:
        return visit.done(visit.url("/user", name=subject.name), "Nothing was different, so nothing was changed.")
    done: list[str] = []
    try:
        if changed:
            entries = [{"Name": name, "Value": value} for name, value in changed.items()]
            await visit.of_pool("AdminUpdateUserAttributes", Username=subject.name, UserAttributes=entries)
            done.append(f"Changed {', '.join(changed)}.")
        if removed:
            await visit.of_pool("AdminDeleteUserAttributes", Username=subject.name, UserAttributeNames=removed)
            done.append(f"Removed {', '.join(removed)}.")
    except ServiceError as error:
        text = " ".join([*done, error.message])
        return _form(visit, subject, {**before, **given}, error=text, status=views.status_of(error))
    return visit.done(visit.url("/user", name=subject.name), " ".join(done))


def _given(visit: ConsoleVisit) -> dict[str, str]:
    """What the form says of attributes that may change; what it does not speak of stays."""
    known = of_pool(visit.chosen)
    return {
        name: visit.form[_PREFIX + name].strip()
        for name in known
        if _PREFIX + name in visit.form and name not in _NEVER and name not in _FLAGS and known[name].mutable
    }


def _changed_flags(visit: ConsoleVisit, after: Mapping[str, str]) -> dict[str, str]:
    """The marks that were chosen; an address that is not there has none."""
    chosen = {flag: visit.form.get(_PREFIX + flag, "") for flag in _FLAGS}
    return {flag: value for flag, value in chosen.items() if value in {"true", "false"} and after.get(_FLAGS[flag])}


# --- a new user --------------------------------------------------------------------------------------------


async def new_shown(visit: ConsoleVisit) -> Response:
    return _new_form(visit, {})


def _new_form(visit: ConsoleVisit, values: Mapping[str, str], *, error: str = "", status: int = 200) -> Response:
    settings = visit.chosen.settings
    wanted = [
        field
        for field in _fields(visit, {name.removeprefix(_PREFIX): value for name, value in values.items()})
        if field["required"] or field["label"] in {"email", "phone_number", "name"}
    ]
    return render.page(
        "user_new",
        visit,
        error=error,
        status=status,
        username_label=_username_label(settings.UsernameAttributes),
        fields=[field for field in wanted if field["label"] not in settings.UsernameAttributes],
        values=values,
        here=visit.url("/users/new"),
        back=visit.url("/users"),
    )


def _username_label(attributes: tuple[str, ...]) -> str:
    if not attributes:
        return "Username"
    words = {"email": "E-mail address", "phone_number": "Phone number"}
    return " or ".join(words[name] for name in attributes)


async def new_posted(visit: ConsoleVisit) -> Response:
    """Makes the user, and sends the invitation where that is asked for."""
    form = visit.form
    username = form.text("username")
    attributes = {name: value for name, value in _given(visit).items() if value}
    if form.get("verified"):
        for flag, name in _FLAGS.items():
            if name in attributes or (name in visit.chosen.settings.UsernameAttributes and _is(name, username)):
                attributes[flag] = "true"
    is_invited = form.get("invite") == "yes"
    try:
        made = await visit.of_pool(
            "AdminCreateUser",
            Username=username,
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
            TemporaryPassword=form.get("password") or None,
            MessageAction=None if is_invited else "SUPPRESS",
            DesiredDeliveryMediums=_mediums(visit, username, attributes) if is_invited else None,
        )
    except ServiceError as error:
        kept = {name: value for name, value in form.items() if name != "password"}
        return _new_form(visit, kept, error=error.message, status=views.status_of(error))
    name = made["User"]["Username"]
    told = f"{username} is a user now" + (", and an invitation is on its way." if is_invited else ". Nobody was told.")
    return visit.done(visit.url("/user", name=name) if visit.may("AdminGetUser") else visit.url("/users"), told)


def _is(name: str, username: str) -> bool:
    return ("@" in username) == (name == "email")


def _mediums(visit: ConsoleVisit, username: str, attributes: Mapping[str, str]) -> list[str]:
    """By mail wherever there is an address; AWS's own default is a text message."""
    by_mail = "email" in attributes or ("email" in visit.chosen.settings.UsernameAttributes and _is("email", username))
    return ["EMAIL"] if by_mail else ["SMS"]


PAGES: Final = (
    Page("/user/attributes", shown, posted, operations=("AdminUpdateUserAttributes",), is_described=True),
    Page("/users/new", new_shown, new_posted, operations=("AdminCreateUser",), is_described=True),
)
