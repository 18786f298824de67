"""What happens to the trail behind the requests: attempts and counted refusals are written, loose rows are linked."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import Final

from poolhouse.operations.context import Services
from poolhouse.operations.unwritten import Attempt, Note

from .chain import BATCH, link
from .rows import write_all
from .sign_ins import KIND, note_of

PAUSE: Final = 0.25
MOST: Final = 500
_LOST: Final = "TooManyToRecord"
Pause = Callable[[float], Awaitable[object]]


async def follow(services: Services, pause: Pause = asyncio.sleep) -> None:
    """Until it is cancelled."""
    while True:
        await flush(services)
        linked = await link(services)
        await pause(0 if linked == BATCH else PAUSE)


async def flush(services: Services, *, final: bool = False) -> int:
    """Write what waits in memory; `final` also what is still being counted. The number of rows."""
    async with services.unwritten.writing:
        return await _flush(services, final=final)


async def _flush(services: Services, *, final: bool) -> int:
    unwritten = services.unwritten
    counted = unwritten.everything() if final else unwritten.due(services.clock())
    attempts, lost = list(islice(unwritten.attempts, MOST)), unwritten.lost
    if not attempts and not counted and not lost:
        return 0
    notes = [*counted, *await _made(services, attempts)]
    if lost:
        notes.append(Note(services.clock(), "", KIND, "", "", "", _LOST, {"repeated": lost}))
    async with services.database.write() as tx:
        await write_all(tx, services.vault, notes)
    unwritten.done(counted, attempts, lost)
    return len(notes)


async def _made(services: Services, attempts: Sequence[Attempt]) -> list[Note]:
    """The notes of the attempts that are not merely counted."""
    notes: list[Note] = []
    if not attempts:
        return notes
    async with services.database.read() as tx:
        for attempt in attempts:
            found = await note_of(services, tx, attempt)
            if found is not None and services.unwritten.admits(found.note, found.caller, each=found.each):
                notes.append(found.note)
    return notes
