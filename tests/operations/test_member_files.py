"""Files of users for a group: every line comes to its outcome, and what changed is on record."""

import pytest
from operations.audit.trail import events, link_all, verified
from pool_rows import BY_EMAIL, add_group, add_pool, add_user, read

from poolhouse.errors import GroupNotFound
from poolhouse.operations import audit, member_files
from poolhouse.operations.import_csv import UnusableFile
from poolhouse.operations.member_files import Group, csv_entries, text_entries
from poolhouse.store import groups

RUN = "7b0d1c0e-0000-4000-8000-000000000001"


@pytest.fixture
async def pool(database):
    return await add_pool(database, **BY_EMAIL)


@pytest.fixture
async def people(database, pool):
    return [await add_user(database, pool, f"user{n}", email=f"user{n}@example.com") for n in range(4)]


@pytest.fixture
async def group(database, pool, people):
    """With the first of the people in it."""
    return await add_group(database, pool, "EDITORS", people[0])


@pytest.fixture
def carry_out(services, pool):
    async def carry_out(data: bytes, action="add", *, name="EDITORS", dry=False, read=text_entries):
        cause = None if dry else audit.operators_cause("root", pool.id, RUN, From="people.txt")
        settled = member_files.settle(Group(services, pool, name, action, cause), read([data[:7], data[7:]]))
        return [outcome async for outcomes in settled for outcome in outcomes]

    return carry_out


async def members(database, group):
    return [user.username for user in await read(database, groups.members, group.id, 0, 1000)]


def words(outcomes):
    return [(told.line, told.outcome) for told in outcomes]


async def test_users_join_by_any_of_their_names(database, carry_out, people, group):
    """Usernames, subs and addresses, with the marks that files have; a second run changes nothing."""
    data = f"\ufeffuser0\r\n\n {people[1].sub} \nUSER2@example.com\nuser2".encode()
    assert words(await carry_out(data)) == [(1, "Skipped"), (3, "Changed"), (4, "Changed"), (5, "Skipped")]
    assert await members(database, group) == ["user0", "user1", "user2"]
    assert {outcome for _, outcome in words(await carry_out(data))} == {"Skipped"}
    assert words(await carry_out(data, "remove")) == [(1, "Changed"), (3, "Changed"), (4, "Changed"), (5, "Skipped")]
    assert await members(database, group) == []


async def test_lines_that_fail_leave_the_others_alone(database, carry_out, group):
    """Nobody's name, a name that no request may hold, and bytes that are no text are told with their line."""
    outcomes = await carry_out(b"nobody\nuser1\n" + b"x" * 129 + b"\n\xff\xfe\nuser\x002\nuser3\n")
    assert words(outcomes) == [
        (1, "Failed"),
        (2, "Changed"),
        (3, "Failed"),
        (4, "Failed"),
        (5, "Failed"),
        (6, "Changed"),
    ]
    assert "does not exist" in outcomes[0].message
    assert "length less than or equal to 128" in outcomes[2].message
    assert "UTF-8" in outcomes[3].message
    assert await members(database, group) == ["user0", "user1", "user3"]


async def test_each_change_and_refusal_is_on_record(services, carry_out, people, group):
    """As the operation's own record, with the line and the run; what was so already is none. The chain holds."""
    await carry_out(b"user0\nuser1@example.com\nnobody\n")
    found = await events(services, operation="AdminAddUserToGroup")
    assert [(event.subject, event.result) for event in found] == [
        (people[1].sub, "ok"),
        ("nobody", "UserNotFoundException"),
    ]
    asked = {"From": "people.txt", "Line": 2, "GroupName": "EDITORS", "Username": "user1@example.com"}
    assert found[0].body["request"] == asked
    assert found[0].body["request_id"] == RUN
    await link_all(services)
    report = await verified(services)
    assert (report.problem, report.linked, report.loose) == (None, 2, 0)


@pytest.mark.parametrize("action", ["add", "remove"])
async def test_a_dry_run_tells_the_same_and_changes_nothing(database, services, carry_out, group, action):
    """Also of names that come twice, in two commits of their own."""
    lines = ["user1", "nobody", "user0", *["user0"] * 130, "user1", "user1@example.com"]
    data = "\n".join(lines).encode()
    foreseen = await carry_out(data, action, dry=True)
    assert await members(database, group) == ["user0"]
    assert await events(services) == []
    assert foreseen == await carry_out(data, action)
    assert [told.line for told in foreseen] == [*range(1, len(lines) + 1)]


async def test_the_limit_of_groups_holds(database, pool, carry_out, people, group):
    """Who is in a hundred groups is told as the operation tells it, in a dry run too."""
    for number in range(100):
        await add_group(database, pool, f"g{number}", people[1])
    for dry in (True, False):
        outcomes = await carry_out(b"user1\nuser2\n", dry=dry)
        assert words(outcomes) == [(1, "Failed"), (2, "Changed")]
        assert "at most 100 groups" in outcomes[0].message
    assert await members(database, group) == ["user0", "user2"]


async def test_csv_by_its_column_of_usernames(database, carry_out, group):
    """AWS's heading or a plain one; a cell that is guarded against spreadsheets is the name that it holds."""
    data = b'email,cognito:username\na@example.com,user1\n,\nb@example.com,"user2"\nc@example.com\n'
    outcomes = await carry_out(data, read=csv_entries)
    assert words(outcomes) == [(2, "Changed"), (3, "Failed"), (4, "Changed"), (5, "Failed")]
    assert await members(database, group) == ["user0", "user1", "user2"]
    for data in (b"", b"email\nada@example.com\n"):
        with pytest.raises(UnusableFile):
            await carry_out(data, read=csv_entries)


async def test_a_group_that_is_gone_ends_the_run(carry_out, group):
    """Nothing is put into a group that is not there."""
    for dry in (True, False):
        with pytest.raises(GroupNotFound):
            await carry_out(b"user1\n", name="NONE", dry=dry)
