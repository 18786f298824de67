"""The page of the permission debugger: the question in the address, the answer in words, every step below it."""

import html
import re

from pages.console.console_world import alert
from pages.console.defined import CUSTOMER, SUPPORT
from pages.console.sites import EVIL, as_operator, make_site


def verdict(page) -> str:
    found = re.search(r'<h2 id="verdict"><span class="badge \w+">(\w+)</span>\s*([^<]*)</h2>', page.text)
    return html.unescape(f"{found.group(1)}: {found.group(2)}") if found else ""


async def test_questions_and_answers(services, invoke):
    """One sentence, the deciding rule, and each step with what it looked at."""
    site = await as_operator(await make_site(services, invoke))
    good = await site.get("/debugger", kind="user", who=SUPPORT, what="AdminDisableUser", on=CUSTOMER)
    assert verdict(good) == f"Allowed: {SUPPORT} may use AdminDisableUser on {CUSTOMER}."
    bad = await site.get(
        "/debugger",
        kind="function",
        who="promote",
        what="AdminAddUserToGroup",
        on=CUSTOMER,
        group="ADMINS",
        behalf=SUPPORT,
    )
    assert verdict(bad).startswith(f"Refused: promote, called by {SUPPORT}, may not use AdminAddUserToGroup")
    assert bad.text.count('<li class="card">') == 2
    assert "poolhouse:GroupName" in bad.text
    field = await site.get("/debugger", kind="user", who="admin@example.com", what="Mutation.promote")
    assert verdict(field).startswith("Allowed")
    assert "what promote may do" in field.text
    group = await site.get("/debugger", kind="group", who="SUPPORT", what="Mutation.promote")
    assert verdict(group) == "Refused: Members of SUPPORT may not use Mutation.promote."


async def test_the_empty_page_asks(services, invoke):
    """Every operation that is served, every field and every route can be chosen."""
    site = await as_operator(await make_site(services, invoke))
    page = await site.get("/debugger")
    assert verdict(page) == ""
    for name in ("AdminDisableUser", "Mutation.whoami", "reports GET /open", "AdminQueries ANY /listUsers"):
        assert f"<option>{name}</option>" in page.text
    assert "<option>GetUser</option>" not in page.text


async def test_odd_questions(services, invoke):
    """Refused in words; what was typed stays text and stays in the form."""
    site = await as_operator(await make_site(services, invoke))
    for query in (
        {"kind": EVIL, "who": "x", "what": "AdminGetUser"},
        {"kind": "user", "who": EVIL, "what": "AdminGetUser"},
    ):
        page = await site.get("/debugger", **query)
        assert page.status_code in (400, 404)
        assert alert(page)
        assert "<script>alert" not in page.text
    assert "&lt;script&gt;" in page.text
