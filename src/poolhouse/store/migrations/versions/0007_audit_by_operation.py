"""The audit trail by operation: what happens rarely is found without a look at everything else."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
_LINKED = sa.text("seq IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        op.f("ix_audit_events_pool_id_operation_id"),
        "audit_events",
        ["pool_id", "operation", "id"],
        sqlite_where=_LINKED,
        postgresql_where=_LINKED,
    )
