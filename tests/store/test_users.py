"""Users in the store: who is found by what, and that aliases and search keys follow the attributes."""

import asyncio

import msgspec
import pytest
from pool_rows import add_group, add_pool, add_user, read

from poolhouse.errors import (
    AliasExistsException,
    ResourceNotFoundException,
    UsernameExistsException,
    UserNotFoundException,
)
from poolhouse.store import groups, pools, search, users
from poolhouse.store.database import open_database
from poolhouse.store.search import START, Span

FOLDED = {"UsernameConfiguration": {"CaseSensitive": False}}


async def change(database, pool, name, **changes):
    async with database.write() as tx:
        user = await users.get(tx, pool, name, lock=True)
        return await users.change(tx, pool, user, 2, **changes)


async def test_found_by_username_and_sub(database):
    pool = await add_pool(database)
    ada = await add_user(database, pool, "ada")
    assert await read(database, users.get, pool, "ada") == ada
    assert await read(database, users.get, pool, ada.sub) == ada
    assert users.attributes_of(ada) == {"sub": ada.sub}
    with pytest.raises(UserNotFoundException):
        await read(database, users.get, pool, "Ada")


@pytest.mark.parametrize("members", [{}, FOLDED, {"AliasAttributes": ["preferred_username"], **FOLDED}], ids=str)
async def test_a_pool_and_its_user_are_found_together(database, members):
    """Whatever name is asked for, one statement finds what two find."""
    pool = await read(database, pools.get, (await add_pool(database, **members)).id)
    for name in ("ada", "Grace", "Zoë"):
        await add_user(database, pool, name, preferred_username=f"{name}-P")
    await add_user(database, await add_pool(database, "testpool2"), "elsewhere")
    everyone = [user for _, user in await read(database, search.all_users, pool.id, Span(START, 60))]
    subs = [(await read(database, users.by_id, user.id)).sub for user in everyone]
    asked = ["ada", "ADA", "Grace", "grace", "Zoë", "zoe\u0308", "ada-P", "ada-p", "elsewhere", "nobody", "", *subs]
    for name in asked:
        apart = await read(database, users.find, pool, name)
        if apart is None:
            with pytest.raises(UserNotFoundException):
                await read(database, users.get_with_pool, pool.id, name)
        else:
            assert await read(database, users.get_with_pool, pool.id, name) == (pool, apart), name


async def test_a_pool_that_is_not_there_is_the_error(database):
    with pytest.raises(ResourceNotFoundException, match="us-east-1_nowhere does not exist"):
        await read(database, users.get_with_pool, "us-east-1_nowhere", "ada")


async def test_changed_settings_of_a_pool_are_seen_at_once(database, database_url):
    """Those that another process changes too."""
    pool = await read(database, pools.get, (await add_pool(database)).id)
    await add_user(database, pool, "ada")
    assert (await read(database, users.get_with_pool, pool.id, "ada"))[0] == pool
    other = open_database(database_url)
    await other.start()
    try:
        for writer, kept in ((database, "ACTIVE"), (other, "INACTIVE")):
            settings = msgspec.structs.replace(pool.settings, DeletionProtection=kept)
            async with writer.write() as tx:
                await pools.change(tx, pool._replace(settings=settings))
            assert (await read(database, users.get_with_pool, pool.id, "ada"))[0].settings.DeletionProtection == kept
            assert (await read(database, pools.get, pool.id)).settings.DeletionProtection == kept
    finally:
        await other.stop()


async def test_sub_is_no_sign_in_name(database):
    """Unless it is the username, as in pools whose users sign in by e-mail."""
    pool = await add_pool(database)
    ada = await add_user(database, pool, "ada")
    assert await read(database, users.find_for_sign_in, pool, ada.sub) is None
    assert await read(database, users.find_for_sign_in, pool, "ada") == ada


async def test_email_as_username(database):
    pool = await add_pool(database, UsernameAttributes=["email"], **FOLDED)
    ada = await add_user(database, pool, "0-0-0", email="Ada@example.com")
    assert await read(database, users.find_for_sign_in, pool, "aDa@example.com") == ada
    with pytest.raises(UsernameExistsException):
        await add_user(database, pool, "0-0-1", email="ADA@example.com")
    assert await read(database, users.find, pool, "0-0-1") is None


async def test_names_are_kept_apart_by_pool(database):
    one, two = await add_pool(database), await add_pool(database, "testpool2")
    await add_user(database, one, "ada")
    assert await read(database, users.find, two, "ada") is None
    assert (await add_user(database, two, "ada")).pool_id == two.id


async def test_case_twins(database):
    """One identity in a case-insensitive pool, two in a case-sensitive one."""
    folded, exact = await add_pool(database, **FOLDED), await add_pool(database, "testpool2")
    for pool in (folded, exact):
        await add_user(database, pool, "Zoë")
    with pytest.raises(UsernameExistsException):
        await add_user(database, folded, "zOE\u0308")
    assert (await add_user(database, exact, "zOË")).username == "zOË"
    with pytest.raises(UsernameExistsException):
        await add_user(database, exact, "Zoe\u0308")


async def test_username_cannot_be_a_sub(database):
    """Else whoever takes it would receive what is meant for the other user."""
    pool = await add_pool(database)
    ada = await add_user(database, pool, "ada")
    with pytest.raises(UsernameExistsException):
        await add_user(database, pool, ada.sub)
    assert (await read(database, users.get, pool, ada.sub)).username == "ada"


async def test_alias_is_active_when_verified(database):
    pool = await add_pool(database, AliasAttributes=["email"])
    ada = await add_user(database, pool, "ada", email="a@example.com")
    assert await read(database, users.find, pool, "a@example.com") is None
    attributes = users.attributes_of(ada) | {"email_verified": "true"}
    changed = await change(database, pool, "ada", attributes=attributes)
    assert await read(database, users.find_for_sign_in, pool, "a@example.com") == changed
    await change(database, pool, "ada", attributes=attributes | {"email": "b@example.com"})
    assert await read(database, users.find, pool, "a@example.com") is None
    assert (await read(database, users.get, pool, "b@example.com")).username == "ada"


async def test_alias_of_another_is_refused(database):
    pool = await add_pool(database, AliasAttributes=["email"])
    await add_user(database, pool, "ada", email="a@example.com", email_verified="true")
    bob = await add_user(database, pool, "bob", email="a@example.com")
    with pytest.raises(AliasExistsException, match=r"An account with the given email already exists\."):
        await change(database, pool, "bob", attributes=users.attributes_of(bob) | {"email_verified": "true"})
    assert await read(database, users.get, pool, "bob") == bob
    assert (await read(database, users.get, pool, "a@example.com")).username == "ada"


async def test_alias_moves_when_forced(database):
    """The former owner keeps the address, unverified."""
    pool = await add_pool(database, AliasAttributes=["email"])
    await add_user(database, pool, "ada", email="a@example.com", email_verified="true")
    await add_user(database, pool, "bob", email="a@example.com", email_verified="true", force_alias=True)
    assert (await read(database, users.get, pool, "a@example.com")).username == "bob"
    held = users.attributes_of(await read(database, users.get, pool, "ada"))
    assert (held["email"], held["email_verified"]) == ("a@example.com", "false")


async def test_username_attribute_never_moves(database):
    pool = await add_pool(database, UsernameAttributes=["email"])
    await add_user(database, pool, "0-0-0", email="a@example.com")
    with pytest.raises(UsernameExistsException):
        await add_user(database, pool, "0-0-1", email="a@example.com", force_alias=True)
    assert (await read(database, users.get, pool, "a@example.com")).username == "0-0-0"


@pytest.mark.parametrize("taken", ["bob", "robert", "sub"])
async def test_preferred_username_is_nobody_elses_name(database, taken):
    """Neither a username, nor a preferred one, nor a sub."""
    pool = await add_pool(database, AliasAttributes=["preferred_username"])
    bob = await add_user(database, pool, "bob", preferred_username="robert")
    value = bob.sub if taken == "sub" else taken
    with pytest.raises(AliasExistsException):
        await add_user(database, pool, "eve", preferred_username=value)
    assert (await read(database, users.get, pool, value)).username == "bob"
    with pytest.raises(UsernameExistsException):
        await add_user(database, pool, "robert")


async def test_one_winner_for_a_name(database):
    """Blocks that race for one username, or one e-mail address, leave one user."""
    pool = await add_pool(database, UsernameAttributes=["email"])
    tries = [add_user(database, pool, f"0-0-{number}", email="a@example.com") for number in range(8)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(outcome, users.User) for outcome in outcomes) == 1
    assert {type(o) for o in outcomes} == {users.User, UsernameExistsException}
    assert len(await read(database, search.all_users, pool.id, Span(START, 60))) == 1
    assert await read(database, pools.count_users, pool.id) == 1


async def test_concurrent_changes_are_both_kept(database):
    """A locked read-modify-write loses nothing."""
    pool = await add_pool(database)
    await add_user(database, pool, "ada")

    async def note(name):
        async with database.write() as tx:
            user = await users.get(tx, pool, "ada", lock=True)
            await users.change(tx, pool, user, 2, attributes=users.attributes_of(user) | {name: "x"})

    await asyncio.gather(*(note(name) for name in ("name", "nickname", "profile", "locale")))
    held = users.attributes_of(await read(database, users.get, pool, "ada"))
    assert held.keys() == {"sub", "name", "nickname", "profile", "locale"}


async def test_change_keeps_what_is_not_given(database):
    pool = await add_pool(database)
    ada = await add_user(database, pool, "ada", email="a@example.com")
    changed = await change(database, pool, "ada", credential=b"sealed", temporary_until=9, tokens_not_before=7)
    assert changed == ada._replace(credential=b"sealed", temporary_until=9, tokens_not_before=7, modified=2)
    changed = await change(database, pool, "ada", enabled=False, status="RESET_REQUIRED", tokens_not_before=3)
    expected = ada._replace(
        credential=b"sealed", temporary_until=9, tokens_not_before=7, modified=2, enabled=0, status="RESET_REQUIRED"
    )
    assert changed == expected == await read(database, users.get, pool, "ada")
    assert (await change(database, pool, "ada", credential=None, temporary_until=None)).credential is None


async def test_remove_takes_everything_along(database):
    pool = await add_pool(database, AliasAttributes=["email"])
    ada = await add_user(database, pool, "ada", email="a@example.com", email_verified="true")
    group = await add_group(database, pool, "G", ada)
    async with database.write() as tx:
        await users.remove(tx, ada)
        await users.remove(tx, ada)
    assert await read(database, users.find, pool, "a@example.com") is None
    assert await read(database, groups.members, group.id, 0, 60) == []
    assert await read(database, pools.count_users, pool.id) == 0
    found = await read(database, search.with_attribute, pool.id, "email", "a@example.com", Span(START, 60))
    assert found == []


def test_a_user_prints_no_secret():
    user = users.User(1, "p", "ada", "ada", "s", "CONFIRMED", 1, "[]", b"verifier", None, 0, 1, 1)
    assert "verifier" not in repr(user)
    assert "ada" not in repr(user)


async def test_pool_removed_before_the_user_is_added(database):
    """What was read in an earlier block may be gone; that is an answer and no failure of the database."""
    pool = await add_pool(database)
    async with database.write() as tx:
        await pools.remove(tx, pool.id)
    with pytest.raises(ResourceNotFoundException, match=r"User pool us-east-1_testpool1 does not exist\."):
        await add_user(database, pool, "ada")
    assert await read(database, pools.count_users, pool.id) == 0
