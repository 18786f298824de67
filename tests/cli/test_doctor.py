"""`poolhouse doctor`: what it finds well, what it finds broken, and that it changes nothing."""

import json
import os
import shutil
import socket
import sqlite3
from contextlib import closing

import pytest
from cli.command import MASTER_KEY, SERVE, run, started

OTHER = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="


@pytest.fixture(scope="module")
def applied(tmp_path_factory):
    """A project that dev has applied once."""
    from app.running import project as copied

    project = copied(tmp_path_factory.mktemp("applied") / "project")
    with started("dev", "--project", str(project), "--port", "0", cwd=project) as server:
        server.says("is ready")
        assert server.end() == 0
    return project


@pytest.fixture
def mine(applied, tmp_path):
    """A copy of it that a test may break."""
    shutil.copytree(applied, tmp_path / "mine")
    return tmp_path / "mine"


def examined(project, *arguments, given=None):
    """(exit status, findings by name)."""
    result = run("doctor", "--project", str(project), "--json", *arguments, cwd=project, given=given)
    assert "Traceback" not in result.stderr
    assert MASTER_KEY not in result.stdout
    return result.returncode, {one["name"]: one for one in json.loads(result.stdout)}


def files(project):
    """Every file with its time, without what Python and an open database make beside them."""
    found = (path for path in project.rglob("*") if path.is_file())
    return sorted(
        (str(one), one.stat().st_mtime_ns) for one in found if one.suffix not in {".db-shm", ".db-wal", ".pyc"}
    )


def test_a_well_project(mine):
    """Every line is ok but the client file's, whose address had another port; nothing was changed."""
    before = files(mine)
    status, found = examined(mine)
    assert status == 0
    assert {name for name, one in found.items() if one["state"] != "ok"} <= {"outputs", "port", "disk"}
    assert {"python", "project", "function add-user-to-group", "schema", "master key fits", "clock"} <= found.keys()
    assert files(mine) == before
    plain = run("doctor", "--project", str(mine), cwd=mine)
    assert (plain.returncode, plain.stdout.count("ok  ")) >= (0, 8)
    assert plain.stdout.rstrip().endswith("0 to mend.")


def test_a_new_project_is_left_new(mine):
    """No key and no database are made by looking."""
    shutil.rmtree(mine / ".poolhouse")
    status, found = examined(mine)
    assert (status, found["master key"]["state"]) == (0, "ok")
    assert not (mine / ".poolhouse").exists()


def break_handler(project):
    path = project / "amplify" / "data" / "add_user_to_group" / "handler.py"
    path.write_text("import no_such_package\n" + path.read_text())


def break_definitions(project):
    (project / "amplify" / "backend.py").write_text("raise ValueError('broken')")


def open_key(project):
    (project / ".poolhouse" / "master.key").chmod(0o644)


def other_key(project):
    (project / ".poolhouse" / "master.key").write_text(OTHER)


def no_database(project):
    (project / ".poolhouse" / "dev.db").write_bytes(b"no database at all" * 500)


def from_the_future(project):
    with closing(sqlite3.connect(project / ".poolhouse" / "dev.db")) as connection, connection:
        connection.execute(
            "INSERT INTO audit_events (at, pool_id, kind, operation, actor, subject, result, body, mac) "
            "VALUES (4000000000000000, '', '', '', '', '', '', '{}', x'00')"
        )


BROKEN = {
    "function add-user-to-group": (break_handler, "pip install no_such_package"),
    "project": (break_definitions, ""),
    "master key": (open_key, "chmod 600"),
    "master key fits": (other_key, "the key it had"),
    "database": (no_database, "restore-backup"),
    "clock": (from_the_future, "NTP"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_named(mine, name):
    """With what to do, and status 1."""
    broken, remedy = BROKEN[name]
    broken(mine)
    status, found = examined(mine)
    assert status == 1
    assert {one for one in found if found[one]["state"] == "fail"} == {name}
    assert remedy in found[name]["remedy"]


def test_ports(mine):
    """One that is taken by a server that answers, and one that cannot be had."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert examined(mine, "--port", str(port))[1]["port"]["state"] == "warn"
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        status, found = examined(mine, "--port", str(silent.getsockname()[1]))
    assert (status, found["port"]["state"]) == (1, "fail")


def test_settings_of_production(mine, tmp_path):
    """What serve refuses is told; with everything given, an address without TLS is to be looked at."""
    status, found = examined(mine, "--serve")
    assert (status, found["settings"]["state"]) == (1, "fail")
    assert "POOLHOUSE_ROOT_ACCESS_KEY_ID" in found["settings"]["text"]
    given = SERVE | {
        "POOLHOUSE_DATABASE": f"sqlite:///{tmp_path}/new.db",
        "POOLHOUSE_PUBLIC_URL": "http://pool.invalid",
    }
    found = examined(mine, "--serve", given=given)[1]
    assert found["public URL"]["state"] == "warn"
    found = examined(mine, "--serve", given=given | {"POOLHOUSE_PUBLIC_URL": "https://pool.invalid"})[1]
    assert "cannot be resolved" in found["public URL"]["text"]


def test_postgresql(mine, postgresql):
    """What it says of durability; an empty database; one that is not there."""
    found = examined(mine, "--database", postgresql)[1]
    assert found["schema"]["text"].startswith("empty")
    assert (found["durability"]["state"], "fsync" in found["durability"]["text"]) == (
        "fail",
        True,
    )  # the tests' own is fast
    status, found = examined(mine, "--database", "postgresql://nobody@127.0.0.1:1/none")
    assert (status, found["database"]["state"]) == (1, "fail")


def test_a_certificate_that_ended(mine, tmp_path):
    """Found before clients find it."""
    from poolhouse.crypto.certificates import new_authority, new_leaf

    long_ago = 1_000_000_000_000_000
    leaf = new_leaf(new_authority("test", long_ago), ["localhost"], long_ago)
    (tmp_path / "a.pem").write_bytes(leaf.certificate)
    (tmp_path / "a.key").write_bytes(leaf.key)
    given = SERVE | {
        "POOLHOUSE_DATABASE": f"sqlite:///{tmp_path}/new.db",
        "POOLHOUSE_TLS_CERT": str(tmp_path / "a.pem"),
        "POOLHOUSE_TLS_KEY": str(tmp_path / "a.key"),
    }
    status, found = examined(mine, "--serve", given=given)
    assert (status, found["certificate"]["state"]) == (1, "fail")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(mine):
    (mine / ".poolhouse").chmod(0o500)
    try:
        assert examined(mine)[1]["database"]["state"] == "fail"
    finally:
        (mine / ".poolhouse").chmod(0o700)


def test_as_whom_functions_run(mine):
    """What is in force is said; a user that does not exist has to be mended."""
    _, found = examined(mine)
    assert found["functions' user"]["state"] == "ok"
    assert "the server's own" in found["functions' user"]["text"]
    status, found = examined(mine, given={"POOLHOUSE_FUNCTION_USER": "no-such-user"})
    assert (status, found["functions' user"]["state"]) == (1, "fail")
    assert "there is no user no-such-user" in found["functions' user"]["text"]


def test_root_without_a_user_for_functions(mine):
    """In production the doctor says who can read what."""
    place = ("--serve", "--database", f"sqlite:///{mine}/.poolhouse/dev.db")
    state = examined(mine, *place, given=SERVE)[1]["functions' user"]
    assert state["state"] == "warn"
    assert ("everything on this machine" if os.geteuid() == 0 else "dev.db can be read") in state["text"]
