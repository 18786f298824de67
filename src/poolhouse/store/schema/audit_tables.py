"""What was done to identities, and who may do it for whom."""

from typing import Any

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table
from sqlalchemy import text as sql

from .columns import RowId, metadata, number, owner, sealed, text

# An action pays for the row alone: it gets its place in these indexes together with many others, in the background.
_WHERE_LINKED: dict[str, Any] = {
    "sqlite_where": sql("seq IS NOT NULL"),
    "postgresql_where": sql("seq IS NOT NULL"),
}

# One row for each action. Rows stay when what they speak of is deleted, so nothing here refers to another table.
# A row is written with its action; `seq` and `hash` are set once, when it becomes the next link of the chain. The
# database itself refuses every other change (migration 0004).
audit_events = Table(
    "audit_events",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    number("at"),
    text("pool_id"),
    text("kind"),
    text("operation"),
    text("actor"),
    text("subject"),
    text("result"),
    text("body"),
    sealed("mac"),
    number("seq", null=True),
    sealed("hash", null=True),
    Index(None, "pool_id", "id", **_WHERE_LINKED),
    Index(None, "pool_id", "operation", "id", **_WHERE_LINKED),
    Index(None, "pool_id", "subject", "id", **_WHERE_LINKED),
    Index(None, "pool_id", "actor", "id", **_WHERE_LINKED),
    Index("uq_audit_events_seq", "seq", unique=True, **_WHERE_LINKED),
    Index("ix_audit_events_loose", "id", sqlite_where=sql("seq IS NULL"), postgresql_where=sql("seq IS NULL")),
    # The id of a removed row must never be another row's.
    sqlite_autoincrement=True,
)

# How often what happened in an hour (`hour` is epoch hours), counted when rows join the chain.
audit_hours = Table(
    "audit_hours",
    metadata,
    text("pool_id"),
    number("hour"),
    text("kind"),
    text("result"),
    number("events"),
    PrimaryKeyConstraint("pool_id", "hour", "kind", "result"),
)

# The delegation of a pool as JSON; a pool without a row delegates nothing.
delegations = Table(
    "delegations",
    metadata,
    owner("pool_id", "pools.id"),
    text("rules"),
    number("modified"),
    PrimaryKeyConstraint("pool_id"),
)
