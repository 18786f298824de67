"""examples/admin-queries is what the generator writes, and what its documents say."""

import json
from pathlib import Path

from cli.command import run

from poolhouse.define.admin_queries_source import files, source_folder
from poolhouse.define.project import load

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "examples" / "admin-queries"
FUNCTION = "AdminQueries1f4e2a7c"


def test_the_function_is_the_generated_one() -> None:
    """The definition and every file of the source, and no other file."""
    written = files(FUNCTION, ["Admins"])
    assert {path: (EXAMPLE / path).read_text() for path in written} == written
    found = {path.name for path in (EXAMPLE / source_folder(FUNCTION)).iterdir() if path.name != "__pycache__"}
    assert found == {Path(path).name for path in written if path.startswith(source_folder(FUNCTION))}


def test_no_grant_too_many(tmp_path: Path) -> None:
    done = run("check", "--strict", "--project", str(EXAMPLE), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "Nothing to report.\n")


def test_the_manifest_is_the_page() -> None:
    """Two groups, the first of which may call; people choose user names, as `richard` is one."""
    manifest = load(EXAMPLE)
    assert manifest.auth
    assert [group.name for group in manifest.auth.groups] == ["Admins", "Editors"]
    assert manifest.auth.preferred_username
    assert [api.root for api in manifest.rest_apis] == ["/dev"]
    assert {function.name: function.environment["GROUP"] for function in manifest.functions} == {FUNCTION: "Admins"}


def test_the_app_uses_the_packages_that_are_tested() -> None:
    """Every version range is that of the packages with which the app is built in the tests."""
    wanted = json.loads((EXAMPLE / "app" / "package.json").read_text())
    tested = json.loads((REPOSITORY / "tests" / "clients" / "js" / "package.json").read_text())["dependencies"]
    ranges = wanted["dependencies"] | wanted["devDependencies"]
    assert ranges == {name: tested[name] for name in ranges}


def test_both_buttons_are_the_pages() -> None:
    """What the page prints for the screen and for the calls of v5 is in the app."""
    app = (EXAMPLE / "app" / "src" / "App.jsx").read_text()
    assert app.count(">Add to Group</button>") == app.count(">List Editors</button>") == 1
    v5 = (EXAMPLE / "app" / "v5" / "adminQueries.js").read_text()
    assert "API.post(apiName, path, myInit)" in v5
    assert "(await Auth.currentSession()).getAccessToken().getJwtToken()" in v5
