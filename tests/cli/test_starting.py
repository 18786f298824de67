"""`init`: templates that run, and nothing that is there is touched."""

import json
from pathlib import Path

import pytest
from app.running import EXAMPLE
from cli.command import ready, run, started
from cli.terminal import DOWN, ENTER, terminal

TEMPLATES = ["admin-actions", "admin-queries", "empty"]


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_new_project_runs(tmp_path, template):
    """`poolhouse dev` in it becomes ready, and its definitions are all applied."""
    result = run("init", "new", "--template", template, "--yes", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    with started("dev", "--port", "0", cwd=tmp_path / "new") as server:
        url = server.says(r"Server\s+(http://\S+)")[1]
        assert ready(url)
        expected = {"admin-actions": "GraphQL", "admin-queries": f"Admin Queries  {url}/dev", "empty": "Inbox"}
        assert expected[template] in server.text
    rows = json.loads(run("status", "--json", cwd=tmp_path / "new").stdout)
    assert {row["operation"] for row in rows} <= {"No Change"}


def test_the_template_is_the_example(tmp_path):
    """One copy of it: file by file the same."""
    run("init", "--template", "admin-actions", "--yes", cwd=tmp_path)
    example = sorted(path.relative_to(EXAMPLE) for path in (EXAMPLE / "amplify").rglob("*.py"))
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.py")) == example
    assert all((tmp_path / path).read_text() == (EXAMPLE / path).read_text() for path in example)


def test_what_is_made_anew_stays_out_of_version_control(tmp_path):
    """The user's own lines stay; a second project adds none twice."""
    (tmp_path / ".gitignore").write_text("node_modules/\n.poolhouse/")
    run("init", "--template", "empty", "--yes", cwd=tmp_path)
    lines = (tmp_path / ".gitignore").read_text().splitlines()
    assert lines[:2] == ["node_modules/", ".poolhouse/"]
    assert sorted(set(lines)) == sorted(lines)
    assert ".amplify/" in lines


@pytest.mark.parametrize(("path", "template"), [("backend.py", "empty"), ("auth/resource.py", "admin-actions")])
def test_a_project_is_not_overwritten(tmp_path, path, template):
    """Neither a whole one nor one file of it."""
    file = tmp_path / "amplify" / path
    file.parent.mkdir(parents=True)
    file.write_text("# mine\n")
    result = run("init", "--template", template, "--yes", cwd=tmp_path)
    assert (result.returncode, file.read_text()) == (1, "# mine\n")
    assert [found for found in tmp_path.rglob("*") if found.is_file()] == [file]


def test_the_template_is_chosen_with_the_arrows(tmp_path):
    """And the next steps are told."""
    with terminal("init", "shop", cwd=tmp_path) as screen:
        screen.answers("What do you want to begin with?", DOWN, ENTER).answers("Write these changes?", ENTER)
        screen.sees("cd shop")
        assert screen.ends() == 0
    assert (tmp_path / "shop" / "amplify" / "data" / "add_user_to_group" / "handler.py").is_file()


def test_the_templates_are_package_data():
    """Links to the example, which the built package holds as files."""
    import poolhouse.cli

    found = list((Path(poolhouse.cli.__file__).parent / "templates").rglob("*.template"))
    assert len(found) == 5
    assert all(path.is_file() for path in found)
