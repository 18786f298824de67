"""Patterns of policies: `*`, `?` and `${variables}`, over text and over ARNs, matched in linear time."""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import NamedTuple

Context = Mapping[str, tuple[str, ...]]
"""Condition keys in lower case, each with its values; an absent key and an empty tuple mean the same."""

_RESOURCE_TAG = "aws:resourcetag/"
_MAX_PATTERN = 2048
_WITH_VARIABLES = re.compile(r"\$\{([^{}]*)\}|[*?]|\$|[^*?$]+")
_PLAIN = re.compile(r"[*?]|[^*?]+")
_VARIABLE = re.compile(r"([A-Za-z0-9][A-Za-z0-9.:/_+=@-]*)(?:\s*,\s*'([^']*)')?")
_HOLE = "\0"


class Wild(Enum):
    ONE = "?"
    RUN = "*"


class Variable(NamedTuple):
    """`${key}` or `${key, 'default'}`; the key in lower case."""

    key: str
    default: str | None


Atom = str | Wild | Variable


class UnresolvedVariableError(LookupError):
    """A pattern names a condition key that the request does not carry with exactly one value."""


class _Chunk:
    """Text between two `*`; `?` stands for any one character."""

    __slots__ = ("_fixed", "_masks", "_open", "text")

    def __init__(self, text: str, holes: frozenset[int]) -> None:
        self.text = text
        self._fixed = [(at, char) for at, char in enumerate(text) if at not in holes] if holes else None
        self._open = sum(1 << at for at in holes)
        self._masks: dict[str, int] = {}
        if self._fixed is not None:
            for at, char in self._fixed:
                self._masks[char] = self._masks.get(char, self._open) | 1 << at

    def at(self, subject: str, start: int) -> bool:
        if self._fixed is None:
            return subject.startswith(self.text, start)
        return all(subject[start + at] == char for at, char in self._fixed)

    def find(self, subject: str, start: int, end: int) -> int:
        if self._fixed is None:
            return subject.find(self.text, start, end)
        return self._shift_and(subject, start, end)

    def _shift_and(self, subject: str, start: int, end: int) -> int:
        """All alignments at once as bits of one integer, so that the cost does not depend on the pattern's shape."""
        state, goal = 0, 1 << (len(self.text) - 1)
        for at in range(start, end):
            state = (state << 1 | 1) & self._masks.get(subject[at], self._open)
            if state & goal:
                return at - len(self.text) + 1
        return -1


class Glob:
    """A compiled pattern without variables."""

    __slots__ = ("_head", "_middle", "_minimum", "_single", "_tail")

    def __init__(self, parts: Iterable[str | Wild]) -> None:
        chunks = _chunks(parts)
        self._single = len(chunks) == 1
        self._head, self._tail = chunks[0], chunks[-1]
        self._middle = [chunk for chunk in chunks[1:-1] if chunk.text]
        self._minimum = sum(len(chunk.text) for chunk in chunks)

    def matches(self, subject: str) -> bool:
        size = len(subject)
        if self._single:
            return size == self._minimum and self._head.at(subject, 0)
        end = size - len(self._tail.text)
        if size < self._minimum or not self._head.at(subject, 0) or not self._tail.at(subject, end):
            return False
        start = len(self._head.text)
        for chunk in self._middle:
            found = chunk.find(subject, start, end)
            if found < 0:
                return False
            start = found + len(chunk.text)
        return True


def _chunks(parts: Iterable[str | Wild]) -> list[_Chunk]:
    chunks: list[_Chunk] = []
    text, holes = "", set[int]()
    for part in parts:
        if part is Wild.RUN:
            chunks.append(_Chunk(text, frozenset(holes)))
            text, holes = "", set()
        elif part is Wild.ONE:
            holes.add(len(text))
            text += _HOLE
        elif isinstance(part, str):
            text += part
    chunks.append(_Chunk(text, frozenset(holes)))
    return chunks


class Template:
    """A pattern that may hold variables. A variable's value is always literal text: a `*` in it matches a `*`."""

    __slots__ = ("_atoms", "_fold", "_glob")

    def __init__(self, atoms: Sequence[Atom], *, fold: bool = False) -> None:
        self._atoms = tuple(atoms)
        self._fold = fold
        self._glob = None if any(isinstance(atom, Variable) for atom in atoms) else self._bind({})

    @property
    def static(self) -> bool:
        return self._glob is not None

    def matches(self, subject: str, context: Context) -> bool:
        """Raises UnresolvedVariableError."""
        glob = self._glob or self._bind(context)
        return glob.matches(subject.lower() if self._fold else subject)

    def _bind(self, context: Context) -> Glob:
        parts = [_resolve(atom, context) if isinstance(atom, Variable) else atom for atom in self._atoms]
        return Glob(part.lower() if self._fold and isinstance(part, str) else part for part in parts)


def _resolve(variable: Variable, context: Context) -> str:
    values = context.get(variable.key, ())
    if len(values) == 1:
        return values[0]
    if variable.default is None:
        raise UnresolvedVariableError(variable.key)
    return variable.default


class ArnPattern:
    """A pattern over an ARN's six segments, each matched alone: a `*` in one of the first five does not cross a colon.

    An ARN with fewer segments is completed with `*`, as IAM does. `*` alone matches everything.
    """

    __slots__ = ("_segments",)

    def __init__(self, pattern: str, *, variables: bool) -> None:
        """Raises ValueError."""
        self._segments: tuple[Template, ...] | None = None
        if pattern == "*":
            return
        if not pattern.startswith("arn:"):
            raise ValueError(f'Resource {pattern!r} must be in ARN format or "*".')
        segments = _segments(atoms(pattern, variables=variables))
        missing = [Template([Wild.RUN])] * (6 - len(segments))
        self._segments = (*(Template(segment) for segment in segments), *missing)

    @property
    def static(self) -> bool:
        return self._segments is None or all(segment.static for segment in self._segments)

    def matches(self, arn: str, context: Context) -> bool:
        """Raises UnresolvedVariableError."""
        if self._segments is None:
            return True
        parts = arn.split(":", 5)
        return len(parts) == 6 and all(
            segment.matches(part, context) for segment, part in zip(self._segments, parts, strict=True)
        )


def _segments(found: Sequence[Atom]) -> list[list[Atom]]:
    segments: list[list[Atom]] = [[]]
    for atom in found:
        if not isinstance(atom, str):
            segments[-1].append(atom)
            continue
        first, *rest = atom.split(":", 6 - len(segments)) if len(segments) < 6 else [atom]
        segments[-1].append(first)
        segments.extend([text] for text in rest)
    return segments


def atoms(pattern: str, *, variables: bool, wildcards: bool = True) -> list[Atom]:
    """A pattern's parts. `${*}`, `${?}` and `${$}` are those characters themselves. Raises ValueError."""
    if len(pattern) > _MAX_PATTERN:
        raise ValueError(f"A pattern is longer than {_MAX_PATTERN} characters.")
    found: list[Atom] = []
    for token in (_WITH_VARIABLES if variables else _PLAIN).finditer(pattern):
        text = token.group()
        if text in ("*", "?") and wildcards:
            found.append(Wild(text))
        elif variables and text.startswith("${"):
            found.append(_variable(token.group(1)))
        elif text == "$" and pattern.startswith("{", token.end()):
            raise ValueError(f"{pattern!r} has a variable that is not closed.")
        else:
            found.append(text)
    return found


def _variable(inner: str) -> Atom:
    if inner in ("*", "?", "$"):
        return inner
    parts = _VARIABLE.fullmatch(inner)
    if parts is None:
        raise ValueError(f"${{{inner}}} is not a policy variable.")
    require_known(parts.group(1))
    return Variable(parts.group(1).lower(), parts.group(2))


def require_known(key: str) -> None:
    """A Deny that asks for what no request here can hold would never apply. Raises ValueError where it is written."""
    if key.lower().startswith(_RESOURCE_TAG):
        raise ValueError(f"{key}: the tags of a resource are not known to policies here.")
