"""Definitions tried out before they are written: the factories run here as if the project's own files called them."""

from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

from poolhouse.define.auth import AuthDefinition, define_auth
from poolhouse.define.data import DataDefinition, define_data
from poolhouse.define.functions import FunctionDefinition
from poolhouse.define.manifest import Function
from poolhouse.define.places import Place
from poolhouse.errors import UserError


def _call(factory: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    return factory(**arguments)


# The same code, as if it stood where definitions of auth stand.
_in_auth: Callable[..., Any] = FunctionType(
    _call.__code__.replace(co_filename="/amplify/auth/resource.py"), globals(), "_in_auth"
)


Factory = Callable[..., AuthDefinition]


def auth(arguments: Mapping[str, Any], factory: Factory = define_auth) -> AuthDefinition:
    """Raises UserError."""
    made: AuthDefinition = _in_auth(factory, arguments)
    return made


def data(arguments: Mapping[str, Any]) -> DataDefinition:
    """Raises UserError."""
    made: DataDefinition = _in_auth(define_data, arguments)
    return made


def function(name: str) -> FunctionDefinition:
    """A function that is only referred to."""
    return FunctionDefinition(Function(name=name, entry="handler.py"), Place("amplify/auth/resource.py", 1))


class AuthTrial:
    """The arguments of a factory as far as they are accepted: `real` to try, `written` to write."""

    def __init__(self, factory: Factory = define_auth) -> None:
        self._factory = factory
        self.real: dict[str, Any] = {}
        self.written: dict[str, Any] = {}

    def made(self) -> AuthDefinition:
        """What the accepted arguments make. Raises UserError."""
        return auth(self.real, self._factory)

    def begin(self, real: Mapping[str, Any], written: Mapping[str, Any]) -> None:
        """Keep arguments that only make sense together. Raises UserError."""
        auth(real, self._factory)
        self.real, self.written = dict(real), dict(written)

    def take(self, keys: tuple[str, ...], real: Any, written: Any = None) -> str | None:
        """Keep an argument, or a member of one, if the factory accepts it with what is there. The reason if not."""
        tried = _with(self.real, keys, real)
        try:
            auth(tried, self._factory)
        except UserError as error:
            return error.message
        self.real = tried
        self.written = _with(self.written, keys, real if written is None else written)
        return None


def _with(arguments: Mapping[str, Any], keys: tuple[str, ...], value: Any) -> dict[str, Any]:
    first, rest = keys[0], keys[1:]
    held = arguments.get(first)
    return {**arguments, first: _with(held if isinstance(held, dict) else {}, rest, value) if rest else value}
