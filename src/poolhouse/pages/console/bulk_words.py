"""How lists of names for a group are told: what becomes of a name, of all of them in numbers, and the report's rows."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from poolhouse.operations.console.bulk import Action, Done

from .downloads import csv_line


class Word(NamedTuple):
    """An outcome for people, and the tone of its badge."""

    text: str
    tone: str


Words = Mapping[str, Word]
"""Of each outcome."""
_UNKNOWN: Final = Word("no such user", "warn")
_REFUSED: Final = Word("refused", "bad")
HAPPENED: Final[Mapping[Action, Words]] = {
    "add": {
        "done": Word("added", "good"),
        "unchanged": Word("already a member", ""),
        "unknown": _UNKNOWN,
        "refused": _REFUSED,
    },
    "remove": {
        "done": Word("removed", "good"),
        "unchanged": Word("not a member", ""),
        "unknown": _UNKNOWN,
        "refused": _REFUSED,
    },
}
FORESEEN: Final[Mapping[Action, Words]] = {
    action: {**words, "done": Word(f"will be {words['done'].text}", "good")} for action, words in HAPPENED.items()
}
REPORT: Final = "bulk-report.csv"
HEAD: Final = csv_line(("line", "name", "outcome", "reason"))


def summary(words: Words, counts: Mapping[Any, int]) -> str:
    """In numbers, by outcome, without what there is none of."""
    return ", ".join(f"{counts[outcome]:,} {word.text}" for outcome, word in words.items() if counts.get(outcome))


def report_line(action: Action, row: Done) -> bytes:
    """A row of the report; a name whose turn has not come is waiting."""
    word = "waiting" if row.outcome is None else HAPPENED[action][row.outcome].text
    return csv_line((row.line, row.name, word, row.message))
