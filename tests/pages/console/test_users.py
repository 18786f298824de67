"""The list of users: found by any attribute, filtered, sorted, page by page, and only by who may see them."""

import re

import pytest
from cases import each
from operations.stage import ROOT
from pages.console.console_world import ADMIN, CUSTOMER, STRANGER, SUPPORT, hidden, listed, make_console

from poolhouse.operations.console import users as search
from poolhouse.operations.context import Call
from poolhouse.store import groups, pools, users
from poolhouse.store.console_search import Bounds

EVERYBODY = [STRANGER, CUSTOMER, SUPPORT, ADMIN]


async def found(console, **query: str) -> list[str]:
    page = await console.get("/users", **query)
    assert page.status_code == 200, page.text
    return listed(page)


async def test_newest_first(operator):
    assert await found(operator) == EVERYBODY
    assert await found(operator, order="asc", sort="created") == EVERYBODY[::-1]


@each(
    "query, expected",
    [
        ({"q": "custom"}, [CUSTOMER]),
        ({"q": "CUSTOM"}, [CUSTOMER]),
        ({"q": "ADMIN@"}, [ADMIN]),
        ({"q": "@example"}, EVERYBODY),
        ({"q": "custom", "how": "prefix"}, [CUSTOMER]),
        ({"q": "ustom", "how": "prefix"}, []),
        ({"q": "customer@example.com", "how": "exact"}, [CUSTOMER]),
        ({"q": "customer@example", "how": "exact"}, []),
        ({"q": "custom", "by": "email"}, [CUSTOMER]),
        ({"q": "custom", "by": "name"}, []),
        ({"q": "tr", "by": "email_verified"}, []),
        ({"q": "Grün"}, [CUSTOMER]),
        ({"q": "GRÜN", "how": "exact"}, []),
        ({"q": 'Grün "x" \\ 100%_'}, [CUSTOMER]),
        ({"q": 'grün "x" \\ 100%_', "by": "name", "how": "exact"}, [CUSTOMER]),
        ({"q": "Value"}, []),
        ({"q": "Name"}, []),
        ({"q": "%"}, [CUSTOMER]),
        ({"q": "_"}, [CUSTOMER]),
        ({"q": "  customer  "}, [CUSTOMER]),
    ],
)
async def test_search(operator, query, expected):
    """In either case; what means something to LIKE or to JSON means nothing here."""
    name = [{"Name": "name", "Value": 'Grün "x" \\ 100%_'}]
    await operator.stage.admin("AdminUpdateUserAttributes", Username=CUSTOMER, UserAttributes=name)
    titles = {CUSTOMER: name[0]["Value"]}
    assert await found(operator, **query) == [titles.get(email, email) for email in expected]


async def test_search_by_username_and_sub(services, invoke):
    console = await make_console(services, invoke, people=False, AutoVerifiedAttributes=["email"])
    await console.enter()
    sub = await console.stage.person("Zoë")
    await console.stage.person("adam")
    assert await found(console, q="zo", by="username", how="prefix") == ["Zoë"]
    assert await found(console, q="ZOË", by="username", how="exact") == ["Zoë"]
    assert await found(console, q=sub, by="sub", how="exact") == ["Zoë"]
    assert await found(console, q=sub[:13]) == ["Zoë"]
    assert await found(console, sort="username") == ["Zoë", "adam"]


async def test_filters(operator):
    await operator.stage.sign_up("fresh@example.com")
    await operator.stage.admin("AdminDisableUser", Username=ADMIN)
    assert await found(operator, status="UNCONFIRMED") == ["fresh@example.com"]
    assert await found(operator, enabled="no") == [ADMIN]
    assert await found(operator, enabled="yes", status="CONFIRMED") == [STRANGER, CUSTOMER, SUPPORT]
    assert await found(operator, group="CUSTOMERS") == [CUSTOMER]
    assert await found(operator, group="CUSTOMERS", q="stranger") == []
    assert await found(operator, group="nobody's") == []
    for sort in ("username", "status", "created"):
        assert await found(operator, group="CUSTOMERS", sort=sort) == [CUSTOMER]


async def test_counts(operator):
    await operator.stage.sign_up("fresh@example.com")
    page = await operator.get("/users")
    assert "5 users in this pool" in page.text
    assert "Confirmed (4)" in page.text
    assert "Unconfirmed (1)" in page.text
    assert "Enabled (5)" in page.text


def link(page, label: str) -> str | None:
    made = re.search(rf'<a class="button plain" rel="\w+" href="([^"]+)">{label}<', page.text)
    return made and made.group(1).replace("&amp;", "&")


async def crowd(console, many: int) -> None:
    """Users without passwords, every second one a customer."""
    async with console.services.database.write() as tx:
        pool = await pools.get(tx, console.stage.pool)
        group = await groups.get(tx, pool.id, "CUSTOMERS")
        for place in range(many):
            name = f"user-{place * 7 % 10}{place}"
            known = {"email": f"{name}@example.com", "name": name}
            user = await users.add(
                tx, pool, username=name, sub=name, status="CONFIRMED", attributes=known, credential=None, now=place
            )
            if place % 2:
                await groups.add_member(tx, group.id, user.id, place)


@pytest.fixture
async def crowded(operator):
    await crowd(operator, 120)
    return operator


@each("sort, order", [("created", "desc"), ("username", "asc"), ("username", "desc"), ("status", "asc")])
@each("narrow, many", [({}, 124), ({"q": "user-"}, 120), ({"group": "CUSTOMERS"}, 61)])
async def test_pages_forwards_and_backwards(crowded, sort, order, narrow, many):
    """Every user once, and the same pages on the way back."""
    page = await crowded.get("/users", sort=sort, order=order, **narrow)
    pages = [listed(page)]
    while following := link(page, "Next"):
        page = await crowded.browser.get(following)
        pages.append(listed(page))
    seen = [name for each in pages for name in each]
    assert len(seen) == len(set(seen)) == many
    for before in reversed(pages[:-1]):
        page = await crowded.browser.get(link(page, "Previous"))
        assert listed(page) == before
    assert link(page, "Previous") is None


async def test_marks_belong_to_their_list(operator):
    """Of another order, of another pool, or changed: refused in words, not with a fault."""
    await crowd(operator, 60)
    following = link(await operator.get("/users"), "Next")
    mark = re.search(r"mark=([^&]+)", following).group(1)
    assert (await operator.get("/users", mark=mark)).status_code == 200
    for query in (
        {"mark": mark, "sort": "username"},
        {"mark": mark, "order": "asc", "sort": "created"},
        {"mark": mark[:-2] + "AA"},
    ):
        page = await operator.get("/users", **query)
        assert page.status_code == 400
        assert listed(page) == []


@each(
    "query",
    [
        {"q": "\0"},
        {"q": "x" * 5000},
        {"by": "\0"},
        {"by": "nothing", "q": "x"},
        {"group": "\0"},
        {"status": "NONE"},
        {"enabled": "perhaps"},
        {"sort": "password"},
        {"order": "sideways"},
        {"how": "regex", "q": "("},
        {"q": "\u2028\ud7ff"},
        {"mark": "x"},
    ],
)
async def test_odd_queries(operator, query):
    assert (await operator.get("/users", **query)).status_code in {200, 400}


async def test_delegate_sees_his_own_circle(support):
    """Whatever he asks for; and is not told how many others there are."""
    for query in ({}, {"q": "@"}, {"q": ADMIN}, {"sort": "username"}, {"group": "ADMINS"}, {"enabled": "yes"}):
        names = await found(support, **query)
        assert set(names) <= {CUSTOMER}
    page = await support.get("/users")
    assert listed(page) == [CUSTOMER]
    assert "in this pool" not in page.text
    assert "(4)" not in page.text


async def test_search_that_is_broken_off_goes_on(operator):
    """A walk that came to its bound shows what it found, and goes on behind it."""
    await crowd(operator, 60)
    visit = Call(services=operator.services, principal=ROOT, now=operator.services.clock(), request_id="r")
    async with operator.services.database.read() as tx:
        pool = await pools.get(tx, operator.stage.pool)
    mark, names, pages = "", [], 0
    while True:
        asked = search.Asked(text="admin@", mark=mark)
        page = await search.search(visit, pool, asked, bounds=Bounds(looked_at=10, chunk=5))
        names, pages, mark = names + [user.username for user in page.users], pages + 1, page.after
        if not mark:
            break
        assert page.is_partial
    assert (len(names), pages) == (1, 7)


async def test_new_user_is_not_for_everybody(support):
    page = await support.get("/users")
    assert "/users/new" not in page.text
    refused = await support.browser.post(
        support.at("/users/new"), data={"csrf": hidden(page)["csrf"], "username": "new@example.com"}
    )
    assert refused.status_code == 403
    assert await support.count() == 4


def test_bounds_are_what_the_figures_were_measured_with():
    assert (search.PAGE, search.COUNTED_UP_TO) == (50, 120_000)
