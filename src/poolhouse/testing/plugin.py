"""The pytest plugin. It is loaded into every test run of the environment, so it imports nothing until it is used.

The fixtures with short names rest on `poolhouse_backend` alone: a project that has a fixture `user` or `clock` of its
own keeps it, and nothing here notices.
"""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

    from poolhouse.testing.backend import Backend, Outputs, Pool
    from poolhouse.testing.inbox import Inbox
    from poolhouse.testing.moving import BackendClock
    from poolhouse.testing.people import Users
    from poolhouse.testing.process import Process
    from poolhouse.testing.sessions import SignIn

_FIRST = Path("amplify") / "backend.py"
_LOG = pytest.StashKey[tuple["Process", int]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("poolhouse")
    group.addoption("--poolhouse-project", metavar="DIR", help="The folder that holds amplify/backend.py.")
    parser.addini("poolhouse_project", "The folder that holds amplify/backend.py, from the ini file's folder.")
    parser.addini("poolhouse_seed", "A file of `poolhouse seed`, from the project: users that every test begins with.")
    parser.addini("poolhouse_secrets", "The functions' secrets, a line NAME=VALUE for each.", type="linelist")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows what the server and the functions wrote meanwhile."""
    report = yield
    if report.failed and (known := item.stash.get(_LOG, None)) is not None:
        process, position = known
        if said := process.said_since(position):
            report.sections.append(("poolhouse server", said))
    return report


@pytest.fixture(scope="session")
def poolhouse_project(pytestconfig: pytest.Config) -> Path:
    """The project's folder: --poolhouse-project, the ini option poolhouse_project, or the nearest one upward."""
    given = pytestconfig.getoption("poolhouse_project")
    if given:
        return _checked(pytestconfig.invocation_params.dir / given)
    named = pytestconfig.getini("poolhouse_project")
    if named:
        return _checked((pytestconfig.inipath or pytestconfig.rootpath / "ini").parent / named)
    starts = [*_asked(pytestconfig), pytestconfig.invocation_params.dir, pytestconfig.rootpath]
    for folder in (each for start in starts for each in (start, *start.parents)):
        if (folder / _FIRST).is_file():
            return folder
    pytest.fail(
        f"There is no {_FIRST} in {starts[0]} or above it. "
        "Name the project's folder with --poolhouse-project DIR or the ini option poolhouse_project.",
        pytrace=False,
    )


def _asked(config: pytest.Config) -> list[Path]:
    return [(config.invocation_params.dir / argument.partition("::")[0]).resolve() for argument in config.args]


def _checked(folder: Path) -> Path:
    if not (folder / _FIRST).is_file():
        pytest.fail(f"There is no {_FIRST} in {folder}, which poolhouse_project names.", pytrace=False)
    return folder.resolve()


@pytest.fixture(scope="session")
def poolhouse_server(
    poolhouse_project: Path, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> "Iterator[Process]":
    """The server of this test process. `poolhouse_backend` brings it back to its beginning."""
    from poolhouse.errors import MissingExtra, UserError

    try:
        from poolhouse.testing.process import Process
    except ModuleNotFoundError as error:
        pytest.fail(str(MissingExtra("The pytest plugin", "server", package=error.name)), pytrace=False)
    named = pytestconfig.getini("poolhouse_seed")
    lines = (line.partition("=") for line in pytestconfig.getini("poolhouse_secrets"))
    log = tmp_path_factory.mktemp("poolhouse") / "server.log"
    try:
        process = Process(
            poolhouse_project,
            log,
            seed=poolhouse_project / named if named else None,
            secrets={name.strip(): value.strip() for name, _, value in lines},
        )
    except UserError as error:
        pytest.fail(str(error), pytrace=False)
    yield process
    process.stop()


@pytest.fixture
def poolhouse_backend(
    poolhouse_server: "Process", poolhouse_project: Path, request: pytest.FixtureRequest
) -> "Backend":
    """`backend`, under a name that nobody else has."""
    from poolhouse.testing.backend import Backend

    poolhouse_server.reset()
    request.node.stash[_LOG] = poolhouse_server, poolhouse_server.position()
    return Backend(poolhouse_server, poolhouse_project)


@pytest.fixture
def backend(poolhouse_backend: "Backend") -> "Backend":
    """Your project on a real server, with a fresh database."""
    return poolhouse_backend


@pytest.fixture
def pool(poolhouse_backend: "Backend") -> "Pool":
    """The user pool: ids, and questions such as `pool.groups_of(user)`."""
    return poolhouse_backend.pool


@pytest.fixture
def admin(poolhouse_backend: "Backend") -> "CognitoIdentityProviderClient":
    """boto3's `cognito-idp` client with the root key."""
    return poolhouse_backend.admin


@pytest.fixture
def user(poolhouse_backend: "Backend") -> "Users":
    """Makes users: `user("ada", groups=["ADMINS"], attributes={...}, status="CONFIRMED", mfa="TOTP")`."""
    return poolhouse_backend.user


@pytest.fixture
def sign_in(poolhouse_backend: "Backend") -> "SignIn":
    """Signs in with SRP: `sign_in(user).access_token`, `sign_in(user).client.mutations...`."""
    return poolhouse_backend.sign_in


@pytest.fixture
def inbox(poolhouse_backend: "Backend") -> "Inbox":
    """What was sent: `inbox.code(user)`, `inbox.messages(user)`."""
    return poolhouse_backend.inbox


@pytest.fixture
def clock(poolhouse_backend: "Backend") -> "BackendClock":
    """The server's time: `clock.advance(hours=1)`."""
    return poolhouse_backend.clock


@pytest.fixture
def outputs(poolhouse_backend: "Backend") -> "Outputs":
    """amplify_outputs.json as a dict; `outputs.path` is the file."""
    return poolhouse_backend.outputs
