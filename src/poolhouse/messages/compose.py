"""The words of every message, from the pool's templates or AWS's defaults. Only e-mail is served."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from poolhouse.store.pools import Pool

Purpose = Literal["sign_up", "resend_code", "verify_attribute", "invitation", "forgot_password", "mfa"]

_CODE: Final = "{####}"
_USERNAME: Final = "{username}"
_PLACEHOLDERS: Final = re.compile(r"\{####\}|\{username\}")
_VERIFY_SUBJECT: Final = "Your verification code"
_VERIFY_BODY: Final = f"Your confirmation code is {_CODE}"
_RESET_BODY: Final = f"Your password reset code is {_CODE}"
_MFA_SUBJECT: Final = "Your authentication code"
_MFA_BODY: Final = f"Your authentication code is {_CODE}"
_INVITE_SUBJECT: Final = "Your temporary password"
_INVITE_BODY: Final = f"Your username is {_USERNAME} and temporary password is {_CODE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What one person is told. `code` is the secret in it, a one-time code or a temporary password."""

    purpose: Purpose
    medium: Literal["EMAIL"]
    destination: str
    subject: str
    body: str
    code: str


def verification(pool: Pool, purpose: Purpose, code: str, username: str, destination: str) -> Message:
    """A one-time code for a contact that is to be verified."""
    subject, body = _template(pool, _VERIFY_BODY)
    return _message(purpose, destination, subject, _filled(body, username, code), code)


def recovery(pool: Pool, code: str, username: str, destination: str) -> Message:
    """A one-time code with which a new password can be set; in the pool's words for verification codes, as on AWS."""
    subject, body = _template(pool, _RESET_BODY)
    return _message("forgot_password", destination, subject, _filled(body, username, code), code)


def _template(pool: Pool, body: str) -> tuple[str, str]:
    """Subject and body of a message with a code. A template wins over the two older members, as AWS has it."""
    settings, template = pool.settings, pool.settings.VerificationMessageTemplate
    return (
        template.EmailSubject or settings.EmailVerificationSubject or _VERIFY_SUBJECT,
        template.EmailMessage or settings.EmailVerificationMessage or body,
    )


def second_factor(pool: Pool, code: str, username: str, destination: str) -> Message:
    """A one-time code that a sign-in asks for."""
    configured = pool.settings.EmailMfaConfiguration
    subject = (configured and configured.Subject) or _MFA_SUBJECT
    body = (configured and configured.Message) or _MFA_BODY
    return _message("mfa", destination, subject, _filled(body, username, code), code)


def invitation(pool: Pool, username: str, password: str, destination: str) -> Message:
    """The first word to a user whom an administrator created."""
    template = pool.settings.AdminCreateUserConfig.InviteMessageTemplate
    subject = (template and template.EmailSubject) or _INVITE_SUBJECT
    body = (template and template.EmailMessage) or _INVITE_BODY
    return _message("invitation", destination, subject, _filled(body, username, password), password)


def _filled(body: str, username: str, code: str) -> str:
    """Both placeholders in one pass: a username that spells the other one stays what it is."""
    values = {_USERNAME: username, _CODE: code}
    return _PLACEHOLDERS.sub(lambda found: values[found[0]], body)


def _message(purpose: Purpose, destination: str, subject: str, body: str, code: str) -> Message:
    return Message(purpose=purpose, medium="EMAIL", destination=destination, subject=subject, body=body, code=code)


def masked(destination: str) -> str:
    """An e-mail address as an answer may show it: the first letter of each side, `a***@e***`."""
    local, _, domain = destination.rpartition("@")
    return f"{local[:1]}***@{domain[:1]}***"
