"""The address that takes the file of an import job."""

import asyncio

import httpx
import pytest
from operations.importing import ADA, HEADER, Importing, importing
from pool_rows import read
from starlette.routing import Router

from poolhouse.operations import import_jobs as operations
from poolhouse.protocols.uploads import upload_routes
from poolhouse.store import import_jobs as stored

FILE = f"{HEADER}\n{ADA}\n".encode()


@pytest.fixture
async def world(services, invoke) -> Importing:
    return await importing(services, invoke)


async def send(world, url: str, content=FILE, method: str = "PUT", **headers: str):
    transport = httpx.ASGITransport(Router(upload_routes(world.services)))
    async with httpx.AsyncClient(transport=transport) as http:
        return await http.request(method, url, content=content, headers=headers)


async def size(world, job: str) -> int | None:
    """How large the job's file is, None without one."""
    return (await read(world.services.database, stored.by_id, job)).state.size


async def test_file_and_its_import(world):
    """One PUT with the header that AWS's clients send; the file is what is imported; the last one counts."""
    job = await world.job()
    url = (await world.shown(job))["PreSignedUrl"]
    for content in (b"something else", FILE):
        answer = await send(world, url, content, **{"x-amz-server-side-encryption": "aws:kms"})
        assert (answer.status_code, answer.content) == (200, b"")
    assert await size(world, job) == len(FILE)
    await world.ask("StartUserImportJob", JobId=job)
    await world.run()
    assert await world.people() == {"ada@example.com": "RESET_REQUIRED"}


async def test_address_that_was_not_given_out(world, services):
    """Another token, a changed one and a late one open nothing."""
    job = await world.job()
    url = (await world.shown(job))["PreSignedUrl"]
    other = services.vault.seal_token("session", operations.Upload(job, 1 << 60))
    for wrong in (f"{url}x", url[:-1], f"http://test/imports/{other}", "http://test/imports/x"):
        answer = await send(world, wrong)
        assert (answer.status_code, "AccessDenied" in answer.text) == (403, True)
    services.clock.advance(seconds=900)
    assert (await send(world, url)).status_code == 403
    assert await size(world, job) is None


async def test_file_of_a_job_that_runs(world):
    """A started job takes no other file."""
    job = await world.job()
    url = (await world.shown(job))["PreSignedUrl"]
    await send(world, url)
    await world.ask("StartUserImportJob", JobId=job)
    assert (await send(world, url, b"x")).status_code == 403
    assert await size(world, job) == len(FILE)


async def test_too_large_file(world):
    """It is refused when it has become too large, and is not kept."""
    job = await world.job()
    url, sent = (await world.shown(job))["PreSignedUrl"], 0

    async def endless():
        nonlocal sent
        while True:
            sent += 1_000_000
            yield bytes(1_000_000)

    answer = await send(world, url, endless())
    assert (answer.status_code, "EntityTooLarge" in answer.text) == (400, True)
    assert sent < 110_000_000
    assert await size(world, job) is None


async def test_one_at_a_time(world):
    """Whoever has to wait for a slow upload is told so in time, and the next one is taken."""
    job, begun, go_on = await world.job(), asyncio.Event(), asyncio.Event()
    url, turn = (await world.shown(job))["PreSignedUrl"], upload_routes(world.services, patience=0.2)

    async def slow():
        begun.set()
        yield FILE
        await go_on.wait()

    async with httpx.AsyncClient(transport=httpx.ASGITransport(Router(turn))) as http:
        first = asyncio.create_task(http.put(url, content=slow()))
        await begun.wait()
        second = await http.put(url, content=b"second")
        assert (second.status_code, "SlowDown" in second.text) == (503, True)
        go_on.set()
        assert (await first).status_code == 200
        assert await size(world, job) == len(FILE)
        assert (await http.put(url, content=b"third")).status_code == 200
    assert await size(world, job) == 5


async def test_compressed_file(world):
    """Nothing is unpacked that a client packed."""
    job = await world.job()
    url = (await world.shown(job))["PreSignedUrl"]
    assert (await send(world, url, **{"content-encoding": "gzip"})).status_code == 400
    assert await size(world, job) is None


async def test_other_methods_and_browsers(world):
    """Only PUT brings a file; a console of another origin may ask."""
    url = (await world.shown(await world.job()))["PreSignedUrl"]
    assert (await send(world, url, method="POST")).status_code == 405
    assert (await send(world, url, method="GET")).status_code == 405
    allowed = (await send(world, url, b"", "OPTIONS")).headers
    assert "x-amz-server-side-encryption" in allowed["access-control-allow-headers"]
    assert allowed["access-control-allow-methods"] == "PUT,OPTIONS"
