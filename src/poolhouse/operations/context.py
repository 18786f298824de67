"""What an operation is given: the services it may use, and the one call it answers."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from poolhouse.access.principals import Principal
from poolhouse.config import Settings
from poolhouse.crypto.vault import Vault
from poolhouse.functions import Functions
from poolhouse.store.database import Database, Transaction

P = ParamSpec("P")
T = TypeVar("T")
HASHES = 3
"""How many slow password hashes a process computes at a time: one takes 19 to 128 MiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that outlives a call; built once in `app.py`.

    `clock` gives epoch microseconds. `cpu` runs arithmetic that releases the interpreter lock.
    `delivers` are the media of messages that the server delivers, EMAIL and SMS; `wake_delivery` says there is work.
    `hashing` bounds the memory of slow password hashes.
    `functions` runs the triggers of pools; None where there is no runtime for functions. Each attempt of a trigger has
    `trigger_seconds`.
    `strict` makes the gate check answers and errors against the service model; tests switch it on.
    """

    settings: Settings
    database: Database
    vault: Vault
    clock: Callable[[], int]
    cpu: Executor
    delivers: frozenset[str] = frozenset()
    wake_delivery: Callable[[], None] = field(default=lambda: None)
    functions: Functions | None = None
    trigger_seconds: float = 5.0
    hashing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(HASHES))
    strict: bool = False

    async def compute(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function` on the CPU pool; the event loop goes on meanwhile."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.cpu, lambda: function(*args, **kwargs))


@dataclass(slots=True, kw_only=True)
class Call:
    """One request on its way through the gate.

    `now` is fixed for the whole call. `tx` is set for operations that declare a transaction; the others open their
    own short `ctx.services.database.read()` and `.write()` blocks around what must not be slow.
    """

    services: Services
    principal: Principal
    now: int
    request_id: str
    source_ip: str = ""
    region: str = ""
    _tx: Transaction | None = None

    @property
    def tx(self) -> Transaction:
        assert self._tx is not None, "this operation declared no transaction"
        return self._tx


def seconds(microseconds: int) -> float:
    """Our time as AWS JSON writes it: epoch seconds with milliseconds."""
    return microseconds // 1000 / 1000
