"""The tables, declared once with SQLAlchemy Core for both databases.

Only TEXT, BIGINT and BLOB are used, so that a row means the same on SQLite and PostgreSQL:
times are epoch microseconds, booleans 0 or 1, documents JSON text, secrets sealed bytes.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Both databases compare and order text by code point, which prefix searches and page borders rely on.
KeyText = Text().with_variant(Text(collation="C"), "postgresql")
# SQLite makes only INTEGER PRIMARY KEY an alias of the row id.
RowId = BigInteger().with_variant(Integer(), "sqlite")


def _text(name: str, *, null: bool = False, key: bool = False) -> Column[str]:
    return Column(name, KeyText, nullable=null, primary_key=key)


def _number(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=null)


def _sealed(name: str, *, null: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=null)


def _owner(name: str, target: str) -> Column[str]:
    return Column(name, KeyText, ForeignKey(target, ondelete="CASCADE"), nullable=False)


def _row(name: str, target: str) -> Column[int]:
    return Column(name, BigInteger, ForeignKey(target, ondelete="CASCADE"), nullable=False)


pools = Table(
    "pools",
    metadata,
    _text("id", key=True),
    _text("region"),
    _text("name"),
    _text("settings"),
    _number("created"),
    _number("modified"),
    Index(None, "region", "id"),
)

# How many users a pool has, spread over shards so that concurrent creations do not wait for one row.
pool_counts = Table(
    "pool_counts",
    metadata,
    _owner("pool_id", "pools.id"),
    _number("shard"),
    _number("users"),
    PrimaryKeyConstraint("pool_id", "shard"),
)

signing_keys = Table(
    "signing_keys",
    metadata,
    _text("kid", key=True),
    _owner("pool_id", "pools.id"),
    _text("use"),
    _text("public_jwk"),
    _sealed("private"),
    _number("created"),
    Index(None, "pool_id", "use", "created"),
)

clients = Table(
    "clients",
    metadata,
    _text("id", key=True),
    _owner("pool_id", "pools.id"),
    _text("name"),
    _text("settings"),
    _sealed("secret", null=True),
    _number("created"),
    _number("modified"),
    Index(None, "pool_id", "id"),
)

groups = Table(
    "groups",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    _owner("pool_id", "pools.id"),
    _text("name"),
    _text("description", null=True),
    _text("role_arn", null=True),
    _number("precedence", null=True),
    _number("created"),
    _number("modified"),
    UniqueConstraint("pool_id", "name"),
)

users = Table(
    "users",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    _owner("pool_id", "pools.id"),
    _text("username"),
    _text("username_key"),
    _text("sub"),
    _text("status"),
    _number("enabled"),
    _text("attributes"),
    _sealed("credential", null=True),
    _number("temporary_until", null=True),
    _number("tokens_not_before"),
    _number("created"),
    _number("modified"),
    UniqueConstraint("pool_id", "username_key"),
    UniqueConstraint("pool_id", "sub"),
    Index(None, "pool_id", "id"),
    Index(None, "pool_id", "status", "id"),
    Index(None, "pool_id", "enabled", "id"),
    # The id of a deleted user must never be another user's.
    sqlite_autoincrement=True,
)

# What a user may be asked for besides the password. `state` is JSON: enabled, preferred, verified, last used step.
factors = Table(
    "factors",
    metadata,
    _row("user_id", "users.id"),
    _text("kind"),
    _sealed("secret", null=True),
    _text("state"),
    _number("modified"),
    PrimaryKeyConstraint("user_id", "kind"),
)

# Credentials of WebAuthn. `id` is base64url as browsers write it; `state` is JSON: transports, attachment, backup.
passkeys = Table(
    "passkeys",
    metadata,
    _owner("pool_id", "pools.id"),
    _text("id"),
    _row("user_id", "users.id"),
    _text("name"),
    _text("relying_party"),
    _sealed("public_key"),
    _number("sign_count"),
    _text("state"),
    _number("created"),
    PrimaryKeyConstraint("pool_id", "id"),
    Index(None, "user_id", "created"),
)

# `content` is the uploaded file, sealed; it goes when the job has ended. `settings` is JSON: role, counts, message.
import_jobs = Table(
    "import_jobs",
    metadata,
    _text("id", key=True),
    _owner("pool_id", "pools.id"),
    _text("name"),
    _text("status"),
    _text("settings"),
    _sealed("content", null=True),
    _number("created"),
    _number("started", null=True),
    _number("ended", null=True),
    Index(None, "pool_id", "created", "id"),
)

# What became of each row of an imported file.
import_rows = Table(
    "import_rows",
    metadata,
    _owner("job_id", "import_jobs.id"),
    _number("line"),
    _text("outcome"),
    _text("message"),
    PrimaryKeyConstraint("job_id", "line"),
)

# How the hosted pages of a pool look; `client_id` is "ALL" for what applies where a client has none of its own.
looks = Table(
    "looks",
    metadata,
    _owner("pool_id", "pools.id"),
    _text("client_id"),
    _text("css", null=True),
    _text("css_version", null=True),
    _sealed("image", null=True),
    _text("image_type", null=True),
    _text("settings"),
    _number("created"),
    _number("modified"),
    PrimaryKeyConstraint("pool_id", "client_id"),
)

devices = Table(
    "devices",
    metadata,
    _row("user_id", "users.id"),
    _text("device_key"),
    _text("group_key"),
    _sealed("verifier", null=True),
    _number("remembered"),
    _text("attributes"),
    _number("created"),
    _number("modified"),
    _number("authenticated"),
    PrimaryKeyConstraint("user_id", "device_key"),
)

# Who a user is with an identity provider.
linked_identities = Table(
    "linked_identities",
    metadata,
    _owner("pool_id", "pools.id"),
    _text("provider"),
    _text("subject"),
    _row("user_id", "users.id"),
    _text("description"),
    _number("created"),
    PrimaryKeyConstraint("pool_id", "provider", "subject"),
    Index(None, "user_id"),
)

resource_servers = Table(
    "resource_servers",
    metadata,
    _owner("pool_id", "pools.id"),
    _text("identifier"),
    _text("name"),
    _text("scopes"),
    PrimaryKeyConstraint("pool_id", "identifier"),
)

domains = Table(
    "domains",
    metadata,
    _text("domain", key=True),
    _owner("pool_id", "pools.id"),
    _text("kind"),
    _text("settings"),
    _number("created"),
    UniqueConstraint("pool_id", "kind"),
)

identity_providers = Table(
    "identity_providers",
    metadata,
    _owner("pool_id", "pools.id"),
    _text("name"),
    _text("type"),
    _text("settings"),
    _sealed("details"),
    _number("created"),
    _number("modified"),
    PrimaryKeyConstraint("pool_id", "name"),
)

# A row here is an *active* sign-in name besides the username: a username attribute or a verified alias.
user_aliases = Table(
    "user_aliases",
    metadata,
    _owner("pool_id", "pools.id"),
    _text("value_key"),
    _text("name"),
    _row("user_id", "users.id"),
    PrimaryKeyConstraint("pool_id", "value_key", "name"),
    Index(None, "user_id"),
)

# The attributes that ListUsers can filter by, folded for comparison.
user_search = Table(
    "user_search",
    metadata,
    _owner("pool_id", "pools.id"),
    _text("name"),
    _text("value_key"),
    _row("user_id", "users.id"),
    PrimaryKeyConstraint("pool_id", "name", "value_key", "user_id"),
    Index(None, "user_id"),
)

memberships = Table(
    "memberships",
    metadata,
    _row("group_id", "groups.id"),
    _row("user_id", "users.id"),
    _number("created"),
    PrimaryKeyConstraint("group_id", "user_id"),
    Index(None, "user_id", "group_id"),
    sqlite_with_rowid=False,
)

codes = Table(
    "codes",
    metadata,
    _row("user_id", "users.id"),
    _text("purpose"),
    _sealed("digest"),
    _text("attribute"),
    _text("destination"),
    _number("expires"),
    _number("created"),
    PrimaryKeyConstraint("user_id", "purpose"),
)

# A counter with a window: wrong passwords, wrong codes, sent codes. `subject` says whose and of what kind.
attempts = Table(
    "attempts",
    metadata,
    _text("subject", key=True),
    _number("count"),
    _number("started"),
    _number("last"),
)

# One row per sign-in; its id is the origin_jti of the tokens that came from it.
token_families = Table(
    "token_families",
    metadata,
    _text("id", key=True),
    _row("user_id", "users.id"),
    _text("client_id"),
    _text("event_id"),
    _text("scope"),
    _number("auth_time"),
    _number("created"),
    _number("expires"),
    _number("revoked", null=True),
    # Which of the family's refresh tokens is the current one, since when, and the device that it was given to.
    Column("generation", BigInteger, nullable=False, server_default="0"),
    _number("rotated", null=True),
    _text("device_key", null=True),
    Index(None, "user_id"),
    Index(None, "expires"),
)

# Sessions and secret blocks are sealed and self-contained; a row here says that one was used.
used_sessions = Table(
    "used_sessions",
    metadata,
    _text("id", key=True),
    _number("expires"),
    Index(None, "expires"),
)

roles = Table(
    "roles",
    metadata,
    _text("arn", key=True),
    _text("name"),
    _text("owner"),
    _text("trust"),
    _text("policies"),
    _number("modified"),
    Index(None, "owner"),
)

identity_pools = Table(
    "identity_pools",
    metadata,
    _text("id", key=True),
    _text("name"),
    _text("settings"),
    _number("created"),
)

identities = Table(
    "identities",
    metadata,
    _text("id", key=True),
    _owner("identity_pool_id", "identity_pools.id"),
    _text("provider", null=True),
    _text("subject", null=True),
    _number("created"),
    UniqueConstraint("identity_pool_id", "provider", "subject"),
    Index(None, "identity_pool_id", "id"),
)

# Messages wait here until they are delivered; they are written in the transaction that causes them.
outbox = Table(
    "outbox",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    _text("pool_id"),
    _text("username"),
    _text("destination"),
    _text("medium"),
    _text("purpose"),
    _sealed("content"),
    _number("created"),
    # Nobody takes a message before `due`: it is being delivered, or was tried in vain `tries` times.
    Column("due", BigInteger, nullable=False, server_default="0"),
    Column("tries", BigInteger, nullable=False, server_default="0"),
    Index(None, "due", "id"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    _text("pool_id"),
    _text("username"),
    _text("destination"),
    _text("medium"),
    _text("purpose"),
    _sealed("content"),
    _number("created"),
    Index(None, "username", "id"),
    Index(None, "destination", "id"),
)

secrets = Table(
    "secrets",
    metadata,
    _text("name", key=True),
    _number("version"),
    _sealed("value"),
    _number("modified"),
)

# What the Manifest's resources became: ("pool", "amplifyAuth") -> its id. `document` holds what was applied.
backend_resources = Table(
    "backend_resources",
    metadata,
    _text("backend"),
    _text("kind"),
    _text("name"),
    _text("resource_id"),
    _text("document"),
    _number("modified"),
    PrimaryKeyConstraint("backend", "kind", "name"),
)

# Facts about the database itself, such as the check value that proves the master key fits.
facts = Table("facts", metadata, _text("name", key=True), _sealed("value"))
