"""`poolhouse snapshot`, `restore` and `reset` on a project's development database."""

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from cli.command import run, started
from testing.conftest import copied

from poolhouse.store.clearing import KEPT
from poolhouse.store.database import open_database
from poolhouse.store.schema import metadata

ADA = '{"users": [{"username": "ada@example.com", "password": "Correct-Horse-9", "groups": ["ADMINS"]}]}'


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with ada in its database."""
    folder = copied(tmp_path_factory.mktemp("kept") / "project")
    (folder / "amplify" / "seed.json").write_text(ADA)
    done(folder, "push", "--yes")
    done(folder, "seed")
    return folder


@pytest.fixture
def kept(pattern: Path, project: Path) -> Path:
    """The same, for one test."""
    (project / ".poolhouse").mkdir()
    (project / "amplify" / "seed.json").write_text(ADA)
    for path in (pattern / ".poolhouse").iterdir():
        if path.is_file():
            (project / ".poolhouse" / path.name).write_bytes(path.read_bytes())
    return project


def done(project: Path, *arguments: str) -> str:
    ended = run(*arguments, cwd=project)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def names(project: Path) -> list[str]:
    """The users' addresses, and that the file is whole."""
    with closing(sqlite3.connect(project / ".poolhouse" / "dev.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        found = connection.execute("SELECT attributes FROM users ORDER BY id").fetchall()
    return [next(each["Value"] for each in json.loads(text) if each["Name"] == "email") for (text,) in found]


def count(project: Path, table: str) -> int:
    with closing(sqlite3.connect(project / ".poolhouse" / "dev.db")) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_a_state_comes_back_by_name(kept: Path) -> None:
    """In no time, and what it replaced can come back in turn."""
    done(kept, "snapshot", "with-ada")
    done(kept, "users", "delete", "ada@example.com", "--yes")
    done(kept, "users", "create", "bob@example.com")
    began = time.perf_counter()
    done(kept, "restore", "with-ada")
    print(f"restored in {time.perf_counter() - began:.2f} s, most of it Python's start")
    assert names(kept) == ["ada@example.com"]
    done(kept, "restore", "before-restore")
    assert names(kept) == ["bob@example.com"]
    done(kept, "restore", "before-restore")
    assert names(kept) == ["ada@example.com"]


def test_snapshots_are_listed_and_not_written_over(kept: Path) -> None:
    """Unless that is said."""
    done(kept, "snapshot", "one")
    done(kept, "users", "create", "bob@example.com")
    refused = run("snapshot", "one", cwd=kept)
    assert refused.returncode == 1
    assert "There is a snapshot one already." in refused.stderr
    done(kept, "restore", "one")
    assert names(kept) == ["ada@example.com"]
    done(kept, "users", "create", "bob@example.com")
    done(kept, "snapshot", "one", "--replace")
    assert {each["name"] for each in json.loads(done(kept, "snapshot", "--json"))} == {"one", "before-restore"}
    done(kept, "restore", "one")
    assert names(kept) == ["ada@example.com", "bob@example.com"]


@pytest.mark.parametrize("name", ["../up", ".hidden", "a b", ""])
def test_a_name_that_is_none_is_refused(kept: Path, name: str) -> None:
    """And nothing is written."""
    refused = run("snapshot", name, cwd=kept)
    assert refused.returncode == 1
    assert "is no name for a snapshot" in refused.stderr
    assert not (kept / ".poolhouse" / "snapshots").exists()


def test_an_unknown_name_is_told_with_the_known_ones(kept: Path) -> None:
    """The database stays."""
    done(kept, "snapshot", "one")
    refused = run("restore", "two", cwd=kept)
    assert refused.returncode == 1
    assert "There is no snapshot two." in refused.stderr
    assert "Choose one of: one." in refused.stderr
    assert names(kept) == ["ada@example.com"]


def test_reset_forgets_people_and_keeps_the_rest(kept: Path) -> None:
    """Ids, groups and keys stay; that it was done is on record; what was there can come back."""
    before = {table: count(kept, table) for table in KEPT}
    done(kept, "reset", "--yes")
    assert {table: count(kept, table) for table in KEPT} == before | {"audit_events": before["audit_events"] + 1}
    assert {table: count(kept, table) for table in metadata.tables if table not in KEPT} == dict.fromkeys(
        metadata.tables.keys() - KEPT, 0
    )
    done(kept, "restore", "before-reset")
    assert names(kept) == ["ada@example.com"]


def test_reset_of_everything_begins_anew(kept: Path) -> None:
    """No file is left; the state before can come back."""
    done(kept, "reset", "--everything", "--yes")
    assert not list((kept / ".poolhouse").glob("dev.db*"))
    done(kept, "restore", "before-reset")
    assert names(kept) == ["ada@example.com"]


def test_reset_asks_first(kept: Path) -> None:
    """Where nobody can answer it does nothing."""
    refused = run("reset", cwd=kept)
    assert refused.returncode == 1
    assert "--yes" in refused.stderr
    assert names(kept) == ["ada@example.com"]


def test_beside_a_server_only_what_it_can_bear(kept: Path) -> None:
    """A snapshot, a seed and a reset go; a restore and a deletion are refused and change nothing."""
    with started("dev", "--port", "0", cwd=kept) as server:
        server.says("is ready")
        done(kept, "snapshot", "with-ada")
        done(kept, "reset", "--yes")
        for arguments in (("restore", "with-ada"), ("reset", "--everything", "--yes")):
            refused = run(*arguments, cwd=kept)
            assert refused.returncode == 1
            assert "is in use by another process" in refused.stderr
            assert names(kept) == []
        done(kept, "seed")
        assert names(kept) == ["ada@example.com"]
    done(kept, "restore", "with-ada")
    assert names(kept) == ["ada@example.com"]


async def test_a_restored_database_is_served(kept: Path) -> None:
    """The file that comes back is one that the server opens, in the journal mode it wants."""
    done(kept, "snapshot", "one")
    done(kept, "restore", "one")
    database = open_database(f"sqlite:///{kept / '.poolhouse' / 'dev.db'}")
    await database.start()
    await database.stop()
    assert names(kept) == ["ada@example.com"]


@pytest.mark.parametrize("command", [("snapshot", "one"), ("restore", "one"), ("reset", "--yes")])
def test_another_kind_of_database_is_left_to_its_own_tools(project: Path, command: tuple[str, ...]) -> None:
    """Nothing is connected to."""
    refused = run(*command, cwd=project, given={"POOLHOUSE_DATABASE": "postgresql://nobody@127.0.0.1:1/none"})
    assert refused.returncode == 1
    assert "pg_dump" in refused.stderr


def test_without_a_database_there_is_nothing_to_keep(project: Path) -> None:
    """And none is made by asking."""
    refused = run("snapshot", "one", cwd=project)
    assert refused.returncode == 1
    assert "There is no database" in refused.stderr
    assert not (project / ".poolhouse" / "dev.db").exists()


@pytest.mark.parametrize("command", [("snapshot", "one"), ("restore", "one"), ("reset", "--yes")])
def test_a_wrong_folder_stays_as_it_is(tmp_path: Path, command: tuple[str, ...]) -> None:
    """No key of a project that is not there is left behind, and what to do is said."""
    refused = run(*command, cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Run the command in your project's folder" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_project_that_is_near_is_named(project: Path) -> None:
    folder = project / "amplify"
    assert f"There is a project in {project}" in run("snapshot", "one", cwd=folder).stderr
    assert not (folder / ".poolhouse").exists()
