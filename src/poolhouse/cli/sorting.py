"""A prompt that puts the lines of a list in order: Space takes a line, the arrows carry it, Enter is done."""

from collections.abc import Sequence
from typing import Final

from prompt_toolkit.application import Application
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import Layout, Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.styles import Style

_STYLE: Final = Style([("mark", "fg:ansicyan bold"), ("hint", "fg:ansibrightblack"), ("taken", "fg:ansicyan bold")])
_HINT: Final = "(Space takes a line, arrow keys move it, Enter goes on)"


class _Lines:
    """The lines, where the pointer is, and whether it carries its line."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = list(lines)
        self.at = 0
        self.taken = False
        self.done = False

    def move(self, step: int) -> None:
        to = self.at + step
        if not 0 <= to < len(self.lines):
            return
        if self.taken:
            self.lines[self.at], self.lines[to] = self.lines[to], self.lines[self.at]
        self.at = to

    def drawn(self, question: str) -> StyleAndTextTuples:
        head: StyleAndTextTuples = [("class:mark", "? "), ("bold", question), ("", " ")]
        if self.done:
            return [*head, ("class:mark", ", ".join(self.lines))]
        tokens: StyleAndTextTuples = [*head, ("class:hint", f"{_HINT}\n")]
        for index, line in enumerate(self.lines):
            here = index == self.at
            style = "class:taken" if here and self.taken else "class:mark" if here else ""
            sign = "↕" if self.taken else "❯"  # noqa: RUF001 - the sign of the other lists
            tokens.append((style, f" {sign if here else ' '} {index + 1}. {line}\n"))
        return tokens


def sort(question: str, lines: Sequence[str]) -> list[str]:
    """The lines in the order that was chosen."""
    state, keys = _Lines(lines), KeyBindings()

    @keys.add("up")
    @keys.add("k")
    def _up(_event: KeyPressEvent) -> None:
        state.move(-1)

    @keys.add("down")
    @keys.add("j")
    def _down(_event: KeyPressEvent) -> None:
        state.move(1)

    @keys.add("space")
    def _take(_event: KeyPressEvent) -> None:
        state.taken = not state.taken

    @keys.add("enter")
    def _enter(event: KeyPressEvent) -> None:
        state.done = True
        event.app.exit()

    @keys.add("c-c")
    def _interrupt(event: KeyPressEvent) -> None:
        event.app.exit(exception=KeyboardInterrupt())

    shown = Window(FormattedTextControl(lambda: state.drawn(question), show_cursor=False), dont_extend_height=True)
    Application[None](Layout(shown), key_bindings=keys, style=_STYLE).run()
    return state.lines
