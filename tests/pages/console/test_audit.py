"""The audit page: events with their filters, one event whole, the chain's state, the file; a delegate sees no more than
the operation of AWS's tells him.
"""

import json
import re

import msgspec
import pytest
from operations.stage import refused
from pages.console.console_world import alert
from pages.console.defined import ADMIN, CUSTOMER, DEFINED, OUTSIDER, SUPPORT, delegate, make_defined
from pages.console.sites import EVIL, as_delegate, as_operator, make_site
from sqlalchemy import text as sql

from poolhouse.operations import audit
from poolhouse.store.statement import Statement


async def linked(services) -> None:
    await audit.flush(services)
    while await audit.link(services):
        pass


def operations(page) -> list[str]:
    return re.findall(r'<th scope="row"><a href="[^"]*/audit/event\?id=\d+">([^<]*)</a>', page.text)


@pytest.fixture
async def site(services, invoke):
    """The operator's browser, after a delegate did something and was refused something."""
    made = await as_delegate(await make_site(services, invoke))
    assert (await made.get("/view-as", user=CUSTOMER)).status_code == 200
    assert (await made.get("/view-as", user=ADMIN)).status_code == 400
    await refused(made.stage.admin("AdminGetUser", Username="x"))
    await linked(services)
    made.browser = made.new_browser()
    return await as_operator(made)


async def test_newest_first_with_filters(site):
    """By person, by whom it is about, by operation, kind, result and day."""
    page = await site.get("/audit")
    assert operations(page)[:2] == ["AdminGetUser", "ViewAs"]
    assert "Linked up to" in page.text
    assert set(operations(await site.get("/audit", actor=SUPPORT, kind="admin"))) == {
        "AdminGetUser",
        "AdminListGroupsForUser",
        "ViewAs",
    }
    assert operations(await site.get("/audit", result="refused")) == ["AdminGetUser"]
    assert operations(await site.get("/audit", subject=CUSTOMER, operation="AdminAddUserToGroup")) == [
        "AdminAddUserToGroup"
    ]
    assert operations(await site.get("/audit", subject="CUSTOMERS", operation="CreateGroup")) == []
    assert len(operations(await site.get("/audit", kind="sign-in"))) == 1
    assert operations(await site.get("/audit", since="2099-01-01")) == []
    assert operations(await site.get("/audit", until="1999-01-01")) == []
    assert (await site.get("/audit", since="<b>")).status_code == 400


async def test_pages_follow_one_another(site):
    """By key: what is written meanwhile moves nothing."""
    for place in range(60):
        await site.stage.admin("CreateGroup", GroupName=f"g{place}")
    first = await site.get("/audit", operation="CreateGroup")
    assert len(operations(first)) == 50
    following = re.search(r'rel="next" href="([^"]*)"', first.text).group(1).replace("&amp;", "&")
    await site.stage.admin("CreateGroup", GroupName="later")
    second = await site.browser.get(following)
    assert len(operations(second)) == 10


async def test_one_event(site):
    """Everything that is recorded of it, without secrets; text stays text."""
    password = "Never-Shown-99x"
    await site.stage.admin("AdminSetUserPassword", Username=OUTSIDER, Password=password)
    await refused(site.stage.admin("AdminGetUser", Username=EVIL[:60]))
    await site.stage.admin("CreateGroup", GroupName="g", Description=EVIL)
    for operation in ("AdminSetUserPassword", "CreateGroup"):
        page = await site.get("/audit", operation=operation)
        href = re.search(r'href="([^"]*/audit/event\?id=\d+)"', page.text).group(1)
        one = await site.browser.get(href)
        assert one.status_code == 200
        for answer in (page, one):
            assert password not in answer.text
            assert "<script>alert" not in answer.text
    assert "&lt;script&gt;" in one.text
    assert "Request id" in one.text
    for number in ("0", "999999", "x", "9" * 30):
        assert (await site.get("/audit/event", id=number)).status_code == 404


async def test_the_trail_is_verified(site, services, database_kind):
    """Said to be whole; and where a row was changed below the database's guard, which one."""
    page = await site.post("/audit/verify", {})
    assert "The trail is what was written" in page.text
    assert page.text.rstrip().endswith("</html>")
    alter = "ALTER TABLE audit_events {} TRIGGER audit_events_fix"
    off, on = ("DROP TRIGGER audit_events_fix", "SELECT 1")
    if database_kind == "postgresql":
        off, on = alter.format("DISABLE"), alter.format("ENABLE")
    async with services.database.write() as tx:
        for statement in (off, "UPDATE audit_events SET actor = 'somebody else' WHERE seq = 2", on):
            await tx.all(Statement(sql(statement)), {})
    changed = await site.post("/audit/verify", {})
    assert "The trail is not what was written" in changed.text
    assert "Link 2." in changed.text


async def test_the_file(site):
    """JSON Lines with the page's own filters, as an attachment."""
    answer = await site.get("/audit/file", operation="AdminAddUserToGroup")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert len(lines) == 3
    assert {line["operation"] for line in lines} == {"AdminAddUserToGroup"}
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.jsonl"'


async def test_a_delegate_without_the_rule_sees_nothing(services, invoke):
    site = await as_delegate(await make_site(services, invoke))
    assert (await site.get("/audit")).status_code == 403


async def test_a_delegate_with_the_rule_sees_one_user(services, invoke):
    """What AdminListUserAuthEvents answers him: weaker users yes, stronger ones no, and no other event."""
    auth = DEFINED.auth
    rule = delegate("SUPPORT", "listUsers", members_of=("CUSTOMERS",))
    rule = msgspec.structs.replace(rule, operations=(*rule.operations, "AdminListUserAuthEvents"))
    delegation = msgspec.structs.replace(auth.delegation, delegates=(rule,))
    wanted = msgspec.structs.replace(DEFINED, auth=msgspec.structs.replace(auth, delegation=delegation))
    site = await make_defined(services, invoke, manifest=wanted)
    await site.stage.srp(CUSTOMER)
    await linked(services)
    await as_delegate(site)
    assert "Sign-ins and password changes of one user" in (await site.get("/audit")).text
    seen = await site.get("/audit", subject=CUSTOMER)
    assert (seen.status_code, "SignIn" in seen.text) == (200, True)
    other = await site.get("/audit", subject=ADMIN)
    assert (other.status_code, "outranks" in alert(other)) == (400, True)
    assert (await site.get("/audit/file")).status_code == 403
