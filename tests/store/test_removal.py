"""Large groups and pools are gone at once for whoever asks, and their rows a few at a time."""

import pytest
from pool_rows import add_group, add_pool, add_user, read
from sqlalchemy import func, select

from poolhouse.errors import GroupNotFound, LimitExceededException, ResourceNotFoundException
from poolhouse.store import clients, groups, pools, removal, schema, users
from poolhouse.store.clients import Client
from poolhouse.store.settings import ClientSettings
from poolhouse.store.statement import Statement


async def rows(database, table):
    statement = Statement(select(func.count()).select_from(table))
    async with database.read() as tx:
        return (await tx.one(statement, {}))[0]


async def remove_all(database, most):
    """How many rows each round took, until nothing was left."""
    taken = []
    while True:
        async with database.write() as tx:
            removed = await removal.go_on(tx, most)
        if not removed:
            return taken
        taken.append(removed)


@pytest.fixture
async def pool(database):
    return await add_pool(database)


@pytest.fixture
async def people(database, pool):
    return [await add_user(database, pool, f"user{number}", email=f"u{number}@example.com") for number in range(5)]


async def test_large_group_is_gone_at_once(database, pool, people):
    """Nobody finds it or is in it, its name is free; another group keeps its members."""
    old = await add_group(database, pool, "G", *people)
    await add_group(database, pool, "kept", *people)
    async with database.write() as tx:
        await groups.remove(tx, pool.id, "G", at_once=4)
    async with database.write() as tx:
        new = await groups.add(tx, pool.id, "G", now=1)
    async with database.read() as tx:
        assert await groups.members(tx, new.id, 0, 60) == []
        assert [group.name for group in await groups.of_user(tx, people[0].id)] == ["kept"]
        assert [group.name for group in await groups.page_of_user(tx, people[0].id, "", 60)] == ["kept"]
        assert [group.name for group in await groups.list_(tx, pool.id, "", 60)] == ["G", "kept"]
        assert len(await pools.list_(tx, pool.region, "", 60)) == 1
    assert new.id != old.id
    assert await rows(database, schema.memberships) == 10


async def test_rows_of_a_large_group_go_little_by_little(database, pool, people):
    await add_group(database, pool, "G", *people)
    await add_group(database, pool, "kept", *people)
    async with database.write() as tx:
        await groups.remove(tx, pool.id, "G", at_once=4)
    assert await remove_all(database, 2) == [2, 2, 1, 1]
    assert await rows(database, schema.memberships) == 5
    assert [group.name for group in await read(database, groups.of_user, people[4].id)] == ["kept"]


async def test_small_group_goes_with_its_rows(database, pool, people):
    await add_group(database, pool, "G", *people)
    async with database.write() as tx:
        await groups.remove(tx, pool.id, "G", at_once=5)
    assert await rows(database, schema.memberships) == 0
    assert await remove_all(database, 2) == []


async def test_memberships_that_are_still_to_go_do_not_count(database, pool, people):
    """A user in a hundred groups, one of them deleted, has room for one more and not for two."""
    for number in range(100):
        await add_group(database, pool, f"g{number:03}", people[0])
    for name in "yz":
        await add_group(database, pool, name)
    async with database.write() as tx:
        await groups.remove(tx, pool.id, "g000", at_once=0)
        assert await groups.add_member(tx, (await groups.get(tx, pool.id, "y")).id, people[0].id, 1)
        last = await groups.get(tx, pool.id, "z")
        with pytest.raises(LimitExceededException):
            await groups.add_member(tx, last.id, people[0].id, 1)


async def test_unknown_group_is_refused(database, pool):
    async with database.write() as tx:
        with pytest.raises(GroupNotFound):
            await groups.remove(tx, pool.id, "G", at_once=0)


async def test_large_pool_is_gone_at_once(database, pool, people):
    """The pool and its clients; another pool stays as it is."""
    other = await add_pool(database, "otherpool")
    await add_user(database, other, "ada")
    async with database.write() as tx:
        await clients.add(tx, Client("c1", pool.id, "web", ClientSettings(), None, 1, 1))
        await pools.remove(tx, pool.id, at_once=4)
    for ask in (pools.get, pools.keep, pools.lock):
        async with database.write() as tx:
            with pytest.raises(ResourceNotFoundException):
                await ask(tx, pool.id)
    async with database.read() as tx:
        assert await clients.find(tx, "c1") is None
        assert [found.id for found in await pools.list_(tx, pool.region, "", 60)] == [other.id]
        with pytest.raises(ResourceNotFoundException):
            await groups.get_with_pool(tx, pool.id, "G")
        assert await users.find(tx, other, "ada") is not None


async def test_rows_of_a_large_pool_go_little_by_little(database, pool, people):
    other = await add_pool(database, "otherpool")
    ada = await add_user(database, other, "ada")
    await add_group(database, other, "G", ada)
    await add_group(database, pool, "G", *people)
    async with database.write() as tx:
        await pools.remove(tx, pool.id, at_once=4)
    assert await remove_all(database, 16) == [2, 2, 1, 1]
    counted = [await rows(database, table) for table in (schema.pools, schema.users, schema.groups, schema.memberships)]
    assert counted == [1, 1, 1, 1]
    assert await rows(database, schema.user_search) == 0


def test_a_round_is_as_large_as_it_is_quick():
    """Slow ones shrink what the next takes, down to a few users; quick ones let it grow, up to a bound."""
    pace = removal.Pace()
    pace.took(0.1)
    assert pace.most == removal.MOST // 2
    for _ in range(10):
        pace.took(5.0)
    assert pace.most == 40
    pace.took(0.04)
    assert pace.most == 40
    for _ in range(30):
        pace.took(0.001)
    assert pace.most == removal.MOST
