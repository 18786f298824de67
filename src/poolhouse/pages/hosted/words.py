"""The words of the pages: errors as people read them, names of attributes, what each step of a sign-in asks for."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from poolhouse.errors import (
    InvalidLambdaResponseException,
    ServiceError,
    UnexpectedLambdaException,
    UserLambdaValidationException,
)
from poolhouse.operations.attributes import schema
from poolhouse.operations.oauth.hosted import PasswordPolicyType, PoolSettings


class Field(NamedTuple):
    """One input of a form. `name` is the form's, `complete` the autocomplete token, `type` the input's."""

    name: str
    label: str
    type: str = "text"
    complete: str = "off"
    mode: str = ""
    hint: str = ""


class Step(NamedTuple):
    """A challenge of one code: its title, what to tell, and the member that the answer goes into."""

    title: str
    lead: str
    member: str


CODES: Final[Mapping[str, Step]] = {
    "SOFTWARE_TOKEN_MFA": Step(
        "Enter your code", "Open your authenticator app and enter the six digits.", "SOFTWARE_TOKEN_MFA_CODE"
    ),
    "SMS_MFA": Step("Enter your code", "We sent a code to your phone", "SMS_MFA_CODE"),
    "EMAIL_OTP": Step("Check your e-mail", "We sent a code to", "EMAIL_OTP_CODE"),
    "SMS_OTP": Step("Enter your code", "We sent a code to your phone", "SMS_OTP_CODE"),
}
CHOICES: Final[Mapping[str, str]] = {
    "SOFTWARE_TOKEN_MFA": "Code from my authenticator app",
    "SMS_MFA": "Text message to my phone",
    "EMAIL_OTP": "Message to my e-mail address",
}
_LABELS: Final[Mapping[str, tuple[str, str, str]]] = {
    "email": ("E-mail address", "email", "email"),
    "phone_number": ("Phone number", "tel", "tel"),
    "given_name": ("First name", "text", "given-name"),
    "family_name": ("Last name", "text", "family-name"),
    "middle_name": ("Middle name", "text", "additional-name"),
    "name": ("Full name", "text", "name"),
    "nickname": ("Nickname", "text", "nickname"),
    "preferred_username": ("Display name", "text", "off"),
    "birthdate": ("Date of birth", "date", "bday"),
    "address": ("Address", "text", "street-address"),
    "website": ("Website", "url", "url"),
    "locale": ("Language", "text", "language"),
}
_PREFIX: Final = re.compile(
    r"^(Attributes did not conform to the schema: |Invalid user attributes: "
    r"|Password did not conform with policy: |user\.|[A-Za-z]+ failed with error )+"
)
_PLAIN: Final[Mapping[str, str]] = {
    "CodeMismatchException": "That code is not right. Check it and try again.",
    "EnableSoftwareTokenMFAException": "That code is not right. Check it and try again.",
    "ExpiredCodeException": "That code has expired or was used before. Use a newer one.",
    "WebAuthnChallengeNotFoundException": "That took too long. Try again.",
    "UnexpectedLambdaException": "This does not work at the moment. Please try again later.",
    "InvalidLambdaResponseException": "This does not work at the moment. Please try again later.",
}
# What a pool's function says ends a step: the answer that led to it is used up.
REFUSALS: Final = (UserLambdaValidationException, UnexpectedLambdaException, InvalidLambdaResponseException)
_ODD: Final = "Something in this form cannot be accepted. Check every field and try again."


def attribute(name: str, prefix: str) -> Field:
    """The input for an attribute, under the form's name `prefix` + its name."""
    plain = name.removeprefix("custom:").replace("_", " ")
    label, kind, complete = _LABELS.get(name, (plain[:1].upper() + plain[1:], "text", "off"))
    hint = "With country code, like +491701234567." if name == "phone_number" else ""
    return Field(prefix + name, label, kind, complete, hint=hint)


def username(settings: PoolSettings, *, new: bool) -> Field:
    """What people of the pool sign in with; a new user chooses the name itself, not an alias of it."""
    kinds = settings.UsernameAttributes or (() if new else settings.AliasAttributes)
    complete = "username"
    if not settings.UsernameAttributes:
        also = " or e-mail" if "email" in kinds else ""
        return Field("username", f"Username{also}", "text", complete)
    if set(kinds) == {"email"}:
        return Field("username", "E-mail address", "email", complete, mode="email")
    if set(kinds) == {"phone_number"}:
        hint = "With country code, like +491701234567." if new else ""
        return Field("username", "Phone number", "tel", complete, mode="tel", hint=hint)
    return Field("username", "E-mail address or phone number", "text", complete)


def wanted_attributes(settings: PoolSettings) -> list[str]:
    """What sign-up asks for besides the name and the password: what is required, and where codes are sent."""
    names = [name for name, entry in schema(settings).items() if entry.Required and name != "sub"]
    names += [name for name in settings.AutoVerifiedAttributes if name not in names and not settings.UsernameAttributes]
    if len(settings.UsernameAttributes) == 1:
        names = [name for name in names if name not in settings.UsernameAttributes]
    return names


def password_hint(policy: PasswordPolicyType) -> str:
    kinds = [
        name
        for name, needed in (
            ("an upper-case letter", policy.RequireUppercase),
            ("a lower-case letter", policy.RequireLowercase),
            ("a number", policy.RequireNumbers),
            ("a symbol", policy.RequireSymbols),
        )
        if needed
    ]
    last = f", with {', '.join(kinds[:-1])}{' and ' if kinds[:-1] else ''}{kinds[-1]}" if kinds else ""
    return f"At least {policy.MinimumLength} characters{last}."


def explain(error: ServiceError) -> str:
    """An operation's words, without what only a developer understands."""
    if "validation error" in error.message or error.code == "SerializationException":
        return _ODD
    if error.code in _PLAIN:
        return _PLAIN[error.code]
    text = _PREFIX.sub("", error.message).strip()
    if isinstance(error, UserLambdaValidationException):
        text = text.removesuffix(".").rstrip(".") + "."
    return text[:1].upper() + text[1:] if text else _ODD


def status(error: ServiceError) -> int:
    limits = {"LimitExceededException", "TooManyFailedAttemptsException", "TooManyRequestsException"}
    exceeded = error.message == "Password attempts exceeded" or error.message.startswith("Attempt limit exceeded")
    return 429 if error.code in limits or exceeded else 400
