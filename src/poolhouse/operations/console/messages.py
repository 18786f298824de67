"""What a pool says to people, shown with example values and composed by the very code that composes the messages."""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple, get_args

from poolhouse import service_model
from poolhouse.messages import compose
from poolhouse.messages.compose import Message, Occasion, Source
from poolhouse.messages.contacts import Contact, Medium
from poolhouse.operations import custom_messages, triggers, verification
from poolhouse.operations._pool_settings import changed_settings
from poolhouse.operations.context import Services
from poolhouse.store.pools import Pool
from poolhouse.store.settings import MessageTemplateType, PoolSettings

Kind = Literal["confirm", "verify", "recover", "invite", "code"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
MEDIUMS: Final[tuple[Medium, ...]] = get_args(Medium)
TITLES: Final[Mapping[Kind, tuple[str, str]]] = {
    "confirm": ("Confirm a new account", "After a sign-up, and when a new code is asked for."),
    "verify": ("Verify an address or a number", "After a change of it, and when somebody asks to verify it."),
    "recover": ("Choose a new password", "When somebody forgot his password, or an administrator reset it."),
    "invite": ("Invitation", "To a user whom an administrator created."),
    "code": ("Sign-in code", "As a second factor, and for sign-in without a password."),
}
"""What a message is about, and when it is sent."""
_SOURCES: Final[Mapping[Kind, Source]] = {
    "confirm": "SignUp",
    "verify": "UpdateUserAttribute",
    "recover": "ForgotPassword",
    "invite": "AdminCreateUser",
    "code": "Authentication",
}
_CODE: Final = "123456"
_PASSWORD: Final = "Temporary-9"  # noqa: S105 - an example, on a page that says so
_CONTACTS: Final[Mapping[Medium, Contact]] = {
    "EMAIL": Contact("email", "ada@example.com"),
    "SMS": Contact("phone_number", "+12065550100"),
}
_CLIENT: Final = "1example23456789"


class Example(NamedTuple):
    """A message as somebody called ada would get it.

    `sender` delivers it: "server", "" for nobody, or the name of a function. `chooser` is the function that is asked
    for other words first, "" for none.
    """

    kind: Kind
    medium: Medium
    message: Message
    sender: str
    chooser: str


def examples(services: Services, pool: Pool) -> list[Example]:
    return [example(services, pool, kind, medium) for kind in KINDS for medium in MEDIUMS]


def example(services: Services, pool: Pool, kind: Kind, medium: Medium) -> Example:
    arn = triggers.configured(pool, "CustomEmailSender" if medium == "EMAIL" else "CustomSMSSender")
    delivered = "server" if medium in services.delivers else ""
    chooser = None if arn else triggers.configured(pool, "CustomMessage")
    message = _message(services, pool, kind, _CONTACTS[medium])
    return Example(kind, medium, message, _function(arn) or delivered, _function(chooser))


def _message(services: Services, pool: Pool, kind: Kind, to: Contact) -> Message:
    source, username = _SOURCES[kind], "ada"
    occasion = Occasion(source, _CLIENT)
    if kind == "invite":
        name = next(iter(_CONTACTS[m].address for m in MEDIUMS if _CONTACTS[m].attribute in _names(pool)), username)
        return compose.invitation(pool, name, _PASSWORD, to, occasion)
    if kind == "recover":
        return compose.recovery(pool, _CODE, username, to, occasion)
    if kind == "code":
        return compose.second_factor(pool, _CODE, username, to, occasion)
    by_link = to.medium == "EMAIL" and custom_messages.is_by_link(pool, source)
    link = verification.link(services.settings.public_url, _CLIENT, username, _CODE) if by_link else None
    return compose.verification(
        pool, "sign_up" if kind == "confirm" else "verify_attribute", _CODE, username, to, occasion, link
    )


def _names(pool: Pool) -> tuple[str, ...]:
    """The contacts that are what people type to sign in."""
    return tuple(pool.settings.UsernameAttributes)


def _function(arn: str | None) -> str:
    return (arn or "").rpartition(":")[2]


# --- other words -------------------------------------------------------------------------------------------


def words(pool: Pool) -> dict[str, str]:
    """The pool's templates by short names; "" for AWS's own words. A template wins over the older members."""
    settings = pool.settings
    template, invitation = settings.VerificationMessageTemplate, settings.AdminCreateUserConfig.InviteMessageTemplate
    invite = invitation or MessageTemplateType()
    return {
        "option": template.DefaultEmailOption,
        "email_subject": template.EmailSubject or settings.EmailVerificationSubject or "",
        "email_message": template.EmailMessage or settings.EmailVerificationMessage or "",
        "link_subject": template.EmailSubjectByLink or "",
        "link_message": template.EmailMessageByLink or "",
        "sms_message": template.SmsMessage or settings.SmsVerificationMessage or "",
        "invite_subject": invite.EmailSubject or "",
        "invite_message": invite.EmailMessage or "",
        "invite_sms": invite.SMSMessage or "",
        "code_sms": settings.SmsAuthenticationMessage or "",
    }


def with_request(pool: Pool, members: Mapping[str, Any]) -> Pool:
    """The pool as UpdateUserPool would leave it. Raises ServiceError for what it would refuse."""
    operation = service_model.operation("cognito-idp", "UpdateUserPool")
    assert operation is not None
    request: Any = service_model.from_params(operation, members)
    settings: PoolSettings = changed_settings(pool.settings, request)
    return pool._replace(settings=settings)


# --- text messages -----------------------------------------------------------------------------------------

# 3GPP TS 23.038: one septet each, and those that take an escape before them.
_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED: Final = frozenset("^{}\\[~]|€")


class Segments(NamedTuple):
    """How carriers count a text message: `units` of septets (GSM-7) or UTF-16 words (UCS-2), in `parts`."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    parts: int


def segments(text: str) -> Segments:
    """A character that takes two units is never divided between two parts."""
    is_gsm = all(char in _BASIC or char in _ESCAPED for char in text)
    costs = [_cost(char, is_gsm=is_gsm) for char in text]
    single, joined = (160, 153) if is_gsm else (70, 67)
    units = sum(costs)
    encoding: Literal["GSM-7", "UCS-2"] = "GSM-7" if is_gsm else "UCS-2"
    if units <= single:
        return Segments(encoding, units, 1)
    parts, room = 1, joined
    for cost in costs:
        if cost > room:
            parts, room = parts + 1, joined
        room -= cost
    return Segments(encoding, units, parts)


def _cost(char: str, *, is_gsm: bool) -> int:
    if is_gsm:
        return 2 if char in _ESCAPED else 1
    return 2 if ord(char) > 0xFFFF else 1
