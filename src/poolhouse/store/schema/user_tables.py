"""Users, their names, memberships and factors."""

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, UniqueConstraint

from .columns import RowId, metadata, number, owner, row, sealed, text

users = Table(
    "users",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    owner("pool_id", "pools.id"),
    text("username"),
    text("username_key"),
    text("sub"),
    text("status"),
    number("enabled"),
    text("attributes"),
    sealed("credential", null=True),
    number("temporary_until", null=True),
    number("tokens_not_before"),
    number("created"),
    number("modified"),
    UniqueConstraint("pool_id", "username_key"),
    UniqueConstraint("pool_id", "sub"),
    Index(None, "pool_id", "id"),
    Index(None, "pool_id", "status", "id"),
    Index(None, "pool_id", "enabled", "id"),
    Index(None, "pool_id", "created"),
    # The id of a deleted user must never be another user's.
    sqlite_autoincrement=True,
)

# A row here is an *active* sign-in name besides the username: a username attribute or a verified alias.
user_aliases = Table(
    "user_aliases",
    metadata,
    owner("pool_id", "pools.id"),
    text("value_key"),
    text("name"),
    row("user_id", "users.id"),
    PrimaryKeyConstraint("pool_id", "value_key", "name"),
    Index(None, "user_id"),
)

# The attributes that ListUsers can filter by, folded for comparison.
user_search = Table(
    "user_search",
    metadata,
    owner("pool_id", "pools.id"),
    text("name"),
    text("value_key"),
    row("user_id", "users.id"),
    PrimaryKeyConstraint("pool_id", "name", "value_key", "user_id"),
    Index(None, "user_id"),
)

memberships = Table(
    "memberships",
    metadata,
    row("group_id", "groups.id"),
    row("user_id", "users.id"),
    number("created"),
    PrimaryKeyConstraint("group_id", "user_id"),
    Index(None, "user_id", "group_id"),
    sqlite_with_rowid=False,
)

# Who a user is with an identity provider.
linked_identities = Table(
    "linked_identities",
    metadata,
    owner("pool_id", "pools.id"),
    text("provider"),
    text("subject"),
    row("user_id", "users.id"),
    text("description"),
    number("created"),
    PrimaryKeyConstraint("pool_id", "provider", "subject"),
    Index(None, "user_id"),
)

# What a user may be asked for besides the password. `state` is JSON: enabled, preferred, verified, last used step.
factors = Table(
    "factors",
    metadata,
    row("user_id", "users.id"),
    text("kind"),
    sealed("secret", null=True),
    text("state"),
    number("modified"),
    PrimaryKeyConstraint("user_id", "kind"),
)

# Credentials of WebAuthn. `id` is base64url as browsers write it; `state` is JSON: transports, attachment, backup.
passkeys = Table(
    "passkeys",
    metadata,
    owner("pool_id", "pools.id"),
    text("id"),
    row("user_id", "users.id"),
    text("name"),
    text("relying_party"),
    sealed("public_key"),
    number("sign_count"),
    text("state"),
    number("created"),
    PrimaryKeyConstraint("pool_id", "id"),
    Index(None, "user_id", "created"),
)

devices = Table(
    "devices",
    metadata,
    row("user_id", "users.id"),
    text("device_key"),
    text("group_key"),
    sealed("verifier", null=True),
    number("remembered"),
    text("attributes"),
    number("created"),
    number("modified"),
    number("authenticated"),
    PrimaryKeyConstraint("user_id", "device_key"),
)
