"""The plugin in a user's project: found by pytest, beside his own fixtures, in parallel, with and without asyncio."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

from testing.child import pytest_in, write_examples

OWN_NAMES = """\
import pytest

@pytest.fixture
def user():
    return "mine"

@pytest.fixture
def clock():
    return "my clock"

@pytest.fixture
def backend():
    return "my backend"
"""
BESIDE = """\
def test_mine(user, clock, backend):
    assert (user, clock, backend) == ("mine", "my clock", "my backend")

def test_both(user, poolhouse_backend, sign_in, inbox, pool):
    ada = poolhouse_backend.user("ada")
    assert sign_in(ada).claims["email"] == "ada@example.com"
    assert inbox.messages() == []
    poolhouse_backend.clock.advance(hours=1)
"""
ASYNCHRONOUS = """\
import asyncio

async def test_automatic(user, sign_in):
    session = await asyncio.to_thread(sign_in, user())
    assert session.access_token
"""
FAILING = """\
import pytest
from poolhouse.client import OperationError

def test_wrong(user, sign_in):
    ada = user(groups=["ADMINS"])
    sign_in(ada).client.mutations.add_user_to_group(userId=ada.sub, groupName="NOBODY")
"""


THERE = """
def test_there(pool, poolhouse_project):
    print("the project is", poolhouse_project)
    assert pool.groups()
"""


def put(project: Path, **files: str) -> None:
    for name, text in files.items():
        (project / "tests").mkdir(exist_ok=True)
        (project / "tests" / f"{name}.py").write_text(text, encoding="utf-8")


def test_the_plugin_is_part_of_the_package() -> None:
    """Installing Poolhouse is enough."""
    (found,) = [each for each in entry_points(group="pytest11") if each.name == "poolhouse"]
    assert found.value == "poolhouse.testing.plugin"


def test_who_does_not_use_it_pays_nothing() -> None:
    """Neither the server nor a client nor even our errors are imported, only the plugin itself."""
    code = (
        "import sys, time, pytest; began = time.perf_counter(); import poolhouse.testing.plugin; "
        "print(f'{1000 * (time.perf_counter() - began):.1f} ms', file=sys.stderr); "
        "print(sorted(name for name in sys.modules if name.partition('.')[0] in "
        "{'poolhouse', 'httpx', 'boto3', 'botocore', 'sqlalchemy', 'msgspec', 'starlette'}))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    print("imported in", ended.stderr)
    assert ended.stdout.strip() == "['poolhouse', 'poolhouse.testing', 'poolhouse.testing.plugin']"


def test_the_package_does_not_need_pytest() -> None:
    """Everything but the plugin is imported without it."""
    code = (
        "import sys; sys.modules['pytest'] = None; import poolhouse.cli.commands, poolhouse.cli.test_server; "
        "from poolhouse.testing import *; print(Backend.__name__, Process.__name__)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "Backend Process\n"), ended.stderr


def test_fixtures_of_the_user_win(project: Path) -> None:
    """Ours that he did not replace go on working with one another. The project is found from the tests upward."""
    put(project, conftest=OWN_NAMES, test_beside=BESIDE + THERE)
    ended = pytest_in(project, "-s", str(project / "tests"), folder=project.parent)
    assert ended.counts() == {"passed": 3}, ended.text
    assert f"the project is {project}\n" in ended.text


def test_asyncio_in_automatic_mode(project: Path, tmp_path: Path) -> None:
    """No marker is needed; strict mode is that of the page's examples. The project is named by the option."""
    tests = elsewhere(tmp_path)
    put(tests, test_asynchronous=ASYNCHRONOUS + THERE)
    ini = "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
    given = ("--poolhouse-project", str(project), str(tests / "tests"))
    ended = pytest_in(tests, "-s", *given, folder=tmp_path, ini=ini)
    assert ended.counts() == {"passed": 2}, ended.text
    assert f"the project is {project}\n" in ended.text


def elsewhere(folder: Path) -> Path:
    """A folder from which no project is found upward."""
    (folder / "elsewhere").mkdir()
    return folder / "elsewhere"


def test_the_examples_of_the_page_run_in_parallel_too(project: Path) -> None:
    """One process and two in random order come to the same."""
    assert len(write_examples(project, "python")) == 5
    alone, parallel = pytest_in(project, "-p", "no:randomly"), pytest_in(project, "-n", "2")
    assert alone.counts() == {"passed": 7}, alone.text
    assert parallel.counts() == {"passed": 7}, parallel.text


def test_a_failed_test_shows_what_the_server_wrote(project: Path) -> None:
    """The error of the user's function among it."""
    put(project, test_wrong=FAILING)
    ended = pytest_in(project)
    assert ended.counts() == {"failed": 1}, ended.text
    assert "poolhouse server" in ended.text
    written = ended.text.partition("poolhouse server")[2]
    assert "ResourceNotFoundException" in written
    assert "\x1b" not in written


def test_without_a_project_the_user_hears_what_to_do(tmp_path: Path) -> None:
    """Every test that wants a backend says it; others run."""
    put(tmp_path, test_lost="def test_lost(pool):\n    pass\n\ndef test_other():\n    pass\n")
    ended = pytest_in(tmp_path)
    assert ended.counts() == {"passed": 1, "error": 1}, ended.text
    assert "There is no amplify/backend.py in" in ended.text
    assert "--poolhouse-project DIR" in ended.text


def test_broken_definitions_are_told_as_the_command_tells_them(project: Path) -> None:
    """Without a traceback of ours."""
    (project / "amplify" / "backend.py").write_text("raise SystemError('oh dear')\n", encoding="utf-8")
    put(project, test_there="def test_there(pool):\n    pass\n")
    ended = pytest_in(project)
    assert ended.counts() == {"error": 1}, ended.text
    assert "oh dear" in ended.text
    assert "Traceback" not in ended.text


def test_a_seed_and_secrets_are_there_from_the_beginning(project: Path, tmp_path: Path) -> None:
    """Also after a reset. The project is named by the ini file."""
    (project / "amplify" / "seed.json").write_text(
        '{"users": [{"username": "admin@example.com", "groups": ["ADMINS"]}]}'
    )
    body = "    assert pool.groups_of('admin@example.com') == ['ADMINS']\n"
    test = f"def test_a(pool, admin):\n{body}    admin.admin_delete_user(UserPoolId=pool.id, Username='admin@example.com')\n\ndef test_b(pool):\n{body}"
    tests = elsewhere(tmp_path)
    put(tests, test_seed=test + THERE)
    ini = f"[pytest]\nasyncio_default_fixture_loop_scope = function\npoolhouse_project = {project}\npoolhouse_seed = amplify/seed.json\npoolhouse_secrets =\n  TOKEN=abc\n"
    ended = pytest_in(tests, "-s", "-p", "no:randomly", str(tests / "tests"), folder=tmp_path, ini=ini)
    assert ended.counts() == {"passed": 3}, ended.text
    assert f"the project is {project}\n" in ended.text
