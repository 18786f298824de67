"""`login_with`: how people sign in, and its messages. What is not served is checked, then refused by name."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypedDict

from poolhouse.errors import AmplifyAuthConstructInitializationError, DefinitionError, InvalidPasswordlessConfigError

from .external import ExternalProviders, hosted_sign_in, refuse_providers
from .manifest import Passkeys, Passwordless
from .messages import LinkPlaceholder, Placeholder, UserInvitation, invitation, verification
from .places import Place
from .words import check_choice, check_keys, shown


class EmailLogin(TypedDict, total=False):
    """A verification body is text with `{####}`, or a function that receives the placeholder and makes the text.

    In the style LINK it holds `{##words##}` instead, and the function receives what makes those of its words.
    """

    verification_email_style: Literal["CODE", "LINK"]
    verification_email_subject: str
    verification_email_body: str | Callable[[Placeholder], str] | Callable[[LinkPlaceholder], str]
    user_invitation: UserInvitation
    otp_login: bool


class PhoneLogin(TypedDict, total=False):
    """`verification_message` is text with `{####}`, or a function that receives the placeholder and makes the text."""

    verification_message: str | Callable[[Placeholder], str]
    otp_login: bool


class WebAuthn(TypedDict, total=False):
    """Passkeys: `relying_party_id` is a domain, or `AUTO` for the host of this server."""

    relying_party_id: str
    user_verification: Literal["required", "preferred"]


class LoginWith(TypedDict, total=False):
    """At least one of email and phone. With `preferred_username` people choose a user name as well, and sign in with
    it, with their preferred user name, or with what the others name.
    """

    email: Literal[True] | EmailLogin
    phone: Literal[True] | PhoneLogin
    web_authn: Literal[True] | WebAuthn
    preferred_username: Literal[True]
    external_providers: ExternalProviders


_CHOICES: Final = {"verification_email_style": ("CODE", "LINK"), "user_verification": ("required", "preferred")}
_DOMAIN: Final = re.compile(
    r"(?=.{1,127}\Z)(?!(.*\.)?[0-9]+\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
)


class Login:
    """The checked `login_with`; `wanted` are the ways that were asked for, `factors` the passwordless ones."""

    def __init__(self, options: object, place: Place) -> None:
        keys = tuple(LoginWith.__annotations__)
        given = check_keys(options, keys, what="login_with", place=place)
        self.wanted: dict[str, Any] = {key: value for key, value in given.items() if value not in (False, None)}
        self.email = _way(self.wanted.get("email"), EmailLogin, "login_with.email", place)
        self.phone = _way(self.wanted.get("phone"), PhoneLogin, "login_with.phone", place)
        self.web_authn = _way(self.wanted.get("web_authn"), WebAuthn, "login_with.web_authn", place)
        self.passkeys = None if self.web_authn is None else _passkeys(self.web_authn, place)
        self._check_ways(place)
        external = self.wanted.get("external_providers")
        self.hosted = None if external is None else hosted_sign_in(external, place)
        self.verification = verification(self.email or {}, self.phone or {}, place)
        self.invitation = invitation((self.email or {}).get("user_invitation", {}), place)

    @property
    def passwordless(self) -> Passwordless:
        return Passwordless(
            email_otp=bool((self.email or {}).get("otp_login")),
            sms_otp=bool((self.phone or {}).get("otp_login")),
            passkeys=self.passkeys,
        )

    @property
    def factors(self) -> tuple[str, ...]:
        """The passwordless first factors: EMAIL_OTP, SMS_OTP, WEB_AUTHN."""
        return self.passwordless.factors

    def _check_ways(self, place: Place) -> None:
        if self.web_authn is not None and not {"email", "phone"} & self.wanted.keys():
            raise InvalidPasswordlessConfigError(
                "web_authn needs email or phone as well.",
                resolution='Add "email": True to login_with.',
                location=str(place),
            )
        if self.wanted.get("preferred_username", True) is not True:
            raise DefinitionError(
                f"login_with.preferred_username cannot be {shown(self.wanted['preferred_username'])}.",
                resolution="Write True, or leave it out.",
                location=str(place),
            )
        if not {"email", "phone", "external_providers"} & self.wanted.keys():
            raise InvalidPasswordlessConfigError(
                "login_with enables neither email, nor phone, nor an external provider: nobody could sign in.",
                resolution='Enable one, for example login_with={"email": True}.',
                location=str(place),
            )
        if not {"email", "phone"} & self.wanted.keys():
            raise AmplifyAuthConstructInitializationError(
                "At least one of email and phone must be enabled beside external providers.",
                resolution='Add "email": True to login_with.',
                location=str(place),
            )

    def refuse_unserved(self, place: Place) -> None:
        """Raise NotServedError for a way to sign in that this version has not got; call it after every other check."""
        refuse_providers(self.wanted.get("external_providers", {}), place)


def _passkeys(options: Mapping[str, Any], place: Place) -> Passkeys:
    relying_party = options.get("relying_party_id", "AUTO")
    if relying_party != "AUTO" and not (isinstance(relying_party, str) and _DOMAIN.fullmatch(relying_party)):
        raise InvalidPasswordlessConfigError(
            f"login_with.web_authn.relying_party_id cannot be {shown(relying_party)}.",
            resolution='Write the domain of the app in lower case, for example "example.com", or "AUTO".',
            location=str(place),
        )
    return Passkeys(relying_party=relying_party, user_verification=options.get("user_verification", "preferred"))


def _way(value: object, shape: type, what: str, place: Place) -> dict[str, Any] | None:
    """None where the way is off, else its options; True means no options."""
    if value is None:
        return None
    options = check_keys({} if value is True else value, shape.__annotations__, what=what, place=place)
    if "otp_login" in options and not isinstance(options["otp_login"], bool):
        raise DefinitionError(
            f"{what}.otp_login cannot be {shown(options['otp_login'])}.",
            resolution="Write True or False.",
            location=str(place),
        )
    for key, choices in _CHOICES.items():
        if key in options:
            check_choice(options[key], choices, what=f"{what}.{key}", place=place)
    return options
