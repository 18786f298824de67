"""Files that a page of the console hands out: sent piece by piece, never kept by the browser, never run by a sheet."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Sequence

from starlette.responses import Response, StreamingResponse

from poolhouse.operations.import_csv import guarded

from .visit import HEADERS


def csv_line(cells: Sequence[object]) -> bytes:
    """A row as spreadsheets read it; what one would take for a formula is marked as text."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow([guarded(str(cell)) for cell in cells])
    return text.getvalue().encode()


def attachment(name: str, media_type: str, pieces: AsyncIterator[bytes]) -> Response:
    """`name` is one of ours: letters, digits, dots and hyphens."""
    headers = HEADERS | {
        "content-disposition": f'attachment; filename="{name}"',
        "content-security-policy": "default-src 'none'; sandbox",
    }
    return StreamingResponse(_yielding(pieces), headers=headers, media_type=media_type)


async def _yielding(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Statements on SQLite never suspend, so others get their turn here."""
    async for piece in pieces:
        yield piece
        await asyncio.sleep(0)
