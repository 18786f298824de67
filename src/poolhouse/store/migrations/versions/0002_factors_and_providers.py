"""Factors and devices of users, resource servers, domains, identity providers, rotation of refresh tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger()
SEALED = sa.LargeBinary()


def upgrade() -> None:
    op.create_table(
        "domains",
        sa.Column("domain", TEXT, nullable=False),
        sa.Column("pool_id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("settings", TEXT, nullable=False),
        sa.Column("created", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_domains_pool_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_domains")),
        sa.UniqueConstraint("pool_id", "kind", name=op.f("uq_domains_pool_id_kind")),
    )
    op.create_table(
        "identity_providers",
        sa.Column("pool_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("settings", TEXT, nullable=False),
        sa.Column("details", SEALED, nullable=False),
        sa.Column("created", NUMBER, nullable=False),
        sa.Column("modified", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pools.id"], name=op.f("fk_identity_providers_pool_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("pool_id", "name", name=op.f("pk_identity_providers")),
    )
    op.create_table(
        "resource_servers",
        sa.Column("pool_id", TEXT, nullable=False),
        sa.Column("identifier", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("scopes", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pools.id"], name=op.f("fk_resource_servers_pool_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("pool_id", "identifier", name=op.f("pk_resource_servers")),
    )
    op.create_table(
        "devices",
        sa.Column("user_id", NUMBER, nullable=False),
        sa.Column("device_key", TEXT, nullable=False),
        sa.Column("group_key", TEXT, nullable=False),
        sa.Column("verifier", SEALED, nullable=True),
        sa.Column("remembered", NUMBER, nullable=False),
        sa.Column("attributes", TEXT, nullable=False),
        sa.Column("created", NUMBER, nullable=False),
        sa.Column("modified", NUMBER, nullable=False),
        sa.Column("authenticated", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_devices_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "device_key", name=op.f("pk_devices")),
    )
    op.create_table(
        "factors",
        sa.Column("user_id", NUMBER, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("secret", SEALED, nullable=True),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("modified", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_factors_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "kind", name=op.f("pk_factors")),
    )
    op.create_table(
        "linked_identities",
        sa.Column("pool_id", TEXT, nullable=False),
        sa.Column("provider", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("user_id", NUMBER, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("created", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pools.id"], name=op.f("fk_linked_identities_pool_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_linked_identities_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("pool_id", "provider", "subject", name=op.f("pk_linked_identities")),
    )
    op.create_index(op.f("ix_linked_identities_user_id"), "linked_identities", ["user_id"])

    op.add_column("token_families", sa.Column("generation", NUMBER, server_default="0", nullable=False))
    op.add_column("token_families", sa.Column("rotated", NUMBER, nullable=True))
    op.add_column("token_families", sa.Column("device_key", TEXT, nullable=True))
