"""The style sheets that a pool may bring: AWS's documented classes, with properties that only change how things look.

What is accepted is read completely and written anew, so nothing else of the text ever reaches a browser.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

CLASSES: Final = frozenset(
    {
        "background-customizable",
        "banner-customizable",
        "errorMessage-customizable",
        "idpButton-customizable",
        "idpDescription-customizable",
        "inputField-customizable",
        "label-customizable",
        "legalText-customizable",
        "logo-customizable",
        "passwordCheck-notValid-customizable",
        "passwordCheck-valid-customizable",
        "redirect-customizable",
        "socialButton-customizable",
        "submitButton-customizable",
        "textDescription-customizable",
    }
)
_SIDES: Final = ("", "-top", "-right", "-bottom", "-left")
_PROPERTIES: Final = frozenset(
    {
        *(f"border{side}{part}" for side in _SIDES for part in ("", "-color", "-style", "-width")),
        *(f"{name}{side}" for name in ("margin", "padding") for side in _SIDES),
        *(f"{bound}{side}" for bound in ("", "min-", "max-") for side in ("width", "height")),
        *(f"font{part}" for part in ("", "-family", "-size", "-style", "-weight", "-variant", "-stretch")),
        *(f"outline{part}" for part in ("", "-color", "-offset", "-style", "-width")),
        *(f"text{part}" for part in ("-align", "-decoration", "-indent", "-shadow", "-transform")),
        *("background", "background-color", "border-radius", "box-shadow", "box-sizing", "color", "display"),
        *("letter-spacing", "line-height", "opacity", "vertical-align", "white-space", "word-spacing"),
    }
)
_FUNCTIONS: Final = ("rgb", "rgba", "hsl", "hsla")
_SPACE: Final = re.compile(r"(?:\s|/\*(?:[^*]|\*(?!/))*\*/)*")
_SELECTOR: Final = re.compile(r"\.([A-Za-z]+(?:-[A-Za-z]+)*)(:(?:hover|focus|focus-visible|active|disabled))?")
_PROPERTY: Final = re.compile(r"[a-zA-Z]+(?:-[a-zA-Z]+)*")
_VALUE: Final = re.compile(
    r"""\#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})(?![\w-])
    | [+-]?(?:\d{1,6}(?:\.\d{0,6})?|\.\d{1,6})(?:%|[a-zA-Z]{1,4})?(?![\w.%-])
    | "[A-Za-z0-9 _-]{0,64}" | '[A-Za-z0-9 _-]{0,64}'
    | (?P<function>[a-zA-Z]+)\([0-9.,/%\sdeg+-]{0,64}\)
    | !\s*important(?![\w-])
    | -?[a-zA-Z]+(?:-[a-zA-Z]+)*(?![\w(-])
    | [,/]""",
    re.VERBOSE,
)


class Rule(NamedTuple):
    """Selectors with their declarations, each in the form in which it is written."""

    selectors: tuple[str, ...]
    declarations: tuple[str, ...]


class _Reader:
    """A place in the text. Every method steps over what it names or raises ValueError."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.skip()

    @property
    def at_end(self) -> bool:
        return self._at >= len(self._text)

    def skip(self) -> None:
        """White space and comments."""
        match = _SPACE.match(self._text, self._at)
        assert match is not None
        self._at = match.end()

    def take(self, pattern: re.Pattern[str], what: str) -> re.Match[str]:
        match = pattern.match(self._text, self._at)
        if match is None:
            raise self.wrong(f"{what} is expected")
        self._at = match.end()
        self.skip()
        return match

    def has(self, mark: str) -> bool:
        """Whether the mark comes next; if so it is behind us."""
        found = self._text.startswith(mark, self._at)
        if found:
            self._at += len(mark)
            self.skip()
        return found

    def comes(self, marks: str) -> bool:
        return self.at_end or self._text[self._at] in marks

    def wrong(self, why: str) -> ValueError:
        return ValueError(f"CSS, line {self._text.count(chr(10), 0, self._at) + 1}: {why}.")


@lru_cache(maxsize=64)
def parse(text: str) -> tuple[Rule, ...]:
    """Raises ValueError, which names the line, for anything but rules of the documented classes."""
    reader, rules = _Reader(text), []
    while not reader.at_end:
        selectors = [_selector(reader)]
        while reader.has(","):
            selectors.append(_selector(reader))
        if not reader.has("{"):
            raise reader.wrong("{ is expected")
        rules.append(Rule(tuple(selectors), _declarations(reader)))
    return tuple(rules)


def written(rules: tuple[Rule, ...]) -> str:
    """The style sheet that browsers get. Its rules weigh more than those of our own pages."""
    return "".join(
        f"{','.join(f':root:root {selector}' for selector in rule.selectors)}{{{';'.join(rule.declarations)}}}\n"
        for rule in rules
        if rule.declarations
    )


def _selector(reader: _Reader) -> str:
    match = reader.take(_SELECTOR, "a class such as .submitButton-customizable")
    if match[1] not in CLASSES:
        raise reader.wrong(f"the class {match[1][:64]!r} cannot be customized")
    return match[0]


def _declarations(reader: _Reader) -> tuple[str, ...]:
    found = []
    while not reader.has("}"):
        if reader.has(";"):
            continue
        name = reader.take(_PROPERTY, "a property")[0].lower()
        if name not in _PROPERTIES:
            raise reader.wrong(f"the property {name[:64]!r} cannot be set")
        if not reader.has(":"):
            raise reader.wrong(": is expected")
        found.append(f"{name}:{_value(reader)}")
        if not reader.comes(";}"):
            raise reader.wrong("; is expected")
    return tuple(found)


def _value(reader: _Reader) -> str:
    parts = []
    while not reader.comes(";}"):
        match = reader.take(_VALUE, "a color, a size or a word")
        if match["function"] is not None and match["function"].lower() not in _FUNCTIONS:
            raise reader.wrong(f"the function {match['function'][:64]!r} cannot be used")
        parts.append(re.sub(r"\s+", " ", match[0]))
    if not parts:
        raise reader.wrong("a value is expected")
    return " ".join(parts)
