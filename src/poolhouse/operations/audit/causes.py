"""Records of what goes on without the one who began it: each says who that was, and by which request.

They are written many at a time, each in the transaction of what it tells.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from poolhouse.operations.context import Call, Services
from poolhouse.operations.unwritten import Note
from poolhouse.store.database import Transaction

from .command_line import COMMAND_LINE, typed_by
from .recording import OK, told
from .rows import write_all

_LONGEST: Final = 500


class Cause(msgspec.Struct, frozen=True):
    """Who began it, and what is said of that in every record; plain enough to be stored as JSON."""

    actor: str
    pool_id: str
    body: dict[str, Any]

    @property
    def run(self) -> str:
        """The id of the request, or of the run of a command."""
        return str(self.body["request_id"])


class Effect(NamedTuple):
    """What became of one thing: `result` is `ok` or an error's code, `rule` the words of a refusal."""

    operation: str
    subject: str
    request: Mapping[str, Any]
    result: str = OK
    rule: str = ""


async def cause(tx: Transaction, ctx: Call) -> Cause:
    """An operation that begins something."""
    said = await told(tx, ctx)
    body = {name: value for name, value in said.body.items() if name != "event_id"}
    return Cause(said.actor, said.pool_id, body)


def operators_cause(principal: str, pool_id: str, run: str, **request: Any) -> Cause:
    """A command that somebody with the master key and the database runs; `run` names this run of it."""
    body: dict[str, Any] = {"request_id": run, "way": COMMAND_LINE, **typed_by(COMMAND_LINE), "rule": "root"}
    return Cause(principal, pool_id, body | {"principal": principal, "request": request})


async def record_effects(tx: Transaction, services: Services, cause: Cause, effects: Sequence[Effect]) -> None:
    """One record for each."""
    now = services.clock()
    await write_all(tx, services.vault, [_note(now, cause, effect) for effect in effects])


def _note(now: int, cause: Cause, effect: Effect) -> Note:
    request = cause.body["request"] | {name: _cut(value) for name, value in effect.request.items()}
    body = cause.body | {"request": request}
    if effect.rule:
        body["rule"] = effect.rule
    subject = effect.subject[:_LONGEST]
    return Note(now, cause.pool_id, "admin", effect.operation, cause.actor, subject, effect.result, body)


def _cut(value: Any) -> Any:
    return value[:_LONGEST] if isinstance(value, str) else value
