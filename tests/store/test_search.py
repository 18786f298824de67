"""Pages of users: every selection is complete, ordered and free of repeats, whatever happens between the pages."""

import random
import uuid

from hypothesis import strategies as st
from pool_rows import add_pool, add_user, examples, read

from poolhouse.store import search, users
from poolhouse.store.names import fold
from poolhouse.store.search import START, Span

VALUES = ["a", "ab", "abc", "b", "a_", "a%", "a\uffff", "a\U0010ffff", "ä", "a\u0308b", "A", "Zz", "a'b", "", "\ue000"]
texts = st.one_of(st.sampled_from(VALUES), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))


async def pages(database, function, *arguments, limit=3):
    found, place = [], START
    while page := await read(database, function, *arguments, Span(place, limit)):
        found += page
        place = page[-1][0]
    return found


async def test_prefix_is_a_range_by_code_point(database):
    """Wildcards mean themselves, and the order does not depend on the database's locale."""
    pool = await add_pool(database)
    for number, value in enumerate(VALUES):
        await add_user(database, pool, f"user{number}", name=value)
    for prefix in ["", "a", "a_", "a%", "ab", "a\U0010ffff", "\ue000", "B", "a'", "ä"]:
        expected = sorted(key for key in (fold(pool.settings, value) for value in VALUES) if key.startswith(prefix))
        found = await pages(database, search.attribute_begins, pool.id, "name", prefix)
        assert [place.key for place, _ in found] == expected


async def test_prefixes_against_a_model(database):
    """Hypothesis chooses the values; the model is Python's own startswith."""
    pool = await add_pool(database)
    for values, prefix in examples(st.tuples(st.lists(texts, max_size=5), texts), 30):
        made = [await add_user(database, pool, uuid.uuid4().hex, name=value) for value in values]
        start = fold(pool.settings, prefix)
        found = await pages(database, search.attribute_begins, pool.id, "name", start)
        keys = sorted(fold(pool.settings, value) for value in values)
        assert [place.key for place, _ in found] == [key for key in keys if key.startswith(start)]
        async with database.write() as tx:
            for user in made:
                await users.remove(tx, user)


async def test_pages_survive_inserts_and_deletes(database):
    """Who is there all the time is seen exactly once."""
    pool = await add_pool(database)
    lucky = random.Random(7)
    stay = {f"stay{number}": lucky.choice("abc") for number in range(40)}
    for name, value in stay.items():
        await add_user(database, pool, name, name=value)
    for function, arguments in (
        (search.all_users, ()),
        (search.attribute_begins, ("name", "")),
        (search.with_status, (["CONFIRMED", "UNCONFIRMED"],)),
        (search.username_begins, ("",)),
    ):
        seen, place, passing = [], START, []
        while page := await read(database, function, pool.id, *arguments, Span(place, 6)):
            seen += [user.username for _, user in page if user.username in stay]
            place = page[-1][0]
            async with database.write() as tx:
                for user in passing:
                    await users.remove(tx, user)
            passing = (
                [
                    await add_user(
                        database, pool, f"{lucky.choice('abcxyz')}{uuid.uuid4().hex}", name=lucky.choice("abc")
                    )
                    for _ in range(2)
                ]
                if len(seen) < 36
                else []
            )
        assert sorted(seen) == sorted(stay)


async def test_statuses_one_behind_the_other(database):
    pool = await add_pool(database)
    for number in range(9):
        await add_user(database, pool, f"u{number}", status=("CONFIRMED", "UNCONFIRMED", "RESET_REQUIRED")[number % 3])
    found = await pages(database, search.with_status, pool.id, ["CONFIRMED", "RESET_REQUIRED"], limit=2)
    assert [user.username for _, user in found] == ["u0", "u3", "u6", "u2", "u5", "u8"]


async def test_enabled_and_disabled(database):
    pool = await add_pool(database)
    async with database.write() as tx:
        for number in range(6):
            user = await users.add(
                tx,
                pool,
                username=f"u{number}",
                sub=f"s{number}",
                status="CONFIRMED",
                attributes={},
                credential=None,
                now=1,
            )
            await users.change(tx, pool, user, 1, enabled=number % 2 == 0)
    found = await pages(database, search.with_enabled, pool.id, [True, False], limit=2)
    assert [user.username for _, user in found] == ["u1", "u3", "u5", "u0", "u2", "u4"]


async def test_equal_values_page_by_row(database):
    pool = await add_pool(database)
    for number in range(7):
        await add_user(database, pool, f"u{number}", given_name="Ada")
    found = await pages(database, search.with_attribute, pool.id, "given_name", "Ada", limit=2)
    assert [user.username for _, user in found] == [f"u{number}" for number in range(7)]


async def test_sub_prefix(database):
    pool = await add_pool(database)
    made = [await add_user(database, pool, f"u{number}") for number in range(8)]
    found = await pages(database, search.sub_begins, pool.id, made[0].sub[:9])
    assert [user.id for _, user in found] == [made[0].id]
    assert len(await pages(database, search.sub_begins, pool.id, "")) == 8
