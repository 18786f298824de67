"""Edits of the user's Python: one keyword argument or list element at a time, every other byte left alone.

What is computed is not guessed at: ProjectError says what to write by hand.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

import libcst as cst

from poolhouse.cli.editing_imports import import_statements, is_preamble, without_statement
from poolhouse.cli.editing_source import REMOVED, WIDTH, Item, Source, flat, refused, rendered
from poolhouse.errors import ProjectError

Keys: TypeAlias = tuple[str, ...]


def edited(source: str, path: str, function: str, changes: Mapping[Keys, object]) -> str:
    """`source` with keyword arguments of its one call of `function` changed.

    A key is the argument's name, followed by keys of dicts inside of it. REMOVED removes. Raises ProjectError.
    """
    for keys, value in changes.items():
        source = _edited(source, path, function, keys, value)
    return source


def arguments(source: str, path: str, function: str) -> dict[str, object]:
    """The keyword arguments of the one call whose values are literals."""
    text = Source(source, path)
    found = {}
    for argument in the_call(text, function).args:
        try:
            if argument.keyword is not None:
                found[argument.keyword.value] = text.literal(argument.value)
        except ValueError:
            continue
    return found


def passing(source: str, path: str, function: str, name: str) -> list[str]:
    """The keyword arguments of the one call that are given the variable `name`."""
    call = the_call(Source(source, path), function)
    return [
        argument.keyword.value
        for argument in call.args
        if argument.keyword is not None and isinstance(argument.value, cst.Name) and argument.value.value == name
    ]


def _edited(source: str, path: str, function: str, keys: Keys, value: object) -> str:
    text = Source(source, path)
    call = the_call(text, function)
    named = {one.keyword.value: one for one in call.args if one.keyword is not None}
    name, rest = keys[0], keys[1:]
    if name in named:
        argument = named[name]
        if value is REMOVED and not rest:
            return _without(text, text.item(argument), [text.item(one) for one in call.args])
        return _changed(text, argument.value, rest, value, f"{function}({name}={_nested(rest, value)})")
    if value is REMOVED:
        return source
    for argument in call.args:
        if argument.star:
            raise refused(text, argument, f"the arguments of {function}()", f"{function}({name}=...)")
    return _with_argument(text, call, f"{name}={{}}", _nest(rest, value))


def _nest(keys: Keys, value: object) -> object:
    for key in reversed(keys):
        value = {key: value}
    return value


def _nested(keys: Keys, value: object) -> str:
    return flat(_nest(keys, "..." if value is REMOVED else value))


def the_call(text: Source, function: str) -> cst.Call:
    names = {function} | {
        alias.asname.name.value
        for statement in import_statements(text.module)
        for alias in (statement.names if not isinstance(statement.names, cst.ImportStar) else ())
        if alias.name.value == function and alias.asname and isinstance(alias.asname.name, cst.Name)
    }
    finder = _Finder(names, function)
    text.module.visit(finder)
    if len(finder.found) == 1:
        return finder.found[0]
    count = "no call" if not finder.found else f"{len(finder.found)} calls"
    raise ProjectError(
        f"{text.path} has {count} of {function}(), so it cannot be edited safely.",
        resolution=f"Write the change by hand, or call {function}() once in that file.",
        location=text.path,
    )


class _Finder(cst.CSTVisitor):
    def __init__(self, names: set[str], function: str) -> None:
        super().__init__()
        self._names = names
        self._function = function
        self.found: list[cst.Call] = []

    def visit_Call(self, node: cst.Call) -> None:  # noqa: N802 - libcst finds it by this name
        called = node.func
        by_name = isinstance(called, cst.Name) and called.value in self._names
        if by_name or (isinstance(called, cst.Attribute) and called.attr.value == self._function):
            self.found.append(node)


def _changed(text: Source, node: cst.BaseExpression, keys: Keys, value: object, by_hand: str) -> str:
    """The text with `node`, or what `keys` lead to inside of it, changed to `value`."""
    if keys:
        return _changed_inside(text, node, keys, value, by_hand)
    if isinstance(node, cst.List) and isinstance(value, list | tuple):
        return _with_elements(text, node, list(value), by_hand)
    try:
        before = text.literal(node)
    except ValueError:
        raise refused(text, node, text.code(node), by_hand) from None
    if before == value and type(before) is type(value):
        return text.data.decode()
    start, end = text.span(node)
    return text.spliced(start, end, _placed(text, value, start))


def _placed(text: Source, value: object, start: int) -> str:
    """`value` as source for the place `start`, with the file's own line ends."""
    begin = text.data.rfind(b"\n", 0, start) + 1
    room = WIDTH - len(text.data[begin:start].decode()) - 1
    indent = text.data[begin:start].decode()
    indent = indent[: len(indent) - len(indent.lstrip())]
    return rendered(value, indent, room).replace("\n", text.newline)


def _changed_inside(text: Source, node: cst.BaseExpression, keys: Keys, value: object, by_hand: str) -> str:
    if isinstance(node, cst.Name) and node.value in {"True", "False", "None"}:
        if value is REMOVED:
            return text.data.decode()
        start, end = text.span(node)
        return text.spliced(start, end, _placed(text, _nest(keys, value), start))
    if not isinstance(node, cst.Dict):
        raise refused(text, node, text.code(node), by_hand)
    element = _entry(text, node, keys[0], by_hand)
    if element is not None:
        if value is REMOVED and len(keys) == 1:
            return _without(text, text.item(element), [text.item(one) for one in node.elements])
        return _changed(text, element.value, keys[1:], value, by_hand)
    if value is REMOVED:
        return text.data.decode()
    form = f"{flat(keys[0])}: {{}}"
    made = _appended(text, [text.item(one) for one in node.elements], text.span(node), form, _nest(keys[1:], value))
    start, end = text.span(node)
    if b"\n" in text.data[start:end] or made.count("\n") == text.data.count(b"\n"):
        return made
    try:
        whole = {**cast(dict[str, object], text.literal(node)), keys[0]: _nest(keys[1:], value)}
    except ValueError:
        return made
    return text.spliced(start, end, _placed(text, whole, start))


def _entry(text: Source, node: cst.Dict, key: str, by_hand: str) -> cst.DictElement | None:
    """The entry of a key. Entries whose keys are computed might be it, so they are refused."""
    for element in node.elements:
        if not isinstance(element, cst.DictElement):
            raise refused(text, element, text.code(element), by_hand)
        try:
            if text.literal(element.key) == key:
                return element
        except ValueError:
            raise refused(text, element, text.code(element.key), by_hand) from None
    return None


def _with_elements(text: Source, node: cst.List, wanted: list[object], by_hand: str) -> str:
    """The list with exactly the elements `wanted`. Elements that stay keep their lines and comments."""
    try:
        existing = [text.literal(element) for element in node.elements]
    except ValueError:
        raise refused(text, node, text.code(node), by_hand) from None
    items = [text.item(element) for element in node.elements]
    for index in reversed(range(len(existing))):
        if existing[index] not in wanted:
            source = _without(text, items[index], items)
            return _again(source, text, node, wanted, by_hand)
    kept = [one for one in wanted if one in existing]
    if kept != existing:
        return _again(_permuted(text, items, [existing.index(one) for one in kept]), text, node, wanted, by_hand)
    if wanted[: len(existing)] == existing:
        if len(wanted) == len(existing):
            return text.data.decode()
        source = _appended(text, items, text.span(node), "{}", wanted[len(existing)])
        return _again(source, text, node, wanted, by_hand)
    appended = [*existing, *(one for one in wanted if one not in existing)]
    source = _with_elements(text, node, appended, by_hand)
    return _again(source, text, node, wanted, by_hand)


def _again(source: str, before: Source, node: cst.List, wanted: list[object], by_hand: str) -> str:
    """Go on with the same list in the changed source: what stands before it has not moved."""
    text = Source(source, before.path)
    start = before.span(node)[0]
    lists = _Lists(text, start)
    text.module.visit(lists)
    assert lists.found is not None
    return _with_elements(text, lists.found, wanted, by_hand)


class _Lists(cst.CSTVisitor):
    def __init__(self, text: Source, start: int) -> None:
        super().__init__()
        self._text = text
        self._start = start
        self.found: cst.List | None = None

    def visit_List(self, node: cst.List) -> None:  # noqa: N802 - libcst finds it by this name
        if self._text.span(node)[0] == self._start:
            self.found = node


def _permuted(text: Source, items: Sequence[Item], order: Sequence[int]) -> str:
    """Members in another order. Members on lines of their own take their comments along."""
    lines = [text.rest_of_line(item.after) for item in items]
    if all(text.begins_line(item.start) for item in items) and None not in lines:
        parts = [
            text.data[item.start : item.end] + b"," + text.data[item.after : end]
            for item, end in zip(items, lines, strict=True)
            if end is not None
        ]
        ends = [end for end in lines if end is not None]
    else:
        parts = [text.data[item.start : item.end] for item in items]
        ends = [item.end for item in items]
    made, at = b"", 0
    for item, end, which in zip(items, ends, order, strict=True):
        made += text.data[at : item.start] + parts[which]
        at = end
    return (made + text.data[at:]).decode()


def _with_argument(text: Source, call: cst.Call, form: str, value: object) -> str:
    """The call with one more argument; a call on one line that grows too long is written one argument a line."""
    start, end = text.span(call)
    opening = text.span(call.func)[1]
    source = _appended(text, [text.item(one) for one in call.args], (opening, end), form, value)
    if b"\n" in text.data[start:end]:
        return source
    begin = text.data.rfind(b"\n", 0, start) + 1
    line = source.encode()[begin:].splitlines()[0].decode()
    if len(line) <= WIDTH and source.count("\n") == text.data.count(b"\n"):
        return source
    shown = text.indent(start)
    parts = [text.data[item.start : item.end].decode() for item in map(text.item, call.args)]
    name = form.format("")
    parts.append(form.format(rendered(value, shown + "    ", WIDTH - len(shown) - len(name) - 5)))
    lines = "".join(f"{shown}    {part},\n" for part in parts)
    whole = f"{text.data[start:opening].decode()}(\n{lines}{shown})".replace("\n", text.newline)
    return text.spliced(start, end, whole)


def _appended(text: Source, items: Sequence[Item], around: tuple[int, int], form: str, value: object) -> str:
    """A member after the last one: on a line of its own where the last one has one."""
    if not items:
        inside = text.data.index(_opening(text, around), around[0]) + 1
        return text.spliced(inside, inside, form.format(_placed(text, value, inside)))
    last = items[-1]
    if not text.begins_line(last.start):
        return text.spliced(last.end, last.after, f", {form.format(_placed(text, value, last.end))}")
    indent = text.indent(last.start)
    member = form.format(rendered(value, indent, WIDTH - len(indent) - len(form))).replace("\n", text.newline)
    end = text.rest_of_line(last.after)
    if end is None:
        return text.spliced(last.end, last.after, f",{text.newline}{indent}{member}")
    line = f"{text.newline}{indent}{member},"
    comment = text.data[last.after : end].decode()
    return text.spliced(last.end, end, f",{comment}{line}")


def _opening(text: Source, around: tuple[int, int]) -> bytes:
    return min((b"(", b"[", b"{"), key=lambda sign: text.data.find(sign, *around) % (1 << 62))


def _without(text: Source, item: Item, items: Sequence[Item]) -> str:
    """The text without one member; a member that has its lines to itself goes with them and their comment."""
    end = text.rest_of_line(item.after)
    if text.begins_line(item.start) and end is not None:
        begin = text.data.rfind(b"\n", 0, item.start)
        return text.spliced(max(begin, 0), end, "")
    index = list(items).index(item)
    if index + 1 < len(items):
        return text.spliced(item.start, items[index + 1].start, "")
    if index:
        return text.spliced(items[index - 1].end, item.after, "")
    return text.spliced(item.start, item.after, "")


def without_definition(source: str, path: str, function: str) -> str | None:
    """`source` without the statement that calls `function`; None when only imports and a docstring would stay."""
    text = Source(source, path)
    call = text.span(the_call(text, function))
    statement = next(
        (one for one in text.module.body if text.span(one)[0] <= call[0] and call[1] <= text.span(one)[1]), None
    )
    if not isinstance(statement, cst.SimpleStatementLine):
        raise ProjectError(
            f"{path} calls {function}() inside of other code, so it cannot be edited safely.",
            resolution=f"Remove the call of {function}() by hand.",
            location=f"{path}:{text.line(call[0])}",
        )
    others = [one for one in text.module.body if one is not statement and not is_preamble(one)]
    return without_statement(text, statement) if others else None
