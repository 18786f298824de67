"""Somebody who reads a built page and types literally what it says: files into files, commands into a terminal."""

import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

_SERVER = "poolhouse dev"


@dataclass
class Block:
    """A block of code: its title, which is a file's name, and its text."""

    title: str
    text: str

    def commands(self) -> Iterator[tuple[str, str]]:
        """Each command with the output that the page shows for it."""
        for part in re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            yield command, shown


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[Block] = []
        self._title = ""
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "pre":
            self._open.append("pre")
            self.blocks.append(Block(self._title, ""))
            self._title = ""
        elif tag == "span" and ("class", "filename") in attrs:
            self._open.append("filename")

    def handle_endtag(self, tag: str) -> None:
        if self._open and (tag == "pre" or (tag == "span" and self._open[-1] == "filename")):
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "filename":
            self._title += data
        elif self._open:
            self.blocks[-1].text += data


def blocks(html: str) -> list[Block]:
    """The blocks of code of a built page, in order."""
    page = _Page()
    page.feed(html)
    return page.blocks


def fits(shown: str, output: str) -> bool:
    """Whether the output is what the page shows; `...` stands for anything, on a line of its own for any lines."""
    pattern = ""
    for line in shown.strip("\n").split("\n"):
        pattern += r"(?:.*\n)*" if line.strip() == "..." else re.escape(line).replace(r"\.\.\.", ".*") + r"\n"
    return not shown.strip() or re.fullmatch(pattern, output.strip("\n") + "\n") is not None


class Terminal:
    """A shell; what it prints is read as it comes."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.output = ""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        while chunk := os.read(self._shell.stdout.fileno(), 65536):
            self.output += chunk.decode()

    def type(self, line: str) -> None:
        self._shell.stdin.write(line + "\n")
        self._shell.stdin.flush()

    def run(self, command: str, seconds: float) -> tuple[int, str]:
        """Type a command that ends by itself; its exit status and its output."""
        begin = len(self.output)
        self.type(f"{command}\nprintf '\\n<%s>\\n' $?")
        found = self.waits(r"\n<(\d+)>\n$", seconds, begin)
        return int(found[1]), self.output[begin : begin + found.start()]

    def waits(self, pattern: str, seconds: float, begin: int = 0) -> "re.Match[str]":
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = re.search(pattern, self.output[begin:])
            if found:
                return found
            time.sleep(0.02)
        raise AssertionError(f"no {pattern!r} within {seconds} s in:\n{self.output[begin:]}")

    def close(self) -> None:
        """End the shell and what it started."""
        subprocess.run(["pkill", "-INT", "-s", str(self._shell.pid)], check=False)
        self._shell.stdin.close()
        self._shell.wait(20)
        self._reader.join(5)
        self._shell.stdout.close()


def follow(page: list[Block], folder: Path, environment: Mapping[str, str], *, seconds: float = 120) -> list[str]:
    """Do what the page says; returns the commands that were typed."""
    terminals = [Terminal(folder, environment)]
    typed: list[str] = []
    try:
        for block in page:
            place = Path(terminals[0].run("pwd", seconds)[1].strip())
            commands = list(block.commands())
            if block.title:
                (place / block.title).parent.mkdir(parents=True, exist_ok=True)
                (place / block.title).write_text(block.text)
            elif commands and commands[-1][0] == _SERVER:
                terminals.append(Terminal(place, environment))
                _leave_running(terminals[-1], commands, seconds)
            else:
                _type(terminals[0], commands, seconds)
            typed += [command for command, _ in commands]
    finally:
        for terminal in reversed(terminals):
            terminal.close()
    return typed


def _type(terminal: Terminal, commands: list[tuple[str, str]], seconds: float) -> None:
    for command, shown in commands:
        status, output = terminal.run(command, seconds)
        assert status == 0, f"$ {command}\n{output}"
        assert fits(shown, output), f"$ {command}\n{output}\nThe page shows:\n{shown}"


def _leave_running(terminal: Terminal, commands: list[tuple[str, str]], seconds: float) -> None:
    """The last command does not end; it has begun when it says the first line that the page shows of it."""
    for command, _ in commands:
        terminal.type(command)
    said = next(line for line in commands[-1][1].split("\n") if line != "...")
    terminal.waits(re.escape(said), seconds)
