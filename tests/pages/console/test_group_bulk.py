"""Many users at once, from the list to the report: as a browser without scripts goes through it."""

import csv
import html
import io
import re

import pytest
from cases import each
from pages.console.console_world import ADMIN, CUSTOMER, STRANGER, SUPPORT, alert, path_of, told

from poolhouse.operations import audit

LIST = f"email\n{CUSTOMER}\n{STRANGER}\nnobody@example.com\n{CUSTOMER}\n"


async def members(console, group: str = "EDITORS") -> list[str]:
    found = (await console.stage.admin("ListUsersInGroup", GroupName=group))["Users"]
    return sorted([(await console.stage.user(user["Username"]))["attributes"]["email"] for user in found])


def shown(page) -> list[tuple[str, str]]:
    """Name and outcome of each row."""
    rows = re.findall(r'<th scope="row">([^<]*)</th>(.*?)</tr>', page.text, re.DOTALL)
    cell = re.compile(r'(?:class="badge[^"]*"|class="quiet")>([^<]*)<(?!.*class="badge)', re.DOTALL)
    return [(html.unescape(name), found.group(1)) for name, rest in rows if (found := cell.search(rest))]


def run_of(response) -> str:
    assert response.status_code == 303, response.text
    return response.headers["location"].partition("id=")[2]


async def begin(console, names: str = LIST, action: str = "add", group: str = "EDITORS", **more: str) -> str:
    return run_of(await console.post("/group/bulk", {"action": action, "names": names, **more}, name=group))


async def report(console, run: str) -> list[list[str]]:
    answer = await console.get("/group/report", id=run)
    assert answer.headers["content-disposition"] == 'attachment; filename="bulk-report.csv"'
    return list(csv.reader(io.StringIO(answer.text)))


async def test_preview_does_nothing(operator):
    """It says how the list was read and what would become of each name."""
    begun = await operator.post("/group/bulk", {"action": "add", "names": LIST}, name="EDITORS")
    page = await operator.followed(begun)
    assert told(page) == (
        "The list holds 3 names. The first line, email, was taken for a heading. 1 repeated line was left out."
    )
    assert shown(page) == [
        (CUSTOMER, "will be added"),
        (STRANGER, "will be added"),
        ("nobody@example.com", "no such user"),
    ]
    assert await members(operator) == []


async def test_run_and_its_report(operator):
    """Each row comes to an outcome, is an operation of its own on record, and stands in a file."""
    run = await begin(operator)
    page = await operator.followed(await operator.post("/group/run", {}, id=run))
    assert shown(page) == [(CUSTOMER, "added"), (STRANGER, "added"), ("nobody@example.com", "no such user")]
    assert "3 of 3 done" in page.text
    assert "Continue" not in page.text
    assert await members(operator) == [CUSTOMER, STRANGER]
    assert await report(operator, run) == [
        ["line", "name", "outcome", "reason"],
        ["2", CUSTOMER, "added", ""],
        ["3", STRANGER, "added", ""],
        ["4", "nobody@example.com", "no such user", ""],
    ]
    events = await audit.events(operator.services, pool_id=operator.stage.pool, operation="AdminAddUserToGroup")
    assert {event.result for event in events[:3]} == {"ok", "UserNotFoundException"}
    assert {event.body["way"] for event in events[:3]} == {"console"}


async def test_removal_wants_the_groups_name(operator):
    """Nothing is removed before it was typed."""
    await operator.stage.admin("AdminAddUserToGroup", Username=CUSTOMER, GroupName="EDITORS")
    run = await begin(operator, action="remove")
    for typed in ("", "editors"):
        refused = await operator.post("/group/run", {"confirm": typed}, id=run)
        assert (refused.status_code, "not the group" in alert(refused)) == (400, True)
    assert await members(operator) == [CUSTOMER]
    page = await operator.followed(await operator.post("/group/run", {"confirm": "EDITORS"}, id=run))
    assert dict(shown(page))[CUSTOMER] == "removed"
    assert dict(shown(page))[STRANGER] == "not a member"
    assert await members(operator) == []


async def test_a_long_list_goes_on_with_a_button(operator):
    """Two hundred rows at a time; pages of fifty; what is done stays done."""
    run = await begin(operator, "\n".join(f"n{n}@example.com" for n in range(250)))
    page = await operator.followed(await operator.post("/group/run", {}, id=run))
    assert "200 of 250 done" in page.text
    assert "<button>Continue</button>" in page.text
    assert "data-going" in page.text
    assert len(shown(page)) == 50
    page = await operator.followed(await operator.post("/group/run", {}, id=run))
    assert "250 of 250 done" in page.text
    last = await operator.get("/group/run", id=run, **{"from": "200"})
    assert [name for name, _ in shown(last)] == [f"n{n}@example.com" for n in range(200, 250)]
    assert len(await report(operator, run)) == 251


async def test_unfinished_lists_are_found_again(operator):
    """On the page of the group; a finished one says so."""
    await begin(operator)
    assert "not started" in (await operator.get("/group", name="EDITORS")).text
    run = await begin(operator, f"{CUSTOMER}\n")
    await operator.post("/group/run", {}, id=run)
    page = await operator.get("/group", name="EDITORS")
    states = re.findall(r'class="badge \w*">(not started|not finished|done)<', page.text)
    assert sorted(states) == ["done", "not started"]


async def test_forgetting(operator):
    run = await begin(operator)
    done = await operator.post("/group/run", {"step": "forget"}, id=run)
    assert path_of(done) == operator.at("/group")
    assert (await operator.get("/group/run", id=run)).status_code == 404
    assert (await operator.post("/group/run", {}, id=run)).status_code == 404
    assert await members(operator) == []


async def test_uploaded_file(operator):
    """The first column of a CSV; a name like a formula stays one here and is text in the report."""
    content = b"user,team\r\n'=HYPERLINK(1),x\r\n" + f"{CUSTOMER},y\r\n".encode()
    sent = {"file": ("names.csv", content, "text/csv")}
    fields = {"csrf": await operator.csrf(), "action": "add", "names": "ignored"}
    address = operator.at("/group/bulk")
    run = run_of(await operator.browser.post(address, params={"name": "EDITORS"}, data=fields, files=sent))
    page = await operator.followed(await operator.post("/group/run", {}, id=run))
    assert shown(page)[1:] == [(CUSTOMER, "added")]
    assert shown(page)[0][0] == "=HYPERLINK(1)"
    assert (await report(operator, run))[1][:3] == ["2", "'=HYPERLINK(1)", "no such user"]


@each(
    "content, why",
    [
        (b"\x89PNG\r\n\0\0", "null character"),
        (b"ada\xfe\xff", "not UTF-8"),
        ("ada\nbo".encode("utf-16"), "UTF-16"),
        (b"\n \n", "no name"),
        (b"\n".join(b"u%d" % n for n in range(5001)), "5,001 names"),
        (b'"ada', "no CSV"),
    ],
)
async def test_bad_files(operator, content, why):
    """Each is refused in words, and no list is kept."""
    fields = {"csrf": await operator.csrf(), "action": "add"}
    sent = {"file": ("names.txt", content)}
    page = await operator.browser.post(operator.at("/group/bulk"), params={"name": "EDITORS"}, data=fields, files=sent)
    assert (page.status_code, why in alert(page)) == (400, True), alert(page)
    assert "not started" not in (await operator.get("/group", name="EDITORS")).text


async def test_too_much(operator):
    fields = {"csrf": await operator.csrf(), "action": "add"}
    sent = {"file": ("names.txt", b"x" * 3_000_000)}
    page = await operator.browser.post(operator.at("/group/bulk"), params={"name": "EDITORS"}, data=fields, files=sent)
    assert (page.status_code, "2048 kB" in page.text) == (413, True)


# --- delegates ---------------------------------------------------------------------------------------------


async def test_delegate_sees_and_does_what_he_may(support):
    """The rule that refuses a row is told before and after; who exists is not told beyond that."""
    people = f"{CUSTOMER}\n{STRANGER}\n{ADMIN}\n{SUPPORT}\nnobody@example.com"
    run = await begin(support, people)
    preview = dict(shown(await support.get("/group/run", id=run)))
    page = await support.followed(await support.post("/group/run", {}, id=run))
    after = dict(shown(page))
    assert (preview[CUSTOMER], after[CUSTOMER]) == ("will be added", "added")
    for refused in (STRANGER, ADMIN):
        assert (preview[refused], after[refused]) == ("refused", "refused")
    assert await members(support) == [CUSTOMER]
    rows = await report(support, run)
    assert all(row[3] for row in rows[1:] if row[2] == "refused")


async def test_delegate_and_a_group_that_is_not_his(support):
    """Every row is refused; nobody is an administrator afterwards."""
    run = await begin(support, f"{CUSTOMER}\n{SUPPORT}", group="ADMINS")
    page = await support.followed(await support.post("/group/run", {}, id=run))
    assert {outcome for _, outcome in shown(page)} == {"refused"}
    assert await members(support, "ADMINS") == [ADMIN]


async def test_lists_belong_to_their_makers(support, console):
    """The operator sees a delegate's list and does not carry it out; others do not see it."""
    run = await begin(support, CUSTOMER, group="ADMINS")
    other = console.new_browser()
    console.browser = other
    await console.enter()
    page = await console.get("/group/run", id=run)
    assert (page.status_code, "somebody else" in page.text) == (200, True)
    refused = await console.post("/group/run", {}, id=run)
    assert (refused.status_code, "Only whoever made a list" in alert(refused)) == (403, True)
    assert await members(console, "ADMINS") == [ADMIN]


async def test_lists_of_the_operator_are_his(console):
    await console.enter()
    run = await begin(console, CUSTOMER, group="ADMINS")
    console.browser = console.new_browser()
    await console.sign_in(SUPPORT)
    for answer in (await console.get("/group/run", id=run), await console.get("/group/report", id=run)):
        assert answer.status_code == 404
    assert (await console.post("/group/run", {}, id=run)).status_code == 404
    assert await members(console, "ADMINS") == [ADMIN]


@pytest.mark.parametrize("path", ["/group/bulk", "/group/run"])
async def test_forged_forms(operator, path):
    """Without the proof of the session nothing is kept and nothing done."""
    run = await begin(operator)
    fields = {"action": "add", "names": CUSTOMER}
    refused = await operator.post(path, fields, csrf="", name="EDITORS", id=run)
    assert refused.status_code == 403
    assert await members(operator) == []


@each("run", ["", "nothing", "a\0b", "x" * 400])
async def test_lists_that_are_not_there(operator, run):
    for path in ("/group/run", "/group/report"):
        assert (await operator.get(path, id=run)).status_code == 404
