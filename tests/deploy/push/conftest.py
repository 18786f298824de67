"""The emulator, an account of one's own in it, and a stack."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from emulator import ministack
from emulator.faults import Faults, proxy
from emulator.stacks import TEMPLATE, World, connect

from poolhouse.deploy.push.session import Account


@pytest.fixture(scope="session")
def emulator() -> str:
    return ministack.shared()


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def account(emulator: str, faults: Faults) -> Iterator[Account]:
    """Of its own: nothing else is in it. Its calls go through the proxy."""
    with proxy(emulator, faults) as url:
        made = connect(url, ministack.new_account())
        yield made
        for client in (made.cloudformation, made.s3, made.ssm, made.cognito):
            client.close()


@pytest.fixture
def world(account: Account) -> World:
    return World(account)


@pytest.fixture
def template() -> dict[str, Any]:
    return copy.deepcopy(TEMPLATE)


@pytest.fixture
def big() -> dict[str, Any]:
    """A template that does not fit into a request."""
    made = copy.deepcopy(TEMPLATE)
    for number in range(400):
        made["Resources"][f"Log{number}"] = {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {"LogGroupName": f"/{number:0>80}", "RetentionInDays": 7},
        }
    return made
