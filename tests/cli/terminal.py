"""The real command on a pseudo-terminal: keys in, what a person would read out."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pexpect
from cli.command import COMMAND, environment

DOWN, UP, ENTER, SPACE, INTERRUPT = "\x1b[B", "\x1b[A", "\r", " ", "\x03"
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r")


class Terminal:
    """One command; `sees` waits for text, `types` sends keys, `ends` waits for its end and gives its exit status."""

    def __init__(self, process: "pexpect.spawn[str]") -> None:
        self.process = process
        self.read = ""

    def sees(self, text: str) -> "Terminal":
        self.process.expect_exact(text)
        self.read += self.process.before + text
        return self

    def types(self, *keys: str) -> "Terminal":
        for key in keys:
            self.process.send(key)
        return self

    def answers(self, question: str, *keys: str) -> "Terminal":
        return self.sees(question).types(*keys)

    def ends(self) -> int:
        self.process.expect(pexpect.EOF)
        self.read += self.process.before
        self.process.close()
        assert self.process.signalstatus is None
        return self.process.exitstatus

    @property
    def text(self) -> str:
        """What was written, without colours and movements."""
        return _ANSI.sub("", self.read)


@contextlib.contextmanager
def terminal(*arguments: str, cwd: Path, given: dict[str, str] | None = None) -> Iterator[Terminal]:
    """The process is gone afterwards, whatever the test did."""
    process = pexpect.spawn(
        COMMAND[0],
        list(arguments),
        cwd=str(cwd),
        env=environment({"TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1", **(given or {})}),
        encoding="utf-8",
        timeout=60,
        dimensions=(60, 200),
    )
    process.delaybeforesend = None
    try:
        yield Terminal(process)
    finally:
        process.close(force=True)
