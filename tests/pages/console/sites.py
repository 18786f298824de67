"""Browsers on the defined backend: the operator's, a delegate's, and the one of somebody who may do nothing."""

from dataclasses import replace
from typing import Any

from pages.console.console_world import Console
from pages.console.defined import CUSTOMER, SUPPORT, make_defined

from poolhouse.functions import Functions, RoleCredentials
from poolhouse.operations.context import Services

OPERATORS_ONLY = (
    "/functions",
    "/function?name=promote",
    "/triggers",
    "/keys",
    "/keys/rotate",
    "/keys/replace",
    "/log",
    "/log?part=rows",
    "/debugger",
    "/audit/event?id=1",
    "/audit/file",
)
EVIL = '<script>alert("x")</script><img src=x onerror=alert(1)>'


def idle_functions() -> Functions:
    """A runtime that was never started: it remembers runs and makes none."""
    return Functions(
        credentials=lambda role, name: RoleCredentials(role, name, "", 0),
        endpoint_url="http://127.0.0.1:9",
        region="us-east-1",
        account_id="000000000000",
        clock=lambda: 0,
        log=lambda *_: None,
    )


async def make_site(services: Services, invoke: Any, functions: Functions | None = None) -> Console:
    """Nobody is signed in. Users are made while no trigger could fail for want of a runtime."""
    if functions is None:
        return await make_defined(services, invoke)
    return await make_defined(replace(services, functions=functions), invoke)


async def as_operator(site: Console) -> Console:
    assert (await site.enter()).status_code == 303
    return site


async def as_delegate(site: Console) -> Console:
    assert (await site.sign_in(SUPPORT)).status_code == 303
    return site


async def as_nobody(site: Console) -> Console:
    """Somebody with an account and no rule."""
    await site.sign_in(CUSTOMER)
    return site
