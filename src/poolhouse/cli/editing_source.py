"""A Python source with the places of its nodes, and values as source text. Cuts by byte; knows nothing of calls."""

import ast
import json
import re
from collections.abc import Mapping
from typing import Final, NamedTuple, TypeAlias

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, CodeSpan, MetadataWrapper

from poolhouse.errors import ProjectError

WIDTH: Final = 88


class Removed:
    """The value of what is to go."""


class Code(str):
    """Source text that stands as it is, where other values are written as literals."""

    __slots__ = ()


REMOVED: Final = Removed()
Member: TypeAlias = cst.Arg | cst.BaseElement | cst.BaseDictElement | cst.ImportAlias
_REST_OF_LINE: Final = re.compile(rb"[ \t]*(#[^\r\n]*)?(?=\r?\n|\Z)")


class Item(NamedTuple):
    """A member of a call, list, dict or import: from `start` to `end`, with its comma to `after`."""

    start: int
    end: int
    after: int


class Source:
    """A parsed source with the places of its nodes, in bytes."""

    def __init__(self, source: str, path: str) -> None:
        self.path = path
        self.data = source.encode()
        try:
            wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
        except cst.ParserSyntaxError as error:
            raise ProjectError(
                f"{path} cannot be read as Python: {error.message}.",
                resolution="Mend that line, then run the command again.",
                location=f"{path}:{error.raw_line}",
            ) from None
        self.module = wrapper.module
        self._spans: Mapping[cst.CSTNode, CodeSpan] = wrapper.resolve(ByteSpanPositionProvider)

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        found = self._spans[node]
        return found.start, found.start + found.length

    def item(self, node: Member) -> Item:
        start, end = self.span(node)
        comma = getattr(node, "comma", None)
        return Item(start, end, self.span(comma)[1] if isinstance(comma, cst.Comma) else end)

    def spliced(self, start: int, end: int, text: str) -> str:
        return (self.data[:start] + text.encode() + self.data[end:]).decode()

    def code(self, node: cst.CSTNode) -> str:
        start, end = self.span(node)
        return self.data[start:end].decode()

    def literal(self, node: cst.CSTNode) -> object:
        """The value of a literal. Raises ValueError for anything that is computed."""
        try:
            return ast.literal_eval(self.code(node))
        except (SyntaxError, TypeError) as error:
            raise ValueError(str(error)) from error

    def line(self, offset: int) -> int:
        return self.data.count(b"\n", 0, offset) + 1

    def indent(self, offset: int) -> str:
        """The white space before `offset` on its line."""
        begin = self.data.rfind(b"\n", 0, offset) + 1
        line = self.data[begin:offset].decode()
        return line[: len(line) - len(line.lstrip())]

    def begins_line(self, offset: int) -> bool:
        begin = self.data.rfind(b"\n", 0, offset) + 1
        return not self.data[begin:offset].strip()

    def rest_of_line(self, offset: int) -> int | None:
        """The end of the line when only white space and a comment follow, else None."""
        found = _REST_OF_LINE.match(self.data, offset)
        return found.end() if found else None

    @property
    def newline(self) -> str:
        return self.module.default_newline


def rendered(value: object, indent: str = "", room: int = WIDTH) -> str:
    """`value` as source, on one line where `room` columns are enough, else one member a line."""
    line = flat(value)
    if len(line) <= room or not isinstance(value, list | tuple | dict) or not value:
        return line
    inner = indent + "    "
    left = WIDTH - len(inner) - 1
    if isinstance(value, dict):
        pairs = [(flat(key) + ": ", one) for key, one in value.items()]
        lines = [f"{inner}{key}{rendered(one, inner, left - len(key))}," for key, one in pairs]
        return "\n".join(["{", *lines, indent + "}"])
    return "\n".join(["[", *(f"{inner}{rendered(one, inner, left)}," for one in value), indent + "]"])


def flat(value: object) -> str:
    if isinstance(value, Code):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(flat, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flat(key)}: {flat(one)}" for key, one in value.items()) + "}"
    return repr(value)


def call_text(function: str, arguments: Mapping[str, object]) -> str:
    """A call with keyword arguments, one a line."""
    lines = [f"    {name}={rendered(value, '    ', WIDTH - len(name) - 6)},\n" for name, value in arguments.items()]
    return f"{function}(\n{''.join(lines)})" if lines else f"{function}()"


def refused(text: Source, node: cst.CSTNode, what: str, by_hand: str) -> ProjectError:
    short = what if len(what) <= 60 else f"{what[:57]}..."
    return ProjectError(
        f"{text.path} computes {short.splitlines()[0]}, so it cannot be edited safely.",
        resolution=f"Write it by hand: {by_hand}",
        location=f"{text.path}:{text.line(text.span(node)[0])}",
    )
