"""A newer version changes the schema while processes of this one are at work: migrations only add."""

import asyncio
import shutil
import sqlite3
import time

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from fresh import new_database
from sqlalchemy import create_engine, event, inspect, text

from poolhouse.errors import SettingError
from poolhouse.store import migrations
from poolhouse.store.database import open_database
from poolhouse.store.migrations import HEAD, migrate

GENEROUS = 60.0
NEXT = f'''"""What a later version may do."""

import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = "{HEAD}"


def upgrade():
    op.create_table(
        "next_things",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("user_id", sa.BigInteger(), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    )
    op.add_column("users", sa.Column("next_note", sa.Text()))
    op.add_column("groups", sa.Column("next_rank", sa.BigInteger(), nullable=False, server_default="7"))
    op.add_column("audit_events", sa.Column("next_mark", sa.LargeBinary()))
    op.create_index("ix_users_next", "users", ["pool_id", "next_note"])
'''


@pytest.fixture
def database_url(database_kind, request, tmp_path):
    """A database of the test's own: its schema will not be the others'."""
    if database_kind == "postgresql":
        return new_database(request.getfixturevalue("postgresql_server"))
    shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "upgraded.db")
    return f"sqlite:///{tmp_path}/upgraded.db"


@pytest.fixture
def later(tmp_path):
    """The migration of a later version, as that version would run it."""
    folder = tmp_path / "later"
    folder.mkdir()
    (folder / "9001_next.py").write_text(NEXT)

    def change(connection):
        config = Config()
        config.set_main_option("script_location", str(migrations._FOLDER))
        config.set_main_option("path_separator", "newline")
        config.set_main_option("version_locations", f"{migrations._FOLDER}/versions\n{folder}")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    return change


async def upgraded(url, change):
    if url.startswith("postgresql"):
        await migrations._under_lock(url, change)
    else:
        await asyncio.to_thread(in_one_transaction, url, change)


def in_one_transaction(url, change):
    """As `upgrade_sqlite` does it."""
    engine = create_engine(url, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _no_implicit_begin(connection, _record):
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _lock_first(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.begin() as connection:
        change(connection)
    engine.dispose()


async def test_a_process_at_work_goes_on_with_a_newer_schema(invoke, database, database_url, later):
    """Every request before, during and after is answered; all that was done is there; but a process of this version that
    is started then is refused.
    """
    pool = (await invoke("CreateUserPool", {"PoolName": "old", "UsernameAttributes": ["email"]}))["UserPool"]["Id"]
    where = {"UserPoolId": pool}
    await invoke("CreateGroup", {**where, "GroupName": "before"})
    told, ended = [], asyncio.Event()

    async def work(who):
        number = 0
        while not ended.is_set():
            number += 1
            name = {"Username": f"u{who}-{number}@example.com"}
            await invoke("AdminCreateUser", {**where, **name, "MessageAction": "SUPPRESS"})
            await invoke("AdminAddUserToGroup", {**where, **name, "GroupName": "before"})
            assert (await invoke("AdminGetUser", {**where, **name}))["Enabled"]
            told.append(name)

    async def upgrade():
        try:
            await more(told, 5)
            await upgraded(database_url, later)
            await more(told, len(told) + 10)
        finally:
            ended.set()

    await asyncio.gather(*(work(who) for who in range(3)), upgrade())
    await invoke("CreateGroup", {**where, "GroupName": "after"})
    await invoke("UpdateGroup", {**where, "GroupName": "before", "Description": "changed"})
    await invoke("AdminDeleteUser", {**where, **told[0]})
    described = (await invoke("DescribeUserPool", where))["UserPool"]
    assert described["EstimatedNumberOfUsers"] == len(told) - 1
    with pytest.raises(SettingError, match="another version"):
        await open_database(database_url).start()


async def more(told, wanted):
    deadline = time.monotonic() + GENEROUS
    while len(told) < wanted:
        assert time.monotonic() < deadline, len(told)
        await asyncio.sleep(0.005)


@pytest.fixture
def postgresql(postgresql_server):
    """The address of an empty one."""
    return new_database(postgresql_server)


async def test_a_migration_that_stood_in_the_way_is_done_again(postgresql, later):
    """It holds `users` and waits for `groups`, whose holder waits for `users`: PostgreSQL ends one of the two."""
    url = postgresql
    database = open_database(url)
    await database.start()
    await database.stop()
    other = await asyncpg.connect(url)
    watch = await asyncpg.connect(url)
    try:
        held = other.transaction()
        await held.start()
        await other.execute("SET LOCAL deadlock_timeout = '60s'")  # so that the migration is who notices
        await other.execute("LOCK TABLE groups IN ROW EXCLUSIVE MODE")
        migrating = asyncio.create_task(migrations._under_lock(url, later))
        asked = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'groups'::regclass"
        deadline = time.monotonic() + GENEROUS
        while not await watch.fetchval(asked):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
        await other.execute("LOCK TABLE users IN ROW EXCLUSIVE MODE")
        await held.rollback()
        await asyncio.wait_for(migrating, GENEROUS)
        assert await watch.fetchval("SELECT version_num FROM alembic_version") == "9001"
    finally:
        await other.close()
        await watch.close()


def shape(connection):
    """Tables with their columns: type, and whether an older program's insert may leave it out; unique indexes."""
    found = inspect(connection)
    columns, unique = {}, set()
    for table in found.get_table_names():
        for column in found.get_columns(table):
            may_be_left_out = column["nullable"] or column["default"] is not None
            columns[table, column["name"]] = (str(column["type"]), may_be_left_out)
        unique |= {
            (table, tuple(index["column_names"]))
            for index in [*found.get_indexes(table), *found.get_unique_constraints(table)]
            if index.get("unique", True)
        }
    return columns, unique


def test_migrations_only_add(tmp_path):
    """From each version to the next: no table or column goes or changes its type, what is new in an old table may be left
    out, and no new rule says what was allowed before is not unique. This is what lets processes of both versions work.
    """
    engine = create_engine(f"sqlite:///{tmp_path}/history.db")
    versions = [f"{number:04}" for number in range(1, int(HEAD) + 1)]
    with engine.connect() as connection:
        migrate(connection, versions[0])
        (columns, unique) = shape(connection)
        for version in versions[1:]:
            before, was_unique = columns, unique
            migrate(connection, version)
            columns, unique = shape(connection)
            tables = {table for table, _ in before}
            changed = {name: kind for name, (kind, _) in before.items() if columns.get(name, ("",))[0] != kind}
            assert not changed, (version, changed)
            new = columns.keys() - before.keys()
            needed = {name for name in new if name[0] in tables and not columns[name][1]}
            assert not needed, (version, needed)
            stricter = {name for name in before if before[name][1] and not columns[name][1]}
            assert not stricter, (version, stricter)
            narrower = {rule for rule in unique - was_unique if rule[0] in tables and (rule[0], rule[1][0]) in before}
            assert not narrower, (version, narrower)
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == HEAD
    engine.dispose()


def test_what_only_adds_is_what_the_check_lets_pass(tmp_path):
    """A column that is needed, one that goes and one that changes are told apart."""
    connection = sqlite3.connect(tmp_path / "shape.db")
    connection.execute("CREATE TABLE things (a TEXT NOT NULL, b INTEGER, c INTEGER NOT NULL DEFAULT 0)")
    connection.execute("CREATE UNIQUE INDEX u ON things (a)")
    connection.close()
    engine = create_engine(f"sqlite:///{tmp_path}/shape.db")
    with engine.connect() as connection:
        columns, unique = shape(connection)
    engine.dispose()
    assert {name: left_out for (_, name), (_, left_out) in columns.items()} == {"a": False, "b": True, "c": True}
    assert ("things", ("a",)) in unique
