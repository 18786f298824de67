"""The console as tests of its pages find it."""

import pytest
from pages.console.console_world import Console, make_console


@pytest.fixture
async def console(services, invoke) -> Console:
    """Nobody is signed in."""
    return await make_console(services, invoke)


@pytest.fixture
async def operator(console: Console) -> Console:
    """The operator's browser."""
    assert (await console.enter()).status_code == 303
    return console


@pytest.fixture
async def support(console: Console) -> Console:
    """The browser of somebody who may look after customers."""
    assert (await console.sign_in("support@example.com")).status_code == 303
    return console
