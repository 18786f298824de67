"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NUMBER = sa.BigInteger()
SEALED = sa.LargeBinary()


def upgrade() -> None:
    op.create_table(
        "attempts",
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("count", NUMBER, nullable=False),
        sa.Column("started", NUMBER, nullable=False),
        sa.Column("last", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_attempts")),
    )
    op.create_table(
        "backend_resources",
        sa.Column("backend", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("resource_id", TEXT, nullable=False),
        sa.Column("document", TEXT, nullable=False),
        sa.Column("modified", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("backend", "kind", "name", name=op.f("pk_backend_resources")),
    )
    op.create_table(
        "facts",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("value", SEALED, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_facts")),
    )
    op.create_table(
        "identity_pools",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("settings", TEXT, nullable=False),
        sa.Column("created", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_pools")),
    )
    op.create_table(
        "inbox",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("pool_id", TEXT, nullable=False),
        sa.Column("username", TEXT, nullable=False),
        sa.Column("destination", TEXT, nullable=False),
        sa.Column("medium", TEXT, nullable=False),
        sa.Column("purpose", TEXT, nullable=False),
        sa.Column("content", SEALED, nullable=False),
        sa.Column("created", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
    )
    op.create_index(op.f("ix_inbox_destination_id"), "inbox", ["destination", "id"])
    op.create_index(op.f("ix_inbox_username_id"), "inbox", ["username", "id"])
    op.create_table(
        "outbox",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("pool_id", TEXT, nullable=False),
        sa.Column("username", TEXT, nullable=False),
        sa.Column("destination", TEXT, nullable=False),
        sa.Column("medium", TEXT, nullable=False),
        sa.Column("purpose", TEXT, nullable=False),
        sa.Column("content", SEALED, nullable=False),
        sa.Column("created", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_table(
        "pools",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("region", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("settings", TEXT, nullable=False),
        sa.Column("created", NUMBER, nullable=False),
        sa.Column("modified", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pools")),
    )
    op.create_index(op.f("ix_pools_region_id"), "pools", ["region", "id"])
    op.create_table(
        "roles",
        sa.Column("arn", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("trust", TEXT, nullable=False),
        sa.Column("policies", TEXT, nullable=False),
        sa.Column("modified", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("arn", name=op.f("pk_roles")),
    )
    op.create_index(op.f("ix_roles_owner"), "roles", ["owner"])
    op.create_table(
        "secrets",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("value", SEALED, nullable=False),
        sa.Column("modified", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_secrets")),
    )
    op.create_table(
        "used_sessions",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("expires", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_used_sessions")),
    )
    op.create_index(op.f("ix_used_sessions_expires"), "used_sessions", ["expires"])
    op.create_table(
        "clients",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("pool_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("settings", TEXT, nullable=False),
        sa.Column("secret", SEALED, nullable=True),
        sa.Column("created", NUMBER, nullable=False),
        sa.Column("modified", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_clients_pool_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
    )
    op.create_index(op.f("ix_clients_pool_id_id"), "clients", ["pool_id", "id"])
    op.create_table(
        "groups",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("pool_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=True),
        sa.Column("role_arn", TEXT, nullable=True),
        sa.Column("precedence", NUMBER, nullable=True),
        sa.Column("created", NUMBER, nullable=False),
        sa.Column("modified", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_groups_pool_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
        sa.UniqueConstraint("pool_id", "name", name=op.f("uq_groups_pool_id_name")),
    )
    op.create_table(
        "identities",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("identity_pool_id", TEXT, nullable=False),
        sa.Column("provider", TEXT, nullable=True),
        sa.Column("subject", TEXT, nullable=True),
        sa.Column("created", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(
            ["identity_pool_id"], ["identity_pools.id"], name=op.f("fk_identities_identity_pool_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint(
            "identity_pool_id", "provider", "subject", name=op.f("uq_identities_identity_pool_id_provider_subject")
        ),
    )
    op.create_table(
        "pool_counts",
        sa.Column("pool_id", TEXT, nullable=False),
        sa.Column("shard", NUMBER, nullable=False),
        sa.Column("users", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_pool_counts_pool_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pool_id", "shard", name=op.f("pk_pool_counts")),
    )
    op.create_table(
        "signing_keys",
        sa.Column("kid", TEXT, nullable=False),
        sa.Column("pool_id", TEXT, nullable=False),
        sa.Column("use", TEXT, nullable=False),
        sa.Column("public_jwk", TEXT, nullable=False),
        sa.Column("private", SEALED, nullable=False),
        sa.Column("created", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_signing_keys_pool_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_signing_keys")),
    )
    op.create_index(op.f("ix_signing_keys_pool_id_use_created"), "signing_keys", ["pool_id", "use", "created"])
    op.create_table(
        "users",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("pool_id", TEXT, nullable=False),
        sa.Column("username", TEXT, nullable=False),
        sa.Column("username_key", TEXT, nullable=False),
        sa.Column("sub", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("enabled", NUMBER, nullable=False),
        sa.Column("attributes", TEXT, nullable=False),
        sa.Column("credential", SEALED, nullable=True),
        sa.Column("temporary_until", NUMBER, nullable=True),
        sa.Column("tokens_not_before", NUMBER, nullable=False),
        sa.Column("created", NUMBER, nullable=False),
        sa.Column("modified", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_users_pool_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("pool_id", "sub", name=op.f("uq_users_pool_id_sub")),
        sa.UniqueConstraint("pool_id", "username_key", name=op.f("uq_users_pool_id_username_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_users_pool_id_enabled_id"), "users", ["pool_id", "enabled", "id"])
    op.create_index(op.f("ix_users_pool_id_id"), "users", ["pool_id", "id"])
    op.create_index(op.f("ix_users_pool_id_status_id"), "users", ["pool_id", "status", "id"])
    op.create_table(
        "codes",
        sa.Column("user_id", NUMBER, nullable=False),
        sa.Column("purpose", TEXT, nullable=False),
        sa.Column("digest", SEALED, nullable=False),
        sa.Column("attribute", TEXT, nullable=False),
        sa.Column("destination", TEXT, nullable=False),
        sa.Column("expires", NUMBER, nullable=False),
        sa.Column("created", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_codes_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "purpose", name=op.f("pk_codes")),
    )
    op.create_table(
        "memberships",
        sa.Column("group_id", NUMBER, nullable=False),
        sa.Column("user_id", NUMBER, nullable=False),
        sa.Column("created", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_memberships_group_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_memberships_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("group_id", "user_id", name=op.f("pk_memberships")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_memberships_user_id_group_id"), "memberships", ["user_id", "group_id"])
    op.create_table(
        "token_families",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("user_id", NUMBER, nullable=False),
        sa.Column("client_id", TEXT, nullable=False),
        sa.Column("event_id", TEXT, nullable=False),
        sa.Column("scope", TEXT, nullable=False),
        sa.Column("auth_time", NUMBER, nullable=False),
        sa.Column("created", NUMBER, nullable=False),
        sa.Column("expires", NUMBER, nullable=False),
        sa.Column("revoked", NUMBER, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_token_families_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token_families")),
    )
    op.create_index(op.f("ix_token_families_expires"), "token_families", ["expires"])
    op.create_index(op.f("ix_token_families_user_id"), "token_families", ["user_id"])
    op.create_table(
        "user_aliases",
        sa.Column("pool_id", TEXT, nullable=False),
        sa.Column("value_key", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("user_id", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_user_aliases_pool_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_aliases_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pool_id", "value_key", "name", name=op.f("pk_user_aliases")),
    )
    op.create_index(op.f("ix_user_aliases_user_id"), "user_aliases", ["user_id"])
    op.create_table(
        "user_search",
        sa.Column("pool_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("value_key", TEXT, nullable=False),
        sa.Column("user_id", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_user_search_pool_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_search_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pool_id", "name", "value_key", "user_id", name=op.f("pk_user_search")),
    )
    op.create_index(op.f("ix_user_search_user_id"), "user_search", ["user_id"])
