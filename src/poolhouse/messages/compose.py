"""The words of every message: those that a function of the pool chose, of the pool's templates, or AWS's defaults."""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from poolhouse.store.pools import Pool

from .contacts import Contact, Medium

Purpose = Literal["sign_up", "resend_code", "verify_attribute", "invitation", "forgot_password", "mfa"]
Source = Literal[
    "SignUp",
    "AdminCreateUser",
    "ResendCode",
    "ForgotPassword",
    "UpdateUserAttribute",
    "VerifyUserAttribute",
    "Authentication",
]

CODE: Final = "{####}"
USERNAME: Final = "{username}"
LINK: Final = re.compile(r"\{##([^{}]+)##\}")
_PLACEHOLDERS: Final = re.compile(r"\{####\}|\{username\}|\{##([^{}]+)##\}")
_MARKUP: Final = re.compile(r"<[a-zA-Z!/]")
_VERIFY_SUBJECT: Final = "Your verification code"
_VERIFY_BODY: Final = f"Your confirmation code is {CODE}"
_LINK_SUBJECT: Final = "Your verification link"
_LINK_BODY: Final = "Please click the link below to verify your email address. {##Verify Email##}"
_RESET_BODY: Final = f"Your password reset code is {CODE}"
_MFA_SUBJECT: Final = "Your authentication code"
_MFA_BODY: Final = f"Your authentication code is {CODE}"
_INVITE_SUBJECT: Final = "Your temporary password"
_INVITE_BODY: Final = f"Your username is {USERNAME} and temporary password is {CODE}"


class Words(NamedTuple):
    """What a function wants to be said instead of the pool's templates; None leaves them."""

    email_subject: str | None = None
    email_body: str | None = None
    sms: str | None = None


class Occasion(NamedTuple):
    """Why a message is sent, in AWS's word for it, and who asked: the app client and what it told the functions."""

    source: Source
    client_id: str | None = None
    metadata: Mapping[str, str] = {}
    words: Words = Words()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What one person is told. `code` is the secret in it, a one-time code or a temporary password.

    `is_html` says that the body of a mail is markup. A text message has no subject.
    """

    purpose: Purpose
    medium: Medium
    destination: str
    subject: str
    body: str
    code: str
    occasion: Occasion
    is_html: bool = False


def verification(
    pool: Pool,
    purpose: Purpose,
    code: str,
    username: str,
    contact: Contact,
    occasion: Occasion,
    link: str | None = None,
) -> Message:
    """A one-time code for a contact that is to be verified, or the `link` that does it."""
    if link is not None:
        return _by_link(pool, purpose, code, username, contact, occasion, link)
    texts = _template(pool, contact.medium, _VERIFY_BODY, occasion.words)
    return _message(purpose, contact, texts, username, code, occasion)


def recovery(pool: Pool, code: str, username: str, contact: Contact, occasion: Occasion) -> Message:
    """A one-time code with which a new password can be set; in the pool's words for verification codes, as on AWS."""
    texts = _template(pool, contact.medium, _RESET_BODY, occasion.words)
    return _message("forgot_password", contact, texts, username, code, occasion)


def second_factor(pool: Pool, code: str, username: str, contact: Contact, occasion: Occasion) -> Message:
    """A one-time code that a sign-in asks for."""
    settings, words = pool.settings, occasion.words
    if contact.medium == "SMS":
        return _message(
            "mfa", contact, ("", words.sms or settings.SmsAuthenticationMessage or _MFA_BODY), username, code, occasion
        )
    configured = settings.EmailMfaConfiguration
    subject = words.email_subject or (configured and configured.Subject) or _MFA_SUBJECT
    body = words.email_body or (configured and configured.Message) or _MFA_BODY
    return _message("mfa", contact, (subject, body), username, code, occasion)


def invitation(pool: Pool, username: str, password: str, contact: Contact, occasion: Occasion) -> Message:
    """The first word to a user whom an administrator created."""
    template, words = pool.settings.AdminCreateUserConfig.InviteMessageTemplate, occasion.words
    if contact.medium == "SMS":
        texts = "", words.sms or (template and template.SMSMessage) or _INVITE_BODY
    else:
        subject = words.email_subject or (template and template.EmailSubject) or _INVITE_SUBJECT
        texts = subject, words.email_body or (template and template.EmailMessage) or _INVITE_BODY
    return _message("invitation", contact, texts, username, password, occasion)


def _template(pool: Pool, medium: Medium, body: str, words: Words) -> tuple[str, str]:
    """Subject and body of a message with a code. A template wins over the older members, as AWS has it."""
    settings, template = pool.settings, pool.settings.VerificationMessageTemplate
    if medium == "SMS":
        return "", words.sms or template.SmsMessage or settings.SmsVerificationMessage or body
    return (
        words.email_subject or template.EmailSubject or settings.EmailVerificationSubject or _VERIFY_SUBJECT,
        words.email_body or template.EmailMessage or settings.EmailVerificationMessage or body,
    )


def _by_link(
    pool: Pool, purpose: Purpose, code: str, username: str, contact: Contact, occasion: Occasion, link: str
) -> Message:
    template, words = pool.settings.VerificationMessageTemplate, occasion.words
    subject = words.email_subject or template.EmailSubjectByLink or _LINK_SUBJECT
    body = words.email_body or template.EmailMessageByLink or _LINK_BODY
    return _message(purpose, contact, (subject, body), username, code, occasion, link)


def _message(
    purpose: Purpose,
    contact: Contact,
    texts: tuple[str, str],
    username: str,
    code: str,
    occasion: Occasion,
    link: str | None = None,
) -> Message:
    """A mail whose template holds markup, or a link, is markup; the values in it are text all the same."""
    subject, body = texts
    is_html = contact.medium == "EMAIL" and (link is not None or _MARKUP.search(body) is not None)
    if is_html and not _MARKUP.search(body):
        body = html.escape(body, quote=False).replace("\n", "<br>\n")
    return Message(
        purpose=purpose,
        medium=contact.medium,
        destination=contact.address,
        subject=subject,
        body=_filled(body, username, code, link, html.escape if is_html else str),
        code=code,
        occasion=occasion,
        is_html=is_html,
    )


def _filled(body: str, username: str, code: str, link: str | None, shown: Callable[[str], str]) -> str:
    """Every placeholder in one pass: a username that spells another one stays what it is."""
    values = {USERNAME: shown(username), CODE: shown(code)}

    def value(found: re.Match[str]) -> str:
        if found[0] in values:
            return values[found[0]]
        return found[0] if link is None else f'<a href="{html.escape(link)}">{found[1]}</a>'

    return _PLACEHOLDERS.sub(value, body)
