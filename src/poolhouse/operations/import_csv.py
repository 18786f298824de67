"""AWS's CSV files of users: the header of a pool, rows out of bytes that nobody has checked, and users out of rows.

A row that cannot be read is told, and the next one is read where that row ends; memory stays that of one row. Cells are
text, not formulas.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeVar

from poolhouse.errors import InvalidParameterException
from poolhouse.store.names import VERIFIABLE
from poolhouse.store.pools import Pool
from poolhouse.store.settings import PoolSettings

from .attributes import STANDARD
from .import_users import NewUser

T = TypeVar("T")
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
_MARKS: Final = re.compile(rb'[\\",\n]|[^\\",\n]+')
# What the place becomes behind a mark, as Python's strict reader has it; else a quoted cell goes on, or a plain one.
_NEXT: Final[Mapping[tuple[str, bytes], Literal["start", "quoted", "closing"]]] = {
    ("start", b'"'): "quoted",
    ("start", b","): "start",
    ("start", b"\n"): "start",
    ("plain", b","): "start",
    ("plain", b"\n"): "start",
    ("quoted", b'"'): "closing",
    ("closing", b'"'): "quoted",
    ("closing", b","): "start",
    ("closing", b"\n"): "start",
}
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
    """Why the row cannot be read."""


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
        self._pieces = _pieces(chunks, _BYTES + 1)
        self._number = 0
        self._room = LONGEST_ROW
        self._row: list[bytes] = []
        self.first = 1

    def begin(self) -> None:
        """The next line is the first one of a row."""
        self.first = self._number + 1
        self._room = LONGEST_ROW
        self._row.clear()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        data = next(self._pieces)
        self._number += 1
        self._row.append(data)
        if len(data) > _BYTES:
            raise self._too_long()
        try:
            text = data.decode("utf-8-sig" if self._number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise _UnreadableLine("The row is not UTF-8.") from None
        self._room -= len(text)
        if self._room < 0:
            raise self._too_long()
        return text

    def leave(self) -> None:
        """Step over the rest of a row that is not read: what a cell holds must not be taken for rows.

        Raises UnusableFile for a row that has no end.
        """
        shape = _Shape()
        for data in self._row:
            shape.read(data)
        self._number -= not self._row[-1].endswith(b"\n")
        while not shape.is_complete and (data := next(self._pieces, b"")):
            self._number += shape.read(data)
        if shape.is_open:
            raise UnusableFile(f"The row that begins in line {self.first} has no end.")

    def _too_long(self) -> _UnreadableLine:
        return _UnreadableLine(f"The row has more than {LONGEST_ROW} characters.")


class _Shape:
    """Where the cells and the row end, by the marks alone: a quoted cell and a backslash take line ends in."""

    def __init__(self) -> None:
        self._place: Literal["start", "plain", "quoted", "closing"] = "start"
        self._is_escaped = False
        self.is_complete = False

    @property
    def is_open(self) -> bool:
        """Whether a cell would take in what comes next, the end of the line as well."""
        return self._is_escaped or self._place == "quoted"

    def read(self, data: bytes) -> bool:
        """Take a piece of the row in; whether a line ends with it."""
        for token in _MARKS.findall(data):
            if self._is_escaped:
                self._is_escaped = False
            elif token == b"\\":
                self._is_escaped = True
                self._place = "quoted" if self._place == "quoted" else "plain"
            else:
                self._place = _NEXT.get((self._place, token)) or ("quoted" if self._place == "quoted" else "plain")
        is_line = data.endswith(b"\n")
        self.is_complete = is_line and self._place == "start"
        return is_line


def _pieces(chunks: Iterable[bytes], most: int) -> Iterator[bytes]:
    """Lines with their ends; one that has more than `most` bytes in pieces, of which only the last has the end."""
    held = b""
    for chunk in chunks:
        *lines, rest = (held + chunk).split(b"\n")
        for line in lines:
            yield from _cut(line, most)
            yield line[len(line) // most * most :] + b"\n"
        yield from _cut(rest, most)
        held = rest[len(rest) // most * most :]
    if held:
        yield held


def _cut(line: bytes, most: int) -> Iterator[bytes]:
    """The pieces that are full."""
    return (line[start : start + most] for start in range(0, len(line) // most * most, most))


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


def username(names: Sequence[str], row: CsvRow) -> str:
    """What stands in the column of usernames, "" where nothing does."""
    place = names.index(USERNAME)
    return unguarded(row.cells[place]) if place < len(row.cells) else ""


def batches(found: Iterable[T], size: int) -> Iterator[list[T]]:
    """The rows, `size` at a time. Raises UnusableFile behind the last of those that came before what is wrong."""
    batch: list[T] = []
    unusable: UnusableFile | None = None
    try:
        for row in found:
            batch.append(row)
            if len(batch) == size:
                yield batch
                batch = []
    except UnusableFile as error:
        unusable = error
    if batch:
        yield batch
    if unusable is not None:
        raise unusable


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
            yield CsvRow(lines.first, [], str(error))
            lines.leave()
            reader = _reader(lines)
        except csv.Error as error:
            yield CsvRow(lines.first, [], f"The row is no CSV: {error}.")
            lines.leave()
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
