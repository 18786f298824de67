"""What the definitions became, their secrets, and facts about the database itself."""

from sqlalchemy import PrimaryKeyConstraint, Table

from .columns import metadata, number, sealed, text

# What the Manifest's resources became: ("pool", "amplifyAuth") -> its id. `document` holds what was applied.
backend_resources = Table(
    "backend_resources",
    metadata,
    text("backend"),
    text("kind"),
    text("name"),
    text("resource_id"),
    text("document"),
    number("modified"),
    PrimaryKeyConstraint("backend", "kind", "name"),
)

secrets = Table(
    "secrets",
    metadata,
    text("name", key=True),
    number("version"),
    sealed("value"),
    number("modified"),
)

# Facts about the database itself, such as the check value that proves the master key fits.
facts = Table("facts", metadata, text("name", key=True), sealed("value"))
