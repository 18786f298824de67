"""What tests of a backend need: the user's project on a real server, people, sign-ins, mails, and a clock to move.

The pytest plugin is `poolhouse.testing.plugin`. The names here are for type hints and for other test runners; each is
imported when it is first used, since the plugin is loaded into test runs that never ask for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from poolhouse.testing.backend import Backend, Outputs, Pool
    from poolhouse.testing.clock import Clock
    from poolhouse.testing.inbox import Inbox, Message
    from poolhouse.testing.moving import BackendClock
    from poolhouse.testing.people import PASSWORD, User, Users
    from poolhouse.testing.process import Process
    from poolhouse.testing.sessions import SignedIn, SignIn

__all__ = [
    "PASSWORD",
    "Backend",
    "BackendClock",
    "Clock",
    "Inbox",
    "Message",
    "Outputs",
    "Pool",
    "Process",
    "SignIn",
    "SignedIn",
    "User",
    "Users",
]

_HOMES = {
    "PASSWORD": "people",
    "Backend": "backend",
    "BackendClock": "moving",
    "Clock": "clock",
    "Inbox": "inbox",
    "Message": "inbox",
    "Outputs": "backend",
    "Pool": "backend",
    "Process": "process",
    "SignIn": "sessions",
    "SignedIn": "sessions",
    "User": "people",
    "Users": "people",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'poolhouse.testing' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"poolhouse.testing.{home}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
