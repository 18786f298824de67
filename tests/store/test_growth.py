"""Counts of the overview: what they count, and that they look at indexes only."""

import sqlite3

from poolhouse.store import growth


def test_users_are_counted_in_an_index(sqlite_template):
    """However many users a pool has, none of their rows is read."""
    connection = sqlite3.connect(sqlite_template)
    text, _ = growth._ADDED.sqlite()
    plan = [
        row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", {"pool_id": "p", "since": 1, "until": 2})
    ]
    connection.close()
    assert plan == [
        "SEARCH users USING COVERING INDEX ix_users_pool_id_created (pool_id=? AND created>? AND created<?)"
    ]


async def test_nothing_is_nothing(database):
    async with database.read() as tx:
        assert await growth.added(tx, "p", 0, 10**18) == 0
        assert await growth.groups_of(tx, "p") == 0
        assert await growth.backlog(tx) == (0, None, 0)
