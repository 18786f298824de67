"""Lists of user names as people paste or upload them: one in each line, or the first column of a CSV file."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple

Form = Literal["auto", "lines", "csv"]
MOST: Final = 5000
"""Names in one list."""
_LONGEST_LINE: Final = 16_000
_SEPARATORS: Final = (",", ";", "\t")
_TITLES: Final = frozenset(
    {"username", "user name", "user", "users", "name", "email", "e-mail", "sub", "cognito:username", "phone_number"}
)
_GUARDED: Final = re.compile(r"'[=+\-@\t']")


class Name(NamedTuple):
    """A name and the line that it stands in; the first is line 1."""

    line: int
    text: str


class Names(NamedTuple):
    """The names of a list, each once. `repeated` lines were left out; `title` is the heading of the column, or ""."""

    names: list[Name]
    repeated: int
    title: str


class UnusableNames(ValueError):
    """The list as a whole cannot be used; the message says why."""


def decoded(content: bytes) -> str:
    """The text of an uploaded file. Raises UnusableNames."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnusableNames("The file is UTF-16. Save it as UTF-8 text or CSV.")
    if b"\0" in content:
        raise UnusableNames("The file is not text: it holds a null character.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableNames(f"The file is not UTF-8 text (byte {error.start}).") from None


def parse(text: str, form: Form = "auto") -> Names:
    """Raises UnusableNames for a list that is empty, too long, or no text."""
    if "\0" in text:
        raise UnusableNames("The list is not text: it holds a null character.")
    # Only line feeds end a line: a name may hold what Unicode calls a line end, and is refused for it by itself.
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    separator = None if form == "lines" else _separator(lines, must=form == "csv")
    found = list(_plain(lines) if separator is None else _cells(lines, separator))
    title = ""
    if found and found[0].text.casefold() in _TITLES:
        title = found.pop(0).text
    return _checked(found, title)


def _checked(found: list[Name], title: str) -> Names:
    first: dict[str, Name] = {}
    for name in found:
        first.setdefault(name.text, name)
    names = list(first.values())
    if not names:
        raise UnusableNames("The list holds no name.")
    if len(names) > MOST:
        raise UnusableNames(f"The list holds {len(names):,} names; {MOST:,} fit into one. Split it and run each part.")
    return Names(names, len(found) - len(names), title)


def _separator(lines: list[str], *, must: bool) -> str | None:
    """What stands behind the first column; None where every line is a name as it is."""
    held = [line for line in lines if line.strip()]
    if not held:
        return None
    for separator in _SEPARATORS:
        if all(separator in line for line in held):
            return separator
    return "," if must or any(line.lstrip().startswith('"') for line in held) else None


def _plain(lines: Iterable[str]) -> Iterator[Name]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield Name(number, line.strip()[:_LONGEST_LINE])


def _cells(lines: list[str], separator: str) -> Iterator[Name]:
    """First cells; what our own exports mark as text is unmarked."""
    text = "\n".join(line[:_LONGEST_LINE] for line in lines)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    begins = 1
    try:
        for cells in reader:
            if cells and cells[0].strip():
                yield Name(begins, _unguarded(cells[0].strip()))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise UnusableNames(f"The list is no CSV: {error} (line {begins}).") from None


def _unguarded(text: str) -> str:
    return text[1:] if _GUARDED.match(text) else text
