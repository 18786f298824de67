"""Whom memberships are about, one and many: found by every name that a user has, and changed all at once."""

import asyncio

import pytest
from pool_rows import BY_EMAIL, FOLDED, add_group, add_pool, add_user, read

from poolhouse.errors import GroupNotFound, ResourceNotFoundException, UserNotFoundException
from poolhouse.store import groups, memberships

EMAIL = "Ada@Example.com"


async def found(database, *asked):
    async with database.write() as tx:
        return await memberships.find(tx, *asked)


@pytest.mark.parametrize("members", [{}, FOLDED, BY_EMAIL], ids=["case-sensitive", "folded", "by e-mail"])
async def test_a_member_is_found_by_every_name(database, members):
    """By username, sub and alias, as the pool folds them; not by another case where that is another name."""
    pool = await add_pool(database, **members)
    ada = await add_user(database, pool, "Ada", email=EMAIL, email_verified="true")
    group = await add_group(database, pool, "G")
    wanted = (group.id, ada.id, ada.sub)
    assert await found(database, pool.id, "G", "Ada") == wanted
    assert await found(database, pool.id, "G", ada.sub) == wanted
    if members == BY_EMAIL:
        assert await found(database, pool.id, "G", EMAIL) == wanted
    if members:
        assert await found(database, pool.id, "G", "aDA") == wanted
    else:
        with pytest.raises(UserNotFoundException):
            await found(database, pool.id, "G", "ada")


async def test_who_is_not_there_is_told(database):
    """The pool before the group, and the group before the user."""
    pool = await add_pool(database)
    await add_user(database, pool, "ada")
    await add_group(database, pool, "G")
    other = await add_pool(database, "testpool2")
    await add_user(database, other, "bob")
    with pytest.raises(ResourceNotFoundException):
        await found(database, "us-east-1_none", "G", "ada")
    with pytest.raises(GroupNotFound):
        await found(database, pool.id, "g", "nobody")
    for name in ("nobody", "bob"):
        with pytest.raises(UserNotFoundException):
            await found(database, pool.id, "G", name)


@pytest.mark.parametrize("lock", [False, True])
async def test_many_are_found_as_one_is(database, lock):
    """Usernames, subs and addresses of a list; names of nobody and of another pool's users are left out."""
    pool = await add_pool(database, **BY_EMAIL)
    people = [await add_user(database, pool, f"u{n}", email=f"U{n}@example.com") for n in range(3)]
    other = await add_pool(database, "testpool2", **BY_EMAIL)
    await add_user(database, other, "bob", email="bob@example.com")
    names = ["U0", people[1].sub, "u2@EXAMPLE.com", "u2", "nobody", "bob", "bob@example.com"]
    async with database.write() as tx:
        got = await memberships.find_many(tx, pool, names, lock=lock)
        assert await memberships.find_many(tx, pool, []) == {}
    order = (people[0], people[1], people[2], people[2])
    assert got == {name: (user.id, user.sub) for name, user in zip(names, order, strict=False)}


async def test_many_join_and_leave_at_once(database):
    """Told are those who were changed; the others stay as they were, and so do other groups."""
    pool = await add_pool(database)
    people = [await add_user(database, pool, f"user{number}") for number in range(6)]
    ids = [user.id for user in people]
    group = await add_group(database, pool, "G", people[0])
    beside = await add_group(database, pool, "H", people[1])
    async with database.write() as tx:
        assert await memberships.add_many(tx, group.id, ids[:4], 7) == set(ids[1:4])
        assert await memberships.add_many(tx, group.id, [], 7) == set()
        assert await memberships.members_among(tx, group.id, ids) == set(ids[:4])
        assert await memberships.remove_many(tx, group.id, [ids[0], ids[5]]) == {ids[0]}
    assert [member.id for member in await read(database, groups.members, group.id, 0, 9)] == ids[1:4]
    assert [member.id for member in await read(database, groups.members, beside.id, 0, 9)] == [ids[1]]
    assert {each.modified for each in await read(database, groups.members, group.id, 0, 9)} == {1}


async def test_a_hundred_groups_are_the_most_for_many_too(database):
    """Who has no room is left out of the statement that the others join by."""
    pool = await add_pool(database)
    full, free = [await add_user(database, pool, name) for name in ("full", "free")]
    for number in range(100):
        await add_group(database, pool, f"g{number}", full)
    group = await add_group(database, pool, "one-more")
    async with database.write() as tx:
        assert await memberships.with_room(tx, [full.id, free.id]) == {free.id}
        assert await memberships.add_many(tx, group.id, [full.id, free.id], 1) == {free.id}
    assert len(await read(database, groups.of_user, full.id)) == 100


async def test_a_statement_is_about_a_bounded_number(database):
    """More are refused, not left out."""
    pool = await add_pool(database)
    group = await add_group(database, pool, "G")
    async with database.write() as tx:
        with pytest.raises(ValueError, match="more than 128"):
            await memberships.add_many(tx, group.id, range(129), 1)


async def test_blocks_that_want_the_same_users_do_not_lock_up(database):
    """Each finds them in its own order; everybody is in both groups in the end."""
    pool = await add_pool(database)
    people = [await add_user(database, pool, f"user{number}") for number in range(20)]
    made = [await add_group(database, pool, name) for name in ("G", "H")]

    async def join(group, names):
        async with database.write() as tx:
            found = await memberships.find_many(tx, pool, names, lock=True)
            return await memberships.add_many(tx, group.id, {user.id for user in found.values()}, 1)

    names = [user.username for user in people]
    joined = await asyncio.gather(*(join(made[n % 2], names[::-1] if n % 3 else names) for n in range(6)))
    assert sorted(map(len, joined)) == [0, 0, 0, 0, 20, 20]
