"""What the console keeps between two requests of somebody who works with it."""

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from .columns import metadata, number, owner, sealed, text

# A list of names that somebody puts into a group or takes out of it, row by row. `names` is sealed; `actor` is whose
# list it is; nobody else works on it before `held_until`.
bulk_runs = Table(
    "bulk_runs",
    metadata,
    text("id", key=True),
    owner("pool_id", "pools.id"),
    text("group_name"),
    text("action"),
    text("actor"),
    text("status"),
    sealed("names"),
    number("total"),
    number("held_until"),
    number("created"),
    number("modified"),
    Index(None, "pool_id", "group_name", "created", "id"),
    Index(None, "created"),
)

# What became of each name, by the line in which it stands.
bulk_rows = Table(
    "bulk_rows",
    metadata,
    owner("run_id", "bulk_runs.id"),
    number("line"),
    text("outcome"),
    text("message"),
    PrimaryKeyConstraint("run_id", "line"),
)
