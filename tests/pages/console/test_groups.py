"""The pages of groups: for the operator, for a delegate who may do some of it, and for nobody else."""

import html
import re

import pytest
from cases import each
from pages.console.console_world import ADMIN, CUSTOMER, STRANGER, SUPPORT, alert, listed, path_of, told

from poolhouse.operations import audit
from poolhouse.operations.backend.state import GROUP
from poolhouse.store import backend
from poolhouse.store import groups as rows
from poolhouse.store.backend import Resource

EVIL = "<img/src=x/onerror=alert(1)>\"'"


async def names(console) -> list[str]:
    async with console.services.database.read() as tx:
        return sorted(group.name for group in await rows.list_(tx, console.stage.pool, "", 100))


async def members(console, group: str) -> list[str]:
    found = (await console.stage.admin("ListUsersInGroup", GroupName=group))["Users"]
    return sorted([(await console.stage.user(user["Username"]))["attributes"]["email"] for user in found])


async def group_of(console, name: str) -> dict:
    return (await console.stage.admin("GetGroup", GroupName=name))["Group"]


def effects(page) -> list[str]:
    found = re.search(r'<div class="effect">.*?<ul>(.*?)</ul>', page.text, re.DOTALL)
    return [html.unescape(text) for text in re.findall(r"<li>(.*?)</li>", found.group(1))] if found else []


# --- the list ----------------------------------------------------------------------------------------------


async def test_list(operator):
    """Each group with its precedence and how many are in it."""
    page = await operator.get("/groups")
    rows = re.findall(
        r'<th scope="row"><a [^>]*>(\w+)</a>.*?Precedence">(\d+)<.*?Members">(\d+)<', page.text, re.DOTALL
    )
    assert rows == [("ADMINS", "1", "1"), ("CUSTOMERS", "20", "1"), ("EDITORS", "10", "0"), ("SUPPORT", "5", "1")]
    assert "New group" in page.text


async def test_pages_of_a_long_list(operator):
    """Fifty at a time, each once."""
    for nth in range(60):
        await operator.stage.admin("CreateGroup", GroupName=f"g{nth:02}")
    first = await operator.get("/groups")
    following = html.unescape(re.search(r'rel="next" href="([^"]*)"', first.text).group(1))
    second = await operator.browser.get(following)
    seen = [re.findall(r'<th scope="row"><a [^>]*>(\w+)</a>', page.text) for page in (first, second)]
    assert [len(page) for page in seen] == [50, 14]
    assert sorted([*seen[0], *seen[1]]) == await names(operator)


async def test_delegate_sees_what_he_may(support):
    """The list, but neither buttons nor numbers that are not his."""
    page = await support.get("/groups")
    assert "EDITORS" in page.text
    assert "New group" not in page.text
    assert "Members" not in page.text
    own = await support.get("/group", name="EDITORS")
    assert "Add to EDITORS" in own.text
    for absent in ("/group/edit", "/group/delete", "Remove<"):
        assert absent not in own.text


@pytest.mark.parametrize("path", ["/groups", "/group?name=ADMINS", "/group/bulk?name=ADMINS", "/groups/new"])
async def test_outsiders(console, path):
    """Nobody without a session, and nobody whom no rule names."""
    page = await console.browser.get(console.at(path))
    assert page.status_code in {303, 401}
    assert "ADMINS" not in page.text.replace("name=ADMINS", "").replace("name%3DADMINS", "")
    await console.sign_in(STRANGER)
    refused = await console.browser.get(console.at(path))
    assert refused.status_code == 403
    assert "EDITORS" not in refused.text


# --- new, changed, deleted ---------------------------------------------------------------------------------


async def test_creation_says_its_effect_first(operator):
    """Whom it outranks and who outranks it; nothing is made before that was seen."""
    fields = {"name": "LEADS", "precedence": "7", "description": "Leads"}
    review = await operator.post("/groups/new", {**fields, "step": "see"})
    assert effects(review)[:2] == [
        "LEADS will outrank EDITORS, CUSTOMERS.",
        "LEADS will be outranked by ADMINS, SUPPORT.",
    ]
    assert "LEADS" not in await names(operator)
    page = await operator.followed(await operator.post("/groups/new", {**fields, "step": "do"}))
    assert told(page).startswith("The group LEADS was created.")
    made = await group_of(operator, "LEADS")
    assert (made["Precedence"], made["Description"]) == (7, "Leads")


@each(
    "fields",
    [
        {"name": ""},
        {"name": "two words"},
        {"name": "x" * 129},
        {"name": "X", "precedence": "-1"},
        {"name": "X", "precedence": "99999999999"},
        {"name": "X", "precedence": "1.5"},
        {"name": "X", "role": "no role"},
        {"name": "X", "description": "nul\0"},
        {"name": "ADMINS"},
    ],
)
async def test_creation_that_is_refused(operator, fields):
    """With the reason, what was typed, and nothing made."""
    page = await operator.post("/groups/new", {**fields, "step": "do"})
    assert page.status_code == 400
    assert alert(page)
    assert await names(operator) == ["ADMINS", "CUSTOMERS", "EDITORS", "SUPPORT"]


async def test_change_says_whom_it_lifts(operator):
    """Precedence changes, the description too, and what is left empty stays."""
    fields = {"precedence": "0", "description": "The first"}
    review = await operator.post("/group/edit", {**fields, "step": "see"}, name="EDITORS")
    assert effects(review)[0].startswith("EDITORS will newly outrank ADMINS, SUPPORT:")
    assert effects(review)[1] == "EDITORS will no longer be outranked by ADMINS, SUPPORT."
    assert (await group_of(operator, "EDITORS"))["Precedence"] == 10
    await operator.followed(await operator.post("/group/edit", {**fields, "step": "do"}, name="EDITORS"))
    await operator.post("/group/edit", {"description": "", "step": "do"}, name="EDITORS")
    changed = await group_of(operator, "EDITORS")
    assert (changed["Precedence"], changed["Description"]) == (0, "")


async def test_deletion_wants_the_name(operator):
    """It says what is lost; another name, or none, deletes nothing."""
    page = await operator.get("/group/delete", name="CUSTOMERS")
    assert effects(page)[0] == "Its one member loses what only CUSTOMERS may do."
    for typed in ("", "customers", "CUSTOMERS "[:-2]):
        refused = await operator.post("/group/delete", {"confirm": typed}, name="CUSTOMERS")
        assert (refused.status_code, "not the group" in alert(refused)) == (400, True)
    assert "CUSTOMERS" in await names(operator)
    done = await operator.post("/group/delete", {"confirm": "CUSTOMERS"}, name="CUSTOMERS")
    assert told(await operator.followed(done)).startswith("The group CUSTOMERS was deleted.")
    assert "CUSTOMERS" not in await names(operator)
    assert (await operator.state(CUSTOMER))["groups"] == []


async def test_defined_groups_are_the_definitions(operator):
    """No other precedence, role or end from here, whatever is sent; a description is free."""
    pool = operator.stage.pool
    async with operator.services.database.write() as tx:
        await backend.put(tx, Resource("app", GROUP, "EDITORS", pool, "10", 1))
    page = await operator.get("/group/edit", name="EDITORS")
    assert "amplify/auth/resource.py" in page.text
    assert 'name="precedence" type="text"' not in page.text
    await operator.post("/group/edit", {"precedence": "0", "description": "Ours", "step": "do"}, name="EDITORS")
    refused = await operator.post("/group/delete", {"confirm": "EDITORS"}, name="EDITORS")
    assert (refused.status_code, "amplify/auth/resource.py" in alert(refused)) == (403, True)
    found = await group_of(operator, "EDITORS")
    assert (found["Precedence"], found["Description"]) == (10, "Ours")


@pytest.mark.parametrize("path", ["/groups/new", "/group/edit", "/group/delete"])
async def test_delegate_without_the_right(support, path):
    """The pages are not his, and their forms do nothing."""
    fields = {"name": "X", "precedence": "1", "confirm": "EDITORS", "step": "do"}
    assert (await support.get(path, name="EDITORS")).status_code == 403
    assert (await support.post(path, fields, name="EDITORS")).status_code == 403
    assert await names(support) == ["ADMINS", "CUSTOMERS", "EDITORS", "SUPPORT"]
    assert (await group_of(support, "EDITORS"))["Precedence"] == 10


@each("path", ["/group", "/group/edit", "/group/delete", "/group/bulk"])
@each("name", ["", "NOBODY", "a\0b", "x" * 300, "../users"])
async def test_groups_that_are_not_there(operator, path, name):
    """A page that says so, never a fault."""
    page = await operator.get(path, name=name)
    assert page.status_code == 404


# --- members -----------------------------------------------------------------------------------------------


async def test_one_more_and_one_less(operator):
    """By address; the page says what was done, and so does the trail."""
    page = await operator.followed(await operator.post("/group", {"user": STRANGER}, name="EDITORS"))
    assert told(page).startswith(f"{STRANGER} is now a member of EDITORS.")
    assert listed(page) == [STRANGER]
    assert await members(operator, "EDITORS") == [STRANGER]
    name = await operator.name(STRANGER)
    asks = await operator.get("/group/remove", name="EDITORS", user=name)
    assert effects(asks)[0].endswith("loses everything that only EDITORS may do.")
    done = await operator.post("/group/remove", {}, name="EDITORS", user=name)
    assert (done.status_code, path_of(done)) == (303, operator.at("/group"))
    assert await members(operator, "EDITORS") == []
    events = await audit.events(operator.services, pool_id=operator.stage.pool, limit=2)
    assert [event.operation for event in events] == ["AdminRemoveUserFromGroup", "AdminAddUserToGroup"]
    assert {event.body["way"] for event in events} == {"console"}


async def test_nobody_of_that_name(operator):
    page = await operator.post("/group", {"user": "nobody@example.com"}, name="EDITORS")
    assert (page.status_code, alert(page)) == (400, "User does not exist.")
    assert 'value="nobody@example.com"' in page.text


async def test_delegate_confers_what_he_may(support):
    """EDITORS to a customer; not ADMINS, not to a stranger, and not to himself."""
    assert (await support.post("/group", {"user": CUSTOMER}, name="EDITORS")).status_code == 303
    assert await members(support, "EDITORS") == [CUSTOMER]
    for group, user in (("ADMINS", CUSTOMER), ("EDITORS", STRANGER), ("ADMINS", SUPPORT), ("EDITORS", ADMIN)):
        refused = await support.post("/group", {"user": user}, name=group)
        assert refused.status_code == 400
        assert alert(refused)
    removal = await support.post("/group/remove", {}, name="ADMINS", user=await support.name(ADMIN))
    assert removal.status_code == 400
    assert (await members(support, "EDITORS"), await members(support, "ADMINS")) == ([CUSTOMER], [ADMIN])


async def test_pages_of_members(operator):
    """Fifty at a time, each once."""
    for nth in range(55):
        email = f"m{nth}@example.com"
        await operator.stage.admin("AdminCreateUser", Username=email, MessageAction="SUPPRESS")
        await operator.stage.admin("AdminAddUserToGroup", GroupName="EDITORS", Username=email)
    first = await operator.get("/group", name="EDITORS")
    second = await operator.browser.get(html.unescape(re.search(r'rel="next" href="([^"]*)"', first.text).group(1)))
    assert [len(listed(page)) for page in (first, second)] == [50, 5]
    assert len({*listed(first), *listed(second)}) == 55


async def test_forged_mark_of_a_page(operator):
    page = await operator.get("/group", name="EDITORS", after="AAAA")
    assert page.status_code in {200, 400}
    assert "Marker" in page.text


# --- names that are markup ---------------------------------------------------------------------------------


async def test_everything_is_escaped(operator):
    """Names, descriptions, roles and what was typed, on every page of groups."""
    await operator.stage.admin("CreateGroup", GroupName=EVIL, Description=EVIL, Precedence=3)
    attributes = [{"Name": "name", "Value": EVIL}]
    await operator.stage.admin("AdminUpdateUserAttributes", Username=STRANGER, UserAttributes=attributes)
    await operator.stage.admin("AdminAddUserToGroup", GroupName=EVIL, Username=STRANGER)
    pages = [await operator.get("/groups"), await operator.get("/groups/new")]
    own = ("/group", "/group/edit", "/group/delete", "/group/bulk")
    pages += [await operator.get(path, name=EVIL) for path in own]
    pages.append(await operator.get("/group/remove", name=EVIL, user=EVIL))
    pages.append(await operator.post("/group", {"user": EVIL}, name=EVIL))
    pages.append(await operator.post("/groups/new", {"name": EVIL, "description": EVIL, "role": EVIL, "step": "see"}))
    pages.append(await operator.post("/group/bulk", {"action": "add", "names": f"{EVIL}\0"}, name=EVIL))
    begun = await operator.post("/group/bulk", {"action": "remove", "names": EVIL, "form": "lines"}, name=EVIL)
    pages.append(await operator.followed(begun))
    begun = await operator.post("/group/bulk", {"action": "add", "names": EVIL, "form": "lines"}, name=EVIL)
    run = begun.headers["location"].partition("id=")[2]
    pages.append(await operator.followed(await operator.post("/group/run", {}, id=run)))
    assert sum("&lt;img/src=x" in page.text for page in pages) >= len(pages) - 1
    for page in pages:
        assert "<img" not in page.text, page.url
        assert not re.search(r"=\"[^\"]*\"'\"", page.text)
