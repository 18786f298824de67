"""Writes what the migration history makes of an empty SQLite file: `src/poolhouse/store/migrations/new.sql`.

With `--check` it writes nothing and exits 1 when the committed file differs.
"""

import sys

from sqlalchemy import create_engine

from poolhouse.store.migrations import NEW_SQLITE, STATEMENT_END, migrate

# Tables before what belongs to them; without what SQLite makes for itself.
SCHEMA = (
    "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type <> 'table', rowid"
)


def text() -> str:
    """The statements, the version last, each but the last with its end."""
    engine = create_engine("sqlite://")
    try:
        with engine.begin() as connection:
            migrate(connection)
            statements = [str(row[0]) for row in connection.exec_driver_sql(SCHEMA)]
            (version,) = connection.exec_driver_sql("SELECT version_num FROM alembic_version").one()
    finally:
        engine.dispose()
    return STATEMENT_END.join([*statements, f"INSERT INTO alembic_version (version_num) VALUES ('{version}')"]) + "\n"


def main() -> None:
    if "--check" not in sys.argv[1:]:
        NEW_SQLITE.write_text(text(), encoding="utf-8")
    elif NEW_SQLITE.read_text(encoding="utf-8") != text():
        sys.exit(f"{NEW_SQLITE} is not what the migrations make: run python scripts/sqlite_schema.py")


if __name__ == "__main__":
    main()
