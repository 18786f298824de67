"""What signing in leaves behind: codes, counters, sign-ins, used sessions."""

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, Table

from .columns import metadata, number, row, sealed, text

codes = Table(
    "codes",
    metadata,
    row("user_id", "users.id"),
    text("purpose"),
    sealed("digest"),
    text("attribute"),
    text("destination"),
    number("expires"),
    number("created"),
    PrimaryKeyConstraint("user_id", "purpose"),
)

# A counter with a window: wrong passwords, wrong codes, sent codes. `subject` says whose and of what kind.
attempts = Table(
    "attempts",
    metadata,
    text("subject", key=True),
    number("count"),
    number("started"),
    number("last"),
)

# One row per sign-in; its id is the origin_jti of the tokens that came from it.
token_families = Table(
    "token_families",
    metadata,
    text("id", key=True),
    row("user_id", "users.id"),
    text("client_id"),
    text("event_id"),
    text("scope"),
    number("auth_time"),
    number("created"),
    number("expires"),
    number("revoked", null=True),
    # Which of the family's refresh tokens is the current one, since when, and the device that it was given to.
    Column("generation", BigInteger, nullable=False, server_default="0"),
    number("rotated", null=True),
    text("device_key", null=True),
    Index(None, "user_id"),
    Index(None, "expires"),
)

# Sessions and secret blocks are sealed and self-contained; a row here says that one was used.
used_sessions = Table(
    "used_sessions",
    metadata,
    text("id", key=True),
    number("expires"),
    Index(None, "expires"),
)
