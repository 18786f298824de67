"""Pools and users written straight into the store, for tests that are about something else than their creation."""

import json
import uuid

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

from poolhouse.access.principals import Root
from poolhouse.messages import outbox
from poolhouse.store import groups, messages, pools, search, users
from poolhouse.store.pools import Pool
from poolhouse.store.settings import PoolSettings
from poolhouse.store.users import User

REGION = "us-east-1"
ROOT = Root(account_id="000000000000", region=REGION)
FOLDED = {"UsernameConfiguration": {"CaseSensitive": False}}
BY_EMAIL = {"UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"], **FOLDED}
"""People sign in by e-mail."""
PLAIN = {
    "Schema": [
        {"Name": "custom:tenant", "Mutable": False},
        {"Name": "custom:rank", "AttributeDataType": "Number", "NumberAttributeConstraints": {"MaxValue": "9"}},
        {"Name": "given_name", "Required": True, "StringAttributeConstraints": {"MaxLength": "5"}},
        {"Name": "dev:custom:note", "DeveloperOnlyAttribute": True},
    ]
}
"""Plain usernames and a schema of its own."""


async def add_pool(database, suffix: str = "testpool1", **members) -> Pool:
    """A pool without signing keys; `members` are those of PoolSettings, in their wire form."""
    made = msgspec.convert(members, PoolSettings)
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


def examples(strategy: SearchStrategy, count: int) -> list:
    """Values that hypothesis makes up, for tests that must await something for each of them."""
    found = []

    @settings(max_examples=count, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def collect(value):
        found.append(value)

    collect()
    return found


def attributes(**values) -> list[dict[str, str]]:
    """A request's attribute list; `custom_x` is `custom:x`."""
    return [{"Name": name.replace("custom_", "custom:"), "Value": value} for name, value in values.items()]


def held(answer) -> dict[str, str]:
    """The attributes of AdminGetUser's answer."""
    return {entry["Name"]: entry["Value"] for entry in json.loads(bytes(answer["UserAttributes"]))}


async def everything(database, pool) -> list[User]:
    """Every user's row, to see that nothing changed."""
    found = await read(database, search.all_users, pool.id, search.Span(search.START, 60))
    return [await read(database, users.by_id, user.id) for _, user in found]


async def waiting_letters(database, services) -> list[tuple]:
    """What waits for delivery: (destination, purpose, content)."""
    async with database.write() as tx:
        waiting = await messages.claim(tx, 1 << 62, 0, 60)
    return [(one.destination, one.purpose, outbox.content(services.vault, one)) for one in waiting]
