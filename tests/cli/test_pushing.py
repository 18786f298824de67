"""`push`, `status`, `pull`: the plan and the change, on a laptop and on a server, in a process and beside running ones."""

import json
import sqlite3
import subprocess
from pathlib import Path

import httpx
import pytest
from cli.command import COMMAND, SERVE, environment, ready, run, started, wait_for
from cli.terminal import terminal

RESOURCE = "amplify/auth/resource.py"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    run("init", "shop", "--template", "admin-queries", "--yes", cwd=tmp_path)
    return tmp_path / "shop"


def done(*arguments: str, cwd: Path, given: dict[str, str] | None = None) -> str:
    result = run(*arguments, cwd=cwd, given=given)
    assert result.returncode == 0, result.stderr + result.stdout
    return result.stdout


def edit(folder: Path, path: str, old: str, new: str) -> None:
    text = (folder / path).read_text()
    assert old in text
    (folder / path).write_text(text.replace(old, new))


def rows(folder: Path, *more: str, given: dict[str, str] | None = None) -> dict[str, str]:
    found = json.loads(done("status", "--json", *more, cwd=folder, given=given))
    return {row["name"]: row["operation"] for row in found}


def test_push_shows_the_plan_and_says_what_changed(shop):
    """Everything is new; the second time there is nothing to do; the clients' files are there."""
    shown = done("push", "--yes", cwd=shop)
    for line in (
        "create pool amplifyAuth",
        "create group Admins: precedence 0",
        "create REST API AdminQueries: at /dev",
    ):
        assert f"  {line}\n" in shown
        assert f"  ✓ {line}\n" in shown
    assert "Admin Queries  http://127.0.0.1:4500/dev\n" in shown
    api = json.loads((shop / "amplify_outputs.json").read_text())["custom"]["API"]["AdminQueries"]
    assert api["endpoint"] == "http://127.0.0.1:4500/dev"
    assert "Nothing to change" in done("push", "--yes", cwd=shop)


def test_status_before_and_after(shop):
    """Create, No Change, Update, Delete; asking makes no database."""
    assert set(rows(shop).values()) == {"Create"}
    assert not (shop / ".poolhouse" / "dev.db").exists()
    done("push", "--yes", cwd=shop)
    assert set(rows(shop).values()) == {"No Change"}
    edit(shop, RESOURCE, '"Editors"', '"Writers"')
    code = next((shop / "amplify" / "backend" / "function").glob("*/src/app.py"))
    code.write_text(code.read_text() + "# mine\n")
    found = rows(shop)
    assert (found["group Writers"], found["group Editors"], found["amplifyAuth"]) == ("Create", "Delete", "No Change")
    assert found[code.parent.parent.name] == "Update"
    assert "│ Auth     │ group Writers" in done("status", cwd=shop)


def test_removing_the_api_removes_its_entry(shop):
    """Check 65: endpoint and client configuration are gone after the push; users are not."""
    done("push", "--yes", cwd=shop)
    done("remove", "admin-queries", "--yes", cwd=shop)
    assert rows(shop)["AdminQueries"] == "Delete"
    shown = done("push", "--yes", cwd=shop)
    assert "remove REST API AdminQueries" in shown
    assert "Admin Queries" not in shown
    assert "API" not in json.loads((shop / "amplify_outputs.json").read_text())["custom"]


def test_no_means_no(shop):
    """The plan alone changes nothing, and the status is 1."""
    with terminal("push", cwd=shop) as screen:
        screen.answers("Are you sure you want to continue?", "n").sees("Nothing was changed.")
        assert screen.ends() == 1
    assert set(rows(shop).values()) == {"Create"}
    result = run("push", cwd=shop)
    assert (result.returncode, "--yes" in result.stderr) == (1, True)
    assert set(rows(shop).values()) == {"Create"}


def members(folder: Path) -> int:
    with sqlite3.connect(folder / ".poolhouse" / "dev.db") as connection:
        return int(connection.execute("SELECT count(*) FROM users").fetchone()[0])


def test_what_holds_users_is_kept(shop):
    """A replaced pool would lose its users: withheld with status 1, done when it is allowed."""
    done("push", "--yes", cwd=shop)
    done("users", "create", "alice@example.com", cwd=shop)
    assert members(shop) == 1
    edit(shop, RESOURCE, '{"email": True}', '{"email": True, "preferred_username": True}')
    result = run("push", "--yes", cwd=shop)
    assert (result.returncode, members(shop)) == (1, 1)
    assert "needs --allow-destructive" in result.stdout
    assert "Kept:" in result.stderr
    done("push", "--yes", "--allow-destructive", cwd=shop)
    assert members(shop) == 0


def test_pull_needs_no_definitions(shop, tmp_path):
    """The files are made of what was applied; the backend and its definitions stay as they are."""
    result = run("pull", cwd=shop)
    assert (result.returncode, "No backend was ever applied" in result.stderr) == (1, True)
    done("push", "--yes", cwd=shop)
    before = (shop / "amplify_outputs.json").read_bytes()
    (shop / RESOURCE).write_text("broken(\n")
    shown = done("pull", "--out-dir", str(tmp_path / "app"), cwd=shop)
    assert "Groups         Admins, Editors" in shown
    assert (tmp_path / "app" / "amplify_outputs.json").read_bytes() == before


def test_push_reaches_a_running_server(shop, database):
    """`serve` on the same database and project follows: an API that is added answers there."""
    given = {**SERVE, "POOLHOUSE_DATABASE": database}
    done("remove", "admin-queries", "--yes", cwd=shop)
    with started("serve", "--port", "0", cwd=shop, given=given) as server:
        url = server.says(r"url=(http://\S+)|\"url\": ?\"(http://[^\"]+)\"")
        url = url[1] or url[2]
        assert ready(url)
        assert httpx.get(f"{url}/dev/listUsers").status_code == 404
        done("update", "auth", "--admin-group", "Admins", "--yes", cwd=shop)
        assert httpx.get(f"{url}/dev/listUsers").status_code == 404
        shown = done("push", "--target", "server", "--yes", cwd=shop, given=given)
        assert "create REST API AdminQueries" in shown
        assert wait_for(lambda: httpx.get(f"{url}/dev/listUsers").status_code == 401, 15)
    assert set(rows(shop, "--target", "server", given=given).values()) == {"No Change"}


def test_a_server_with_other_files_keeps_what_it_has(shop, tmp_path, database):
    """Code and definitions belong together: a server whose project is older says so and serves on."""
    given = {**SERVE, "POOLHOUSE_DATABASE": database}
    other = tmp_path / "other"
    done("init", str(other), "--template", "empty", "--yes", cwd=tmp_path)
    with started("serve", "--port", "0", cwd=other, given=given) as server:
        url = server.says(r"url=(http://\S+)|\"url\": ?\"(http://[^\"]+)\"")
        url = url[1] or url[2]
        assert ready(url)
        done("push", "--target", "server", "--yes", cwd=shop, given=given)
        server.says("another process applied other definitions")
        assert httpx.get(f"{url}/dev/listUsers").status_code == 404
        assert ready(url)


def test_push_to_a_server_wants_its_settings(shop):
    """Those of `serve`, all missing ones named at once."""
    result = run("push", "--target", "server", "--yes", cwd=shop)
    assert result.returncode == 1
    assert "POOLHOUSE_DATABASE" in result.stderr
    assert "POOLHOUSE_MASTER_KEY" in result.stderr


def test_the_password_of_a_database_is_not_shown(shop):
    """Neither in the plan nor in an error."""
    address = "postgresql://poolhouse:very-secret@127.0.0.1:1/nothing"
    result = run("push", "--database", address, "--yes", cwd=shop)
    assert result.returncode == 1
    assert "very-secret" not in result.stdout + result.stderr
    assert "Traceback" not in result.stderr


def test_completion_is_there():
    """Typer's, for the shell that asks."""
    asked = ["bash", "-c", f"{COMMAND[0]} --show-completion; true"]
    result = subprocess.run(asked, env=environment(), capture_output=True, text=True, check=True)
    assert "poolhouse" in result.stdout
