"""Groups, app clients, messages, imports and exports in the console, in Chromium, with scripts and without."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from clients.console_tour import Operator, operator
from clients.development import Backend, new_email
from clients.pools import Pool, new_pool
from playwright.async_api import Browser, Download

MANY = 20_000  # some seconds of work
POOL_NAME = "clients"
LISTED = 210  # more than one request carries out
HTML = "<h1>Welcome</h1><p>Hello {username}, your code is <b>{####}</b>.</p>"
pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def people(sqlite_backend: Backend) -> Pool:
    """A pool of its own that no definitions own, with twenty people: pages are the same on either database."""
    pool = new_pool(sqlite_backend)
    for name in ("Ada", "Bo", "Cleo", "Dan", "Eve"):
        attributes = [{"Name": "email", "Value": new_email(name.lower())}, {"Name": "name", "Value": name}]
        sqlite_backend.root.admin_create_user(
            UserPoolId=pool.id, Username=attributes[0]["Value"], UserAttributes=attributes, MessageAction="SUPPRESS"
        )
    return pool


@pytest_asyncio.fixture(loop_scope="session", params=[True, False], ids=["scripts", "no-scripts"])
async def visitor(
    request: pytest.FixtureRequest, chromium: Browser, sqlite_backend: Backend, people: Pool
) -> AsyncIterator[Operator]:
    async with operator(chromium, sqlite_backend, people.id, scripted=request.param) as made:
        yield made


def addresses(visitor: Operator) -> list[str]:
    found = visitor.backend.root.list_users(UserPoolId=visitor.pool)["Users"]
    return sorted(next(each["Value"] for each in user["Attributes"] if each["Name"] == "email") for user in found)


async def content(download: Download) -> str:
    """What came down."""
    path = await download.path()
    return await asyncio.to_thread(path.read_text, encoding="utf-8")


def members(visitor: Operator, group: str) -> int:
    return len(visitor.backend.root.list_users_in_group(UserPoolId=visitor.pool, GroupName=group)["Users"])


async def test_groups(visitor: Operator) -> None:
    """A new one, one member more and less, a changed precedence, and its end."""
    tab, name = visitor.tab, visitor.own("LEADS")
    person = addresses(visitor)[0]
    await visitor.open("/groups")
    await visitor.click("New group")
    await visitor.inspect("New group", "console-group-new")
    await tab.fill(name=name, precedence="5", description="Leads of all teams")
    await visitor.click("See what it does")
    await visitor.says(f"{name} will outrank")
    await visitor.inspect("New group", "console-group-review")
    await visitor.click("Create the group")
    await visitor.says(f"The group {name} was created.")
    await tab.fill(user=person)
    await visitor.click(f"Add to {name}")
    await visitor.says(f"{person} is now a member")
    assert members(visitor, name) == 1
    await visitor.inspect(name, "console-group")
    await visitor.page.get_by_role("link", name="Remove").click()
    await visitor.says("The account itself stays as it is")
    await visitor.click(f"Remove from {name}")
    await visitor.says("is no longer a member")
    assert members(visitor, name) == 0
    await visitor.click("Change")
    await tab.fill(precedence="1")
    await visitor.click("See what it does")
    await visitor.click("Change the group")
    await visitor.says(f"The group {name} was changed.")
    await visitor.open("/groups")
    await visitor.inspect("Groups", "console-groups")
    await visitor.page.get_by_role("link", name=name).click()
    await visitor.click("Delete")
    await visitor.inspect(f"Delete {name}", "console-group-delete")
    if visitor.scripted:
        await tab.fill(confirm="leads")
        assert await visitor.page.get_by_role("button", name="Delete the group").is_disabled()
    await tab.fill(confirm=name)
    await visitor.click("Delete the group")
    await visitor.says(f"The group {name} was deleted.")


async def test_many_at_once(visitor: Operator) -> None:
    """A long list runs by itself with scripts, and with a button without; then everybody goes again."""
    name = visitor.own("READERS")
    visitor.backend.root.create_group(UserPoolId=visitor.pool, GroupName=name, Precedence=7)
    found = addresses(visitor)
    await visitor.open(f"/group/bulk?name={name}")
    await visitor.page.get_by_label("Names").fill(
        "\n".join(["email", *found, *(f"former-{n}@example.com" for n in range(LISTED))])
    )
    await visitor.inspect("Many at once", "console-bulk")
    await visitor.click("See what would happen")
    await visitor.says("was taken for a heading")
    total = LISTED + len(found)
    await visitor.inspect(f"Add {total} names to {name}", "console-bulk-preview")
    await visitor.click(f"Add {total} names")
    await visitor.says("Download the report")
    pressed = 0
    while not visitor.scripted and await visitor.page.get_by_role("button", name="Continue").count():
        async with visitor.page.expect_navigation():
            await visitor.click("Continue")
        pressed += 1
    await visitor.says(f"{total} of {total} done")
    await visitor.says("Finished.")
    assert pressed >= (0 if visitor.scripted else 1)
    assert members(visitor, name) == len(found)
    await visitor.inspect(f"Adding {total} names to {name}", "console-bulk-run")
    async with visitor.page.expect_download() as download:
        await visitor.click("Download the report")
    rows = (await content(await download.value)).splitlines()
    assert (len(rows), rows[1]) == (total + 1, f"2,{found[0]},added,")
    await visitor.open(f"/group/bulk?name={name}&action=remove")
    await visitor.page.get_by_label("Names").fill("\n".join(found))
    await visitor.click("See what would happen")
    await visitor.tab.fill(confirm=name)
    await visitor.click(f"Remove {len(found)} names")
    await visitor.says("Finished.")
    assert members(visitor, name) == 0


async def test_app_clients(visitor: Operator) -> None:
    """A new one with a secret, which is shown when asked for, changed, and ended."""
    tab, name = visitor.tab, visitor.own("Backoffice")
    await visitor.open("/clients")
    await visitor.inspect("App clients", "console-clients")
    await visitor.click("New app client")
    await tab.fill(name=name, access="30")
    await visitor.page.get_by_label("Unit").first.select_option("minutes")
    await visitor.page.get_by_label("The app has a secret").check()
    await visitor.page.get_by_label("Addresses of the app after sign-in").fill("https://app.example.com/back")
    await visitor.inspect("New app client", "console-client-new")
    await visitor.click("Create the app client")
    await visitor.says(f"The app client {name} was created.")
    await visitor.says("30 minutes")
    await visitor.inspect(name, "console-client")
    await visitor.click("Show the secret")
    await visitor.says("The oldest secret")
    await visitor.click("Make a second secret")
    await visitor.says("it is shown this once")
    await visitor.page.get_by_role("link", name="Delete").nth(1).click()
    await visitor.says("is refused at once")
    await tab.fill(confirm=name)
    await visitor.click("Delete the secret")
    await visitor.says("it is refused now")
    await visitor.page.get_by_role("link", name="Delete", exact=True).click()
    await visitor.inspect(f"Delete {name}", "console-client-delete")
    await tab.fill(confirm=name)
    await visitor.click("Delete the app client")
    await visitor.says(f"The app client {name} was deleted.")


async def test_messages(visitor: Operator) -> None:
    """Other words are seen before they are kept; a mail of markup opens on a page that can do nothing."""
    await visitor.open("/messages/edit")
    await visitor.page.locator("textarea[name=email_message]").fill(HTML)
    await visitor.page.locator("textarea[name=sms_message]").fill("Ваш код: {####}")
    await visitor.inspect("Change the words", "console-messages-edit")
    await visitor.click("See the messages")
    await visitor.says("How they would look")
    await visitor.click("Keep these words")
    await visitor.says("The words were changed.")
    await visitor.says("in UCS-2: 1 text message")
    await visitor.inspect("Messages", "console-messages")
    async with visitor.page.expect_popup() as opened:
        await visitor.page.get_by_role("link", name="Show it as a mail").first.click()
    mail = await opened.value
    await mail.get_by_role("heading", name="Welcome").wait_for()
    await mail.close()


async def test_defined_messages(visitor: Operator) -> None:
    """Those of the definitions' own pool say where they are changed."""
    visitor.pool = visitor.backend.pool_id
    await visitor.open("/messages")
    await visitor.says("The words are defined in")
    assert await visitor.page.get_by_role("link", name="Change the words").count() == 0


async def test_import_and_export(visitor: Operator, tmp_path: Path) -> None:
    """A file is tried out, carried out by the server, and reported; everybody comes out again."""
    fresh = [new_email("import") for _ in range(3)]
    lines = [
        json.dumps({"username": email, "attributes": {"email": email, "email_verified": "true"}}) for email in fresh
    ]
    file = tmp_path / "customers.jsonl"
    file.write_text("\n".join([*lines, "no json"]), encoding="utf-8")
    await visitor.open("/moving")
    await visitor.tab.fill(name="Customers of spring")
    await visitor.page.get_by_label("What the file is").select_option("jsonl")
    await visitor.page.locator("#f-file").set_input_files(file)
    await visitor.click("Make the job")
    await visitor.says("Nothing is imported before you start it.")
    await visitor.click("Try it out")
    await visitor.says("3 would be imported, 0 skipped, 1 failed")
    await visitor.inspect("Customers of spring", "console-import-try")
    await visitor.click("Start the import")
    for _ in range(60):
        if await visitor.page.get_by_text("finished").count():
            break
        await visitor.page.wait_for_timeout(250)
        if not visitor.scripted:
            await visitor.page.reload()
    await visitor.says("3 imported, 0 skipped, 1 failed")
    await visitor.inspect("Customers of spring", "console-import-done")
    assert set(fresh) <= set(addresses(visitor))
    await visitor.open("/moving")
    await visitor.inspect("Import and export", "console-moving")
    async with visitor.page.expect_download() as download:
        await visitor.click("Export the users")
    exported = await content(await download.value)
    assert all(email in exported for email in fresh)
    assert "srp" not in exported
    async with visitor.page.expect_download() as download:
        await visitor.click("Export the users")
    assert (await download.value).suggested_filename == "users.jsonl"


@pytest.mark.parametrize("script", [True, False], ids=["scripts", "no-scripts"])
async def test_an_import_is_stopped(chromium: Browser, sqlite_backend: Backend, tmp_path: Path, script: bool) -> None:
    """Who came in before stays, and nobody comes in after."""
    pool, file = new_pool(sqlite_backend), tmp_path / "many.jsonl"
    emails = (f"n{number}@example.com" for number in range(MANY))
    lines = [json.dumps({"username": email, "attributes": {"email": email}}) for email in emails]
    file.write_text("\n".join(lines), encoding="utf-8")
    async with operator(chromium, sqlite_backend, pool.id, scripted=script) as visitor:
        await visitor.open("/moving")
        await visitor.tab.fill(name="Everybody")
        await visitor.page.get_by_label("What the file is").select_option("jsonl")
        await visitor.page.locator("#f-file").set_input_files(file)
        await visitor.click("Make the job")
        await visitor.click("Start the import")
        await visitor.click("Stop")
        await visitor.says("The import is being stopped.")
    (job,) = sqlite_backend.root.list_user_import_jobs(UserPoolId=pool.id, MaxResults=2)["UserImportJobs"]
    async with asyncio.timeout(30):
        while (job := _job(pool, job))["Status"] != "Stopped":
            await asyncio.sleep(0.1)
    there = pool.backend.root.describe_user_pool(UserPoolId=pool.id)["UserPool"]["EstimatedNumberOfUsers"]
    assert there == job["ImportedUsers"] < MANY


def _job(pool: Pool, job: dict[str, Any]) -> dict[str, Any]:
    found = pool.backend.root.describe_user_import_job(UserPoolId=pool.id, JobId=job["JobId"])
    return dict(found["UserImportJob"])


@pytest.mark.parametrize("script", [True, False], ids=["scripts", "no-scripts"])
async def test_hashes_are_exported(chromium: Browser, sqlite_backend: Backend, script: bool) -> None:
    """To those who type the pool's name."""
    pool = new_pool(sqlite_backend)
    user = pool.new_user()
    async with operator(chromium, sqlite_backend, pool.id, scripted=script) as visitor:
        await visitor.open("/moving")
        await visitor.page.get_by_text("With password hashes").click()
        await visitor.tab.fill(confirm="another")
        await visitor.click("Export with hashes")
        await visitor.says("is not the pool's name")
        await visitor.open("/moving")
        await visitor.page.get_by_text("With password hashes").click()
        await visitor.tab.fill(confirm=POOL_NAME)
        async with visitor.page.expect_download() as download:
            await visitor.click("Export with hashes")
        (row,) = (json.loads(line) for line in (await content(await download.value)).splitlines())
    assert row["username"] == user.sub
    assert "verifier" in json.dumps(row)
