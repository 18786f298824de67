"""The messages of `login_with` and `multifactor`: texts with placeholders, checked to carry what they are for."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypedDict

from poolhouse.errors import AmplifyAuthConstructInitializationError

from .manifest import Invitation, Verification
from .places import Place
from .words import check_keys, check_text

LONGEST_SMS: Final = 140


class Placeholder(str):
    """Text that stands for a value in a message. Calling it gives the text, so `{code}` and `{code()}` both work."""

    __slots__ = ()

    def __call__(self) -> str:
        return str(self)


class LinkPlaceholder(str):
    """Text that becomes a link. Calling it chooses the words of the link: `link("Confirm")`."""

    __slots__ = ()

    def __call__(self, text: str = "Verify Email") -> str:
        return f"{{##{text}##}}"


CODE: Final = Placeholder("{####}")
USERNAME: Final = Placeholder("{username}")
LINK: Final = LinkPlaceholder("{##Verify Email##}")
_LINK: Final = re.compile(r"\{##[^{}#]+##\}")
_BY_LINK: Final = f"Verify your account by clicking on {LINK}"


class UserInvitation(TypedDict, total=False):
    """The message of AdminCreateUser; a body is text with `{username}` and `{####}`, or a function that makes it."""

    email_subject: str
    email_body: str | Callable[[Placeholder, Placeholder], str]
    sms_message: str | Callable[[Placeholder, Placeholder], str]


def verification(email: Mapping[str, Any], phone: Mapping[str, Any], place: Place) -> Verification:
    """How a new contact is proved, from the options of both ways to sign in."""
    default = Verification()
    by_link = email.get("verification_email_style") == "LINK"
    subject = subject_of(email.get("verification_email_subject", default.subject), "verification_email_subject", place)
    given = email.get("verification_email_body", _BY_LINK if by_link else default.body)
    sms = phone.get("verification_message", default.sms)
    return Verification(
        style="LINK" if by_link else "CODE",
        subject=subject,
        body=_link_body(given, place) if by_link else body_of(given, (CODE,), "verification_email_body", place),
        sms=body_of(sms, (CODE,), "verification_message", place, longest=LONGEST_SMS),
    )


def invitation(options: object, place: Place) -> Invitation:
    given = check_keys(options, UserInvitation.__annotations__, what="user_invitation", place=place)
    default, both = Invitation(), (USERNAME, CODE)
    sms = given.get("sms_message", default.sms)
    return Invitation(
        subject=subject_of(given.get("email_subject", default.subject), "user_invitation.email_subject", place),
        body=body_of(given.get("email_body", default.body), both, "user_invitation.email_body", place),
        sms=body_of(sms, both, "user_invitation.sms_message", place, longest=LONGEST_SMS),
    )


def subject_of(value: object, what: str, place: Place) -> str:
    subject = check_text(value, 1, 140, what=what, place=place, error=AmplifyAuthConstructInitializationError)
    if not subject.isprintable():
        raise AmplifyAuthConstructInitializationError(
            f"{what} holds a line break or another control character.",
            resolution="Write the subject on one line.",
            location=str(place),
        )
    return subject


def body_of(
    value: object, placeholders: tuple[Placeholder, ...], what: str, place: Place, *, longest: int = 20_000
) -> str:
    text = value(*placeholders) if callable(value) else value
    body = str(check_text(text, 6, longest, what=what, place=place, error=AmplifyAuthConstructInitializationError))
    for placeholder in placeholders:
        if placeholder not in body:
            raise AmplifyAuthConstructInitializationError(
                f"{what} does not contain {placeholder}, so the message would not carry the value.",
                resolution=f"Put {placeholder} where the value belongs.",
                location=str(place),
            )
    return body


def _link_body(value: object, place: Place) -> str:
    what = "verification_email_body"
    text = value(LINK) if callable(value) else value
    body = str(check_text(text, 6, 20_000, what=what, place=place, error=AmplifyAuthConstructInitializationError))
    if _LINK.search(body) is None:
        raise AmplifyAuthConstructInitializationError(
            f"{what} does not contain a link such as {LINK}, so nobody could confirm an account.",
            resolution=f"Put {LINK} where the link belongs, with words of your own between the ##.",
            location=str(place),
        )
    return body
