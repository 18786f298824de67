"""Pools and users written straight into the store, for tests that are about something else than their creation."""

import uuid

import msgspec

from poolhouse.store import groups, pools, users
from poolhouse.store.pools import Pool
from poolhouse.store.settings import PoolSettings
from poolhouse.store.users import User

REGION = "us-east-1"


async def add_pool(database, suffix: str = "testpool1", **settings) -> Pool:
    """A pool without signing keys; `settings` are PoolSettings members in their wire form."""
    made = msgspec.convert(settings, PoolSettings)
    pool = Pool(f"{REGION}_{suffix}", REGION, "test", made, 1, 1)
    async with database.write() as tx:
        await pools.add(tx, pool)
    return pool


async def add_user(database, pool: Pool, username: str, *, status="CONFIRMED", force_alias=False, **attributes) -> User:
    async with database.write() as tx:
        return await users.add(
            tx,
            pool,
            username=username,
            sub=str(uuid.uuid4()),
            status=status,
            attributes=attributes,
            credential=None,
            now=1,
            force_alias=force_alias,
        )


async def add_group(database, pool: Pool, name: str, *members: User) -> groups.Group:
    async with database.write() as tx:
        group = await groups.add(tx, pool.id, name, now=1)
        for member in members:
            await groups.add_member(tx, group.id, member.id, 1)
    return group


async def read(database, function, *arguments):
    """The answer of one store function in a read block."""
    async with database.read() as tx:
        return await function(tx, *arguments)
