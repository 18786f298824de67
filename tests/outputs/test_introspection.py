"""model_introspection: the grammar of spec section 6.3 (acceptance checks S2 to S5, S14, S15, S17)."""

import msgspec
import pytest

from poolhouse.define.manifest import CustomType, Data, EnumType, Field, HandlerRef, Operation, TypeRef
from poolhouse.outputs import model_introspection

BAR = CustomType(name="FooReturnTypeBar", fields=(Field(name="n", type=TypeRef(name="Int", required=True)),))
FOO = CustomType(
    name="FooReturnType", fields=(Field(name="bar", type=TypeRef(name="FooReturnTypeBar", kind="custom")),)
)
BOTH = CustomType(
    name="X",
    fields=(Field(name="self", type=TypeRef(name="X", kind="custom", array=True)),),
    used_as=("output", "input"),
)


def described(
    returns: TypeRef | None = None, *, kind: str = "query", types: tuple = (), enums: tuple = (), **arguments: TypeRef
) -> dict:
    """The introspection of one operation `foo`."""
    fields = tuple(Field(name=name, type=type_) for name, type_ in arguments.items())
    handlers = (HandlerRef(function="fn", asynchronous=returns is None),)
    operation = Operation(name="foo", kind=kind, arguments=fields, returns=returns, handlers=handlers)
    return model_introspection(Data(operations=(operation,), types=types, enums=enums))


@pytest.mark.parametrize("name", ["ID", "String", "Int", "Float", "Boolean", "AWSDate", "AWSJSON", "AWSIPAddress"])
def test_s2_scalars(name: str) -> None:
    """A scalar is its name."""
    found = described(TypeRef(name=name), a=TypeRef(name=name))
    assert found["queries"]["foo"]["type"] == name
    assert found["queries"]["foo"]["arguments"]["a"] == {
        "name": "a",
        "isArray": False,
        "type": name,
        "isRequired": False,
    }


def test_s3_arrays() -> None:
    """isRequired speaks of the element, isArrayNullable of the list."""
    ref = TypeRef(name="String", required=True, array=True, array_required=True)
    found = described(ref, a=TypeRef(name="String", array=True))["queries"]["foo"]
    assert (found["isArray"], found["isRequired"], found["isArrayNullable"]) == (True, True, False)
    argument = found["arguments"]["a"]
    assert (argument["isArray"], argument["isRequired"], argument["isArrayNullable"]) == (True, False, True)


def test_s4_inline_return_types() -> None:
    """Both levels are nonModels."""
    found = described(TypeRef(name="FooReturnType", kind="custom"), types=(FOO, BAR))
    assert list(found["nonModels"]) == ["FooReturnType", "FooReturnTypeBar"]
    assert found["nonModels"]["FooReturnType"]["fields"]["bar"] == {
        "name": "bar",
        "isArray": False,
        "type": {"nonModel": "FooReturnTypeBar"},
        "isRequired": False,
        "attributes": [],
    }
    assert "inputs" not in found


def test_s5_custom_type_as_argument() -> None:
    """The input form is in `inputs` and in the argument's type, and refers to itself by that name."""
    found = described(
        TypeRef(name="X", kind="custom"), types=(BOTH,), x=TypeRef(name="X", kind="custom", required=True)
    )
    assert found["queries"]["foo"]["arguments"]["x"]["type"] == {"input": "XInput"}
    assert found["queries"]["foo"]["type"] == {"nonModel": "X"}
    assert found["inputs"] == {
        "XInput": {
            "name": "XInput",
            "attributes": {
                "self": {"name": "self", "isArray": True, "type": {"input": "XInput"}, "isRequired": False, "isArrayNullable": True}
            },
        }
    }  # fmt: skip


def test_enums() -> None:
    """Enums are listed and referred to by name."""
    color = TypeRef(name="Color", kind="enum")
    found = described(color, enums=(EnumType(name="Color", values=("RED", "BLUE")),), c=color)
    assert found["enums"] == {"Color": {"name": "Color", "values": ["RED", "BLUE"]}}
    assert found["queries"]["foo"]["arguments"]["c"]["type"] == {"enum": "Color"}


def test_s15_s17_only_what_is_there() -> None:
    """No `arguments` without arguments, and no `queries` for a schema without them."""
    found = described(TypeRef(name="ID"), kind="mutation")
    assert list(found) == ["version", "models", "enums", "nonModels", "mutations"]
    assert list(found["mutations"]["foo"]) == ["name", "isArray", "type", "isRequired"]


def test_asynchronous_operation() -> None:
    """The result is EventInvocationResponse with one required Boolean."""
    found = described(None)
    assert found["queries"]["foo"]["type"] == {"nonModel": "EventInvocationResponse"}
    success = found["nonModels"]["EventInvocationResponse"]["fields"]["success"]
    assert success == {"name": "success", "isArray": False, "type": "Boolean", "isRequired": True, "attributes": []}


def test_order_of_arguments_is_kept() -> None:
    """Declaration order decides the order of variables on the wire."""
    names = ["z", "a", "m"]
    found = described(TypeRef(name="ID"), **{name: TypeRef(name="ID") for name in names})
    assert list(found["queries"]["foo"]["arguments"]) == names
    assert list(msgspec.json.decode(msgspec.json.encode(found))["queries"]["foo"]["arguments"]) == names
