"""The GraphQL API in the schema language, as AppSync is given it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from poolhouse.define.manifest import HANDED_OVER, CustomType, Data, Field, Operation, TypeRef

from .directives import IAM, directives, reached

ROOTS: Final = ("query", "mutation")
PLACEHOLDER: Final = "_poolhouse"
"""The only query of an API that declares none, since AppSync refuses a schema without a query root. No role is allowed
to ask for it, it has no resolver, and what clients are told about the API does not mention it."""


def sdl(data: Data) -> str:
    """The whole schema; equal data gives equal text."""
    inputs = {custom.name: custom.input_name for custom in data.types if "input" in custom.used_as}
    blocks = ["schema {\n" + "".join(f"  {kind}: {kind.capitalize()}\n" for kind in _roots(data)) + "}\n"]
    blocks += [_block(f"enum {enum.name}", enum.values) for enum in data.enums]
    blocks += _objects(data)
    blocks += [_input(custom, inputs) for custom in data.types if custom.name in inputs]
    blocks += [_root(data, kind, inputs) for kind in _roots(data)]
    return "\n".join(blocks)


def declares_queries(data: Data) -> bool:
    return any(operation.kind == "query" for operation in data.operations)


def _roots(data: Data) -> list[str]:
    return [kind for kind in ROOTS if kind == "query" or any(operation.kind == kind for operation in data.operations)]


def _root(data: Data, kind: str, inputs: Mapping[str, str]) -> str:
    fields = [_operation(operation, inputs) for operation in data.operations if operation.kind == kind]
    return _block(f"type {kind.capitalize()} {IAM}", fields or [f"{PLACEHOLDER}: Boolean {IAM}"])


def _operation(operation: Operation, inputs: Mapping[str, str]) -> str:
    arguments = ", ".join(_argument(field, inputs) for field in operation.arguments)
    returns = HANDED_OVER if operation.is_asynchronous else _ref(operation.returns or TypeRef(name="AWSJSON"))
    named = f"{operation.name}({arguments})" if arguments else operation.name
    return f"{named}: {returns} {directives(operation.rules)}"


def _objects(data: Data) -> Iterator[str]:
    guards = reached(data)
    for custom in data.types:
        if "output" in custom.used_as:
            lines = [f"{field.name}: {_ref(field.type)}" for field in custom.fields]
            yield _block(f"type {custom.name} {directives(guards.get(custom.name, ()))}", lines)
    if HANDED_OVER in guards:
        yield _block(f"type {HANDED_OVER} {directives(guards[HANDED_OVER])}", ["success: Boolean!"])


def _input(custom: CustomType, inputs: Mapping[str, str]) -> str:
    return _block(f"input {custom.input_name}", [_argument(field, inputs) for field in custom.fields])


def _argument(field: Field, inputs: Mapping[str, str]) -> str:
    name = inputs[field.type.name] if field.type.kind == "custom" else field.type.name
    return f"{field.name}: {_ref(field.type, name)}"


def _ref(ref: TypeRef, name: str = "") -> str:
    element = (name or ref.name) + ("!" if ref.required else "")
    return f"[{element}]{'!' if ref.array_required else ''}" if ref.array else element


def _block(head: str, lines: Iterable[str]) -> str:
    body = "".join(f"  {line}\n" for line in lines)
    return f"{head} {{\n{body}}}\n"
