"""What the console asks about visitors and users: who may do what, whose sign-in stands, and who somebody is."""

import pytest
from operations.stage import ROOT, claims
from pages.console.console_world import CUSTOMER, STRANGER, SUPPORT, SUPPORT_MAY, make_console

from poolhouse.access.principals import Person
from poolhouse.operations.console import people, pools, rights, sign_ins
from poolhouse.operations.context import Call


@pytest.fixture
async def console(services, invoke):
    return await make_console(services, invoke)


async def person(console, email: str) -> Person:
    sub = await console.name(email)
    return Person(console.stage.pool, sub, sub, "t", "", "console", "000000000000", "us-east-1")


def call(services, principal) -> Call:
    return Call(services=services, principal=principal, now=services.clock(), request_id="r", way="console")


async def test_what_somebody_may_do_at_all(services, console):
    """The operator everything that is served, a delegate what his rule names, everybody else nothing."""
    assert {"CreateUserPool", "AdminDeleteUser"} <= await rights.allowed(services, ROOT)
    assert await rights.allowed(services, await person(console, SUPPORT)) == frozenset(SUPPORT_MAY)
    assert await rights.allowed(services, await person(console, STRANGER)) == frozenset()


async def test_on_whom(services, console):
    """A customer may be disabled, a stronger customer may not, and the answer changes with the group."""
    visitor = await person(console, SUPPORT)
    asked = [("AdminDisableUser", {"Username": CUSTOMER}), ("AdminDisableUser", {"Username": STRANGER})]
    assert await rights.permitted(call(services, visitor), visitor, asked) == asked[:1]
    await console.stage.admin("AdminAddUserToGroup", Username=CUSTOMER, GroupName="ADMINS")
    assert await rights.permitted(call(services, visitor), visitor, asked) == []


async def test_in_a_group(services, console):
    """Into the group that a rule names, and no other; of nothing nothing is left."""
    visitor, both = await person(console, SUPPORT), frozenset({"AdminAddUserToGroup", "AdminRemoveUserFromGroup"})
    pool = await pools.find(services, console.stage.pool)
    for group, able in (("EDITORS", both), ("ADMINS", frozenset()), ("NOBODY", frozenset())):
        assert await rights.in_group(call(services, visitor), visitor, pool, group, both) == able
    assert await rights.in_group(call(services, visitor), visitor, pool, "EDITORS", frozenset()) == frozenset()
    assert len(await rights.own_rules(services, visitor)) == 1


async def test_a_sign_in_stands_until_it_is_ended(services, console):
    """By its family, and by the session that came from it, whichever ends first."""
    token = (await console.stage.srp(SUPPORT))["AuthenticationResult"]["AccessToken"]
    signed = await sign_ins.of_token(services, token)
    assert (signed.pool_id, signed.token_id) == (console.stage.pool, claims(token)["jti"])
    stands = await sign_ins.person(services, "session", signed.family_id)
    assert stands.user.sub == claims(token)["sub"]
    await sign_ins.end(services, "other", signed.expires)
    assert await sign_ins.is_over(services, "other")
    assert await sign_ins.person(services, "other", signed.family_id) is None
    assert await sign_ins.person(services, "session", signed.family_id) == stands
    await sign_ins.end(services, "session", signed.expires, signed.family_id)
    assert await sign_ins.person(services, "third", signed.family_id) is None


async def test_who_somebody_is(services, console):
    """By any name that the pool knows him by; nobody for the rest."""
    pool, sub = await pools.find(services, console.stage.pool), await console.name(CUSTOMER)
    found = await people.known(services, pool, [sub, CUSTOMER, "nobody@example.com"])
    assert {name: one.sub for name, one in found.items()} == {sub: sub, CUSTOMER: sub}
    assert await people.sub_of(services, pool, "nobody@example.com") is None
    assert await pools.find(services, "us-east-1_nobody") is None
    assert [(one.pool.id, one.users) for one in await pools.page(services, "", 9)] == [(pool.id, 4)]
