"""The trail as its reader sees it, and as somebody with the database alone could change it."""

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Any

import asyncpg

from poolhouse.operations import audit
from poolhouse.operations.audit import Event, Report
from poolhouse.operations.context import Services


async def events(services: Services, **wanted: Any) -> list[Event]:
    """Oldest first."""
    return (await audit.events(services, limit=1000, **wanted))[::-1]


async def last(services: Services, **wanted: Any) -> Event:
    return (await audit.events(services, limit=1, **wanted))[0]


async def link_all(services: Services) -> int:
    linked = 0
    while made := await audit.link(services):
        linked += made
    return linked


async def verified(services: Services) -> Report:
    return await audit.verify(services.database, services.vault)


def text_of(event: Event) -> str:
    return json.dumps(event.body)


async def attack(url: str, *statements: str) -> None:
    """What a thief of the database does: first he takes the guard away, then he changes what he likes."""
    if url.startswith("postgresql"):
        guards = [f"ALTER TABLE audit_events DISABLE TRIGGER audit_events_{name}" for name in ("keep", "fix")]
        restored = [f"ALTER TABLE audit_events ENABLE TRIGGER audit_events_{name}" for name in ("keep", "fix")]
    else:
        guards = [f"DROP TRIGGER audit_events_{name}" for name in ("keep", "fix")]
        restored = []
    await execute(url, *guards, *statements, *restored)


@asynccontextmanager
async def nothing_recorded(url: str) -> AsyncIterator[None]:
    """A database that refuses every new record, as a full disk would."""
    if not url.startswith("postgresql"):
        refuse = "BEGIN SELECT RAISE(ABORT, 'full'); END"
        await execute(url, f"CREATE TRIGGER audit_is_full BEFORE INSERT ON audit_events {refuse}")
        yield
        return
    body = "$$ BEGIN RAISE EXCEPTION 'full'; END $$"
    await execute(
        url,
        f"CREATE FUNCTION audit_full() RETURNS trigger LANGUAGE plpgsql AS {body}",
        "CREATE TRIGGER audit_is_full BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION audit_full()",
    )
    try:
        yield
    finally:
        await execute(url, "DROP TRIGGER audit_is_full ON audit_events", "DROP FUNCTION audit_full")


async def execute(url: str, *statements: str) -> None:
    if url.startswith("postgresql"):
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()
        return
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
