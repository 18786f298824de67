"""Lists of names that go into a group or out of it, and what became of each."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger()
SEALED = sa.LargeBinary()


def upgrade() -> None:
    op.create_table(
        "bulk_runs",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("pool_id", TEXT, nullable=False),
        *[sa.Column(name, TEXT, nullable=False) for name in ("group_name", "action", "actor", "status")],
        sa.Column("names", SEALED, nullable=False),
        *[sa.Column(name, NUMBER, nullable=False) for name in ("total", "held_until", "created", "modified")],
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_bulk_runs_pool_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_runs")),
    )
    op.create_index(
        op.f("ix_bulk_runs_pool_id_group_name_created_id"), "bulk_runs", ["pool_id", "group_name", "created", "id"]
    )
    op.create_index(op.f("ix_bulk_runs_created"), "bulk_runs", ["created"])
    op.create_table(
        "bulk_rows",
        sa.Column("run_id", TEXT, nullable=False),
        sa.Column("line", NUMBER, nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("message", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["bulk_runs.id"], name=op.f("fk_bulk_rows_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "line", name=op.f("pk_bulk_rows")),
    )
