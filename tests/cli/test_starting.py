"""`init`: templates that run, and nothing that is there is touched."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from app.running import EXAMPLE
from cli.command import ready, run, started
from cli.terminal import DOWN, ENTER, terminal
from testing.child import pytest_in

from poolhouse.cli.starting import FRONTENDS, NATIVE

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
    assert sorted(path.relative_to(tmp_path) for path in (tmp_path / "amplify").rglob("*.py")) == example
    assert all((tmp_path / path).read_text() == (EXAMPLE / path).read_text() for path in example)


@pytest.mark.parametrize("template", ["admin-actions", "admin-queries"])
def test_the_generated_tests_pass(tmp_path, template):
    """As they were generated, in a project that never ran."""
    assert run("init", "shop", "--template", template, "--yes", cwd=tmp_path).returncode == 0
    ended = pytest_in(tmp_path / "shop", "-q")
    assert (ended.code, ended.counts()) == (0, {"passed": 2}), ended.text


@pytest.mark.parametrize("frontend", [name for name in FRONTENDS if name != "none"])
@pytest.mark.parametrize("template", ["admin-actions", "admin-queries"])
def test_a_front_end_is_added(tmp_path, template, frontend):
    """The next steps say what runs it; JSON that a package manager reads can be read."""
    done = run("init", "shop", "--template", template, "--frontend", frontend, "--yes", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert all(f"  {line}\n" in done.stdout for line in FRONTENDS[frontend])
    shop = tmp_path / "shop"
    native = list((shop / "clients").rglob("*")) if frontend in NATIVE else []
    assert (shop / "package.json").exists() or (shop / "add_to_group.py").exists() or len(native) == 2
    assert all(isinstance(json.loads(path.read_text()), dict) for path in shop.glob("*.json"))
    ignored = (shop / ".gitignore").read_text().splitlines()
    assert ("node_modules/" in ignored) is (shop / "package.json").exists()


def test_an_empty_project_has_nothing_for_a_front_end(tmp_path):
    done = run("init", "shop", "--template", "empty", "--frontend", "react", "--yes", cwd=tmp_path)
    assert done.returncode == 1
    assert "Choose --template admin-actions or admin-queries" in done.stderr
    assert not (tmp_path / "shop").exists()


@pytest.mark.parametrize("path", ["package.json", "src/App.tsx", "tests/test_admin_actions.py"])
def test_a_front_end_overwrites_nothing(tmp_path, path):
    file = tmp_path / path
    file.parent.mkdir(exist_ok=True)
    file.write_text("mine")
    done = run("init", "--template", "admin-actions", "--frontend", "react", "--yes", cwd=tmp_path)
    assert (done.returncode, file.read_text()) == (1, "mine")
    assert f"{path} exists already" in done.stderr
    assert [found for found in tmp_path.rglob("*") if found.is_file()] == [file]


def test_settings_of_editors_stay(tmp_path):
    """What is there is kept; a configuration of pyright in pyproject.toml is not put aside by a file of ours."""
    (tmp_path / ".vscode").mkdir()
    (tmp_path / ".vscode" / "settings.json").write_text("{}")
    (tmp_path / "pyproject.toml").write_text("[tool.pyright]\nstrict = ['src']\n")
    assert run("init", "--template", "admin-actions", "--yes", cwd=tmp_path).returncode == 0
    assert (tmp_path / ".vscode" / "settings.json").read_text() == "{}"
    assert not (tmp_path / "pyrightconfig.json").exists()


def test_editors_find_the_generated_modules(tmp_path):
    """pyright, as the editor settings configure it, resolves the env and knows its members."""
    run("init", "--template", "admin-actions", "--yes", cwd=tmp_path)
    with started("dev", "--port", "0", cwd=tmp_path) as server:
        server.says(r"is ready\. Ctrl-C ends it\.")
    settings = json.loads((tmp_path / ".vscode" / "settings.json").read_text())
    assert (
        settings["python.analysis.extraPaths"]
        == json.loads((tmp_path / "pyrightconfig.json").read_text())["extraPaths"]
    )
    handler = tmp_path / "amplify" / "data" / "add_user_to_group" / "handler.py"
    wrong = handler.with_name("wrong.py")
    wrong.write_text(handler.read_text().replace("AMPLIFY_AUTH_USERPOOL_ID", "AMPLIFY_AUTH_USERPOOL"))
    command = [sys.executable, "-m", "pyright", "--outputjson", str(handler), str(wrong)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    reported = [(Path(each["file"]).name, each["message"]) for each in json.loads(done.stdout)["generalDiagnostics"]]
    right = [message for name, message in reported if name == "handler.py"]
    assert not any("amplify_env" in message or "amplify_types" in message for message in right)
    assert not any("AMPLIFY_AUTH_USERPOOL" in message for message in right)
    assert any("AMPLIFY_AUTH_USERPOOL" in message for name, message in reported if name == "wrong.py")


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
    assert len(found) > 40
    assert all(path.is_file() for path in found)
