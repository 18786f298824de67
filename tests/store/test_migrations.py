"""The migration history: it makes exactly the declared schema, once, whoever starts first."""

import asyncio
import runpy
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from fresh import new_database
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from poolhouse.errors import SettingError
from poolhouse.store import migrations
from poolhouse.store.database import open_database
from poolhouse.store.migrations import HEAD, NEW_SQLITE, upgrade_sqlite
from poolhouse.store.schema import metadata

SQLITE_SCHEMA = Path(__file__).parents[2] / "scripts" / "sqlite_schema.py"


def differences(connection):
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return compare_metadata(context, metadata)


def test_head_is_the_end_of_the_scripts():
    """The version that the quick check compares with is the last script's."""
    config = Config()
    config.set_main_option("script_location", str(migrations._FOLDER))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_sqlite_becomes_the_declared_schema(tmp_path):
    """Alembic finds no difference between a migrated file and the tables in the code."""
    upgrade_sqlite(str(tmp_path / "new.db"))
    engine = create_engine(f"sqlite:///{tmp_path}/new.db")
    with engine.connect() as connection:
        assert differences(connection) == []
    engine.dispose()


def test_a_new_sqlite_file_is_what_the_history_makes():
    """The committed statements, which spare a new file the import of Alembic, are those of the migrations."""
    written = runpy.run_path(str(SQLITE_SCHEMA))["text"]()
    assert NEW_SQLITE.read_text(encoding="utf-8") == written, "run python scripts/sqlite_schema.py"


async def test_postgresql_becomes_the_declared_schema(postgresql_server):
    """Alembic finds no difference between a migrated database and the tables in the code."""
    url = new_database(postgresql_server)
    database = open_database(url)
    await database.start()
    await database.stop()
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_postgresql_text_has_the_order_of_its_bytes(postgresql_server):
    """Keys compare on PostgreSQL as they do on SQLite, whatever the server's language is."""
    url = new_database(postgresql_server)
    database = open_database(url)
    await database.start()
    await database.stop()
    connection = await asyncpg.connect(url)
    try:
        others = await connection.fetch(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
            "AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C' AND table_name <> 'alembic_version'"
        )
    finally:
        await connection.close()
    assert others == []


def test_concurrent_starters_on_one_file(tmp_path):
    """Eight processes' worth of starters on a new file: all succeed, the schema is made once."""
    path = str(tmp_path / "shared.db")
    with ThreadPoolExecutor(max_workers=8) as threads:
        list(threads.map(lambda _: upgrade_sqlite(path), range(8)))
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]
    connection.close()


async def test_concurrent_starters_on_one_postgresql(postgresql_server):
    """Four starters on a new database: all succeed, the schema is made once."""
    url = new_database(postgresql_server)
    databases = [open_database(url) for _ in range(4)]
    await asyncio.gather(*(database.start() for database in databases))
    await asyncio.gather(*(database.stop() for database in databases))
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("SELECT version_num FROM alembic_version")
    await connection.close()
    assert [row[0] for row in rows] == [HEAD]


async def test_a_second_start_changes_nothing(tmp_path):
    """The file of a stopped database is the same, byte for byte, after another start and stop."""
    path = tmp_path / "twice.db"
    for _ in range(2):
        database = open_database(f"sqlite:///{path}")
        await database.start()
        await database.stop()
        content = path.read_bytes()
    first = content
    database = open_database(f"sqlite:///{path}")
    await database.start()
    await database.stop()
    assert path.read_bytes() == first


async def test_a_database_of_a_later_version_is_refused(tmp_path):
    """A schema that this version does not know is not touched, and the user is told."""
    path = tmp_path / "later.db"
    upgrade_sqlite(str(path))
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    database = open_database(f"sqlite:///{path}")
    with pytest.raises(SettingError, match="another version"):
        await database.start()
    await database.stop()
