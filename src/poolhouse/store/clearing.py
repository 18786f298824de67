"""Forgets everybody: users with all that is theirs, and what was counted, sent and imported. Definitions stay."""

from sqlalchemy import delete

from .database import Transaction
from .schema import attempts, bulk_runs, identities, import_jobs, inbox, outbox, pool_counts, used_sessions, users
from .statement import Statement

_CLEARED = (users, identities, import_jobs, bulk_runs, pool_counts, attempts, used_sessions, outbox, inbox)
_STATEMENTS = tuple(Statement(delete(table)) for table in _CLEARED)
KEPT = frozenset(
    {
        "audit_events",
        "audit_hours",
        "backend_resources",
        "clients",
        "delegations",
        "domains",
        "facts",
        "groups",
        "identity_pools",
        "identity_providers",
        "looks",
        "pools",
        "resource_servers",
        "roles",
        "secrets",
        "signing_keys",
    }
)
"""The tables that `clear` leaves as they are; every other one is empty afterwards."""


async def clear(tx: Transaction) -> None:
    """What hangs on users goes with them."""
    for statement in _STATEMENTS:
        await tx.run(statement, {})
