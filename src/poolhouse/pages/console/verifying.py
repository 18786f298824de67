"""The check of the audit trail as a page that grows while the trail is read: no script, no job that outlives it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Final

from starlette.responses import Response

from poolhouse.operations import audit
from poolhouse.operations.audit import Report

from . import render
from .visit import ConsoleVisit

_STEPS: Final = 20
"""How many lines a long check writes at most, so that a screen reader is not drowned."""


def verified(visit: ConsoleVisit) -> Response:
    """The head of the page at once, then how far the check is, then what it found."""
    return render.growing("audit_verify", visit, _pieces(visit))


async def _pieces(visit: ConsoleVisit) -> AsyncGenerator[str, None]:
    told: asyncio.Queue[str] = asyncio.Queue()
    check = asyncio.create_task(_check(visit, told))
    try:
        while not (check.done() and told.empty()):
            with suppress(TimeoutError):
                yield await asyncio.wait_for(told.get(), 0.2)
        yield _found(await check)
    finally:
        check.cancel()


async def _check(visit: ConsoleVisit, told: asyncio.Queue[str]) -> Report:
    last = 0

    async def progress(proved: int, rows: int) -> None:
        nonlocal last
        if proved - last >= rows / _STEPS:
            last = proved
            told.put_nowait(f"<li>{proved:,} of {rows:,} rows are as they were written.</li>\n")
        await asyncio.sleep(0)

    services = visit.services
    return await audit.verify(services.database, services.vault, progress=progress)


def _found(report: Report) -> str:
    """Between the list of the steps and a list that nobody sees, which the page closes."""
    return f"</ol>\n{render.part('audit_report', report=report)}\n<ol hidden>"
