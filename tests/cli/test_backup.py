"""`poolhouse backup` and `restore-backup`: out of a database of either kind, into the other, and what is refused."""

import asyncio
import json
import shutil
import sqlite3
from contextlib import closing

import asyncpg
import pytest
from app.running import project as copied
from cli.command import run, started
from sqlalchemy import create_engine, text

from poolhouse.store.migrations import HEAD, migrate
from poolhouse.store.schema import metadata

OTHER_KEY = {"POOLHOUSE_MASTER_KEY": "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="}
PHRASE = "twelve-letters-and-more"


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A project, its database with people and a trail, and a backup under the master key; nobody changes them."""
    folder = tmp_path_factory.mktemp("kept")
    project = copied(folder / "project")
    people = [{"username": f"p{n}@example.com", "password": "Right-Horse-1", "groups": ["ADMINS"]} for n in range(9)]
    (project / "amplify" / "seed.json").write_text(json.dumps({"users": people}))
    url = f"sqlite:///{folder / 'kept.db'}"
    arguments = ("--project", str(project), "--database", url)
    with started("dev", *arguments, "--port", "0", cwd=project) as server:
        server.says("is ready")
        assert server.end() == 0
    assert run("seed", *arguments, cwd=project).returncode == 0
    assert run("users", "delete", "p3@example.com", "--yes", *arguments, cwd=project).returncode == 0
    done = run("backup", str(folder / "kept.backup"), *arguments, cwd=project)
    assert done.returncode == 0, done.stderr
    return project, url, folder / "kept.backup"


@pytest.fixture
def own(kept, tmp_path_factory):
    """The address of a copy, for what leaves a record."""
    path = tmp_path_factory.mktemp("own") / "own.db"
    shutil.copy(kept[1].removeprefix("sqlite:///"), path)
    return f"sqlite:///{path}"


@pytest.fixture
def poolhouse(kept):
    def call(*arguments, database, status=0, given=None, stdin=None):
        asked = (*arguments, "--project", str(kept[0]), "--database", database)
        result = run(*asked, cwd=kept[0], given=given, stdin=stdin)
        assert result.returncode == status, result.stderr + result.stdout
        assert "Traceback" not in result.stderr
        return result.stdout + result.stderr

    return call


def rows_of(url):
    """Every table with all of its rows."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in metadata.tables}
    return asyncio.run(_rows_of_postgresql(url))


async def _rows_of_postgresql(url):
    connection = await asyncpg.connect(url)
    try:
        names = metadata.tables
        return {name: [tuple(row) for row in await connection.fetch(f"SELECT * FROM {name}")] for name in names}
    finally:
        await connection.close()


def alike(one, other):
    """The same rows in every table, in whatever order."""
    return {name: sorted(map(repr, rows)) for name, rows in one.items()} == {
        name: sorted(map(repr, rows)) for name, rows in other.items()
    }


async def _execute(url, *statements):
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def test_there_and_back_without_loss(kept, poolhouse, postgresql, tmp_path):
    """SQLite to PostgreSQL and back: the same rows in every table, ids that stay spent, a trail that holds on each."""
    before = rows_of(kept[1])
    assert all(before[name] for name in ("users", "memberships", "audit_events", "pools", "clients", "signing_keys"))
    assert "Restored" in poolhouse("restore-backup", str(kept[2]), database=postgresql)
    there = rows_of(postgresql)
    assert alike(there, before)
    assert "holds" in poolhouse("audit", "verify", database=postgresql)
    again, back = tmp_path / "again.backup", f"sqlite:///{tmp_path}/back.db"
    poolhouse("backup", str(again), database=postgresql)
    there = rows_of(postgresql)
    poolhouse("restore-backup", str(again), database=back)
    assert alike(rows_of(back), there)
    assert "holds" in poolhouse("audit", "verify", database=back)
    poolhouse("users", "create", "new@example.com", "--no-message", database=back)
    ids = [row[0] for row in rows_of(back)["users"]]
    assert max(ids) > max(row[0] for row in before["users"])
    assert "holds" in poolhouse("audit", "verify", database=back)


def test_ids_that_postgresql_left_out(kept, poolhouse, postgresql, tmp_path):
    """A trail with gaps between its ids holds on SQLite too; a record that is removed there is still missed."""
    poolhouse("restore-backup", str(kept[2]), database=postgresql)
    skip = "SELECT nextval(pg_get_serial_sequence('audit_events', 'id'))"
    asyncio.run(_execute(postgresql, skip, skip, skip))
    poolhouse("users", "create", "late@example.com", "--no-message", database=postgresql)
    file, path = tmp_path / "gaps.backup", tmp_path / "gaps.db"
    poolhouse("backup", str(file), database=postgresql)
    poolhouse("restore-backup", str(file), database=f"sqlite:///{path}")
    assert "holds" in poolhouse("audit", "verify", database=f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TRIGGER audit_events_keep")
        connection.execute("DELETE FROM audit_events WHERE id = (SELECT max(id) FROM audit_events)")
    assert "broken" in poolhouse("audit", "verify", database=f"sqlite:///{path}", status=1)


def test_online_and_on_record(kept, poolhouse, tmp_path):
    """While somebody else is in the middle of a change, its first half is not in the backup; the backup is on record."""
    path = tmp_path / "busy.db"
    shutil.copy(kept[1].removeprefix("sqlite:///"), path)
    recorded = len(rows_of(f"sqlite:///{path}")["audit_events"])
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        poolhouse("backup", str(tmp_path / "first"), database=f"sqlite:///{path}")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE users SET status = 'HALF'")
        from poolhouse.store.dumping import dump_sqlite

        seen = []
        dump_sqlite(path, lambda contents, batches: seen.extend(batches))
    assert seen
    assert "HALF" not in repr(seen)
    now = rows_of(f"sqlite:///{path}")["audit_events"]
    assert len(now) == recorded + 1
    assert "BackUpDatabase" in repr(now[-1])


def changed(content, how):
    middle = len(content) // 2
    return {
        "cut off": content[:middle],
        "one byte less": content[:-1],
        "one bit": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
        "its head": content.replace(b'"made":1', b'"made":2'),
        "more behind": content + b"more",
        "nothing": b"",
        "something else": b"PK\x03\x04" * 100,
    }[how]


@pytest.mark.parametrize(
    "how", ["cut off", "one byte less", "one bit", "its head", "more behind", "nothing", "something else"]
)
def test_a_damaged_backup_touches_nothing(kept, poolhouse, tmp_path, how):
    """Read to its end before anything is made."""
    bad = tmp_path / "bad.backup"
    bad.write_bytes(changed(kept[2].read_bytes(), how))
    assert bad.read_bytes() != kept[2].read_bytes()
    told = poolhouse("restore-backup", str(bad), database=f"sqlite:///{tmp_path}/new/target.db", status=1)
    assert "BackupRefused" in told
    assert not (tmp_path / "new").exists()


def test_a_damaged_backup_leaves_postgresql_empty(kept, poolhouse, postgresql, tmp_path):
    bad = tmp_path / "bad.backup"
    bad.write_bytes(kept[2].read_bytes()[:-20])
    assert "BackupRefused" in poolhouse("restore-backup", str(bad), database=postgresql, status=1)
    with pytest.raises(asyncpg.UndefinedTableError):
        rows_of(postgresql)


def test_another_key_is_refused(kept, poolhouse, tmp_path):
    """Another master key opens nothing, and makes no backup of a database that is not its own."""
    target = f"sqlite:///{tmp_path}/target.db"
    assert "another master key" in poolhouse("restore-backup", str(kept[2]), database=target, given=OTHER_KEY, status=1)
    assert not (tmp_path / "target.db").exists()
    told = poolhouse("backup", str(tmp_path / "useless"), database=kept[1], given=OTHER_KEY, status=1)
    assert "master key is not the one" in told
    assert not (tmp_path / "useless").exists()


def test_a_passphrase_in_place_of_the_key(own, poolhouse, tmp_path):
    """It opens with the same one only; the file is its owner's alone and shows nothing of what it holds."""
    file, target = tmp_path / "phrased.backup", f"sqlite:///{tmp_path}/target.db"
    poolhouse("backup", str(file), "--passphrase-file", "-", database=own, stdin=f"{PHRASE}\n")
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"example.com" not in file.read_bytes()
    restore = ("restore-backup", str(file))
    assert "--passphrase-file" in poolhouse(*restore, database=target, status=1)
    wrong = poolhouse(*restore, "--passphrase-file", "-", database=target, stdin="another-of-some-length", status=1)
    assert "another passphrase" in wrong
    short = poolhouse("backup", str(tmp_path / "x"), "--passphrase-file", "-", database=own, stdin="short", status=1)
    assert "fewer than 12" in short
    shown = poolhouse(*restore, "--passphrase-file", "-", "--dry-run", database=target, stdin=PHRASE)
    assert "Would restore" in shown
    assert sorted(path.name for path in tmp_path.iterdir()) == ["phrased.backup"]
    poolhouse(*restore, "--passphrase-file", "-", database=target, stdin=PHRASE)
    assert alike(rows_of(target), rows_of(own))


def test_nothing_is_overwritten(kept, poolhouse, tmp_path):
    """Neither a database by a backup, nor a backup by a backup; none that is refused is on record."""
    path = tmp_path / "there.db"
    shutil.copy(kept[1].removeprefix("sqlite:///"), path)
    before = path.read_bytes()
    assert "not empty" in poolhouse("restore-backup", str(kept[2]), database=f"sqlite:///{path}", status=1)
    assert path.read_bytes() == before
    file = tmp_path / "there.backup"
    file.write_bytes(b"mine")
    assert "exists" in poolhouse("backup", str(file), database=f"sqlite:///{path}", status=1)
    assert file.read_bytes() == b"mine"
    assert rows_of(f"sqlite:///{path}")["audit_events"] == rows_of(kept[1])["audit_events"]
    assert "There is no database" in poolhouse(
        "backup", str(tmp_path / "n"), database=f"sqlite:///{tmp_path}/no.db", status=1
    )


def test_into_a_newer_version(poolhouse, tmp_path):
    """A backup of an older schema is restored at its own version and then migrated; it could be made without that."""
    old, file = tmp_path / "old.db", tmp_path / "old.backup"
    engine = create_engine(f"sqlite:///{old}")
    with engine.begin() as connection:
        migrate(connection, "0001")
        connection.execute(text("INSERT INTO attempts VALUES ('somebody', 3, 1, 2)"))
    engine.dispose()
    told = poolhouse("backup", str(file), "--json", database=f"sqlite:///{old}")
    assert json.loads(told)["schema"] == "0001"
    poolhouse("restore-backup", str(file), database=f"sqlite:///{tmp_path}/new.db")
    with closing(sqlite3.connect(tmp_path / "new.db")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (HEAD,)
        assert connection.execute("SELECT * FROM attempts").fetchall() == [("somebody", 3, 1, 2)]
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
