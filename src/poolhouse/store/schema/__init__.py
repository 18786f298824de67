"""The tables, declared once with SQLAlchemy Core for both databases.

Only TEXT, BIGINT and BLOB are used, so that a row means the same on SQLite and PostgreSQL:
times are epoch microseconds, booleans 0 or 1, documents JSON text, secrets sealed bytes.
"""

from .audit_tables import audit_events, audit_hours, delegations
from .backend_tables import backend_resources, facts, secrets
from .columns import metadata
from .console_tables import bulk_rows, bulk_runs
from .identity_tables import identities, identity_pools, roles
from .pool_tables import (
    clients,
    domains,
    groups,
    identity_providers,
    looks,
    pool_counts,
    pools,
    resource_servers,
    signing_keys,
)
from .sign_in_tables import attempts, codes, token_families, used_sessions
from .user_tables import devices, factors, linked_identities, memberships, passkeys, user_aliases, user_search, users
from .work_tables import import_jobs, import_rows, inbox, outbox

__all__ = [
    "attempts",
    "audit_events",
    "audit_hours",
    "backend_resources",
    "bulk_rows",
    "bulk_runs",
    "clients",
    "codes",
    "delegations",
    "devices",
    "domains",
    "factors",
    "facts",
    "groups",
    "identities",
    "identity_pools",
    "identity_providers",
    "import_jobs",
    "import_rows",
    "inbox",
    "linked_identities",
    "looks",
    "memberships",
    "metadata",
    "outbox",
    "passkeys",
    "pool_counts",
    "pools",
    "resource_servers",
    "roles",
    "secrets",
    "signing_keys",
    "token_families",
    "used_sessions",
    "user_aliases",
    "user_search",
    "users",
]
