"""What the audit trail is still to be told by this process: refusals that come in floods, and attempts to sign in.

Whoever is refused a thousand times must not fill the disk. Here things are counted; `audit` writes them.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

MINUTE: Final = 60_000_000
EACH_CALLER: Final = 100
"""Different refusals of one caller that are written one by one in a minute."""
EVERYBODY: Final = 5000
"""Different refusals of all callers that are kept apart in a minute."""
WAITING: Final = 10_000
"""Attempts that may wait to be written."""


class Note(NamedTuple):
    """A record to be: the columns of the trail, with the body as plain data. `at` is epoch microseconds."""

    at: int
    pool_id: str
    kind: str
    operation: str
    actor: str
    subject: str
    result: str
    body: dict[str, Any]


class Attempt(NamedTuple):
    """A sign-in that failed, or a forgotten password. `typed` may be anybody's name, or a password in the wrong field:
    it is never written. `sub` is the user's where he is known already.
    """

    at: int
    client_id: str
    pool_id: str
    operation: str
    actor: str
    typed: str
    sub: str
    result: str
    body: dict[str, Any]


@dataclass(slots=True)
class _Counted:
    note: Note
    more: int = 0
    last: int = 0


@dataclass(slots=True)
class Unwritten:
    """One for each process. Whoever writes holds `writing`, so that nothing is written twice."""

    writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    attempts: deque[Attempt] = field(default_factory=deque)
    lost: int = 0
    _minute: int = 0
    _seen: dict[tuple[str, ...], _Counted] = field(default_factory=dict)
    _made: Counter[tuple[str, ...]] = field(default_factory=Counter)
    _spent: Counter[str] = field(default_factory=Counter)
    _due: list[Note] = field(default_factory=list)

    def attempted(self, attempt: Attempt) -> None:
        """Keep an attempt until it is written; too many at a time are only counted."""
        if len(self.attempts) < WAITING:
            self.attempts.append(attempt)
        else:
            self.lost += 1

    def admits(self, note: Note, caller: str, *, each: int = 1) -> bool:
        """Whether the note is to be written now: the first `each` of its kind in a minute, as long as the caller has
        not too many kinds. The others are counted, and written as one when the minute is over.
        """
        self._turn(note.at)
        key: tuple[str, ...] = (caller, note.pool_id, note.operation, note.subject, note.result)
        if key not in self._seen and self._spent[caller] >= EACH_CALLER:
            note, key, each = note._replace(subject=""), (caller, note.operation, note.result), 0
        if key not in self._seen and len(self._seen) >= EVERYBODY:
            note = note._replace(subject="", actor="", pool_id="")
            key, each = (note.operation, note.result), 0
        if key not in self._seen:
            self._seen[key] = _Counted(note)
            self._spent[caller] += 1
        self._made[key] += 1
        if self._made[key] <= each:
            return True
        counted = self._seen[key]
        counted.more, counted.last = counted.more + 1, note.at
        return False

    def due(self, now: int) -> list[Note]:
        """What was counted in minutes that are over. It is given until `done` says that it is written."""
        self._turn(now)
        return list(self._due)

    def everything(self) -> list[Note]:
        """What was counted, the present minute included: for the end of the process."""
        self._turn(-1)
        return list(self._due)

    def done(self, counted: Iterable[Note], attempts: Iterable[Attempt], lost: int) -> None:
        """These are written. Whoever writes at the same time may have taken some of them already."""
        gone = {id(note) for note in counted}
        self._due = [note for note in self._due if id(note) not in gone]
        self.lost -= lost
        for attempt in attempts:
            if self.attempts and self.attempts[0] is attempt:
                self.attempts.popleft()

    def _turn(self, now: int) -> None:
        minute = now // MINUTE
        if minute == self._minute:
            return
        self._minute = minute
        self._due += [_repeated(counted) for counted in self._seen.values() if counted.more]
        self._seen.clear()
        self._made.clear()
        self._spent.clear()


def _repeated(counted: _Counted) -> Note:
    """One record for many. What only the first one had is not said of all."""
    same: dict[str, Any] = {
        name: counted.note.body[name] for name in ("principal", "rule", "way") if name in counted.note.body
    }
    return counted.note._replace(at=counted.last, body={**same, "repeated": counted.more})
