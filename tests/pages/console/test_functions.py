"""The pages of functions and triggers: grants in words, names of variables, runs and their lines; never a value."""

import re
import uuid

from operations.backend.world import World
from pages.console.defined import ADMIN_QUERIES, make_defined, write_sources
from pages.console.sites import EVIL, as_operator, idle_functions, make_site

from poolhouse.functions.invocations import InvocationError
from poolhouse.operations.backend.specs import specs
from poolhouse.store import pools
from poolhouse.store.settings import LambdaConfigType


def text(page) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


async def site_with_runs(services, invoke, runs=()):
    """The operator's browser, and runs as the workers would tell them: (function, milliseconds, error)."""
    functions = idle_functions()
    functions.history.keep(["promote", "cleaner"])
    for place, (name, took, error) in enumerate(runs):
        request_id = str(uuid.UUID(int=place))
        functions.history.began(name, request_id, 1_700_000_000_000_000 + place, 42_000 if not place else None)
        functions.history.line(name, request_id, f"line {place} {EVIL}")
        functions.history.ended(name, request_id, error and InvocationError(*error), round(took * 1000))
    return await as_operator(await make_site(services, invoke, functions))


async def test_the_list(services, invoke):
    """What each may do, how often it ran, how often it failed, what half of its runs took."""
    runs = [("promote", 10, None), ("promote", 30, ("ValueError", "no")), ("promote", 20, None)]
    site = await site_with_runs(services, invoke, runs)
    page = await site.get("/functions")
    row = re.search(r"<tr>(?:(?!</tr>).)*promote(?:(?!</tr>).)*</tr>", page.text, re.DOTALL)
    assert row
    for shown in ("addUserToGroup", "listUsers", ">3<", ">1<", "20.0 ms"):
        assert shown in row.group(0)
    assert "nothing in the user pool" not in row.group(0)


async def test_one_function(services, invoke):
    """Its grants with their limits, its role's policies, names of variables, who calls it."""
    site = await site_with_runs(services, invoke)
    promote, cleaner = (
        text(await site.get("/function", name="promote")),
        text(await site.get("/function", name="cleaner")),
    )
    assert "only for the groups SUPPORT, CUSTOMERS" in promote
    assert "cognito-idp:AdminAddUserToGroup" in promote
    assert "API_TOKEN from the secret API_TOKEN" in promote
    assert "LEVEL from the definitions" in promote
    assert "the-level-of-secrecy" not in promote
    assert "by its own authority" in cleaner
    assert "In the GraphQL API: run every mutation." in cleaner
    assert "REST reports GET /open, REST reports GET /mine" in cleaner
    assert "Trigger pre_sign_up" in cleaner
    assert "It has not run yet" in cleaner


async def test_runs_and_their_lines(services, invoke):
    """Newest first, with cold starts, errors and a chart of p50 and p95; whatever is written stays text."""
    runs = [("promote", number, None) for number in range(1, 100)] + [("promote", 500, ("<b>Boom", EVIL))]
    site = await site_with_runs(services, invoke, runs)
    page = await site.get("/function", name="promote")
    assert "half took at most 50 ms, 95 % at most 95 ms" in page.text
    assert "&lt;b&gt;Boom" in page.text
    assert page.text.index(str(uuid.UUID(int=99))) < page.text.index(str(uuid.UUID(int=98)))
    one = await site.get("/function", name="promote", run=str(uuid.UUID(int=0)))
    assert "line 0 &lt;script&gt;" in one.text
    assert "42 ms" in one.text
    for answer in (page, one):
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text
    missing = await site.get("/function", name="promote", run="gone")
    assert (missing.status_code, "not remembered" in missing.text) == (404, True)
    assert (await site.get("/function", name=EVIL)).status_code == 404


async def test_unused_grants_are_told(services, invoke, tmp_path):
    """As `poolhouse check` finds them in the source, which is read and never run."""
    write_sources(tmp_path)
    functions = idle_functions()
    site = await make_site(services, invoke, functions)
    await functions.start()
    try:
        await functions.apply(await specs(services, site.applied[0], tmp_path))
        await as_operator(site)
        promote = text(await site.get("/function", name="promote"))
        assert "Granted, and named nowhere in the source ListUsers." in promote
        (tmp_path / "amplify" / "admin.py").write_text("def handler(:\n")
        await functions.apply(await specs(services, site.applied[0], tmp_path))
        broken = text(await site.get("/function", name=ADMIN_QUERIES.name))
        assert "The source could not be read: SyntaxError." in broken
    finally:
        await functions.stop()


async def test_triggers(services, invoke):
    """Which function at which moment, how it went last; a function that nothing defines is told."""
    site = await site_with_runs(services, invoke, [("cleaner", 7, ("KeyError", "<i>x")), ("cleaner", 8, None)])
    async with services.database.write() as tx:
        pool = await pools.get(tx, site.stage.pool)
        config = LambdaConfigType(
            PreSignUp="arn:aws:lambda:us-east-1:000000000000:function:cleaner",
            PostAuthentication="arn:aws:lambda:us-east-1:000000000000:function:gone",
        )
        settings = type(pool.settings)(LambdaConfig=config)
        await pools.change(tx, pool._replace(settings=settings))
    page = await site.get("/triggers")
    shown = text(page)
    assert "PreSignUp Before somebody signs up" in shown
    assert "9 s of its own" in shown
    assert "gone not defined" in shown
    assert "8.0 ms KeyError &lt;i&gt;x" in shown
    assert "CustomMessage Before a message is sent" in shown.partition("Not used")[2]


async def test_a_pool_without_anything(services, invoke):
    """Definitions without functions, and a pool that asks none."""
    empty = World(services, invoke)
    from poolhouse.define.manifest import VERSION, Auth, Manifest

    site = await make_defined(services, invoke)
    await empty.apply(Manifest(version=VERSION, auth=Auth()))
    site.applied[0] = empty.applied
    await as_operator(site)
    assert "The definitions have no function" in (await site.get("/functions")).text
    assert "This user pool asks no function" in (await site.get("/triggers")).text
    site.applied[0] = None
    assert "The definitions have no function" in (await site.get("/functions")).text
