"""What `--help` prints of a command that has commands of its own: each with a whole sentence, under headings."""

from collections.abc import Iterator
from typing import Any, Final

import typer.core

HEADINGS: Final = {
    "A project": ("init", "adopt", "add", "update", "remove", "check", "manifest", "generate", "secret"),
    "Run it": ("dev", "push", "status", "pull", "test-server", "snapshot", "restore", "reset"),
    "Its people": ("users", "groups", "pools", "clients", "seed", "pull-users", "console-link"),
    "In production": ("serve", "doctor", "backup", "restore-backup", "keys", "audit"),
    "At AWS": ("plan", "outputs", "destroy"),
}
"""The commands of `poolhouse`, in the order in which a person meets them."""


class Commands(typer.core.TyperGroup):
    """Typer cuts each sentence at the end of the line, where a reader needs the rest of it."""

    def format_commands(self, _ctx: Any, formatter: Any) -> None:
        for heading, names in self._parts():
            with formatter.section(heading):
                formatter.write_dl([(name, _sentence(self.commands[name])) for name in names])

    def _parts(self) -> Iterator[tuple[str, list[str]]]:
        yield "Commands", [name for name, command in self.commands.items() if not command.hidden]


class Root(Commands):
    """`poolhouse` itself."""

    def _parts(self) -> Iterator[tuple[str, list[str]]]:
        yield from ((heading, list(names)) for heading, names in HEADINGS.items())


def _sentence(command: Any) -> str:
    """The first one."""
    text = " ".join((command.help or "").split())
    return text[: text.find(". ") + 1] or text
