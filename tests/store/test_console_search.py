"""Lists of users in any order, narrowed down in any way: what a plain look at every user finds, whatever the bounds."""

import re
import sqlite3

import pytest
from hypothesis import strategies as st
from pool_rows import add_group, add_pool, add_user, examples

from poolhouse.store import console_search, users
from poolhouse.store.console_search import BOUNDS, Bounds, Keyed, Narrow, Place, Way

SMALL = Bounds(looked_at=8, chunk=3, candidates=4, sorted_=5)
STATUSES = ("CONFIRMED", "FORCE_CHANGE_PASSWORD", "UNCONFIRMED")
NARROW = st.builds(
    Narrow,
    status=st.sampled_from(["", *STATUSES]),
    enabled=st.sampled_from([None, True, False]),
    group=st.sampled_from(["", "even", "nobody"]),
    visible=st.sampled_from([None, None, (), ("even",), ("even", "third")]),
    attributes=st.sampled_from(["", "%red%", "%RED%", '%"Name":"custom:team","Value":"red"}%']),
    username=st.just(""),
    first=st.sampled_from(["", "%e%"]),
    keyed=st.sampled_from(
        [
            None,
            None,
            Keyed("username", "3-user-9"),
            Keyed("username", "1", "4", is_prefix=True),
            Keyed("username", "5", None, is_prefix=True),
            Keyed("name", "person 4"),
            Keyed("name", "person 1", "person 2", is_prefix=True),
        ]
    ),
)
WAYS = st.tuples(st.sampled_from(["created", "username", "status"]), st.booleans(), st.integers(1, 9))


@pytest.fixture
async def pool(database):
    """Twenty-three users of every kind, and one of another pool."""
    made = await add_pool(database, "testpool1", UsernameConfiguration={"CaseSensitive": False})
    people = []
    for place in range(23):
        team = ("red", "blue", "green")[place % 3]
        person = await add_user(
            database,
            made,
            f"{place * 7 % 10}-user-{place}",
            status=STATUSES[place % 3 - 1],
            name=f"Person {place}",
            **{"custom:team": team},
        )
        people.append(person)
        if place % 5 == 0:
            async with database.write() as tx:
                await users.change(tx, made, person, 2, enabled=False)
    await add_group(database, made, "even", *people[::2])
    await add_group(database, made, "third", *people[::3])
    other = await add_pool(database, "otherpool")
    await add_user(database, other, "5-user-of-others", **{"custom:team": "red"})
    return made


def expected(everybody, members, narrow: Narrow) -> set[int]:
    """The same by looking at every user."""

    def fits(user) -> bool:
        text = narrow.attributes.strip("%").lower()
        return (
            (not narrow.status or user.status == narrow.status)
            and (narrow.enabled is None or user.enabled == narrow.enabled)
            and (not narrow.group or user.id in members.get(narrow.group, ()))
            and (narrow.visible is None or any(user.id in members[name] for name in narrow.visible))
            and text in user.attributes.lower()
            and (narrow.keyed is None or in_range(user, narrow.keyed))
        )

    def in_range(user, keyed: Keyed) -> bool:
        known = users.attributes_of(user)["name"] if keyed.name == "name" else user.username
        if not keyed.is_prefix:
            return known.lower() == keyed.low
        return keyed.low <= known.lower() and (keyed.bound is None or known.lower() < keyed.bound)

    return {user.id for user in everybody if fits(user)}


async def walk(database, pool_id: str, narrow: Narrow, way: Way, total: int, bounds: Bounds):
    """Every page behind the other."""
    found, pages = [], 0
    while True:
        async with database.read() as tx:
            page = await console_search.page(tx, pool_id, narrow, lambda _user: True, way, total, bounds)
        assert len(page.found) <= way.limit
        found, pages = found + page.found, pages + 1
        assert pages < 200
        if page.place is None:
            return found
        way = way._replace(after=page.place)


async def test_every_list_is_what_it_says(database, pool):
    """Nobody twice, nobody left out, in order, for any question and any bound."""
    async with database.read() as tx:
        everybody = await users.page(tx, pool.id, 0, 100)
        members = {name: await _members(tx, pool.id, name) for name in ("even", "third")}
    keys = {"created": lambda user: (user.id,), "username": lambda user: (user.username_key, user.id)}
    keys["status"] = lambda user: (user.status, user.id)
    by_id = {user.id: user for user in everybody}
    for narrow, (sort, descending, limit), bounds in examples(
        st.tuples(NARROW, WAYS, st.sampled_from([BOUNDS, SMALL])), 120
    ):
        way = Way(sort, descending, None, limit)
        found = await walk(database, pool.id, narrow, way, 23, bounds)
        ids = [user.id for _, user in found]
        assert sorted(ids) == sorted(expected(everybody, members, narrow)), (narrow, way)
        assert ids == sorted(ids, key=lambda one: keys[sort](by_id[one]), reverse=descending), (narrow, way)


async def _members(tx, pool_id: str, name: str) -> set[int]:
    from poolhouse.store import groups

    return {user.id for user in await groups.members(tx, (await groups.get(tx, pool_id, name)).id, 0, 100)}


async def test_walk_is_bounded(database, pool):
    """Candidates that do not fit are work too: the walk ends, says where, and goes on there."""
    way, narrow, asked = Way("created", False, None, 5), Narrow(attributes="%team%"), []
    async with database.read() as tx:
        first = await console_search.page(tx, pool.id, narrow, lambda user: asked.append(user.id), way, 23, SMALL)
    assert first.found == []
    assert first.place is not None
    assert len(asked) <= SMALL.looked_at
    async with database.read() as tx:
        following = way._replace(after=first.place)
        second = await console_search.page(tx, pool.id, narrow, lambda _user: True, following, 23, SMALL)
    assert min(user.id for _, user in second.found) > max(asked)


async def test_counts(database, pool):
    async with database.read() as tx:
        by_status, disabled = await console_search.counts(tx, pool.id)
    assert (sum(by_status.values()), set(by_status), disabled) == (23, set(STATUSES), 5)


@pytest.mark.parametrize("sort", ["created", "username", "status"])
@pytest.mark.parametrize("descending", [True, False])
def test_every_order_is_an_index(sqlite_template, sort, descending):
    """No list is sorted by the database, and none reads a whole table."""
    way = Way(sort, descending, Place("a", 1), 9)
    shape = console_search._shape(way, Narrow(), way.after, None)
    connection = sqlite3.connect(sqlite_template)
    try:
        for statement in (console_search._statement(shape), console_search._nth(shape)):
            text, _ = statement.sqlite()
            values = dict.fromkeys(re.findall(r":(\w+)", text))
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]
            assert not [step for step in plan if step.startswith("SCAN") or "TEMP B-TREE" in step], plan
    finally:
        connection.close()
