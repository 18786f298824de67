"""Pages of another pool settled here: what is added, updated and left alone, what goes on, and what is left behind."""

from array import array
from datetime import UTC, datetime
from uuid import UUID

import pytest
from operations.causes import by_command
from pool_rows import BY_EMAIL, add_pool, read

from poolhouse.errors import PullRefused
from poolhouse.operations import credentials, families, pulling, user_records
from poolhouse.operations.credentials import Elsewhere
from poolhouse.store import groups, users
from poolhouse.store.users import attributes_of

assert families
SOURCE = "eu-central-1_OldPool99"
MFA = {"MfaConfiguration": "OPTIONAL", "SmsMfaEnabled": True}
PLAIN_WITH_RANK = {"Schema": [{"Name": "custom:rank", "AttributeDataType": "String", "Mutable": True}]}


def sub(number: int) -> str:
    return str(UUID(int=number + (7 << 96)))


def shown(number: int, *factors: str, status="CONFIRMED", enabled=True, **attributes):
    """A user as ListUsers shows one in a pool of plain usernames."""
    given = {"sub": sub(number), "email": f"u{number}@example.com", **attributes}
    made = {
        "Username": f"u{number}",
        "Attributes": [{"Name": name, "Value": value} for name, value in given.items()],
        "UserStatus": status,
        "Enabled": enabled,
        "UserCreateDate": datetime(2020, 1, 1, tzinfo=UTC),
    }
    return pulling.incoming(made, factors)


@pytest.fixture
async def pool(database):
    return await add_pool(database, **PLAIN_WITH_RANK)


@pytest.fixture
async def begin(services, pool):
    async def begin(**options):
        return (await pulling.begin(services, pool, SOURCE, by_command(pool), **options))[0]

    return begin


async def found(services, pool, number: int):
    return await read(services.database, users.find, pool, sub(number))


async def test_a_new_user(services, pool, begin):
    """With the sub, the status, the attributes and the day that he had; of the password only its place is here."""
    running = await begin()
    await running.users([shown(1, enabled=False, **{"custom:rank": "high"})], None)
    user = await found(services, pool, 1)
    assert (user.username, user.sub, user.status, user.enabled) == ("u1", sub(1), "CONFIRMED", 0)
    assert attributes_of(user) == {"sub": sub(1), "email": "u1@example.com", "custom:rank": "high"}
    assert user.created == 1_577_836_800_000_000
    assert credentials.unseal(services.vault, user) == Elsewhere(SOURCE)


async def test_an_export(services, pool, begin):
    """Of a password that is elsewhere there is nothing to write but where, with hashes and without."""
    running = await begin()
    await running.users([shown(1)], None)
    user = await found(services, pool, 1)
    for hashes in (True, False):
        record = user_records.of_user(services.vault, user, [], sms_mfa=False, hashes=hashes)
        assert (record.status, record.password_hash, record.srp) == ("CONFIRMED", None, None)
        assert record.password_in == SOURCE


async def test_a_second_pull(services, pool, begin):
    """What changed there changes here, and it says what."""
    running = await begin()
    await running.users([shown(1), shown(2), shown(3)], None)
    await running.done()
    running = await begin()
    await running.users([shown(1), shown(2, name="Bob"), shown(3, enabled=False)], None)
    assert running.state.counts == {"unchanged": 1, "updated": 2}
    assert attributes_of(await found(services, pool, 2))["name"] == "Bob"
    assert (await found(services, pool, 3)).enabled == 0


async def test_whoever_has_arrived(services, pool, begin, invoke):
    """Is a user of this pool: no pull takes back his password or what changed of him here."""
    running = await begin()
    await running.users([shown(1)], None)
    await running.done()
    await invoke(
        "AdminSetUserPassword", {"UserPoolId": pool.id, "Username": "u1", "Password": "Aa1!aaaa", "Permanent": True}
    )
    before = await found(services, pool, 1)
    running = await begin()
    await running.users([shown(1, name="Bob", enabled=False)], None)
    assert running.state.counts == {"arrived": 1}
    assert await found(services, pool, 1) == before


async def test_going_on(services, pool, begin):
    """After a page, another process goes on behind it with the counts that were kept."""
    await (await begin()).users([shown(1)], "next page")
    running, goes_on = await pulling.begin(services, pool, SOURCE, by_command(pool))
    assert (goes_on, running.state.token, running.state.phase) == (True, "next page", "users")
    await running.users([shown(2)], None)
    assert (running.state.phase, running.state.counts) == ("members", {"added": 2})


async def test_two_at_once(services, pool, begin):
    """Who began first is told to stop, and its page is not kept."""
    first, second = await begin(), await begin()
    with pytest.raises(PullRefused):
        await first.users([shown(1)], None)
    assert await found(services, pool, 1) is None
    await second.users([shown(1)], None)
    assert await found(services, pool, 1) is not None


async def test_a_user_who_does_not_fit(services, pool, begin):
    """Is named; the others of his page are there, and counted once."""
    bad = [shown(2, **{"custom:unknown": "x"}), shown(3, status="EXTERNAL_PROVIDER"), shown(4)._replace(username="u1")]
    running = await begin()
    await running.users([shown(1), *bad, shown(5)], None)
    assert running.state.counts == {"added": 2, "failed": 3}
    assert [failure.username for failure in running.state.failures] == ["u2", "u3", "u1"]
    assert [await found(services, pool, number) is None for number in (1, 2, 3, 4, 5)] == [0, 1, 1, 1, 0]


async def test_a_dry_run(services, pool, begin):
    """Says the same and leaves nothing, no journal either."""
    running = await begin(dry_run=True)
    await running.groups([{"GroupName": "EDITORS"}])
    await running.users([shown(1), shown(2)], None)
    await running.members("EDITORS", [sub(1)], array("q"))
    await running.no_more_members("EDITORS", array("q"))
    await running.done()
    assert running.state.counts == {"groups_added": 1, "added": 2, "memberships_added": 1}
    assert await found(services, pool, 1) is None
    assert await read(services.database, groups.find, pool.id, "EDITORS") is None
    assert (await pulling.begin(services, pool, SOURCE, by_command(pool)))[1] is False


async def test_a_dry_run_removes_nothing(services, pool, begin):
    await in_a_group(await begin(), 1)
    running = await begin(dry_run=True)
    await running.no_more_members("EDITORS", array("q"))
    assert running.state.counts == {"memberships_removed": 1}
    assert await member(services, pool, 1)


async def in_a_group(running, *numbers: int) -> None:
    """A whole pull of a group and its members."""
    await running.groups([{"GroupName": "EDITORS"}])
    await running.users([shown(number) for number in numbers], None)
    await running.members("EDITORS", [sub(number) for number in numbers], array("q"))
    await running.done()


async def member(services, pool, number: int) -> bool:
    user = await found(services, pool, number)
    return [group.name for group in await read(services.database, groups.of_user, user.id)] == ["EDITORS"]


async def test_groups(services, pool, begin):
    """Description and precedence follow; a role is of the other account and does not."""
    role = {"RoleArn": "arn:aws:iam::111122223333:role/editors"}
    running = await begin()
    await running.groups([{"GroupName": "EDITORS", "Description": "Who edits", "Precedence": 7, **role}])
    await running.groups([{"GroupName": "EDITORS", "Description": "All who edit", **role}])
    group = await read(services.database, groups.find, pool.id, "EDITORS")
    assert (group.description, group.precedence, group.role_arn) == ("All who edit", 7, None)
    assert running.state.counts == {"groups_added": 1, "groups_updated": 1, "roles_left_out": 2}


async def test_memberships_follow(services, pool, begin):
    """Added and ended as there, of users whose password is still there."""
    await in_a_group(await begin(), 1, 2)
    running, rows = await begin(), array("q")
    await running.members("EDITORS", [sub(2)], rows)
    await running.no_more_members("EDITORS", rows)
    assert running.state.counts == {"memberships_unchanged": 1, "memberships_removed": 1}
    assert [await member(services, pool, number) for number in (1, 2)] == [False, True]


async def test_memberships_of_whoever_has_arrived(services, pool, begin, invoke):
    """They are this pool's: a group that was taken here is not given back; but who came during this pull gets his."""
    await in_a_group(await begin(), 1)
    running = await begin()
    await running.users([shown(2)], None)
    for name in ("u1", "u2"):
        asked = {"UserPoolId": pool.id, "Username": name}
        await invoke("AdminSetUserPassword", asked | {"Password": "Aa1!aaaa", "Permanent": True})
    await invoke("AdminRemoveUserFromGroup", {"UserPoolId": pool.id, "Username": "u1", "GroupName": "EDITORS"})
    rows = array("q")
    await running.members("EDITORS", [sub(1), sub(2)], rows)
    await running.no_more_members("EDITORS", rows)
    assert [await member(services, pool, number) for number in (1, 2)] == [False, True]


async def test_second_factors(services, database, invoke):
    """What needs no secret is taken over where the pool asks for it; the rest is counted."""
    pool = await add_pool(database, "mfapool01", **MFA)
    running, _ = await pulling.begin(services, pool, SOURCE, by_command(pool))
    attributes = {"phone_number": "+15551239934", "phone_number_verified": "true"}
    await running.users([shown(1, "SMS_MFA", "SOFTWARE_TOKEN_MFA", **attributes)], None)
    user = await invoke("AdminGetUser", {"UserPoolId": pool.id, "Username": "u1"})
    assert user["UserMFASettingList"] == ["SMS_MFA"]
    assert running.state.counts == {"added": 1, "without_SOFTWARE_TOKEN_MFA": 1}


async def test_where_contacts_sign_in(services, database):
    """The username is the sub there, and stays it."""
    pool = await add_pool(database, "emailpool", **BY_EMAIL)
    running, _ = await pulling.begin(services, pool, SOURCE, by_command(pool))
    await running.users([shown(1)._replace(username=sub(1))], None)
    user = await read(database, users.find_for_sign_in, pool, "u1@example.com")
    assert (user.username, user.sub) == (sub(1), sub(1))
