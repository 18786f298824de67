"""`senders` of `define_auth`: as whom messages are sent, or the functions that send them."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypedDict

from poolhouse.errors import AmplifyAuthConstructInitializationError, DefinitionError

from .functions import FunctionDefinition
from .manifest import EmailSender, SmsSender
from .places import Place
from .words import check_keys, not_served, shown

_ADDRESS: Final = re.compile(r"[^<>@\s,;]+@[^<>@\s,;]+")


class EmailSenderOptions(TypedDict, total=False):
    """Whom mail is from, or `handler`, the function that sends it."""

    from_email: str
    from_name: str
    reply_to: str
    handler: FunctionDefinition
    kms_key_arn: str


class SmsSenderOptions(TypedDict, total=False):
    """How Amazon SNS is called on AWS, or `handler`, the function that sends text messages."""

    external_id: str
    sns_caller_arn: str
    sns_region: str
    handler: FunctionDefinition
    kms_key_arn: str


class Senders(TypedDict, total=False):
    """As whom messages go out, for each medium."""

    email: EmailSenderOptions
    sms: SmsSenderOptions


class CheckedSenders(NamedTuple):
    """`called` are the functions among them."""

    email: EmailSender | None = None
    sms: SmsSender | None = None
    called: tuple[FunctionDefinition, ...] = ()


def senders_of(senders: object, place: Place) -> CheckedSenders:
    if senders is None:
        return CheckedSenders()
    given = check_keys(senders, Senders.__annotations__, what="senders", place=place)
    email = _options(given.get("email"), EmailSenderOptions, "senders.email", place)
    sms = _options(given.get("sms"), SmsSenderOptions, "senders.sms", place)
    handlers = [options["handler"] for options in (email, sms) if options and "handler" in options]
    return CheckedSenders(_email(email, place), _sms(sms, place), tuple(handlers))


def _options(value: object, shape: type, what: str, place: Place) -> dict[str, Any] | None:
    """None where the medium has no sender of its own."""
    if value is None:
        return None
    options: dict[str, Any] = dict(check_keys(value, shape.__annotations__, what=what, place=place))
    if "kms_key_arn" in options:
        raise not_served(f"{what}.kms_key_arn", place, "Remove it; the function gets the code as text.")
    if "handler" not in options:
        return options
    if not isinstance(options["handler"], FunctionDefinition):
        raise DefinitionError(
            f"{what}.handler must be a function made by define_function(), not {shown(options['handler'])}.",
            resolution="Pass what define_function() returned.",
            location=str(place),
        )
    if len(options) > 1:
        raise DefinitionError(
            f"{what} has a handler and other options, which would have no effect.",
            resolution="Give the handler alone, or remove it.",
            location=str(place),
        )
    return options


def _email(options: Mapping[str, Any] | None, place: Place) -> EmailSender | None:
    if options is None:
        return None
    if "handler" in options:
        return EmailSender(function=options["handler"].function.name)
    for key in ("from_email", "reply_to"):
        if key in options and not (isinstance(options[key], str) and _ADDRESS.fullmatch(options[key])):
            raise _wrong(
                f"senders.email.{key}", options[key], "Write an address, for example hello@example.com.", place
            )
    name = options.get("from_name")
    if name is not None and not (isinstance(name, str) and name.isprintable() and not set('<>"') & set(name)):
        raise _wrong("senders.email.from_name", name, 'Write a name on one line, without <, > and ".', place)
    if "from_email" not in options:
        raise AmplifyAuthConstructInitializationError(
            "senders.email needs from_email.", resolution="Give it, or a handler.", location=str(place)
        )
    return EmailSender(from_email=options["from_email"], from_name=name, reply_to=options.get("reply_to"))


def _sms(options: Mapping[str, Any] | None, place: Place) -> SmsSender | None:
    if options is None:
        return None
    if "handler" in options:
        return SmsSender(function=options["handler"].function.name)
    if not (options.get("external_id") and options.get("sns_caller_arn")):
        raise AmplifyAuthConstructInitializationError(
            "senders.sms needs both external_id and sns_caller_arn.",
            resolution="Give both values, or a handler.",
            location=str(place),
        )
    for key, value in options.items():
        if not isinstance(value, str):
            raise _wrong(f"senders.sms.{key}", value, "Write it as text.", place)
    return SmsSender(
        external_id=options["external_id"],
        sns_caller_arn=options["sns_caller_arn"],
        sns_region=options.get("sns_region"),
    )


def _wrong(what: str, value: object, resolution: str, place: Place) -> AmplifyAuthConstructInitializationError:
    return AmplifyAuthConstructInitializationError(
        f"{what} cannot be {shown(value)}.", resolution=resolution, location=str(place)
    )
