"""Files that bring users and the file with everybody: made, tried out, carried out, stopped, reported, exported."""

import csv
import html
import io
import json
import re

import pytest
from cases import each
from operations.stage import PASSWORD
from pages.console.console_world import ADMIN, CUSTOMER, PEOPLE, SUPPORT, alert, told

from poolhouse.operations import audit, import_running
from poolhouse.operations.import_csv import header
from poolhouse.store import pools

EVIL = "<img src=x onerror=alert(1)>"


def line(email: str, **more) -> str:
    attributes = {"email": email, "email_verified": "true"}
    return json.dumps({"username": email, "attributes": attributes, **more})


LINES = "\n".join(
    [
        '{"group":{"name":"READERS","precedence":30}}',
        line("new@example.com", groups=["READERS"]),
        line(CUSTOMER),
        "no json",
        line("other@example.com", groups=["NOBODY"]),
    ]
).encode()


async def table(console, *rows: dict[str, str]) -> bytes:
    async with console.services.database.read() as tx:
        columns = header((await pools.get(tx, console.stage.pool)).settings)
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", escapechar="\\")
    writer.writeheader()
    for row in rows:
        writer.writerow({"cognito:mfa_enabled": "false", "email_verified": "true", **row})
    return text.getvalue().encode()


async def upload(console, content: bytes | None, *, form: str = "jsonl", name: str = "Customers"):
    fields = {"csrf": await console.csrf(), "name": name, "form": form}
    files = {"file": ("users", content or b"")}
    return await console.browser.post(console.at("/moving/import"), data=fields, files=files)


async def job_of(console, response) -> str:
    assert response.status_code == 303, alert(response)
    return response.headers["location"].partition("job=")[2]


async def jobs(console) -> list[dict]:
    return (await console.stage.admin("ListUserImportJobs", MaxResults=10))["UserImportJobs"]


async def emails(console) -> list[str]:
    found = (await console.stage.admin("ListUsers"))["Users"]
    return sorted([(await console.stage.user(user["Username"]))["attributes"]["email"] for user in found])


async def report(console, job: str, kind: str = "all") -> list[list[str]]:
    answer = await console.get("/import/report", job=job, kind=kind)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.text)))


OUTCOMES = [
    ["line", "outcome", "message"],
    ["1", "imported", "The group was created."],
    ["2", "imported", "The import succeeded."],
    ["3", "skipped", "The user already exists."],
    ["4", "failed", "The line is not a user or a group: JSON is malformed: invalid character (byte 4)"],
    ["5", "failed", "The group NOBODY does not exist."],
]


# --- import ------------------------------------------------------------------------------------------------


async def test_lines_from_upload_to_report(operator):
    """Nothing comes in before it is started; then every line has an outcome."""
    job = await job_of(operator, await upload(operator, LINES))
    page = await operator.get("/import", job=job)
    assert f"{len(LINES):,} bytes are here." in page.text
    assert "It can be stopped, not undone." in page.text
    assert await emails(operator) == sorted(PEOPLE)
    page = await operator.followed(await operator.post("/import", {"step": "start"}, job=job))
    assert told(page).startswith("The import was started.")
    assert "data-going" in page.text
    assert await import_running.run_next(operator.services, "holder")
    page = await operator.get("/import", job=job)
    assert "2 imported, 1 skipped, 2 failed" in page.text
    assert "data-going" not in page.text
    assert await report(operator, job) == OUTCOMES
    assert await report(operator, job, "failed") == [OUTCOMES[0], *OUTCOMES[4:]]
    assert await emails(operator) == sorted([*PEOPLE, "new@example.com"])
    assert (await operator.state("new@example.com"))["groups"] == ["READERS"]


async def test_dry_run(operator):
    """What would become of each line, on the page and as a file; nothing is written."""
    job = await job_of(operator, await upload(operator, LINES))
    page = await operator.get("/import", job=job, **{"try": "yes"})
    assert "2 would be imported, 1 skipped, 2 failed" in page.text
    tried = await report(operator, job, "try")
    assert [row[:2] for row in tried] == [row[:2] for row in OUTCOMES]
    assert await emails(operator) == sorted(PEOPLE)
    assert (await jobs(operator))[0]["Status"] == "Created"


async def test_csv(operator):
    """AWS's format, with the pool's own columns."""
    content = await table(operator, {"cognito:username": "new@example.com", "email": "new@example.com"})
    job = await job_of(operator, await upload(operator, content, form="csv"))
    await operator.post("/import", {"step": "start"}, job=job)
    await import_running.run_next(operator.services, "holder")
    assert (await report(operator, job))[1] == ["2", "imported", "The import succeeded."]
    assert "new@example.com" in await emails(operator)


async def test_hashes_come_along(operator):
    """Who comes with the hash of his password signs in with it."""
    exported = await operator.post("/moving/export", {"form": "jsonl", "hashes": "yes", "confirm": "people"})
    lines = [json.loads(text) for text in exported.text.splitlines()]
    held = next(one for one in lines if one.get("attributes", {}).get("email") == CUSTOMER)
    moved = json.dumps(
        {
            "username": "moved@example.com",
            "srp": held["srp"],
            "attributes": {"email": "moved@example.com", "email_verified": "true"},
        }
    )
    job = await job_of(operator, await upload(operator, moved.encode()))
    await operator.post("/import", {"step": "start"}, job=job)
    await import_running.run_next(operator.services, "holder")
    assert (await report(operator, job))[1][1] == "imported"
    assert (await operator.stage.tokens("moved@example.com", PASSWORD))["AccessToken"]


async def test_stop(operator):
    """Before a process took it, or while one is at it; a job that is over cannot be stopped."""
    job = await job_of(operator, await upload(operator, LINES))
    refused = await operator.post("/import", {"step": "stop"}, job=job)
    assert (refused.status_code, "cannot be stopped" in alert(refused)) == (400, True)
    await operator.post("/import", {"step": "start"}, job=job)
    page = await operator.followed(await operator.post("/import", {"step": "stop"}, job=job))
    assert told(page).startswith("The import is being stopped.")
    await import_running.run_next(operator.services, "holder")
    assert "stopped" in (await operator.get("/import", job=job)).text
    assert await emails(operator) == sorted(PEOPLE)
    again = await operator.post("/import", {"step": "start"}, job=job)
    assert again.status_code == 400


async def test_job_without_a_file(operator):
    """It waits for one, says where larger ones go, and does not start."""
    job = await job_of(operator, await upload(operator, None))
    page = await operator.get("/import", job=job)
    assert "There is no file yet." in page.text
    address = re.search(r'curl --upload-file FILE (?:&#34;|")(\S+?)(?:&#34;|")', page.text).group(1)
    assert html.unescape(address).startswith("http://127.0.0.1:4500/imports/")
    refused = await operator.post("/import", {"step": "start"}, job=job)
    assert (refused.status_code, "has no file" in alert(refused)) == (400, True)
    fields = {"csrf": await operator.csrf(), "step": "file"}
    files = {"file": ("users", LINES)}
    sent = await operator.browser.post(operator.at("/import"), params={"job": job}, data=fields, files=files)
    assert told(await operator.followed(sent)).startswith("The file is here.")


@each(
    "content, form, why",
    [
        (b" \n ", "jsonl", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", "csv", "null character"),
        (b"\x89PNG\r\n\x1a\n\0\0", "jsonl", "null character"),
        ("a,b".encode("utf-16"), "csv", "UTF-16"),
        (b"name,color\nada,red\n", "csv", "column 'color'"),
        (b"name,email\nada,x\n", "csv", "no column cognito:username"),
        (b'{"username":"ada"}\n', "csv", "column"),
        (b"cognito:username,cognito:mfa_enabled\nada,false\n", "jsonl", "no JSON Lines"),
        (b"[1,2]\n", "jsonl", "no JSON Lines"),
        (b"\xff\xfa\xff", "csv", "UTF-8"),
        (b"", "x", "jobName"),
    ],
)
async def test_bad_files(operator, content, form, why):
    """Refused in words; no job is left behind."""
    page = await upload(operator, content, form=form, name="" if form == "x" else "Customers")
    assert (page.status_code, why in alert(page)) == (400, True), alert(page)
    assert await jobs(operator) == []


async def test_too_much(operator):
    page = await upload(operator, b"x" * 17_000_000)
    assert (page.status_code, "at most" in page.text) == (413, True)
    assert await jobs(operator) == []


async def test_long_reports(operator):
    """A hundred rows at a time on the page, all of them in the file."""
    content = "\n".join(line(f"n{n}@example.com") for n in range(130)).encode()
    job = await job_of(operator, await upload(operator, content))
    await operator.post("/import", {"step": "start"}, job=job)
    await import_running.run_next(operator.services, "holder")
    first = await operator.get("/import", job=job)
    second = await operator.browser.get(html.unescape(re.search(r'rel="next" href="([^"]*)"', first.text).group(1)))
    assert [page.text.count('scope="row"') for page in (first, second)] == [100, 30]
    assert len(await report(operator, job)) == 131


async def test_everything_is_escaped(operator):
    """Names of jobs cannot hold markup; what rows say can, and is text, in the file as on the page."""
    refused = await upload(operator, LINES, name=EVIL)
    assert (refused.status_code, "<img" in refused.text) == (400, False)
    content = "\n".join([line("new@example.com", groups=[EVIL]), f'{{"{EVIL}": 1}}']).encode()
    job = await job_of(operator, await upload(operator, content))
    tried = await operator.get("/import", job=job, **{"try": "yes"})
    await operator.post("/import", {"step": "start"}, job=job)
    await import_running.run_next(operator.services, "holder")
    for page in (tried, await operator.get("/import", job=job)):
        assert "&lt;img src=x" in page.text
        assert "<img" not in page.text


@each("job", ["", "import-nothing", "a\0b", "x" * 300])
async def test_jobs_that_are_not_there(operator, job):
    for path in ("/import", "/import/report"):
        assert (await operator.get(path, job=job)).status_code == 404
    assert (await operator.post("/import", {"step": "start"}, job=job)).status_code == 404


# --- export ------------------------------------------------------------------------------------------------


async def exports(console) -> list:
    return await audit.events(console.services, operation="ExportUsers")


async def test_export_as_lines(operator):
    """Groups and users without passwords; who made it is on record."""
    answer = await operator.post("/moving/export", {"form": "jsonl"})
    assert answer.headers["content-disposition"] == 'attachment; filename="users.jsonl"'
    lines = [json.loads(text) for text in answer.text.splitlines()]
    assert [one["group"]["name"] for one in lines[:4]] == ["ADMINS", "CUSTOMERS", "EDITORS", "SUPPORT"]
    assert sorted(one["attributes"]["email"] for one in lines[4:]) == sorted(PEOPLE)
    assert not any({"srp", "password_hash"} & one.keys() for one in lines)
    (event,) = await exports(operator)
    assert event.body["request"]["PasswordHashes"] is False
    assert (event.subject, event.body["way"]) == (operator.stage.pool, "console")


async def test_export_as_csv(operator):
    """AWS's columns; a value like a formula is text."""
    await operator.stage.admin(
        "AdminUpdateUserAttributes", Username=ADMIN, UserAttributes=[{"Name": "name", "Value": "=HYPERLINK(1)"}]
    )
    answer = await operator.post("/moving/export", {"form": "csv"})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert sorted(row["email"] for row in rows) == sorted(PEOPLE)
    assert "'=HYPERLINK(1)" in {row["name"] for row in rows}


@pytest.mark.parametrize("typed", ["", "People", "people "[:-2]])
async def test_hashes_want_the_pools_name(operator, typed):
    """Without it there is no file, and no record of one."""
    refused = await operator.post("/moving/export", {"form": "jsonl", "hashes": "yes", "confirm": typed})
    assert (refused.status_code, "not the pool" in alert(refused)) == (400, True)
    assert "srp" not in refused.text
    assert await exports(operator) == []


async def test_csv_holds_no_hashes(operator):
    refused = await operator.post("/moving/export", {"form": "csv", "hashes": "yes", "confirm": "people"})
    assert (refused.status_code, "JSON Lines" in alert(refused)) == (400, True)
    assert await exports(operator) == []


# --- others ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [SUPPORT, CUSTOMER, None])
async def test_others(console, who):
    """Files with everybody in them are the operator's."""
    if who is not None:
        await console.sign_in(who)
    for path in ("/moving", "/import", "/import/report"):
        assert (await console.get(path, job="x")).status_code in {303, 403}
    proof = (await console.csrf()) if who == SUPPORT else ""
    for path in ("/moving/import", "/moving/export", "/import"):
        fields = {"form": "jsonl", "name": "X", "step": "start"}
        refused = await console.post(path, fields, csrf=proof, job="x")
        assert refused.status_code == 403
        assert ADMIN not in refused.text
    assert await jobs(console) == []
    assert await exports(console) == []


@pytest.mark.parametrize("path", ["/moving/import", "/moving/export"])
async def test_forged_forms(operator, path):
    refused = await operator.post(path, {"form": "jsonl", "name": "X"}, csrf="")
    assert (refused.status_code, ADMIN in refused.text) == (403, False)
    assert (await jobs(operator), await exports(operator)) == ([], [])
