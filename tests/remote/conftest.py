from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from acceptance.conftest import KINDS
from acceptance.world import World
from fresh import new_database
from remote.world import Front, aws, in_front

Fronts = Callable[[str, bool], Front]


@pytest.fixture(scope="session")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The server in the part of AWS; each test makes its own people there."""
    with aws(tmp_path_factory.mktemp("aws")) as world:
        yield world


@pytest.fixture(scope="session")
def fronts(far: World, postgresql_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    """Starts a server in front when it is first wanted; all end before the one that they stand in front of."""
    started: dict[tuple[str, bool], Front] = {}
    with ExitStack() as running:

        def front(kind: str, delegates: bool) -> Front:
            if (kind, delegates) not in started:
                name = "remote_delegating" if delegates else "remote"
                folder = tmp_path_factory.mktemp(name)
                address = f"sqlite:///{folder}/test.db" if kind == "sqlite" else new_database(postgresql_server)
                started[kind, delegates] = running.enter_context(in_front(far, folder, address, delegates=delegates))
            return started[kind, delegates]

        yield front


@pytest.fixture(params=KINDS)
def front(request: pytest.FixtureRequest, fronts: Fronts) -> Front:
    """A server in front of a pool that delegates nothing."""
    return fronts(request.param, False)


@pytest.fixture(params=KINDS)
def delegating(request: pytest.FixtureRequest, fronts: Fronts) -> Front:
    """A server in front of a pool whose administration is delegated."""
    return fronts(request.param, True)
