"""Import jobs as an administrator sees them: made, shown, listed, started, stopped, expired."""

import msgspec
import pytest
from operations.importing import ADA, HEADER, ROLE, Importing, importing
from operations.stage import refused, said
from pool_rows import BY_EMAIL, add_pool, read

from poolhouse.operations import import_jobs
from poolhouse.store import import_jobs as stored
from poolhouse.store import pools
from poolhouse.store.import_jobs import Job, JobState

DAY = 86_400


@pytest.fixture
async def world(services, invoke) -> Importing:
    return await importing(services, invoke)


async def test_header(world):
    """The columns of the pool's file."""
    answer = await world.ask("GetCSVHeader")
    assert answer["UserPoolId"] == world.pool.id
    assert {"email", "cognito:username", "cognito:mfa_enabled"} < set(answer["CSVHeader"])


async def test_new_job(world, services):
    """It is shown with everything it was given, an address for its file at our own server, and no users."""
    made = await world.ask("CreateUserImportJob", JobName="people", CloudWatchLogsRoleArn=ROLE)
    job = made["UserImportJob"]
    assert job["JobId"].startswith("import-")
    assert job["PreSignedUrl"].startswith(f"{services.settings.public_url}/imports/")
    shown = await world.shown(job["JobId"])
    assert shown == job | {"PreSignedUrl": shown["PreSignedUrl"]}
    wanted = {"JobName": "people", "Status": "Created", "CloudWatchLogsRoleArn": ROLE, "UserPoolId": world.pool.id}
    counts = {"ImportedUsers": 0, "SkippedUsers": 0, "FailedUsers": 0}
    assert job.items() >= (wanted | counts).items()
    assert not {"StartDate", "CompletionDate", "CompletionMessage"} & set(job)


async def test_address_is_gone_after_15_minutes(world, clock):
    job = await world.job()
    clock.advance(seconds=899)
    assert "PreSignedUrl" in await world.shown(job)
    clock.advance(seconds=1)
    assert "PreSignedUrl" not in await world.shown(job)


async def test_unknown_job_and_pool(world, services, invoke):
    """A job belongs to its pool."""
    job = await world.job()
    other = Importing(services, invoke, await add_pool(services.database, "otherpool", **BY_EMAIL))
    for name in ("DescribeUserImportJob", "StartUserImportJob", "StopUserImportJob"):
        expected = ("ResourceNotFound", f"User import job {job} does not exist.")
        assert said(await refused(other.ask(name, JobId=job))) == expected
    assert (await world.shown(job))["Status"] == "Created"


async def test_hashes_in_aws_files_are_refused_by_name(world):
    """PasswordHashingAlgorithm is not accepted and ignored."""
    asked = {"JobName": "people", "CloudWatchLogsRoleArn": ROLE, "PasswordHashingAlgorithm": "BCRYPT"}
    error = await refused(world.ask("CreateUserImportJob", **asked))
    assert error.code == "InvalidParameterException"
    assert "PasswordHashingAlgorithm" in error.message
    assert "UserImportJobs" in await world.ask("ListUserImportJobs", MaxResults=1)
    assert (await world.ask("ListUserImportJobs", MaxResults=1))["UserImportJobs"] == []


async def test_list_is_newest_first_and_complete(world, clock):
    """Page by page, jobs of one moment included."""
    made = []
    for number in range(7):
        clock.advance(seconds=number % 2)
        made.append(await world.job(f"job {number}"))
    found, token = [], {}
    while True:
        page = await world.ask("ListUserImportJobs", MaxResults=2, **token)
        found += page["UserImportJobs"]
        if "PaginationToken" not in page:
            break
        token = {"PaginationToken": page["PaginationToken"]}
    assert sorted(job["JobId"] for job in found) == sorted(made)
    dates = [job["CreationDate"] for job in found]
    assert dates == sorted(dates, reverse=True)
    assert said(await refused(world.ask("ListUserImportJobs", MaxResults=2, PaginationToken="x" * 60))) == (
        "InvalidParameter",
        "Paging Marker is Invalid for Request",
    )


async def test_start_needs_a_file(world):
    job = await world.job()
    error = await refused(world.ask("StartUserImportJob", JobId=job))
    assert (error.code, "has no file" in error.message) == ("PreconditionNotMetException", True)
    assert (await world.shown(job))["Status"] == "Created"


async def test_start_needs_a_pool_that_verifies(services, invoke):
    """Without a contact that counts as verified nobody could reset the password."""
    world = await importing(services, invoke, UsernameAttributes=["email"])
    job = await world.job()
    await world.upload(job, b"x")
    assert (await refused(world.ask("StartUserImportJob", JobId=job))).code == "PreconditionNotMetException"
    assert (await world.shown(job))["Status"] == "Created"


async def test_one_job_at_a_time(world):
    """A second one cannot be started, nor the first one twice."""
    first = await world.started(HEADER.encode())
    second = await world.job()
    await world.upload(second, HEADER.encode())
    for job in (first, second):
        assert (await refused(world.ask("StartUserImportJob", JobId=job))).code == "PreconditionNotMetException"
    assert [(await world.shown(job))["Status"] for job in (first, second)] == ["Pending", "Created"]


async def test_stop(world):
    """A job that runs can be stopped once; nothing of its file is imported any more."""
    job = await world.started(f"{HEADER}\n{ADA}".encode())
    assert (await world.ask("StopUserImportJob", JobId=job))["UserImportJob"]["Status"] == "Stopping"
    assert (await refused(world.ask("StopUserImportJob", JobId=job))).code == "PreconditionNotMetException"
    assert await world.run()
    shown = await world.shown(job)
    assert (shown["Status"], shown["ImportedUsers"]) == ("Stopped", 0)
    assert "CompletionDate" in shown
    assert await world.people() == {}
    assert (await refused(world.ask("StopUserImportJob", JobId=job))).code == "PreconditionNotMetException"


async def test_stop_before_the_start(world):
    job = await world.job()
    assert (await refused(world.ask("StopUserImportJob", JobId=job))).code == "PreconditionNotMetException"
    assert (await world.shown(job))["Status"] == "Created"


async def test_expired_job(world, services, clock):
    """After a day it cannot be started; its file is forgotten."""
    job = await world.job()
    await world.upload(job, HEADER.encode())
    clock.advance(seconds=DAY)
    assert (await world.shown(job))["Status"] == "Expired"
    assert (await refused(world.ask("StartUserImportJob", JobId=job))).code == "PreconditionNotMetException"
    clock.advance(seconds=1)
    await import_jobs.expire(services)
    shown = await world.shown(job)
    assert (shown["Status"], "CompletionDate" in shown) == ("Expired", True)
    assert await read(services.database, stored.file, job) is None


async def test_pool_stays_as_it_is_during_an_import(world):
    """Neither its settings nor its schema change, nor is it deleted; afterwards they can."""
    job = await world.started(HEADER.encode())
    calls = [
        ("UpdateUserPool", {"AutoVerifiedAttributes": ["email"]}),
        ("AddCustomAttributes", {"CustomAttributes": [{"Name": "rank", "AttributeDataType": "Number"}]}),
        ("DeleteUserPool", {}),
    ]
    before = await read(world.services.database, pools.get, world.pool.id)
    for name, request in calls:
        assert (await refused(world.ask(name, **request))).code == "UserImportInProgressException"
    assert await read(world.services.database, pools.get, world.pool.id) == before
    await world.run()
    assert (await world.shown(job))["Status"] == "Succeeded"
    for name, request in calls:
        await world.ask(name, **request)


async def test_a_thousand_jobs(world, services, clock):
    """The next one is refused."""
    now = clock()
    async with services.database.write() as tx:
        for number in range(1000):
            job = Job(f"import-{number}", world.pool.id, "n", "Created", JobState(ROLE), now, None, None)
            await stored.add(tx, job)
    assert (await refused(world.job())).code == "LimitExceededException"
    assert await read(services.database, stored.count, world.pool.id) == 1000


async def test_file_is_sealed(world, services):
    """Nobody reads a name out of the database's file."""
    job = await world.job()
    await world.upload(job, f"{HEADER}\n{ADA}".encode())
    content = await read(services.database, stored.file, job)
    assert b"ada" not in content
    state = (await read(services.database, stored.by_id, job)).state
    assert msgspec.json.encode(state).find(b"ada") == -1
