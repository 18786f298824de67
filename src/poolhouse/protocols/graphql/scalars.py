"""The scalars of AppSync, checked both ways: what a client may send, what a handler may return.

Every check is linear in the length of its text. Spec sections 4.2 and 4.11.
"""

import ipaddress
import math
import re
from collections.abc import Callable
from datetime import date, time
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

INT_MIN: Final = -(2**31)
INT_MAX: Final = 2**31 - 1
LONG_MAX: Final = 2**63 - 1
DEEPEST_JSON: Final = 64
"""Levels of arrays and objects that a body or an AWSJSON text may have."""

_LONGEST_SHOWN = 100
_OFFSET = r"(Z|[+-]\d{2}:\d{2}(?::\d{2})?)"
_DATE = re.compile(rf"(\d{{4}})-(\d{{2}})-(\d{{2}}){_OFFSET}?", re.ASCII)
_CLOCK = r"(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?"
_TIME = re.compile(_CLOCK + _OFFSET + "?", re.ASCII)
_DATE_TIME = re.compile(rf"(\d{{4}})-(\d{{2}})-(\d{{2}})T{_CLOCK}{_OFFSET}", re.ASCII)
_LOCAL_PART = re.compile(r"[^\s@\"(),:;<>\[\]\\\x00-\x1f\x7f]{1,64}")
_LABEL = re.compile(r"[^\W_](?:[^\W_]|-)*")
_PHONE_SEPARATORS = str.maketrans("", "", " -.()")
_INTERNATIONAL = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_NORTH_AMERICAN = re.compile(r"1?[2-9]\d{2}[2-9]\d{6}", re.ASCII)
_URL_SCHEMES = frozenset({"http", "https", "ftp", "file", "mailto"})
_INVISIBLE = re.compile(r"[\s\x00-\x1f\x7f]")
_ADDRESS = re.compile(r"[0-9A-Fa-f.:]{2,45}(/\d{1,3})?", re.ASCII)
_JSON_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_JSON_BRACKET = re.compile(rb"[\[{\]}]")


class Invalid(ValueError):
    """A value that its type refuses; the text is the sentence that AppSync says about it."""


class Scalar(NamedTuple):
    """`parse` takes what a client sent, `serialize` what a handler returned; both raise Invalid."""

    name: str
    parse: Callable[[object], object]
    serialize: Callable[[object], object]


def shown(value: object) -> str:
    """A value inside a message: short, on one line."""
    text = value if isinstance(value, str) else compact(value)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


def compact(value: object) -> str:
    """JSON text without blanks."""
    return msgspec.json.encode(value).decode()


def too_deep(text: bytes) -> bool:
    """Whether JSON is nested deeper than any reader of ours should follow."""
    if text.count(b"{") + text.count(b"[") <= DEEPEST_JSON:
        return False
    depth = 0
    for bracket in _JSON_BRACKET.finditer(_JSON_TEXT.sub(b"", text)):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > DEEPEST_JSON:
            return True
    return False


def read_json(text: bytes) -> object:
    """Any JSON value; raises ValueError for everything else, RecursionError never."""
    if too_deep(text):
        raise ValueError("The JSON text is nested too deeply.")
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise ValueError(str(cause)) from cause


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "Boolean"
    names = {str: "String", int: "Int", float: "Float", dict: "Object", list: "List", type(None): "Null"}
    return names.get(type(value), type(value).__name__)


def _expected(name: str, value: object) -> Invalid:
    return Invalid(f"Expected type '{name}' but was '{_kind(value)}'.")


def _int(value: object) -> int:
    number = _whole(value)
    if number is None:
        raise _expected("Int", value)
    if not INT_MIN <= number <= INT_MAX:
        raise Invalid(f"Expected value to be in the Integer range but it was '{shown(value)}'.")
    return number


def _whole(value: object) -> int | None:
    """The integer that a JSON number stands for: `3` and `3.0`, but neither `true` nor `3.5`."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None


def _float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _expected("Float", value)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise Invalid("Expected a finite value for type 'Float'.")
    return number


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise _expected("String", value)
    return value


def _string_out(value: object) -> str:
    """Handlers may return numbers and booleans where the schema says String."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return compact(value)
    raise _expected("String", value)


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise _expected("Boolean", value)
    return value


def _id(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        raise _expected("ID", value)
    return str(value)


def _is_date(year: str, month: str, day: str) -> bool:
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def _is_clock(hour: str, minute: str, second: str | None) -> bool:
    try:
        time(int(hour), int(minute), int(second or 0))
    except ValueError:
        return False
    return True


def _is_offset(offset: str | None) -> bool:
    """At most 18 hours, as java.time has it."""
    if offset is None or offset == "Z":
        return True
    hours, minutes, *seconds = (int(part) for part in offset[1:].split(":"))
    rest = (minutes, *seconds)
    return all(part < 60 for part in rest) and (hours < 18 or (hours == 18 and not any(rest)))


def is_date(text: str) -> bool:
    """`YYYY-MM-DD` with an optional offset."""
    found = _DATE.fullmatch(text)
    return found is not None and _is_date(found[1], found[2], found[3]) and _is_offset(found[4])


def is_time(text: str) -> bool:
    """`hh:mm[:ss[.sss]]` with an optional offset."""
    found = _TIME.fullmatch(text)
    return found is not None and _is_clock(found[1], found[2], found[3]) and _is_offset(found[4])


def is_date_time(text: str) -> bool:
    """ISO 8601 with date, time and an offset."""
    found = _DATE_TIME.fullmatch(text)
    if found is None:
        return False
    year, month, day, hour, minute, second, offset = found.groups()
    return _is_date(year, month, day) and _is_clock(hour, minute, second) and _is_offset(offset)


def is_email(text: str) -> bool:
    """local@domain, 254 characters at most; quoted local parts and address literals are refused."""
    local, at, domain = text.rpartition("@")
    if not at or len(text) > 254 or not _LOCAL_PART.fullmatch(local):
        return False
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return False
    return all(len(label) <= 63 and _LABEL.fullmatch(label) and label[-1] != "-" for label in domain.split("."))


def is_phone(text: str) -> bool:
    """E.164 with separators, or a North American number without country code."""
    if len(text) > 40:
        return False
    digits = text.translate(_PHONE_SEPARATORS)
    return bool(_INTERNATIONAL.fullmatch(digits) or _NORTH_AMERICAN.fullmatch(digits))


def is_url(text: str) -> bool:
    """RFC 1738 with one of the schemes http, https, ftp, file, mailto, and no empty segment inside the path."""
    if len(text) > 8192 or _INVISIBLE.search(text):
        return False
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        return False
    if parts.scheme not in _URL_SCHEMES or "//" in parts.path:
        return False
    if parts.scheme == "mailto":
        return is_email(parts.path)
    return parts.scheme == "file" or bool(parts.hostname)


def is_ip_address(text: str) -> bool:
    """IPv4 or IPv6, with an optional prefix length; no zone and no netmask."""
    if not _ADDRESS.fullmatch(text):
        return False
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return True


def _text_scalar(name: str, noun: str, accepts: Callable[[str], bool]) -> Scalar:
    def parse(value: object) -> str:
        if isinstance(value, str) and accepts(value):
            return value
        raise Invalid(f"Unable to parse `{shown(value)}` as a valid {noun}.")

    def serialize(value: object) -> str:
        if isinstance(value, str) and accepts(value):
            return value
        raise Invalid(f"Unable to serialize `{shown(value)}` as a valid {noun}.")

    return Scalar(name, parse, serialize)


def _timestamp_in(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LONG_MAX:
        raise Invalid(f"Unable to parse `{shown(value)}` as a valid timestamp.")
    return value


def _timestamp_out(value: object) -> int:
    number = _whole(value)
    if number is None or abs(number) > LONG_MAX:
        raise Invalid(f"Unable to serialize `{shown(value)}` as a valid timestamp.")
    return number


def _json_in(value: object) -> object:
    """JSON text in a string is parsed once; anything else is refused."""
    try:
        if isinstance(value, str):
            return read_json(value.encode())
    except ValueError:
        pass
    raise Invalid(f"Unable to parse `{shown(value)}` as valid JSON.")


SCALARS: Final[dict[str, Scalar]] = {
    scalar.name: scalar
    for scalar in (
        Scalar("ID", _id, _id),
        Scalar("String", _string, _string_out),
        Scalar("Int", _int, _int),
        Scalar("Float", _float, _float),
        Scalar("Boolean", _boolean, _boolean),
        Scalar("AWSTimestamp", _timestamp_in, _timestamp_out),
        Scalar("AWSJSON", _json_in, compact),
        _text_scalar("AWSDate", "Date Object", is_date),
        _text_scalar("AWSTime", "Time Object", is_time),
        _text_scalar("AWSDateTime", "DateTime Object", is_date_time),
        _text_scalar("AWSEmail", "email address", is_email),
        _text_scalar("AWSPhone", "phone number", is_phone),
        _text_scalar("AWSURL", "URL", is_url),
        _text_scalar("AWSIPAddress", "IP address", is_ip_address),
    )
}
