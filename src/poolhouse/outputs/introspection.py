"""`data.model_introspection`: from it the clients build `client.queries` and `client.mutations` (spec section 6.3)."""

from typing import Any

from poolhouse.define.manifest import HANDED_OVER, CustomType, Data, Field, Operation, TypeRef


def model_introspection(data: Data) -> dict[str, Any]:
    """The order of arguments is the order of variables on the wire."""
    inputs = {custom.name: custom.input_name for custom in data.types if "input" in custom.used_as}
    objects = {custom.name: _object(custom) for custom in data.types if "output" in custom.used_as}
    if any(operation.is_asynchronous for operation in data.operations):
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


def _operation(operation: Operation, inputs: dict[str, str]) -> dict[str, Any]:
    asynchronous = TypeRef(name=HANDED_OVER, kind="custom")
    returns = asynchronous if operation.is_asynchronous else operation.returns or TypeRef(name="AWSJSON")
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
