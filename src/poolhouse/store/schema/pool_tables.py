"""User pools and what belongs to one as a whole: clients, keys, groups, domains, providers, looks."""

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, UniqueConstraint

from .columns import RowId, metadata, number, owner, sealed, text

pools = Table(
    "pools",
    metadata,
    text("id", key=True),
    text("region"),
    text("name"),
    text("settings"),
    number("created"),
    number("modified"),
    Index(None, "region", "id"),
)

# How many users a pool has, spread over shards so that concurrent creations do not wait for one row.
pool_counts = Table(
    "pool_counts",
    metadata,
    owner("pool_id", "pools.id"),
    number("shard"),
    number("users"),
    PrimaryKeyConstraint("pool_id", "shard"),
)

signing_keys = Table(
    "signing_keys",
    metadata,
    text("kid", key=True),
    owner("pool_id", "pools.id"),
    text("use"),
    text("public_jwk"),
    sealed("private"),
    number("created"),
    Index(None, "pool_id", "use", "created"),
)

clients = Table(
    "clients",
    metadata,
    text("id", key=True),
    owner("pool_id", "pools.id"),
    text("name"),
    text("settings"),
    sealed("secret", null=True),
    number("created"),
    number("modified"),
    Index(None, "pool_id", "id"),
)

groups = Table(
    "groups",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    owner("pool_id", "pools.id"),
    text("name"),
    text("description", null=True),
    text("role_arn", null=True),
    number("precedence", null=True),
    number("created"),
    number("modified"),
    UniqueConstraint("pool_id", "name"),
)

resource_servers = Table(
    "resource_servers",
    metadata,
    owner("pool_id", "pools.id"),
    text("identifier"),
    text("name"),
    text("scopes"),
    PrimaryKeyConstraint("pool_id", "identifier"),
)

domains = Table(
    "domains",
    metadata,
    text("domain", key=True),
    owner("pool_id", "pools.id"),
    text("kind"),
    text("settings"),
    number("created"),
    UniqueConstraint("pool_id", "kind"),
)

identity_providers = Table(
    "identity_providers",
    metadata,
    owner("pool_id", "pools.id"),
    text("name"),
    text("type"),
    text("settings"),
    sealed("details"),
    number("created"),
    number("modified"),
    PrimaryKeyConstraint("pool_id", "name"),
)

# How the hosted pages of a pool look; `client_id` is "ALL" for what applies where a client has none of its own.
looks = Table(
    "looks",
    metadata,
    owner("pool_id", "pools.id"),
    text("client_id"),
    text("css", null=True),
    text("css_version", null=True),
    sealed("image", null=True),
    text("image_type", null=True),
    text("settings"),
    number("created"),
    number("modified"),
    PrimaryKeyConstraint("pool_id", "client_id"),
)
