"""Every form of the console, whoever wrote its page: without the session's own proof, or from another site, it does
nothing. The table is the registry itself.
"""

from cases import each
from pages.console.console_world import CUSTOMER
from sqlalchemy import func, select

from poolhouse.pages.console.registry import PAGES
from poolhouse.store.schema import metadata
from poolhouse.store.statement import Statement

FORMS = [page.path for page in PAGES if page.posted is not None]
SEEN = [page.path for page in PAGES if page.shown is not None]
FROM_ELSEWHERE = {
    "cross-site": ("sec-fetch-site", "cross-site"),
    "same-site": ("sec-fetch-site", "same-site"),
    "foreign origin": ("origin", "https://evil.example"),
    "opaque origin": ("origin", "null"),
}
FORGERIES = ["no proof", "another session's proof", "signed out", *FROM_ELSEWHERE]
HEADERS = {
    "cache-control": "no-store",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}
# What a request leaves behind by itself, refused or not.
_OWN = frozenset({"audit_events", "audit_hours", "facts"})


async def everything(console) -> dict[str, int]:
    """How many rows each table has, and what of users and groups can change without that."""
    found = {}
    async with console.services.database.read() as tx:
        for name, table in metadata.tables.items():
            if name not in _OWN:
                found[name] = (await tx.one(Statement(select(func.count()).select_from(table)), {}))[0]
    return found | {"user": str(await console.state(CUSTOMER))}


async def test_forged_forms_do_nothing(operator):
    """Refused with 403 before the page itself looks at anything."""
    before, proof = await everything(operator), await operator.csrf()
    name = await operator.name(CUSTOMER)
    for path in FORMS:
        for forgery in FORGERIES:
            answer = await forged(operator, path, forgery, proof, name)
            assert (answer.status_code, "location" in answer.headers) == (403, False), (path, forgery)
    assert await everything(operator) == before


async def forged(console, path: str, forgery: str, proof: str, name: str):
    """A form with everything that a page could want, but for its origin."""
    fields = {"confirm": CUSTOMER, "group": "EDITORS", "name": name, "username": "new@example.com", "password": "x"}
    browser, headers, sent = console.browser, {}, {"csrf": proof, **fields}
    if forgery == "no proof":
        del sent["csrf"]
    elif forgery == "another session's proof":
        sent["csrf"] = proof[:-2] + ("AA" if proof[-2:] != "AA" else "BB")
    elif forgery == "signed out":
        browser = console.new_browser()
    else:
        headers = dict([FROM_ELSEWHERE[forgery]])
    return await browser.post(console.at(path), params={"name": name}, data=sent, headers=headers)


async def test_outsiders_see_no_page(console):
    """Nobody who is not signed in gets more than the way in; nothing of the pool is on it."""
    for path in SEEN:
        answer = await console.get(path)
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/console"), path
    shown = await console.browser.get("/console")
    assert console.stage.pool not in shown.text
    assert CUSTOMER not in shown.text


async def test_headers(operator):
    """No script but ours, no frame, nothing kept, nothing told to other sites; whatever the page answers."""
    name = await operator.name(CUSTOMER)
    for path in SEEN:
        answer = await operator.get(path, name=name)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy, path
        assert "frame-ancestors 'none'" in policy or "sandbox" in policy, path
        assert "unsafe" not in policy, path
        assert {each: answer.headers[each] for each in HEADERS} == HEADERS, path
        assert answer.status_code < 500, path


async def test_other_methods(operator):
    for page in PAGES:
        for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
            assert (await operator.browser.request(method, operator.at(page.path))).status_code == 405, page.path


@each(
    "kind, body, status",
    [
        ("application/json", b"{}", 415),
        ("", b"csrf=x", 415),
        ("application/x-www-form-urlencoded", b"csrf=\xff\xfe", 400),
        ("application/x-www-form-urlencoded", b"csrf=%ff%fe", 400),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(3000)), 400),
        ("application/x-www-form-urlencoded", b"a=" + b"1" * 50_000_000, 413),
        ("multipart/form-data", b"--x\r\n", 400),
        ("multipart/form-data; boundary=x", b"nothing", 400),
    ],
)
async def test_bodies_that_are_no_forms(operator, kind, body, status):
    """Refused with what is wrong, never a fault."""
    headers = {"content-type": kind} if kind else {}
    for path in FORMS if status != 413 else FORMS[:1]:
        answer = await operator.browser.post(operator.at(path), content=body, headers=headers)
        assert answer.status_code == status, path
