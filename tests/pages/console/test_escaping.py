"""What people and administrators write is text on every page of the console, and never part of the page."""

from html.parser import HTMLParser

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pages.console.console_world import make_console

from poolhouse.operations.attributes import STANDARD
from poolhouse.pages.console import render
from poolhouse.pages.console.registry import PAGES
from poolhouse.store import families, passkeys, pools, users
from poolhouse.store.families import Family
from poolhouse.store.passkeys import Passkey, State

PAYLOADS = (
    "<xss>",
    "</title><xss>",
    '"><xss xss="',
    "' xss='",
    "<script xss>alert(1)</script>",
    "javascript:alert(1)//xss",
    "{{7*7}}{% xss %}",
    "&lt;xss&gt;&#60;xss&#62;",
    "</textarea></option></select><xss>",
    "<!--<xss>-->",
    "<svg/onload=xss>",
)
NO_TEXT = frozenset({"email", "phone_number", "email_verified", "phone_number_verified", "updated_at", "birthdate"})
# A username takes no white space, and so does a group's name.
NAME = PAYLOADS[2].replace(" ", "/")


class Page(HTMLParser):
    """A page's tags with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.links: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.links += [value or "" for name, value in attrs if name in {"href", "action", "src", "formaction"}]
        self.words += "".join(f"{value}\n" for _, value in attrs if value)

    def handle_data(self, data):
        self.words += data


def check(text: str) -> Page:
    """Nothing that somebody wrote has become a tag, an attribute, a script or an address."""
    page = Page(text)
    for tag, names in page.tags:
        assert "xss" not in tag, tag
        assert not any("xss" in name or name.startswith("on") or name == "style" for name in names), (tag, names)
    assert [tag for tag, _ in page.tags if tag in {"script", "iframe", "object", "embed"}] in ([], ["script"])
    assert all(link.startswith(("/", "#", "?")) or link == "" for link in page.links), page.links
    return page


async def dirty(services, invoke):
    """A pool in which every name and every attribute is an attack; (console, username)."""
    console = await make_console(services, invoke, people=False, AutoVerifiedAttributes=["email"])
    admin = console.stage.admin
    texts = [name for name in STANDARD if name not in {*NO_TEXT, "sub", "identities"}]
    values = {name: PAYLOADS[place % len(PAYLOADS)] for place, name in enumerate(texts)}
    entries = [{"Name": name, "Value": value} for name, value in values.items()]
    await admin("AdminCreateUser", Username=NAME, UserAttributes=entries, MessageAction="SUPPRESS")
    await admin("CreateGroup", GroupName=NAME, Description=PAYLOADS[0])
    await admin("AdminAddUserToGroup", Username=NAME, GroupName=NAME)
    await admin("UpdateUserPoolClient", ClientId=console.stage.client, ClientName="app")
    async with services.database.write() as tx:
        pool = await pools.get(tx, console.stage.pool)
        await pools.change(tx, pool._replace(name=PAYLOADS[0]))
        user = await users.get(tx, pool, NAME)
        now = services.clock()
        await families.add(tx, Family("f", user.id, console.stage.client, "e", "s", now, now, now * 2, None))
        await passkeys.add(tx, Passkey(pool.id, "p", user.id, PAYLOADS[2], PAYLOADS[0], b"", 0, State(), now))
    await console.enter()
    return console


async def test_every_page_of_a_pool_full_of_attacks(services, invoke):
    """Of every page there is, whoever wrote it, as the operator sees it."""
    console = await dirty(services, invoke)
    for page in PAGES:
        if page.shown is not None:
            answer = await console.get(page.path, name=NAME, q=PAYLOADS[2], by=PAYLOADS[0], group=NAME)
            if answer.headers["content-type"].startswith("text/html"):
                check(answer.text)


async def test_values_are_there_to_the_letter(services, invoke):
    console = await dirty(services, invoke)
    shown = check((await console.get("/user", name=NAME)).text).words
    for payload in (*PAYLOADS, NAME):
        assert payload in shown, payload
    listed = check((await console.get("/users", q="xss")).text).words
    assert NAME in listed
    edited = check((await console.get("/user/attributes", name=NAME)).text).words
    assert all(payload in edited for payload in PAYLOADS)


async def test_what_was_typed_comes_back_as_text(services, invoke):
    """In refusals and in what is told after an action."""
    console = await dirty(services, invoke)
    for path in ("/user/attributes", "/user/delete", "/user/groups/add", "/users/new"):
        sent = {"a-email": PAYLOADS[2], "confirm": PAYLOADS[0], "group": PAYLOADS[2], "username": PAYLOADS[2]}
        answer = await console.post(path, sent, name=NAME)
        assert answer.status_code == 400, path
        check(answer.text)
    page = await console.followed(
        await console.post("/user/set-password", {"password": "Correct-Horse9", "kind": "permanent"}, name=NAME)
    )
    assert PAYLOADS[0] in check(page.text).words


async def test_addresses_are_not_believed(console):
    """What stands in an address is not shown as a page of ours would say it."""
    for path in ("/console", "/console/enter", "/console/callback", "/console/sign-in", "/console/nothing"):
        answer = await console.browser.get(path, params=dict.fromkeys(("then", "token", "error", "code"), PAYLOADS[2]))
        check(answer.text)


class Visitor:
    """As much of a visit as the list's template asks for."""

    pool = "p"
    sections = ()
    navigation = ()
    notice = None
    is_operator = True
    is_remote = False
    csrf = "c"

    def __init__(self, text: str) -> None:
        self.who = text
        self.chosen = type("Pool", (), {"name": text})()

    def may(self, *_operations: str) -> bool:
        return True

    def url(self, path: str, **_query: object) -> str:
        return f"/console/p{path}"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60) | st.sampled_from(PAYLOADS))
def test_no_text_changes_a_page(text):
    """The same tags and attributes, whatever the words are; the words come out as they went in."""
    pages = [
        Page(render.page("problem", Visitor(each), title=each, text=each, back="/console").body.decode())
        for each in ("x", text)
    ]
    assert pages[0].tags == pages[1].tags
    assert text in pages[1].words


def test_no_template_marks_data_as_safe():
    environment = render._environment()
    names = [name for name in environment.list_templates() if name.startswith("console/") and name.endswith(".html")]
    assert "console/keys_replace.html" in names
    for name in names:
        source, _, _ = environment.loader.get_source(environment, name)
        assert "|safe" not in source.replace(" ", ""), name
        assert "autoescape" not in source, name
