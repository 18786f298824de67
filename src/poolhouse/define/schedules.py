"""Checks the `schedule` of a function: rates, cron fields, and the object form. Nothing here runs a schedule."""

import re
from collections.abc import Mapping
from typing import Final, TypedDict

from poolhouse.errors import DefinitionError, FunctionScheduleInitializationError

from .places import Place
from .words import check_keys, shown


class RateSchedule(TypedDict, total=False):
    """`rate` is for example `every 5m`, `every 2h` or `every day`."""

    rate: str
    timezone: str
    description: str


class CronSchedule(TypedDict, total=False):
    """`cron` has five or six fields."""

    cron: str
    timezone: str
    description: str


Schedule = str | RateSchedule | CronSchedule

_RATE: Final = re.compile(r"every (?:(?P<count>\S+?)(?P<unit>[mh])|(?P<word>day|week|month|year))")
_SECONDS: Final[dict[str, int]] = {"m": 60, "h": 3600}
_MONTHS: Final = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS: Final = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_FIELDS: Final[tuple[tuple[str, int, int, list[str]], ...]] = (
    ("minute", 0, 59, []),
    ("hour", 0, 23, []),
    ("day-of-month", 1, 31, []),
    ("month", 1, 12, _MONTHS),
    ("day-of-week", 0, 7, _DAYS),
    ("year", 1970, 2199, []),
)


def check_schedule(schedule: object, timeout_seconds: int, place: Place) -> None:
    """Raise unless `schedule` is a rate, a cron line, their object form, or a list of them."""
    for one in schedule if isinstance(schedule, list | tuple) else [schedule]:
        _check_text(_text_of(one, place), timeout_seconds, place)


def _text_of(schedule: object, place: Place) -> str:
    if isinstance(schedule, Mapping):
        options = check_keys(schedule, ("rate", "cron", "timezone", "description"), what="schedule", place=place)
        texts = [options[key] for key in ("rate", "cron") if key in options]
        if len(texts) != 1:
            raise _wrong("A schedule needs either 'rate' or 'cron'.", "Give exactly one of the two.", place)
        schedule = texts[0]
    if not isinstance(schedule, str):
        raise _wrong(f"A schedule cannot be {shown(schedule)}.", 'Write for example "every 5m" or "0 9 * * 1".', place)
    return schedule.strip()


def _check_text(text: str, timeout_seconds: int, place: Place) -> None:
    if text.startswith("every"):
        _check_rate(text, timeout_seconds, place)
    else:
        _check_cron(text, place)


def _check_rate(text: str, timeout_seconds: int, place: Place) -> None:
    match = _RATE.fullmatch(text)
    if match is None:
        advice = "Write every <n>m, every <n>h, or every day, week, month or year."
        raise _wrong(f"{text!r} is no rate.", advice, place)
    count, unit = match["count"], match["unit"]
    if count is None:
        return
    if not re.fullmatch(r"[0-9]+", count) or int(count) == 0:
        raise _wrong(f"The rate {text!r} needs a positive whole number.", "Write for example every 5m.", place)
    if int(count) * _SECONDS[unit] < timeout_seconds:
        raise _wrong(
            f"The rate {text!r} is shorter than the function's timeout of {timeout_seconds} seconds.",
            "Lengthen the rate or shorten timeout_seconds.",
            place,
        )


def _check_cron(text: str, place: Place) -> None:
    parts = text.split()
    if len(parts) not in {5, 6}:
        raise _wrong(
            f"{text!r} has {len(parts)} fields.",
            "Write 5 or 6: minute hour day-of-month month day-of-week [year].",
            place,
        )
    for part, (name, low, high, words) in zip(parts, _FIELDS, strict=False):
        if not all(_is_item(item, low, high, words) for item in part.split(",")):
            raise _wrong(
                f"{part!r} is no {name} in {text!r}.", f"Use * or values from {low} to {high}, with - , and /.", place
            )
    if parts[2] not in {"*", "?"} and parts[4] not in {"*", "?"}:
        raise _wrong(
            f"{text!r} sets both day-of-month and day-of-week.", "Write * or ? in one of the two fields.", place
        )


def _is_item(item: str, low: int, high: int, words: list[str]) -> bool:
    span, slash, step = item.partition("/")
    if slash and not (re.fullmatch(r"[0-9]+", step) and 0 < int(step) <= high):
        return False
    if span in {"*", "?"}:
        return True
    ends = [_value(end, low, high, words) for end in span.split("-")]
    if len(ends) > 2 or None in ends:
        return False
    return ends == sorted(end for end in ends if end is not None)


def _value(text: str, low: int, high: int, words: list[str]) -> int | None:
    if text.upper() in words:
        return words.index(text.upper()) + low
    if not re.fullmatch(r"[0-9]{1,4}", text):
        return None
    return int(text) if low <= int(text) <= high else None


def _wrong(message: str, resolution: str, place: Place) -> DefinitionError:
    return FunctionScheduleInitializationError(message, resolution=resolution, location=str(place))
