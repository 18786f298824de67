"""Rules of a pool, and the questions about groups that decisions need."""

import asyncio

from pool_rows import add_group, add_pool, add_user, read

from poolhouse.store import delegations, groups, pools, users


async def test_rules_are_replaced_and_removed(database):
    pool = await add_pool(database)
    assert await read(database, delegations.find, pool.id) is None
    for rules in ("one", "two"):
        async with database.write() as tx:
            await delegations.put(tx, pool.id, rules, 1)
        assert await read(database, delegations.find, pool.id) == rules
    async with database.write() as tx:
        await delegations.remove(tx, pool.id)
    assert await read(database, delegations.find, pool.id) is None


async def test_rules_go_with_their_pool(database):
    pool = await add_pool(database)
    async with database.write() as tx:
        await delegations.put(tx, pool.id, "rules", 1)
        await pools.remove(tx, pool.id)
    assert await read(database, delegations.find, pool.id) is None


async def test_the_last_enabled_member(database):
    """Disabled colleagues and members of other groups do not count."""
    pool = await add_pool(database)
    ada, ben, eve = [await add_user(database, pool, name) for name in ("ada", "ben", "eve")]
    group = await add_group(database, pool, "ADMINS", ada, ben)
    await add_group(database, pool, "EDITORS", eve)
    assert not await read(database, delegations.is_last, group.id, ada.id)
    async with database.write() as tx:
        await users.change(tx, pool, ben, 2, enabled=False)
    assert await read(database, delegations.is_last, group.id, ada.id)
    assert not await read(database, delegations.is_last, group.id, ben.id)


async def test_a_stronger_member(database):
    """By any group that he has; the same rank and no rank are not stronger."""
    pool = await add_pool(database)
    ada = await add_user(database, pool, "ada")
    weak = await add_group(database, pool, "WEAK", ada)
    await add_group(database, pool, "NONE", ada)
    async with database.write() as tx:
        strong = await groups.add(tx, pool.id, "STRONG", precedence=3, now=1)
        await groups.add_member(tx, strong.id, ada.id, 1)
    for strength, found in ((2, False), (3, False), (4, True)):
        assert await read(database, delegations.has_stronger_member, weak.id, strength) is found


async def test_whoever_locks_a_group_waits_for_the_other(database):
    """Two blocks that lock the same group run one after the other, on both databases."""
    pool = await add_pool(database)
    await add_group(database, pool, "ADMINS")
    order: list[str] = []

    async def block(name: str) -> None:
        async with database.write() as tx:
            await delegations.lock(tx, pool.id, ("ADMINS", "GHOSTS"))
            order.append(f"{name} in")
            await read(database, delegations.find, pool.id)
            order.append(f"{name} out")

    await asyncio.gather(block("one"), block("two"))
    assert order in (["one in", "one out", "two in", "two out"], ["two in", "two out", "one in", "one out"])
