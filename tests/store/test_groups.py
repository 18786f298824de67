"""Memberships in the store: order, limits and concurrency."""

import asyncio

import pytest
from pool_rows import add_group, add_pool, add_user, read

from poolhouse.errors import GroupExistsException, GroupNotFound, LimitExceededException, ResourceNotFoundException
from poolhouse.store import groups, pools, users


async def test_groups_of_a_user_strongest_first(database):
    """The lowest precedence first, none last, ties by name."""
    pool = await add_pool(database)
    ada = await add_user(database, pool, "ada")
    async with database.write() as tx:
        for name, precedence in (("none", None), ("b", 5), ("best", 0), ("a", 5)):
            group = await groups.add(tx, pool.id, name, precedence=precedence, now=1)
            await groups.add_member(tx, group.id, ada.id, 1)
    assert [group.name for group in await read(database, groups.of_user, ada.id)] == ["best", "a", "b", "none"]


async def test_names_of_the_groups_of_a_sub(database):
    """The same order; nothing for a sub that is nobody's, a username, or somebody's in another pool."""
    pool, other = await add_pool(database), await add_pool(database, "us-east-1_BBBBBBBBB")
    ada = await add_user(database, pool, "ada")
    async with database.write() as tx:
        for name, precedence in (("none", None), ('a",\n"b', 5), ("best", 0)):
            group = await groups.add(tx, pool.id, name, precedence=precedence, now=1)
            await groups.add_member(tx, group.id, ada.id, 1)
    assert await read(database, groups.names_of_sub, pool.id, ada.sub) == ("best", 'a",\n"b', "none")
    for pool_id, sub in ((other.id, ada.sub), (pool.id, "nobody")):
        assert await read(database, groups.names_of_sub, pool_id, sub) == ()
    assert ada.sub != ada.username
    assert await read(database, groups.names_of_sub, pool.id, ada.username) == ()


@pytest.mark.parametrize("is_whole", [True, False])
async def test_names_of_the_groups_in_a_pool_that_goes(database, is_whole):
    """Also while its rows are still there."""
    pool = await add_pool(database)
    ada = await add_user(database, pool, "ada")
    await add_group(database, pool, "G", ada)
    assert await read(database, groups.names_of_sub, pool.id, ada.sub) == ("G",)
    async with database.write() as tx:
        await pools.remove(tx, pool.id, at_once=500 if is_whole else 0)
    assert await read(database, groups.names_of_sub, pool.id, ada.sub) == ()


async def test_members_page_by_page(database):
    pool = await add_pool(database)
    people = [await add_user(database, pool, f"user{number}") for number in range(7)]
    group = await add_group(database, pool, "G", *people)
    seen, after = [], 0
    while page := await read(database, groups.members, group.id, after, 3):
        seen += [member.username for member in page]
        after = page[-1].id
    assert seen == [f"user{number}" for number in range(7)]


async def test_membership_is_idempotent(database):
    pool = await add_pool(database)
    ada = await add_user(database, pool, "ada")
    group = await add_group(database, pool, "G")
    async with database.write() as tx:
        assert [await groups.add_member(tx, group.id, ada.id, 1) for _ in range(2)] == [True, False]
        assert await groups.is_member(tx, group.id, ada.id)
        assert [await groups.remove_member(tx, group.id, ada.id) for _ in range(2)] == [True, False]
        assert not await groups.is_member(tx, group.id, ada.id)


async def test_hundred_groups_hold_under_concurrency(database):
    """Blocks that race for the last place leave a hundred memberships."""
    pool = await add_pool(database)
    ada = await add_user(database, pool, "ada")
    for number in range(99):
        await add_group(database, pool, f"g{number:03}", ada)
    for name in "wxyz":
        await add_group(database, pool, name)

    async def join(name):
        async with database.write() as tx:
            found, group = await groups.get_with_pool(tx, pool.id, name)
            user = await users.get(tx, found, "ada", lock=True)
            return await groups.add_member(tx, group.id, user.id, 1)

    outcomes = await asyncio.gather(*(join(name) for name in "wxyz"), return_exceptions=True)
    assert sorted(str(type(outcome).__name__) for outcome in outcomes) == ["LimitExceededException"] * 3 + ["bool"]
    assert len(await read(database, groups.of_user, ada.id)) == 100


async def test_group_and_user_deleted_while_joining(database):
    """A join that races with both deletions either happens before them or finds nothing; it never breaks."""
    pool = await add_pool(database)
    for number in range(6):
        ada = await add_user(database, pool, f"ada{number}")
        await add_group(database, pool, f"G{number}")

        async def join(number=number):
            async with database.write() as tx:
                found, group = await groups.get_with_pool(tx, pool.id, f"G{number}")
                user = await users.get(tx, found, f"ada{number}", lock=True)
                await groups.add_member(tx, group.id, user.id, 1)

        async def drop(number=number, ada=ada):
            async with database.write() as tx:
                await groups.remove(tx, pool.id, f"G{number}")
            async with database.write() as tx:
                await users.remove(tx, ada)

        joined, dropped = await asyncio.gather(join(), drop(), return_exceptions=True)
        assert dropped is None
        assert joined is None or isinstance(joined, GroupNotFound)
        assert await read(database, groups.of_user, ada.id) == []


async def test_group_names_are_case_sensitive_and_unique(database):
    pool = await add_pool(database)
    await add_group(database, pool, "Admins")
    await add_group(database, pool, "admins")
    with pytest.raises(GroupExistsException):
        await add_group(database, pool, "admins")
    assert [group.name for group in await read(database, groups.list_, pool.id, "", 10)] == ["Admins", "admins"]


async def test_ten_thousand_groups(database):
    """The pool's last group is accepted, the next one is not."""
    pool = await add_pool(database)
    async with database.write() as tx:
        for number in range(groups.GROUPS_PER_POOL):
            await tx.run(groups._ADD, _row(pool, f"g{number}"))
    with pytest.raises(LimitExceededException):
        await add_group(database, pool, "one-more")
    async with database.write() as tx:
        await groups.remove(tx, pool.id, "g0")
    assert (await add_group(database, pool, "one-more")).name == "one-more"


def _row(pool, name):
    absent = dict.fromkeys(("description", "role_arn", "precedence"))
    return {"pool_id": pool.id, "name": name, "created": 1, "modified": 1, **absent}


async def test_missing_pool_and_group_are_told_apart(database):
    pool = await add_pool(database)
    with pytest.raises(GroupNotFound):
        await read(database, groups.get_with_pool, pool.id, "G")
    with pytest.raises(ResourceNotFoundException, match=r"User pool us-east-1_nowhere does not exist\."):
        await read(database, groups.get_with_pool, "us-east-1_nowhere", "G")
