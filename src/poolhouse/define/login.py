"""`login_with`: how people sign in, and its messages. Email is served; the rest is checked, then refused by name."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, TypedDict

from poolhouse.errors import AmplifyAuthConstructInitializationError, DefinitionError, InvalidPasswordlessConfigError

from .manifest import Invitation, SecretRef, Verification
from .places import Place
from .words import check_choice, check_keys, check_text, not_served, shown


class Placeholder(str):
    """Text that stands for a value in a message. Calling it gives the text, so `{code}` and `{code()}` both work."""

    __slots__ = ()

    def __call__(self) -> str:
        return str(self)


CODE: Final = Placeholder("{####}")
USERNAME: Final = Placeholder("{username}")


class UserInvitation(TypedDict, total=False):
    """The message of AdminCreateUser; a body is text with `{username}` and `{####}`, or a function that makes it."""

    email_subject: str
    email_body: str | Callable[[Placeholder, Placeholder], str]
    sms_message: str | Callable[[Placeholder, Placeholder], str]


class EmailLogin(TypedDict, total=False):
    """A verification body is text with `{####}`, or a function that receives the placeholder and makes the text."""

    verification_email_style: Literal["CODE", "LINK"]
    verification_email_subject: str
    verification_email_body: str | Callable[[Placeholder], str]
    user_invitation: UserInvitation
    otp_login: bool


class PhoneLogin(TypedDict, total=False):
    verification_message: str | Callable[[Placeholder], str]
    otp_login: bool


class WebAuthn(TypedDict, total=False):
    relying_party_id: str
    user_verification: Literal["required", "preferred"]


class ExternalProviders(TypedDict, total=False):
    google: Mapping[str, object]
    facebook: Mapping[str, object]
    login_with_amazon: Mapping[str, object]
    sign_in_with_apple: Mapping[str, object]
    oidc: Sequence[Mapping[str, object]]
    saml: Mapping[str, object]
    scopes: Sequence[str]
    callback_urls: Sequence[str]
    logout_urls: Sequence[str]
    domain_prefix: str


class LoginWith(TypedDict, total=False):
    """At least one of email, phone and external_providers."""

    email: Literal[True] | EmailLogin
    phone: Literal[True] | PhoneLogin
    web_authn: Literal[True] | WebAuthn
    external_providers: ExternalProviders


_SOCIAL: Final = ("google", "facebook", "login_with_amazon", "sign_in_with_apple")
_CHOICES: Final = {"verification_email_style": ("CODE", "LINK"), "user_verification": ("required", "preferred")}
_SECRETS: Final = ("client_id", "client_secret", "private_key", "key_id", "team_id")


class Login:
    """The checked `login_with`; `wanted` are the ways that were asked for, `factors` the passwordless ones."""

    def __init__(self, options: object, place: Place) -> None:
        keys = ("email", "phone", "web_authn", "external_providers")
        given = check_keys(options, keys, what="login_with", place=place)
        self.wanted: dict[str, Any] = {key: value for key, value in given.items() if value not in (False, None)}
        self.email = _way(self.wanted.get("email"), EmailLogin, "login_with.email", place)
        self.phone = _way(self.wanted.get("phone"), PhoneLogin, "login_with.phone", place)
        self.web_authn = _way(self.wanted.get("web_authn"), WebAuthn, "login_with.web_authn", place)
        self._check_ways(place)
        self.verification = _verification(self.email or {}, place)
        self.invitation = _invitation((self.email or {}).get("user_invitation", {}), place)
        if self.phone is not None and "verification_message" in self.phone:
            _body(self.phone["verification_message"], (CODE,), "verification_message", place, longest=140)

    @property
    def factors(self) -> tuple[str, ...]:
        """The passwordless first factors: EMAIL_OTP, SMS_OTP, WEB_AUTHN."""
        found = {
            "EMAIL_OTP": bool((self.email or {}).get("otp_login")),
            "SMS_OTP": bool((self.phone or {}).get("otp_login")),
            "WEB_AUTHN": self.web_authn is not None,
        }
        return tuple(name for name, on in found.items() if on)

    def _check_ways(self, place: Place) -> None:
        if self.web_authn is not None and not {"email", "phone"} & self.wanted.keys():
            raise InvalidPasswordlessConfigError(
                "web_authn needs email or phone as well.",
                resolution='Add "email": True to login_with.',
                location=str(place),
            )
        if not {"email", "phone", "external_providers"} & self.wanted.keys():
            raise InvalidPasswordlessConfigError(
                "login_with enables neither email, nor phone, nor an external provider: nobody could sign in.",
                resolution='Enable one, for example login_with={"email": True}.',
                location=str(place),
            )
        if "external_providers" in self.wanted:
            _check_providers(self.wanted["external_providers"], place)
        if not {"email", "phone"} & self.wanted.keys():
            raise AmplifyAuthConstructInitializationError(
                "At least one of email and phone must be enabled beside external providers.",
                resolution='Add "email": True to login_with.',
                location=str(place),
            )

    def refuse_unserved(self, place: Place) -> None:
        """Raise NotServedError for a way to sign in that this version has not got; call it after every other check."""
        for key in ("phone", "web_authn", "external_providers"):
            if key in self.wanted:
                raise not_served(f"login_with.{key}", place, "Use email only.")
        email = self.email or {}
        if email.get("verification_email_style", "CODE") != "CODE":
            raise not_served("verification_email_style 'LINK'", place, "Use 'CODE'.")
        if email.get("otp_login"):
            raise not_served("login_with.email.otp_login", place, "Remove it; people sign in with a password.")
        if "sms_message" in email.get("user_invitation", {}):
            raise not_served("user_invitation.sms_message", place)


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


def _verification(email: Mapping[str, Any], place: Place) -> Verification:
    default = Verification()
    subject = email.get("verification_email_subject", default.subject)
    body = email.get("verification_email_body", default.body)
    return Verification(
        subject=_subject(subject, "verification_email_subject", place),
        body=_body(body, (CODE,), "verification_email_body", place),
    )


def _invitation(options: object, place: Place) -> Invitation:
    given = check_keys(options, UserInvitation.__annotations__, what="user_invitation", place=place)
    default = Invitation()
    return Invitation(
        subject=_subject(given.get("email_subject", default.subject), "user_invitation.email_subject", place),
        body=_body(given.get("email_body", default.body), (USERNAME, CODE), "user_invitation.email_body", place),
    )


def _subject(value: object, what: str, place: Place) -> str:
    subject = check_text(value, 1, 140, what=what, place=place, error=AmplifyAuthConstructInitializationError)
    if not subject.isprintable():
        raise AmplifyAuthConstructInitializationError(
            f"{what} holds a line break or another control character.",
            resolution="Write the subject on one line.",
            location=str(place),
        )
    return subject


def _body(
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


def _check_providers(options: object, place: Place) -> None:
    what = "login_with.external_providers"
    given = check_keys(options, ExternalProviders.__annotations__, what=what, place=place)
    for key in ("callback_urls", "logout_urls"):
        if not given.get(key):
            raise AmplifyAuthConstructInitializationError(
                f"{what}.{key} is empty.", resolution="Add at least one URL.", location=str(place)
            )
    for provider in _SOCIAL:
        for key, value in dict(_provider(given.get(provider, {}), f"{what}.{provider}", place)).items():
            if key in _SECRETS and not isinstance(value, SecretRef):
                raise AmplifyAuthConstructInitializationError(
                    f"{what}.{provider}.{key} must be a secret reference.",
                    resolution=f'Write secret("{provider.upper()}_{key.upper()}") from poolhouse.',
                    location=str(place),
                )


def _provider(value: object, what: str, place: Place) -> Mapping[str, object]:
    if isinstance(value, Mapping):
        return value
    raise AmplifyAuthConstructInitializationError(
        f"{what} must be a dict of options, not {shown(value)}.",
        resolution="Give the provider's options as a dict.",
        location=str(place),
    )
