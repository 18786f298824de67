"""A database that an earlier version applied: it is read, taken over and written anew, and keeps its people."""

import json
from pathlib import Path

import msgspec
import pytest
from operations.backend.world import EMAIL, World

from poolhouse.define import manifest
from poolhouse.operations.backend.record import recorded
from poolhouse.store.backend import set_fact

FIRST = (Path(__file__).parents[2] / "define" / "golden_1.json").read_bytes()


@pytest.fixture
async def noted(world: World) -> World:
    """The first version's document and people, as that version left them."""
    await world.apply(manifest.decode(FIRST))
    record = json.dumps({"manifest": json.loads(FIRST), "sources": {}, "at": 1})
    async with world.services.database.write() as tx:
        await set_fact(tx, "applied:app", record.encode())
    return world


async def test_what_was_applied_is_known(noted):
    async with noted.services.database.read() as tx:
        found = await recorded(tx, "app")
    assert found.manifest == manifest.decode(FIRST)
    assert (found.manifest.version, found.manifest.auth.passwordless.factors) == (1, ())


async def test_applying_the_same_definitions(noted):
    """Nothing changes but the note, which is of this version then; nobody is lost."""
    before = noted.applied
    pool = before.pool_id
    await noted.invoke("AdminCreateUser", {"UserPoolId": pool, "Username": EMAIL, "MessageAction": "SUPPRESS"})
    today = msgspec.structs.replace(manifest.decode(FIRST), version=manifest.VERSION)
    assert await noted.apply(today) == []
    assert noted.applied.pool_id == pool
    assert len((await noted.invoke("ListUsers", {"UserPoolId": pool}))["Users"]) == 1
    async with noted.services.database.read() as tx:
        assert (await recorded(tx, "app")).manifest == today


async def test_a_document_of_a_later_version(noted):
    """What this version cannot read is nothing that it knows; applying its own definitions replaces it."""
    later = {"manifest": json.loads(FIRST) | {"version": 99, "more": {}}, "sources": {}, "at": 1}
    async with noted.services.database.write() as tx:
        await set_fact(tx, "applied:app", json.dumps(later).encode())
    async with noted.services.database.read() as tx:
        assert await recorded(tx, "app") is None
    await noted.apply(manifest.decode(FIRST))
    async with noted.services.database.read() as tx:
        assert (await recorded(tx, "app")).manifest.version == 1
