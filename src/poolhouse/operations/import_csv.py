"""AWS's CSV files of users: the header of a pool, rows out of bytes that nobody has checked, and users out of rows.

A row that cannot be read is told and the next one is read; memory stays that of one row. Cells are text, not
formulas.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from poolhouse.errors import InvalidParameterException
from poolhouse.store.names import VERIFIABLE
from poolhouse.store.pools import Pool
from poolhouse.store.settings import PoolSettings

from .attributes import STANDARD
from .import_users import NewUser

MOST_ROWS: Final = 500_000
LONGEST_ROW: Final = 16_000
"""Characters; in UTF-8 at most four bytes each."""
USERNAME: Final = "cognito:username"
MFA: Final = "cognito:mfa_enabled"
NO_VERIFIED: Final = (
    "The user record does not set any of the auto verified attributes to true. (Example: email_verified to true)."
)
_STANDARD: Final = (
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "email_verified",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "phone_number_verified",
    "address",
    "updated_at",
)
_REQUIRED: Final = (USERNAME, MFA)
_BYTES: Final = 4 * LONGEST_ROW
_US_DATE: Final = re.compile(r"(\d\d)/(\d\d)/(\d{4})", re.ASCII)
# What a spreadsheet would take for a formula, and the mark by which our own exports say that it is none.
_GUARD: Final = "'"
_GUARDED: Final = frozenset("=+-@\t\r'")


class CsvRow(NamedTuple):
    """A row by the line that it begins in; `problem` says why it has no cells."""

    line: int
    cells: list[str]
    problem: str | None = None


class UnusableFile(ValueError):
    """The file as a whole cannot be imported; the message says why."""


class _UnreadableLine(Exception):
    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line
        self.problem = problem


def header(settings: PoolSettings) -> list[str]:
    """The columns of a pool's file, in AWS's order."""
    own = [entry.Name for entry in settings.Schema if entry.Name not in STANDARD]
    return [*_STANDARD, MFA, USERNAME, *own]


def check_header(settings: PoolSettings, names: Sequence[str]) -> str | None:
    """Why these are no columns for the pool: one that it does not have, one twice, or one that has to be there."""
    known = header(settings)
    for name in names:
        if name not in known:
            return f"The header has a column {name[:64]!r}, which the user pool does not have."
    if len(set(names)) != len(names):
        return "The header has a column twice."
    missing = [name for name in _REQUIRED if name not in names]
    return f"The header has no column {missing[0]}." if missing else None


def columns(settings: PoolSettings, found: Iterator[CsvRow]) -> list[str]:
    """The header, taken off the rows of a file. Raises UnusableFile."""
    first = next(found, None)
    if first is None:
        raise UnusableFile("The file is empty.")
    problem = first.problem or check_header(settings, first.cells)
    if problem is not None:
        raise UnusableFile(problem)
    return first.cells


# --- rows out of bytes -------------------------------------------------------------------------------------


class _Lines:
    """Lines of text for a CSV reader, counted; a line or a row that is too long, or is not UTF-8, is refused."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._lines = physical_lines(chunks, _BYTES)
        self._number = 0
        self._room = LONGEST_ROW
        self.first = 1

    def begin(self) -> None:
        """The next line is the first one of a row."""
        self.first = self._number + 1
        self._room = LONGEST_ROW

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        data = next(self._lines)
        self._number += 1
        try:
            text = data.decode("utf-8-sig" if self._number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise _UnreadableLine(self.first, "The row is not UTF-8.") from None
        self._room -= len(text)
        if self._room < 0:
            raise _UnreadableLine(self.first, f"The row has more than {LONGEST_ROW} characters.")
        return text


def physical_lines(chunks: Iterable[bytes], most: int) -> Iterator[bytes]:
    """Lines with their ends. Of one that has more than `most` bytes, so much that it is seen to be too long."""
    held = b""
    for chunk in chunks:
        *lines, rest = (held + chunk).split(b"\n")
        yield from (line[:most] + b"\n" for line in lines)
        held = rest[: most + 1]
    if held:
        yield held


def rows(chunks: Iterable[bytes], most: int = MOST_ROWS) -> Iterator[CsvRow]:
    """Every row that is not empty, the header first. Raises UnusableFile behind the header and `most` others."""
    for found, row in enumerate(_rows(chunks)):
        if found > most:
            raise UnusableFile(f"The file has more than {most} users.")
        yield row


def _rows(chunks: Iterable[bytes]) -> Iterator[CsvRow]:
    lines = _Lines(chunks)
    reader = _reader(lines)
    while True:
        lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except _UnreadableLine as error:
            yield CsvRow(error.line, [], error.problem)
            reader = _reader(lines)
        except csv.Error as error:
            yield CsvRow(lines.first, [], f"The row is no CSV: {error}.")
            reader = _reader(lines)
        else:
            if cells:
                yield CsvRow(lines.first, cells)


def _reader(lines: Iterator[str]) -> Iterator[list[str]]:
    """A comma in a value is written with a backslash before it, or the value in quotes."""
    return csv.reader(lines, escapechar="\\", strict=True)


# --- users out of rows -------------------------------------------------------------------------------------


def new_user(pool: Pool, names: Sequence[str], cells: Sequence[str]) -> NewUser:
    """The user of a row; he has no password and has to reset it. Raises InvalidParameterException."""
    if len(cells) != len(names):
        raise InvalidParameterException(f"The row has {len(cells)} columns and the header {len(names)}.")
    values = {name: unguarded(cell) for name, cell in zip(names, cells, strict=True)}
    username, asks_mfa = values.pop(USERNAME), values.pop(MFA).lower()
    if not username:
        raise InvalidParameterException(f"{USERNAME} is empty.")
    if asks_mfa not in ("true", "false"):
        raise InvalidParameterException(f"{MFA} must be true or false.")
    held = {name: value for name, value in values.items() if value}
    if "birthdate" in held:
        held["birthdate"] = _iso(held["birthdate"])
    _check_verified(pool.settings, held)
    return NewUser(username=username, attributes=held, status="RESET_REQUIRED", sms_mfa=asks_mfa == "true")


def _check_verified(settings: PoolSettings, held: Mapping[str, str]) -> None:
    """Without a contact that was verified nobody could reset the password."""
    for contact, flag in VERIFIABLE.items():
        if held.get(flag, "").lower() == "true" and contact not in held:
            raise InvalidParameterException(f"{flag} is true and {contact} is empty.")
    flags = [VERIFIABLE[name] for name in settings.AutoVerifiedAttributes or VERIFIABLE]
    if not any(held.get(flag, "").lower() == "true" for flag in flags):
        raise InvalidParameterException(NO_VERIFIED)


def _iso(text: str) -> str:
    """AWS's files write mm/dd/yyyy, OpenID Connect's claim is yyyy-mm-dd."""
    found = _US_DATE.fullmatch(text)
    return f"{found[3]}-{found[1]}-{found[2]}" if found else text


def guarded(text: str) -> str:
    """A cell that no spreadsheet runs."""
    return _GUARD + text if text[:1] in _GUARDED else text


def unguarded(text: str) -> str:
    return text[1:] if text[:1] == _GUARD and text[1:2] in _GUARDED else text
