"""View as: what a user may do, without becoming him; it is recorded, and no token is made."""

import re

import pytest
from pages.console.console_world import alert
from pages.console.defined import ADMIN, CUSTOMER, OUTSIDER, SUPPORT
from pages.console.sites import EVIL, as_delegate, as_operator, make_site
from sqlalchemy import func, select

from poolhouse.operations import audit
from poolhouse.store.schema import token_families
from poolhouse.store.statement import Statement

_FAMILIES = Statement(select(func.count()).select_from(token_families))


def doors(page) -> dict[str, bool]:
    found = re.findall(
        r'<li><span>([^<]*)<span class="quiet">[^<]*</span></span><span class="badge[^"]*">(\w+)<', page.text
    )
    return {name: state == "open" for name, state in found}


async def test_what_a_support_person_may(services, invoke):
    """Rules with their limits, fields and routes that are open to him, his groups; recorded once, and no sign-in."""
    site = await as_operator(await make_site(services, invoke))
    async with services.database.read() as tx:
        before = await tx.one(_FAMILIES, {})
    page = await site.get("/view-as", user=SUPPORT)
    open_to_him = {name for name, is_open in doors(page).items() if is_open}
    assert "Mutation.whoami" in open_to_him
    assert "Mutation.promote" not in open_to_him
    assert {"AdminQueries ANY /listUsers", "reports GET /open", "reports GET /mine"} <= open_to_him
    assert not {"narrow GET /all", "AdminQueries ANY /disableUser", "Mutation.inner"} & open_to_him
    assert "AdminDisableUser" in page.text
    assert "<dd>CUSTOMERS</dd>" in page.text
    async with services.database.read() as tx:
        assert await tx.one(_FAMILIES, {}) == before
    events = await audit.events(services, operation="ViewAs")
    assert [(event.result, event.actor, event.body["way"]) for event in events] == [
        ("ok", "arn:aws:iam::000000000000:root", "console")
    ]
    assert events[0].subject == (await site.stage.user(SUPPORT))["attributes"]["sub"]


@pytest.mark.parametrize(("who", "is_open"), [(ADMIN, True), (CUSTOMER, False), (OUTSIDER, False)])
async def test_doors_of_others(services, invoke, who, is_open):
    site = await as_operator(await make_site(services, invoke))
    found = doors(await site.get("/view-as", user=who))
    assert found["Mutation.promote"] is is_open
    assert found["AdminQueries ANY /getUser"] is is_open
    assert found["AdminQueries ANY /signUserOut"]


async def test_a_disabled_user_may_nothing(services, invoke):
    """Every token of his is refused, so every door that asks for one is closed."""
    site = await as_operator(await make_site(services, invoke))
    await site.stage.admin("AdminDisableUser", Username=ADMIN)
    page = await site.get("/view-as", user=ADMIN)
    assert "The user is disabled" in page.text
    assert {name for name, is_open in doors(page).items() if is_open} == {"reports GET /open"}
    assert "allow.group" not in page.text


async def test_a_delegate_sees_whom_he_may_see(services, invoke):
    """His own rule decides: customers yes, a stronger user no, and the refusal is recorded."""
    site = await as_delegate(await make_site(services, invoke))
    assert (await site.get("/view-as", user=CUSTOMER)).status_code == 200
    stronger = await site.get("/view-as", user=ADMIN)
    assert (stronger.status_code, "outranks" in alert(stronger)) == (400, True)
    assert doors(stronger) == {}
    events = await audit.events(
        services, kind="admin", actor=(await audit.events(services, operation="ViewAs"))[0].actor
    )
    assert [event.result for event in events if event.operation == "AdminGetUser"] == ["NotAuthorizedException", "ok"]
    assert len([event for event in events if event.operation == "ViewAs"]) == 1


async def test_nobody_of_that_name(services, invoke):
    """Refused with the operation's words; what was typed stays text."""
    site = await as_operator(await make_site(services, invoke))
    page = await site.get("/view-as", user=EVIL)
    assert page.status_code == 400
    assert "<script>alert" not in page.text
    assert await audit.events(services, operation="ViewAs") == []
