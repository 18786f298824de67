"""Takes something away behind the server's back, to see that the check notices."""

import sqlite3
from contextlib import closing

LOSSES = {
    "record": (
        "DROP TRIGGER audit_events_keep",
        "DELETE FROM audit_events WHERE id = (SELECT max(id) FROM audit_events WHERE result = 'ok')",
    ),
    "count": ("UPDATE pool_counts SET users = users + 1 WHERE shard = (SELECT max(shard) FROM pool_counts)",),
    "membership": ("DELETE FROM memberships WHERE group_id IN (SELECT id FROM groups WHERE name LIKE 'soak-%')",),
    "user": ("PRAGMA foreign_keys = ON", "DELETE FROM users WHERE id = (SELECT max(id) FROM users)"),
}


def lose(url: str, what: str) -> None:
    """Of a SQLite database."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        changed = [connection.execute(statement).rowcount for statement in LOSSES[what]]
    if changed[-1] < 1:
        raise RuntimeError(f"There was nothing of {what} to lose.")
