"""Steps inside a write block: each is kept with the block, or undone alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy import text

from .database import Transaction
from .statement import Statement

_BEGIN: Final = Statement(text("SAVEPOINT step"))
_UNDO: Final = Statement(text("ROLLBACK TO SAVEPOINT step"))
_END: Final = Statement(text("RELEASE SAVEPOINT step"))


@asynccontextmanager
async def step(tx: Transaction) -> AsyncIterator[None]:
    """What an error ends is undone, and the error raised; the block goes on from where it was before. Not nested."""
    await tx.all(_BEGIN, {})
    try:
        with tx.noting():
            yield
    except Exception:
        await tx.all(_UNDO, {})
        await tx.all(_END, {})
        raise
    await tx.all(_END, {})
