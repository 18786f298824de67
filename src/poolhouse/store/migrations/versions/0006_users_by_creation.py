"""How many users came on which day, without looking at any of them."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_index(op.f("ix_users_pool_id_created"), "users", ["pool_id", "created"])
