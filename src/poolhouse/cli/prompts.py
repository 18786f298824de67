"""Questions on a terminal: lists with arrow keys or typed letters, texts, yes or no.

Ctrl-C raises KeyboardInterrupt.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import questionary
import typer
from questionary import Choice, Style

from poolhouse.errors import UserError

_STYLE: Final = Style(
    [
        ("qmark", "fg:ansicyan bold"),
        ("question", "bold"),
        ("answer", "fg:ansicyan"),
        ("pointer", "fg:ansicyan bold"),
        ("highlighted", "fg:ansicyan"),
        ("selected", "fg:ansicyan noreverse"),
        ("instruction", "fg:ansibrightblack"),
        ("disabled", "fg:ansibrightblack"),
        ("text", ""),
    ]
)
_LEARN: Final = "I want to learn more."
_KEYS: Final = "(Use arrow keys, or type)"
_MANY_KEYS: Final = "(Space selects, a selects all, Enter goes on)"


class Option(NamedTuple):
    """One choice of a list. `refused` says why it cannot be chosen."""

    title: str
    value: Any
    refused: str | None = None


def interactive() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def need_terminal(flags: str) -> None:
    """Raises UserError where nobody could answer; `flags` says what to write instead."""
    if not interactive():
        raise UserError("This command asks questions, and there is no terminal to ask on.", resolution=flags)


def select(question: str, options: Sequence[Option], *, default: Any = None, learn: str | None = None) -> Any:
    """One of the options; `learn` is what "I want to learn more." tells before the question is asked again."""
    choices = [Choice(option.title, option.value, disabled=option.refused) for option in options]
    if learn is not None:
        choices.append(Choice(_LEARN, _LEARN))
    first = next((choice for choice in choices if choice.value == default and not choice.disabled), None)
    while True:
        chosen = questionary.select(
            question,
            choices,
            default=first,
            style=_STYLE,
            instruction=_KEYS,
            use_search_filter=True,
            use_jk_keys=False,
            qmark="?",
            pointer="❯",  # noqa: RUF001 - the sign that Amplify's users know
        ).unsafe_ask()
        if chosen != _LEARN:
            return chosen
        typer.echo(f"\n{learn}\n")


def yes_no(question: str, *, default: bool, learn: str | None = None) -> bool:
    """Yes or No from a list, as Amplify asks what it can explain."""
    options = [Option("Yes", "yes"), Option("No", "no")]
    return bool(select(question, options, default="yes" if default else "no", learn=learn) == "yes")


def confirm(question: str, *, default: bool) -> bool:
    """Yes or No with one key."""
    return bool(questionary.confirm(question, default=default, style=_STYLE, qmark="?").unsafe_ask())


def several(question: str, options: Sequence[Option], *, chosen: Sequence[Any] = ()) -> list[Any]:
    """Any number of the options."""
    choices = [
        Choice(option.title, option.value, disabled=option.refused, checked=option.value in chosen)
        for option in options
    ]
    return list(
        questionary.checkbox(
            question,
            choices,
            style=_STYLE,
            instruction=_MANY_KEYS,
            qmark="?",
            pointer="❯",  # noqa: RUF001 - the sign that Amplify's users know
        ).unsafe_ask()
    )


def text(question: str, *, default: str = "", check: Callable[[str], str | None] = lambda _text: None) -> str:
    """A line of text; `check` says what is wrong with it, and the line stays until nothing is."""

    def valid(answer: str) -> bool | str:
        return check(answer.strip()) or True

    asked = questionary.text(question, default=default, validate=valid, style=_STYLE, qmark="?")
    return str(asked.unsafe_ask()).strip()


def agree(question: str, *, yes: bool, default: bool = True) -> bool:
    """Whether to go on: `yes` is --yes. Raises UserError without a terminal."""
    if yes:
        return True
    if not interactive():
        raise UserError(
            "This command asks before it changes anything, and there is no terminal to ask on.",
            resolution="Add --yes to go on without the question.",
        )
    return confirm(question, default=default)
