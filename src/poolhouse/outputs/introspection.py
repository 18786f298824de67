"""`data.model_introspection`: from it the clients build `client.queries` and `client.mutations` (spec section 6.3)."""

from typing import Any, Final

from poolhouse.define.manifest import CustomType, Data, Field, Operation, TypeRef

HANDED_OVER: Final = "EventInvocationResponse"


def model_introspection(data: Data) -> dict[str, Any]:
    """The order of arguments is the order of variables on the wire."""
    inputs = {custom.name: input_name(custom) for custom in data.types if "input" in custom.used_as}
    objects = {custom.name: _object(custom) for custom in data.types if "output" in custom.used_as}
    if any(is_asynchronous(operation) for operation in data.operations):
        objects[HANDED_OVER] = _handed_over()
    document: dict[str, Any] = {
        "version": 1,
        "models": {},
        "enums": {enum.name: {"name": enum.name, "values": list(enum.values)} for enum in data.enums},
        "nonModels": objects,
    }
    if inputs:
        listed = (custom for custom in data.types if custom.name in inputs)
        document["inputs"] = {inputs[custom.name]: _input(custom, inputs) for custom in listed}
    for key, kind in (("queries", "query"), ("mutations", "mutation")):
        found = {op.name: _operation(op, inputs) for op in data.operations if op.kind == kind}
        if found:
            document[key] = found
    return document


def is_asynchronous(operation: Operation) -> bool:
    """The last handler decides whether the caller waits for a result."""
    return bool(operation.handlers) and operation.handlers[-1].asynchronous


def input_name(custom: CustomType) -> str:
    """`X` is `XInput` where it is an argument; a type made for an inline argument is named so already."""
    return custom.name if custom.used_as == ("input",) else f"{custom.name}Input"


def _operation(operation: Operation, inputs: dict[str, str]) -> dict[str, Any]:
    asynchronous = TypeRef(name=HANDED_OVER, kind="custom")
    returns = asynchronous if is_asynchronous(operation) else operation.returns or TypeRef(name="AWSJSON")
    described = _typed(operation.name, returns, _type(returns))
    if operation.arguments:
        described["arguments"] = {field.name: _given(field, inputs) for field in operation.arguments}
    return described


def _typed(name: str, ref: TypeRef, kind: Any) -> dict[str, Any]:
    """`isRequired` speaks of the element, `isArrayNullable` of the list."""
    described = {"name": name, "isArray": ref.array, "type": kind, "isRequired": ref.required}
    if ref.array:
        described["isArrayNullable"] = not ref.array_required
    return described


def _type(ref: TypeRef) -> Any:
    if ref.kind == "scalar":
        return ref.name
    return {"enum" if ref.kind == "enum" else "nonModel": ref.name}


def _given(field: Field, inputs: dict[str, str]) -> dict[str, Any]:
    kind = {"input": inputs[field.type.name]} if field.type.kind == "custom" else _type(field.type)
    return _typed(field.name, field.type, kind)


def _object(custom: CustomType) -> dict[str, Any]:
    fields = {field.name: _typed(field.name, field.type, _type(field.type)) for field in custom.fields}
    return {"name": custom.name, "fields": {name: {**field, "attributes": []} for name, field in fields.items()}}


def _handed_over() -> dict[str, Any]:
    success = TypeRef(name="Boolean", required=True)
    return _object(CustomType(name=HANDED_OVER, fields=(Field(name="success", type=success),)))


def _input(custom: CustomType, inputs: dict[str, str]) -> dict[str, Any]:
    return {"name": inputs[custom.name], "attributes": {field.name: _given(field, inputs) for field in custom.fields}}
