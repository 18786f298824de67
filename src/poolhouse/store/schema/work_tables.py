"""What waits to be carried out: messages and imports."""

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, Table

from .columns import RowId, metadata, number, owner, sealed, text

# Messages wait here until they are delivered; they are written in the transaction that causes them.
outbox = Table(
    "outbox",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    text("pool_id"),
    text("username"),
    text("destination"),
    text("medium"),
    text("purpose"),
    sealed("content"),
    number("created"),
    # Nobody takes a message before `due`: it is being delivered, or was tried in vain `tries` times.
    Column("due", BigInteger, nullable=False, server_default="0"),
    Column("tries", BigInteger, nullable=False, server_default="0"),
    Index(None, "due", "id"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    text("pool_id"),
    text("username"),
    text("destination"),
    text("medium"),
    text("purpose"),
    sealed("content"),
    number("created"),
    Index(None, "username", "id"),
    Index(None, "destination", "id"),
)

# `content` is the uploaded file, sealed; it goes when the job has ended. `settings` is JSON: role, counts, message.
import_jobs = Table(
    "import_jobs",
    metadata,
    text("id", key=True),
    owner("pool_id", "pools.id"),
    text("name"),
    text("status"),
    text("settings"),
    sealed("content", null=True),
    number("created"),
    number("started", null=True),
    number("ended", null=True),
    Index(None, "pool_id", "created", "id"),
)

# What became of each row of an imported file.
import_rows = Table(
    "import_rows",
    metadata,
    owner("job_id", "import_jobs.id"),
    number("line"),
    text("outcome"),
    text("message"),
    PrimaryKeyConstraint("job_id", "line"),
)
