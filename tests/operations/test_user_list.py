"""ListUsers through the gate: filters, pages, tokens, and what is shown."""

import json
import re

import pytest
from cases import each
from pool_rows import add_pool, add_user, read

import poolhouse.operations.families  # noqa: F401 - registers the operations
from poolhouse.errors import InvalidParameterException, ResourceNotFoundException, SerializationException
from poolhouse.store import users


@pytest.fixture
async def pool(database):
    return await add_pool(database, Schema=[{"Name": "custom:x"}])


@pytest.fixture
async def people(database, pool):
    """Three users who differ in everything that can be searched."""
    ada = await add_user(
        database, pool, "ada", email="ada@example.com", given_name="Ada", name="Ada L", **{"custom:x": "1"}
    )
    adam = await add_user(database, pool, "Adam", status="UNCONFIRMED", email="adam@example.com", phone_number="+491")
    bob = await add_user(
        database, pool, "bob", status="FORCE_CHANGE_PASSWORD", email="bob@example.com", preferred_username='b"ob'
    )
    async with database.write() as tx:
        await users.change(tx, pool, bob, 2, enabled=False)
    return {"ada": ada, "adam": adam, "bob": bob}


@pytest.fixture
def find(invoke, pool):
    async def find(text, **members):
        found = await invoke("ListUsers", {"UserPoolId": pool.id, "Filter": text, **members})
        return [user["Username"] for user in found["Users"]]

    return find


@each(
    "text, expected",
    [
        ("", ["ada", "Adam", "bob"]),
        ('email ^= "ad"', ["ada", "Adam"]),
        ('"email" ^= "ad"', ["ada", "Adam"]),
        ('email = "ada@example.com"', ["ada"]),
        ('email = "ad"', []),
        ('email = "ADA@example.com"', []),
        ('email ^= ""', ["ada", "Adam", "bob"]),
        ('username = "ada"', ["ada"]),
        ('username = "Ada"', []),
        ('username ^= "ad"', ["ada"]),
        ('username ^= "A"', ["Adam"]),
        ('username ^= "%"', []),
        ('username = "ada@example.com"', []),
        ('given_name = "Ada"', ["ada"]),
        ('name ^= "Ada "', ["ada"]),
        ('phone_number ^= "+49"', ["Adam"]),
        ('preferred_username = "b\\"ob"', ["bob"]),
        ('cognito:user_status = "confirmed"', ["ada"]),
        ('"cognito:user_status" = "CONFIRMED"', ["ada"]),
        ('cognito:user_status ^= "UN"', ["Adam"]),
        ('cognito:user_status = "Enabled"', []),
        ('status = "Enabled"', ["ada", "Adam"]),
        ('status = "enabled"', []),
        ('status = "Disabled"', ["bob"]),
        ('status ^= ""', ["bob", "ada", "Adam"]),
        ('status = "CONFIRMED"', []),
        ("email ^= \"ad' OR '1'='1\"", []),
    ],
)
async def test_filters(find, people, text, expected):
    assert await find(text) == expected


async def test_sub_filter(find, people):
    ada = people["ada"]
    assert await find(f'sub = "{ada.sub}"') == ["ada"]
    assert await find(f'sub ^= "{ada.sub[:30]}"') == ["ada"]
    assert await find('sub = "ada"') == []
    assert await find(f'username = "{ada.sub}"') == []


@pytest.mark.parametrize(
    ("text", "message"),
    [('custom:x = "1"', "Invalid search attribute: custom:x"), ('email > "a"', "Error while parsing filter")],
)
async def test_filters_that_are_refused(find, people, text, message):
    """Never ignored: that would show everybody."""
    with pytest.raises(InvalidParameterException, match=f"^{re.escape(message)}$"):
        await find(text)


async def test_case_insensitive_pool(invoke, database):
    """E-mail addresses are folded there; usernames are searched to the letter."""
    pool = await add_pool(database, "folded", UsernameConfiguration={"CaseSensitive": False})
    for name in ("Ada", "adam", "ADALBERT"):
        await add_user(database, pool, name, email=f"{name}@Example.com")
    expected = {
        'email ^= "AD"': ["ADALBERT", "Ada", "adam"],
        'username ^= "Ad"': ["Ada"],
        'email = "ada@example.COM"': ["Ada"],
    }
    for text, names in expected.items():
        found = await invoke("ListUsers", {"UserPoolId": pool.id, "Filter": text})
        assert sorted(user["Username"] for user in found["Users"]) == names


async def test_short_pages_go_on(invoke, database):
    """A page may be empty while there is a token: the prefix differs in case from what lies between."""
    pool = await add_pool(database, "folded", UsernameConfiguration={"CaseSensitive": False})
    for number in range(5):
        await add_user(database, pool, f"a{number}")
    await add_user(database, pool, "A9")
    seen, token = [], {}
    for _ in range(6):
        found = await invoke("ListUsers", {"UserPoolId": pool.id, "Filter": 'username ^= "A"', "Limit": 1, **token})
        seen.append([user["Username"] for user in found["Users"]])
        token = {"PaginationToken": found["PaginationToken"]} if "PaginationToken" in found else {}
    assert seen == [[], [], [], [], [], ["A9"]]
    assert token == {}


async def test_hundred_and_fifty_users(invoke, pool, database):
    """60, 60 and 30 with tokens between; nobody is skipped or repeated when others come and go."""
    made = [await add_user(database, pool, f"user{number:03}") for number in range(150)]
    sizes, seen, token = [], [], {}
    while True:
        found = await invoke("ListUsers", {"UserPoolId": pool.id, "Limit": 60, **token})
        sizes.append(len(found["Users"]))
        seen += [user["Username"] for user in found["Users"]]
        if "PaginationToken" not in found:
            break
        token = {"PaginationToken": found["PaginationToken"]}
        async with database.write() as tx:
            await users.remove(tx, made[len(sizes)])
    assert sizes == [60, 60, 30]
    assert seen == [user.username for user in made]


async def test_whole_last_page_has_no_token(invoke, pool, people):
    found = await invoke("ListUsers", {"UserPoolId": pool.id, "Limit": 3})
    assert len(found["Users"]) == 3
    assert "PaginationToken" not in found


async def test_attributes_to_get(invoke, pool, people):
    """Users without it are shown without it; `sub` is shown when asked for."""
    found = await invoke("ListUsers", {"UserPoolId": pool.id, "AttributesToGet": ["given_name", "sub"]})
    shown = [json.loads(bytes(user["Attributes"])) for user in found["Users"]]
    assert [{entry["Name"] for entry in each} for each in shown] == [{"sub", "given_name"}, {"sub"}, {"sub"}]
    with pytest.raises(InvalidParameterException, match="custom:none"):
        await invoke("ListUsers", {"UserPoolId": pool.id, "AttributesToGet": ["custom:none"]})


@pytest.mark.parametrize(
    "change", [{"Filter": 'email ^= "a"'}, {"AttributesToGet": ["name"]}, {"Filter": None}, {"UserPoolId": "other"}]
)
async def test_token_is_for_its_list(invoke, pool, people, database, change):
    other = await add_pool(database, "testpool2")
    request = {"UserPoolId": pool.id, "Filter": 'email ^= "ad"', "AttributesToGet": ["email"], "Limit": 1}
    token = (await invoke("ListUsers", request))["PaginationToken"]
    good = await invoke("ListUsers", request | {"PaginationToken": token, "Limit": 60})
    assert [user["Username"] for user in good["Users"]] == ["Adam"]
    if "UserPoolId" in change:
        change = {"UserPoolId": other.id}
    changed = {name: value for name, value in (request | change).items() if value is not None}
    with pytest.raises(InvalidParameterException, match="Paging Marker is Invalid for Request"):
        await invoke("ListUsers", changed | {"PaginationToken": token})


async def test_token_of_another_operation(invoke, pool, people, database):
    """Every list seals its tokens for itself."""
    await add_pool(database, "testpool2")
    token = (await invoke("ListUserPools", {"MaxResults": 1}))["NextToken"]
    with pytest.raises(InvalidParameterException, match="Paging Marker is Invalid for Request"):
        await invoke("ListUsers", {"UserPoolId": pool.id, "PaginationToken": token})


@each("limit", [-1, 61, 10**9, "abc", [60], 1.5, True])
async def test_limits_that_are_refused(invoke, pool, limit):
    with pytest.raises((InvalidParameterException, SerializationException)):
        await invoke("ListUsers", {"UserPoolId": pool.id, "Limit": limit})


async def test_limit_zero_is_sixty(invoke, pool, database):
    for number in range(61):
        await add_user(database, pool, f"u{number}")
    found = await invoke("ListUsers", {"UserPoolId": pool.id, "Limit": 0})
    assert len(found["Users"]) == 60


async def test_unknown_pool(invoke):
    with pytest.raises(ResourceNotFoundException, match=r"User pool us-east-1_none does not exist\."):
        await invoke("ListUsers", {"UserPoolId": "us-east-1_none"})


async def test_a_shown_user(invoke, pool, people, database):
    found = await invoke("ListUsers", {"UserPoolId": pool.id, "Filter": 'username = "bob"'})
    [bob] = found["Users"]
    row = await read(database, users.get, pool, "bob")
    assert json.loads(bytes(bob.pop("Attributes"))) == json.loads(row.attributes)
    assert bob == {
        "Username": "bob",
        "UserCreateDate": 0.0,
        "UserLastModifiedDate": 0.0,
        "Enabled": False,
        "UserStatus": "FORCE_CHANGE_PASSWORD",
    }
