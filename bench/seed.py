"""Fills a fresh database, past the server, with what the scenarios need: one group that holds every user.

A peer, which keeps everything behind its API, gets the same through that: `peers`.
"""

import asyncio
import sqlite3
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import asyncpg
import msgspec

from poolhouse.store import clients, groups, pools
from poolhouse.store.database import Database, open_database

CROWD = "crowd"
TARGETS = tuple(f"added-{number}" for number in range(40))
"""Groups that the scenarios put users into: a user and a group make one new membership."""
_FIRST_ID = 1 << 32  # far from the ids that the server will give
Row = tuple[Any, ...]


class Seeded(NamedTuple):
    """`crowd` holds usernames in the order of their row ids, which is the order of the group's pages."""

    pool_id: str
    client_id: str
    crowd: Sequence[str]


async def seed(url: str, users: int) -> Seeded:
    """The server must have made its pool before."""
    database = open_database(url)
    await database.start()
    try:
        pool_id, client_id, made, now = await _prepare(database, (CROWD, *TARGETS))
    finally:
        await database.stop()
    names = [str(uuid.uuid4()) for _ in range(users)]
    tables = _tables(pool_id, made[0], names, now)
    if url.startswith("sqlite"):
        await asyncio.to_thread(_fill_sqlite, url.removeprefix("sqlite:///"), tables)
    else:
        await _fill_postgresql(url, tables)
    return Seeded(pool_id, client_id, names)


async def found_pool(url: str, group_names: Sequence[str]) -> tuple[str, str]:
    """The server's pool and its client; the groups are made."""
    database = open_database(url)
    await database.start()
    try:
        return (await _prepare(database, group_names))[:2]
    finally:
        await database.stop()


async def _prepare(database: Database, group_names: Sequence[str]) -> tuple[str, str, list[int], int]:
    async with database.write() as tx:
        pool = (await pools.list_(tx, "us-east-1", "", 1))[0]
        client = (await clients.list_(tx, pool.id, "", 1))[0]
        now = time.time_ns() // 1000
        made = [await groups.add(tx, pool.id, name, now=now) for name in group_names]
    return pool.id, client.id, [group.id for group in made], now


def _tables(pool_id: str, group_id: int, names: Sequence[str], now: int) -> Mapping[str, tuple[str, Iterable[Row]]]:
    """Table -> its columns and rows, in the order of the foreign keys."""
    numbered = list(enumerate(names, _FIRST_ID))
    return {
        "users": (
            "id pool_id username username_key sub status enabled attributes tokens_not_before created modified",
            _users(pool_id, numbered, now),
        ),
        "user_aliases": (
            "pool_id value_key name user_id",
            ((pool_id, _email(name), "sign_in", number) for number, name in numbered),
        ),
        "user_search": (
            "pool_id name value_key user_id",
            ((pool_id, "email", _email(name), number) for number, name in numbered),
        ),
        "memberships": ("group_id user_id created", ((group_id, number, now) for number, _ in numbered)),
        "pool_counts": ("pool_id shard users", [(pool_id, 0, len(names))]),
    }


def _users(pool_id: str, numbered: Sequence[tuple[int, str]], now: int) -> Iterator[Row]:
    for number, name in numbered:
        attributes = {"sub": name, "email": _email(name), "email_verified": "true"}
        text = msgspec.json.encode([{"Name": key, "Value": value} for key, value in attributes.items()]).decode()
        yield number, pool_id, name, name, name, "CONFIRMED", 1, text, 0, now, now


def _email(name: str) -> str:
    return f"{name}@example.com"


def _fill_sqlite(path: str, tables: Mapping[str, tuple[str, Iterable[Row]]]) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous=OFF")  # nobody has been told that it is there
    connection.execute("PRAGMA cache_size=-262144")
    try:
        for table, (columns, rows) in tables.items():
            names = columns.split()
            marks = ",".join("?" * len(names))
            connection.executemany(f"INSERT INTO {table} ({','.join(names)}) VALUES ({marks})", rows)
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


async def _fill_postgresql(url: str, tables: Mapping[str, tuple[str, Iterable[Row]]]) -> None:
    connection = await asyncpg.connect(url)
    try:
        for table, (columns, rows) in tables.items():
            await connection.copy_records_to_table(table, columns=columns.split(), records=rows)
        await connection.execute("ANALYZE")  # what autovacuum would do a minute later
    finally:
        await connection.close()
