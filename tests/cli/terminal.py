"""The real command on a pseudo-terminal: keys in, what a person would read out."""

import contextlib
import fcntl
import os
import pty
import re
import struct
import termios
from collections.abc import Iterator
from pathlib import Path

import pexpect
from cli.command import environment, wait_for
from cli.forked import Forked
from pexpect.fdpexpect import fdspawn

DOWN, UP, ENTER, SPACE, INTERRUPT = "\x1b[B", "\x1b[A", "\r", " ", "\x03"
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r")


class Terminal:
    """One command; `sees` waits for text, `types` sends keys, `ends` waits for its end and gives its exit status."""

    def __init__(self, process: Forked, screen: fdspawn) -> None:
        self.process = process
        self.screen = screen
        self.read = ""

    def sees(self, text: str) -> "Terminal":
        self.screen.expect_exact(text)
        self.read += self.screen.before + text
        return self

    def hides(self) -> "Terminal":
        """Wait until what is typed is not shown; what was typed before that is thrown away."""
        assert wait_for(lambda: not termios.tcgetattr(self.screen.child_fd)[3] & termios.ECHO)
        return self

    def types(self, *keys: str) -> "Terminal":
        for key in keys:
            self.screen.send(key)
        return self

    def answers(self, question: str, *keys: str) -> "Terminal":
        return self.sees(question).types(*keys)

    def ends(self) -> int:
        self.screen.expect(pexpect.EOF)
        self.read += self.screen.before
        status = self.process.wait(60)
        assert status >= 0, f"ended by signal {-status}"
        return status

    @property
    def text(self) -> str:
        """What was written, without colours and movements."""
        return _ANSI.sub("", self.read)


@contextlib.contextmanager
def terminal(*arguments: str, cwd: Path, given: dict[str, str] | None = None) -> Iterator[Terminal]:
    """The process is gone afterwards, whatever the test did."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 60, 200, 0, 0))
    named = environment({"TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1", **(given or {})})
    process = Forked(arguments, cwd=cwd, env=named, streams=(theirs, theirs, theirs))
    os.close(theirs)
    screen = fdspawn(ours, encoding="utf-8", timeout=60)
    try:
        yield Terminal(process, screen)
    finally:
        screen.close()
        process.kill()
        process.wait(20)
