"""`poolhouse seed`: users as the file says, once and again."""

import json
from pathlib import Path

import pytest
from cli.command import run
from testing.child import blocks

from poolhouse.cli.seeding import read
from poolhouse.errors import ProjectError


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose database is there, nobody in it."""
    from testing.conftest import copied

    folder = copied(tmp_path_factory.mktemp("seeded") / "project")
    pushed = run("push", "--yes", cwd=folder)
    assert pushed.returncode == 0, pushed.stderr
    return folder


@pytest.fixture
def seeded(applied: Path) -> Path:
    """The same for every test."""
    assert run("reset", "--yes", cwd=applied).returncode == 0
    return applied


def users(project: Path) -> dict[str, dict]:
    """The pool's users by address."""
    listed = json.loads(run("users", "list", "--json", cwd=project).stdout)["Users"]
    named = [{each["Name"]: each["Value"] for each in user["Attributes"]}["email"] for user in listed]
    return dict(zip(named, listed, strict=True))


def outcomes(project: Path, *arguments: str) -> dict[str, str]:
    ended = run("seed", "--json", *arguments, cwd=project)
    assert ended.returncode == 0, ended.stderr
    return {each["username"]: each["outcome"] for each in json.loads(ended.stdout)}


def test_the_file_of_the_page_is_planted_and_then_nothing_changes(seeded: Path) -> None:
    """Created, and unchanged when it is run again; passwords, groups and status included."""
    (text,) = blocks("json")
    (seeded / "seed.json").write_text(text)
    assert set(outcomes(seeded, "seed.json").values()) == {"created"}
    before = users(seeded)
    assert set(outcomes(seeded, "seed.json").values()) == {"unchanged"}
    assert users(seeded) == before
    assert sorted(before) == ["ada@example.com", "admin@example.com", "gone@example.com", "new@example.com"]
    shown = json.loads(run("users", "show", "admin@example.com", "--json", cwd=seeded).stdout)
    assert "ADMINS" in json.dumps(shown)


def test_what_was_changed_becomes_what_the_file_says(seeded: Path) -> None:
    """And what the file does not name stays."""
    wanted = {"users": [{"username": "ada@example.com", "password": "Correct-Horse-9", "groups": ["ADMINS"]}]}
    (seeded / "seed.json").write_text(json.dumps(wanted))
    outcomes(seeded, "seed.json")
    assert run("users", "disable", "ada@example.com", cwd=seeded).returncode == 0
    assert run("users", "remove-from-group", "ada@example.com", "ADMINS", cwd=seeded).returncode == 0
    assert run("users", "create", "bob@example.com", cwd=seeded).returncode == 0
    assert outcomes(seeded, "seed.json") == {"ada@example.com": "changed"}
    assert outcomes(seeded, "seed.json") == {"ada@example.com": "unchanged"}
    assert sorted(users(seeded)) == ["ada@example.com", "bob@example.com"]


def test_another_password_is_a_change(seeded: Path) -> None:
    """The present one is checked, not guessed."""
    for password, outcome in [
        ("Correct-Horse-9", "created"),
        ("Another-Horse-7", "changed"),
        ("Another-Horse-7", "unchanged"),
    ]:
        (seeded / "seed.json").write_text(
            json.dumps({"users": [{"username": "ada@example.com", "password": password}]})
        )
        assert outcomes(seeded, "seed.json") == {"ada@example.com": outcome}


def test_a_function_describes_users_too(seeded: Path) -> None:
    """That of the page, found without being named."""
    (text,) = [block for block in blocks("python") if block.startswith("# amplify/seed.py")]
    (seeded / "amplify" / "seed.py").write_text(text)
    found = outcomes(seeded)
    assert len(found) == 6
    assert set(found.values()) == {"created"}
    (seeded / "amplify" / "seed.py").unlink()


def test_a_misspelt_group_leaves_nothing_half_done(seeded: Path) -> None:
    """It is told before the first user is made."""
    wanted = {"users": [{"username": "ada@example.com"}, {"username": "bob@example.com", "groups": ["ADMIN"]}]}
    (seeded / "seed.json").write_text(json.dumps(wanted))
    ended = run("seed", "seed.json", cwd=seeded)
    assert ended.returncode == 1
    assert "bob@example.com is to be in ADMIN" in ended.stderr
    assert "Its groups are: ADMINS." in ended.stderr
    assert users(seeded) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no seed"),
        ('{"users": [{"name": "ada"}]}', "unknown field `name`"),
        ('{"people": []}', "unknown field `people`"),
    ],
)
def test_a_file_that_says_something_else_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """With the place, and with what it should say."""
    (tmp_path / "seed.json").write_text(text)
    with pytest.raises(ProjectError, match=said):
        read(tmp_path, tmp_path / "seed.json")


@pytest.mark.parametrize(
    "text", ["def plant(): ...", "def seed():\n    raise SystemExit(3)", "def seed():\n    return {1, 2}"]
)
def test_a_function_that_fails_is_told(tmp_path: Path, text: str) -> None:
    """Its traceback stands above."""
    (tmp_path / "seed.py").write_text(text)
    with pytest.raises(ProjectError, match=r"seed\.py failed"):
        read(tmp_path, tmp_path / "seed.py")


def test_without_a_file_the_user_hears_which_to_write(tmp_path: Path) -> None:
    """Both names."""
    with pytest.raises(ProjectError, match=r"There is no amplify/seed\.json and no amplify/seed\.py"):
        read(tmp_path, None)
