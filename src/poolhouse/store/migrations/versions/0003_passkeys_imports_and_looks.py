"""Passkeys, import jobs, the look of hosted pages, and when a message is tried again."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger()
SEALED = sa.LargeBinary()


def upgrade() -> None:
    op.create_table(
        "passkeys",
        sa.Column("pool_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("user_id", NUMBER, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("relying_party", TEXT, nullable=False),
        sa.Column("public_key", SEALED, nullable=False),
        sa.Column("sign_count", NUMBER, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("created", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_passkeys_pool_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_passkeys_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pool_id", "id", name=op.f("pk_passkeys")),
    )
    op.create_index(op.f("ix_passkeys_user_id_created"), "passkeys", ["user_id", "created"])
    op.create_table(
        "import_jobs",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("pool_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("settings", TEXT, nullable=False),
        sa.Column("content", SEALED, nullable=True),
        sa.Column("created", NUMBER, nullable=False),
        sa.Column("started", NUMBER, nullable=True),
        sa.Column("ended", NUMBER, nullable=True),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_import_jobs_pool_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_jobs")),
    )
    op.create_index(op.f("ix_import_jobs_pool_id_created_id"), "import_jobs", ["pool_id", "created", "id"])
    op.create_table(
        "import_rows",
        sa.Column("job_id", TEXT, nullable=False),
        sa.Column("line", NUMBER, nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("message", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["import_jobs.id"], name=op.f("fk_import_rows_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "line", name=op.f("pk_import_rows")),
    )
    op.create_table(
        "looks",
        sa.Column("pool_id", TEXT, nullable=False),
        sa.Column("client_id", TEXT, nullable=False),
        sa.Column("css", TEXT, nullable=True),
        sa.Column("css_version", TEXT, nullable=True),
        sa.Column("image", SEALED, nullable=True),
        sa.Column("image_type", TEXT, nullable=True),
        sa.Column("settings", TEXT, nullable=False),
        sa.Column("created", NUMBER, nullable=False),
        sa.Column("modified", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_looks_pool_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pool_id", "client_id", name=op.f("pk_looks")),
    )
    op.add_column("outbox", sa.Column("due", NUMBER, server_default="0", nullable=False))
    op.add_column("outbox", sa.Column("tries", NUMBER, server_default="0", nullable=False))
    op.create_index(op.f("ix_outbox_due_id"), "outbox", ["due", "id"])
    op.create_index(op.f("ix_identities_identity_pool_id_id"), "identities", ["identity_pool_id", "id"])
