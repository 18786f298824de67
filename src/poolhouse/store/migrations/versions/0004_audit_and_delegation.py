"""The audit trail, which the database keeps from being changed, its counts, and delegation."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger()
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SEALED = sa.LargeBinary()
LOOSE = sa.text("seq IS NULL")
LINKED = sa.text("seq IS NOT NULL")
_INDEXES = {
    "ix_audit_events_pool_id_id": ["pool_id", "id"],
    "ix_audit_events_pool_id_subject_id": ["pool_id", "subject", "id"],
    "ix_audit_events_pool_id_actor_id": ["pool_id", "actor", "id"],
    "uq_audit_events_seq": ["seq"],
}
_SAME = " OR ".join(
    f"NEW.{name} {{differs}} OLD.{name}"
    for name in ("id", "at", "pool_id", "kind", "operation", "actor", "subject", "result", "body", "mac")
)


def upgrade() -> None:
    op.create_table(
        "audit_events",
        sa.Column("id", ROW_ID, nullable=False, autoincrement=True),
        sa.Column("at", NUMBER, nullable=False),
        *[sa.Column(name, TEXT, nullable=False) for name in ("pool_id", "kind", "operation")],
        *[sa.Column(name, TEXT, nullable=False) for name in ("actor", "subject", "result", "body")],
        sa.Column("mac", SEALED, nullable=False),
        sa.Column("seq", NUMBER, nullable=True),
        sa.Column("hash", SEALED, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
        sqlite_autoincrement=True,
    )
    for name, columns in _INDEXES.items():
        op.create_index(
            name,
            "audit_events",
            columns,
            unique=name == "uq_audit_events_seq",
            sqlite_where=LINKED,
            postgresql_where=LINKED,
        )
    op.create_index("ix_audit_events_loose", "audit_events", ["id"], sqlite_where=LOOSE, postgresql_where=LOOSE)
    op.create_table(
        "audit_hours",
        sa.Column("pool_id", TEXT, nullable=False),
        sa.Column("hour", NUMBER, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("result", TEXT, nullable=False),
        sa.Column("events", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("pool_id", "hour", "kind", "result", name=op.f("pk_audit_hours")),
    )
    op.create_table(
        "delegations",
        sa.Column("pool_id", TEXT, nullable=False),
        sa.Column("rules", TEXT, nullable=False),
        sa.Column("modified", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_delegations_pool_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pool_id", name=op.f("pk_delegations")),
    )
    _guard_on_sqlite() if op.get_bind().dialect.name == "sqlite" else _guard_on_postgresql()


def _guard_on_sqlite() -> None:
    changed = _SAME.format(differs="IS NOT")
    refuse = "BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END"
    op.execute(f"CREATE TRIGGER audit_events_keep BEFORE DELETE ON audit_events {refuse}")
    op.execute(
        f"CREATE TRIGGER audit_events_fix BEFORE UPDATE ON audit_events WHEN OLD.seq IS NOT NULL OR {changed} {refuse}"
    )


def _guard_on_postgresql() -> None:
    changed = _SAME.format(differs="IS DISTINCT FROM")
    op.execute(
        "CREATE FUNCTION audit_events_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'audit_events is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_events_keep BEFORE DELETE ON audit_events "
        "FOR EACH ROW EXECUTE FUNCTION audit_events_refuse()"
    )
    op.execute(
        "CREATE TRIGGER audit_events_fix BEFORE UPDATE ON audit_events FOR EACH ROW "
        f"WHEN (OLD.seq IS NOT NULL OR {changed}) EXECUTE FUNCTION audit_events_refuse()"
    )
