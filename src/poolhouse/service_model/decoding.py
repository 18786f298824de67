"""Requests from bytes, dicts and query parameters to structs: one fast pass, and AWS's words for refused ones."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from poolhouse.errors import SerializationException

from .model import MODELS, Operation
from .query import nested
from .violations import refuse

MALFORMED = "The request body is not valid JSON."
TOO_DEEP = "The request body is nested too deeply."
NO_OBJECT = "The request body must be a JSON object."


class Decoders(dict[Operation, msgspec.json.Decoder[Any]]):
    """Decoders by operation, made at first use: making one resolves annotations and compiles patterns, up to 10 ms."""

    def __missing__(self, operation: Operation) -> msgspec.json.Decoder[Any]:
        self[operation] = decoder = msgspec.json.Decoder(operation.input)
        return decoder


DECODERS = Decoders()


def prepare(operations: Iterable[Operation]) -> None:
    """Makes the decoders of these operations now, so that no request waits for it."""
    for operation in operations:
        DECODERS[operation]


def decode(operation: Operation, body: bytes) -> Any:
    """The request as an instance of `operation.input`.

    Unknown members are ignored, null is absent, the last of two equal members counts.
    Raises SerializationException for what is not JSON of the right types and InvalidParameterException, with all
    violations in AWS's words, for broken constraints.
    """
    try:
        if not body.isascii():
            body.decode()
        return DECODERS[operation].decode(body)
    except msgspec.ValidationError:
        return explain(operation, body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise SerializationException(MALFORMED) from None
    except RecursionError:
        raise SerializationException(TOO_DEEP) from None


def explain(operation: Operation, body: bytes) -> Any:
    """Raises what is wrong with a body that the decoder refused.

    The one refused body that is right after all repeats a member, first wrong and then right.
    """
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise SerializationException(MALFORMED) from None
    except RecursionError:
        raise SerializationException(TOO_DEEP) from None
    if not isinstance(value, dict):
        raise SerializationException(NO_OBJECT)
    refuse(operation.service, operation.input_shape, value)
    return msgspec.convert(value, operation.input)


def from_params(operation: Operation, params: Mapping[str, Any]) -> Any:
    """The request made of Python values that JSON can express; same rules and errors as `decode`.

    TypeError for values that JSON cannot express.
    """
    try:
        body = msgspec.json.encode(params)
    except UnicodeEncodeError:
        raise SerializationException("The request contains text that is not valid Unicode.") from None
    except RecursionError:
        raise SerializationException(TOO_DEEP) from None
    return decode(operation, body)


def from_query(operation: Operation, params: Mapping[str, str]) -> Any:
    """The request made of the query protocol's flat parameters (`Tags.member.1.Key=...`); others are ignored."""
    return from_params(operation, nested(MODELS[operation.service].shapes, operation.input_shape, params))
