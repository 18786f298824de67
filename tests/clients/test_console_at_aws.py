"""The console in front of a pool at AWS, in Chromium, with scripts and without: done there, refused there, told here."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from clients.console_tour import Operator, operator
from clients.development import Backend
from playwright.async_api import Browser, expect

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session", params=[True, False], ids=["scripts", "no-scripts"])
async def visitor(request: pytest.FixtureRequest, chromium: Browser, front: Backend) -> AsyncIterator[Operator]:
    async with operator(chromium, front, front.pool_id, scripted=request.param) as made:
        yield made


async def test_the_operators_way(visitor: Operator, sqlite_backend: Backend) -> None:
    """Found, looked at, disabled, put into a new group, refused, and taken out with a list."""
    far, tab, page, name = sqlite_backend, visitor.tab, visitor.page, visitor.own("WRITERS")
    user = far.new_user(name=visitor.own("writer"))
    main = page.locator("main")
    await visitor.open("/users")
    await tab.fill(q=user.email)
    await main.get_by_role("button", name="Search").click()
    await expect(main.get_by_role("link", name=user.email)).to_have_count(1)
    await visitor.inspect("Users", "console-aws-users")
    await main.get_by_role("link", name=user.email).click()
    await visitor.inspect(user.email, "console-aws-user")
    await main.get_by_role("link", name="Disable …").click()
    await tab.fill(confirm=user.email)
    await main.get_by_role("button", name="Disable").click()
    await visitor.says("is disabled: signed out everywhere")
    assert not far.root.admin_get_user(UserPoolId=far.pool_id, Username=user.sub)["Enabled"]

    await visitor.open("/groups/new")
    await tab.fill(name=name, precedence="7")
    await main.get_by_role("button", name="See what it does").click()
    await main.get_by_role("button", name="Create the group").click()
    await visitor.says(f"The group {name} was created.")
    await visitor.open("/groups/new")
    await tab.fill(name=name, precedence="8")
    await main.get_by_role("button", name="See what it does").click()
    await main.get_by_role("button", name="Create the group").click()
    await visitor.says("A group with the name already exists.")
    assert far.root.get_group(UserPoolId=far.pool_id, GroupName=name)["Group"]["Precedence"] == 7

    await visitor.open(f"/group?name={name}")
    await tab.fill(user=user.email)
    await main.get_by_role("button", name=f"Add to {name}").click()
    await visitor.says(f"is now a member of {name}")
    assert far.groups_of(user) == [name]
    await many(visitor, name, user.email)
    await visitor.open("/keys")
    await visitor.says("signed at AWS, with keys that AWS keeps and changes")
    assert far.groups_of(user) == []
    far.root.delete_group(UserPoolId=far.pool_id, GroupName=name)


async def many(visitor: Operator, group: str, email: str) -> None:
    """Out of the group with a list, which is shown before and as it goes."""
    page, main = visitor.page, visitor.page.locator("main")
    await visitor.open(f"/group/bulk?name={group}&action=remove")
    await main.get_by_label("Names").fill(f"{email}\nnobody@example.com")
    await main.get_by_role("button", name="See what would happen").click()
    await visitor.says("1 will be removed, 1 no such user")
    await visitor.inspect(f"Remove 2 names from {group}", "console-aws-list")
    await page.locator("#f-confirm").fill(group)
    await main.get_by_role("button", name="Remove 2 names").click()
    await visitor.says("2 of 2 done")
    await visitor.inspect(f"Removing 2 names from {group}", "console-aws-run")
