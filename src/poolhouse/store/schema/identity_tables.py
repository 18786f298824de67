"""Identity pools, their identities, and the roles that they are given."""

from sqlalchemy import Index, Table, UniqueConstraint

from .columns import metadata, number, owner, text

identity_pools = Table(
    "identity_pools",
    metadata,
    text("id", key=True),
    text("name"),
    text("settings"),
    number("created"),
)

identities = Table(
    "identities",
    metadata,
    text("id", key=True),
    owner("identity_pool_id", "identity_pools.id"),
    text("provider", null=True),
    text("subject", null=True),
    number("created"),
    UniqueConstraint("identity_pool_id", "provider", "subject"),
    Index(None, "identity_pool_id", "id"),
)

roles = Table(
    "roles",
    metadata,
    text("arn", key=True),
    text("name"),
    text("owner"),
    text("trust"),
    text("policies"),
    number("modified"),
    Index(None, "owner"),
)
