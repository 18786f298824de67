"""What an operation is given: the services it may use, and the one call it answers."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from poolhouse.access.principals import Person, Principal
from poolhouse.config import Settings
from poolhouse.crypto.vault import Vault
from poolhouse.functions import Functions
from poolhouse.store.database import Database, Transaction
from poolhouse.store.users import User

from .cpu_threads import CpuThreads
from .proved_tokens import ProvedTokens
from .remote.pool import Remote
from .unwritten import Unwritten

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
    `unwritten` is what the audit trail of this process is still to be told.
    `proved` are the tokens whose signature was verified here.
    `remote` knows the pool at AWS that the definitions refer to, if they do.
    `functions` runs the triggers of pools; None where there is no runtime for functions. Each attempt of a trigger has
    `trigger_seconds`.
    `strict` makes the gate check answers and errors against the service model; tests switch it on.
    """

    settings: Settings
    database: Database
    vault: Vault
    clock: Callable[[], int]
    cpu: CpuThreads
    delivers: frozenset[str] = frozenset()
    wake_delivery: Callable[[], None] = field(default=lambda: None)
    functions: Functions | None = None
    trigger_seconds: float = 5.0
    hashing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(HASHES))
    unwritten: Unwritten = field(default_factory=Unwritten)
    proved: ProvedTokens = field(default_factory=ProvedTokens)
    remote: Remote = field(default_factory=Remote)
    strict: bool = False

    async def compute(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function` on the CPU pool; the event loop goes on meanwhile."""
        return await self.cpu.run(function, *args, **kwargs)


@dataclass(slots=True, kw_only=True)
class Call:
    """One request on its way through the gate.

    `now` is fixed for the whole call. `tx` is set for operations that declare a transaction; the others open their
    own short blocks around what must not be slow: `ctx.services.database.read()`, and `ctx.write()` for what an
    administrator changes.
    `person` is the user behind the call, when there is one: the principal itself, or who called the function or holds
    the identity-pool credentials that signed. `way` is the protocol by which the call came, `operation` its name and
    `request` what it asks.
    `rule` is the text of the rule that allowed it.
    An operation that finds out says in `subject` whom it is about, a sub where it can, and in `pool_id` which pool;
    `groups` are those of the person as they are now. They go into the audit trail; `recorded` says that they have, and
    `is_told` that the trail knows already what became of a call that failed. `sign_in` is the id of the record of the
    sign-in that the call goes on with.
    """

    services: Services
    principal: Principal
    now: int
    request_id: str
    source_ip: str = ""
    region: str = ""
    person: Person | None = None
    way: str = ""
    operation: str = ""
    rule: str = ""
    subject: str = ""
    pool_id: str = ""
    groups: tuple[str, ...] | None = None
    recorded: bool = False
    is_told: bool = False
    sign_in: str = ""
    is_denied: bool = False
    request: Any = None
    before_write: "Callable[[Transaction, Call], Awaitable[None]] | None" = None
    after_write: "Callable[[Transaction, Call], Awaitable[None]] | None" = None
    _tx: Transaction | None = None

    @property
    def tx(self) -> Transaction:
        assert self._tx is not None, "this operation declared no transaction"
        return self._tx

    def about(self, user: User) -> User:
        """Note whom the call is about."""
        self.subject, self.pool_id = user.sub, user.pool_id
        return user

    def write(self) -> "WriteBlock":
        """A write block in which the gate's rules hold: what delegation says is asked again of the state that is
        changed here, and what was done is recorded with the change or not at all.
        """
        return WriteBlock(self)


class WriteBlock:
    """See `Call.write`."""

    __slots__ = ("_block", "_call", "_tx")

    def __init__(self, call: Call) -> None:
        self._call = call

    async def __aenter__(self) -> Transaction:
        call = self._call
        self._block: AbstractAsyncContextManager[Transaction] = call.services.database.write()
        self._tx = tx = await self._block.__aenter__()
        if call.before_write is not None:
            await self._or_roll_back(call.before_write(tx, call))
        return tx

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        call = self._call
        if kind is None and call.after_write is not None:
            await self._or_roll_back(call.after_write(self._tx, call))
        await self._block.__aexit__(kind, error, trace)

    async def _or_roll_back(self, step: Awaitable[None]) -> None:
        try:
            await step
        except BaseException as error:
            await self._block.__aexit__(type(error), error, error.__traceback__)
            raise


def seconds(microseconds: int) -> float:
    """Our time as AWS JSON writes it: epoch seconds with milliseconds."""
    return microseconds // 1000 / 1000
