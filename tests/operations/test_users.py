"""What administrators do to users that exist, through the gate."""

import pytest
from pool_rows import (
    BY_EMAIL,
    PLAIN,
    add_group,
    add_pool,
    add_user,
    attributes,
    everything,
    held,
    read,
    waiting_letters,
)

import poolhouse.operations.families  # noqa: F401 - registers the operations
from poolhouse.crypto import srp
from poolhouse.errors import (
    AliasExistsException,
    InvalidParameterException,
    InvalidPasswordException,
    NotAuthorizedException,
    ResourceNotFoundException,
    UserNotFoundException,
)
from poolhouse.operations import credentials
from poolhouse.store import families, groups, users
from poolhouse.store.families import Family

GOOD = "Correct-Horse-7"


@pytest.fixture
async def pool(database):
    return await add_pool(database, **BY_EMAIL)


@pytest.fixture
async def plain(database):
    return await add_pool(database, "plainpool", **PLAIN)


@pytest.fixture
def letters(database, services):
    async def letters():
        return await waiting_letters(database, services)

    return letters


async def test_get_by_every_name(invoke, pool, database):
    ada = await add_user(database, pool, "id-1", email="ada@example.com")
    answers = [
        await invoke("AdminGetUser", {"UserPoolId": pool.id, "Username": name})
        for name in ("id-1", ada.sub, "ada@example.com", "ADA@example.com")
    ]
    assert all(answer == answers[0] for answer in answers)
    assert held(answers[0]) == {"sub": ada.sub, "email": "ada@example.com"}
    assert answers[0].keys() == {
        "Username", "UserAttributes", "UserCreateDate", "UserLastModifiedDate", "Enabled", "UserStatus"
    }  # fmt: skip


OPERATIONS = {
    "AdminGetUser": {},
    "AdminDeleteUser": {},
    "AdminSetUserPassword": {"Password": GOOD},
    "AdminConfirmSignUp": {},
    "AdminEnableUser": {},
    "AdminDisableUser": {},
    "AdminUpdateUserAttributes": {"UserAttributes": attributes(name="x")},
    "AdminDeleteUserAttributes": {"UserAttributeNames": ["name"]},
    "AdminUserGlobalSignOut": {},
    "AdminListGroupsForUser": {},
}


@pytest.mark.parametrize("name", OPERATIONS)
async def test_unknown_user_and_pool(invoke, pool, database, name):
    """The user of another pool is unknown too."""
    other = await add_pool(database, "testpool2")
    eve = await add_user(database, other, "eve")
    for unknown in ("nobody", "eve", eve.sub, "eve%", "eve'OR'1'='1"):
        with pytest.raises(UserNotFoundException, match=r"User does not exist\."):
            await invoke(name, {"UserPoolId": pool.id, "Username": unknown, **OPERATIONS[name]})
    with pytest.raises(ResourceNotFoundException, match=r"User pool us-east-1_none does not exist\."):
        await invoke(name, {"UserPoolId": "us-east-1_none", "Username": "eve", **OPERATIONS[name]})
    assert await everything(database, other) == [eve]


@pytest.mark.parametrize("by", ["username", "sub", "email"])
async def test_delete_by_every_name(invoke, pool, database, by):
    ada = await add_user(database, pool, "id-1", email="ada@example.com")
    group = await add_group(database, pool, "G", ada)
    name = {"UserPoolId": pool.id, "Username": {"username": "id-1", "sub": ada.sub, "email": "ada@example.com"}[by]}
    assert await invoke("AdminDeleteUser", name) == {}
    with pytest.raises(UserNotFoundException):
        await invoke("AdminDeleteUser", name)
    assert await read(database, groups.members, group.id, 0, 60) == []


@pytest.mark.parametrize("status", ["UNCONFIRMED", "CONFIRMED", "FORCE_CHANGE_PASSWORD", "RESET_REQUIRED"])
@pytest.mark.parametrize("permanent", [True, False, None])
async def test_set_password_from_every_status(invoke, plain, database, services, clock, status, permanent):
    await add_user(database, plain, "ada", status=status)
    request = {"UserPoolId": plain.id, "Username": "ada", "Password": GOOD}
    assert await invoke("AdminSetUserPassword", request | ({} if permanent is None else {"Permanent": permanent})) == {}
    user = await read(database, users.get, plain, "ada")
    assert user.status == ("CONFIRMED" if permanent else "FORCE_CHANGE_PASSWORD")
    assert user.temporary_until == (None if permanent else clock() + 7 * 86_400_000_000)
    assert srp.matches(credentials.unseal(services.vault, user), "plainpool", "ada", GOOD)


@pytest.mark.parametrize(("password", "reason"), [("Sh-1", "Password not long enough"), ("lower-7777", "uppercase")])
async def test_set_password_against_the_policy(invoke, plain, database, password, reason):
    ada = await add_user(database, plain, "ada")
    request = {"UserPoolId": plain.id, "Username": "ada", "Password": password}
    with pytest.raises(InvalidPasswordException, match=f"Password did not conform with policy: .*{reason}"):
        await invoke("AdminSetUserPassword", request)
    assert await read(database, users.get, plain, "ada") == ada


async def test_confirm_sign_up(invoke, pool, database):
    """No contact is verified by it, and only an unconfirmed user can be confirmed."""
    await add_user(database, pool, "id-1", status="UNCONFIRMED", email="ada@example.com")
    name = {"UserPoolId": pool.id, "Username": "ada@example.com"}
    assert await invoke("AdminConfirmSignUp", name) == {}
    shown = await invoke("AdminGetUser", name)
    assert shown["UserStatus"] == "CONFIRMED"
    assert "email_verified" not in held(shown)
    with pytest.raises(NotAuthorizedException, match=r"User cannot be confirmed\. Current status is CONFIRMED"):
        await invoke("AdminConfirmSignUp", name)


async def sign_in(database, user, name):
    """A sign-in as far as the store is concerned."""
    async with database.write() as tx:
        await families.add(tx, Family(name, user.id, "c", "e", "s", 1, 1, 1 << 60, None))


@pytest.mark.parametrize("name", ["AdminDisableUser", "AdminUserGlobalSignOut"])
@pytest.mark.parametrize("by", ["username", "sub", "email"])
async def test_tokens_die_whatever_name_is_used(invoke, pool, database, clock, name, by):
    """Every sign-in of this user ends, nobody else's; saying it twice is fine."""
    ada = await add_user(database, pool, "id-1", email="ada@example.com")
    eve = await add_user(database, pool, "id-2", email="eve@example.com")
    for user, family_id in ((ada, "a1"), (ada, "a2"), (eve, "e1")):
        await sign_in(database, user, family_id)
    who = {"username": "id-1", "sub": ada.sub, "email": "Ada@example.com"}[by]
    for _ in range(2):
        assert await invoke(name, {"UserPoolId": pool.id, "Username": who}) == {}
    revoked = [(await read(database, families.find, family_id)).revoked for family_id in ("a1", "a2", "e1")]
    assert revoked == [clock(), clock(), None]
    after = await read(database, users.get, pool, "id-1")
    assert (after.tokens_not_before, after.enabled) == (clock(), int(name != "AdminDisableUser"))
    assert await read(database, users.get, pool, "id-2") == eve


async def test_enabling_revives_no_token(invoke, pool, database, clock):
    ada = await add_user(database, pool, "id-1", email="ada@example.com")
    await sign_in(database, ada, "a1")
    name = {"UserPoolId": pool.id, "Username": "id-1"}
    await invoke("AdminDisableUser", name)
    then = clock()
    clock.advance(seconds=9)
    for _ in range(2):
        assert await invoke("AdminEnableUser", name) == {}
    assert (await invoke("AdminGetUser", name))["Enabled"] is True
    assert (await read(database, families.find, "a1")).revoked == then
    assert (await read(database, users.get, pool, "id-1")).tokens_not_before == then


# --- attributes ----------------------------------------------------------------------------------------------


async def test_update_attributes(invoke, plain, database):
    await add_user(database, plain, "ada", given_name="Ada", name="A")
    name = {"UserPoolId": plain.id, "Username": "ada"}
    given = attributes(name="", nickname="N", custom_rank="3", email="a@example.com", email_verified="true")
    note = {"Name": "dev:custom:note", "Value": "n"}
    assert await invoke("AdminUpdateUserAttributes", name | {"UserAttributes": [*given, note]}) == {}
    shown = held(await invoke("AdminGetUser", name))
    assert shown.keys() == {
        "sub",
        "given_name",
        "nickname",
        "custom:rank",
        "email",
        "email_verified",
        "dev:custom:note",
    }


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (attributes(sub="x"), "user.sub: Attribute cannot be updated."),
        (attributes(identities="[]"), "user.identities: Attribute cannot be updated."),
        (attributes(custom_tenant="t2"), "user.custom:tenant: Attribute cannot be updated."),
        (attributes(given_name="too long"), "given_name: String must be shorter than or equal to 5."),
        (attributes(given_name=""), "user.given_name: "),
        (attributes(custom_rank="10"), "custom:rank: Number must be less than or equal to 9."),
        (attributes(custom_rank="NaN"), "not a number"),
        (attributes(custom_none="x"), "custom:none: Attribute does not exist in the schema."),
        ([{"Name": "cognito:user_status", "Value": "CONFIRMED"}], "Attribute does not exist in the schema."),
        ([{"Name": "Enabled", "Value": "false"}], "Attribute does not exist in the schema."),
        (attributes(email="no address"), "Invalid email address format."),
        (attributes(name="x", custom_none=""), "Attribute does not exist in the schema."),
    ],
)
async def test_update_refused(invoke, plain, database, given, text):
    """One bad attribute and none is written."""
    ada = await add_user(database, plain, "ada", given_name="Ada", **{"custom:tenant": "t1"})
    request = {"UserPoolId": plain.id, "Username": "ada", "UserAttributes": [*attributes(nickname="N"), *given]}
    with pytest.raises(InvalidParameterException, match=text):
        await invoke("AdminUpdateUserAttributes", request)
    assert await read(database, users.get, plain, "ada") == ada


async def test_a_new_address_is_unverified(invoke, pool, database, letters):
    """It signs in at once, the former one no longer, and it is asked to prove itself."""
    await add_user(database, pool, "id-1", email="old@example.com", email_verified="true")
    name = {"UserPoolId": pool.id, "Username": "id-1"}
    given = attributes(email="new@example.com")
    await invoke("AdminUpdateUserAttributes", name | {"UserAttributes": given})
    shown = held(await invoke("AdminGetUser", name | {"Username": "new@example.com"}))
    assert shown["email_verified"] == "false"
    assert [(to, purpose) for to, purpose, _ in await letters()] == [("new@example.com", "verify_attribute")]
    with pytest.raises(UserNotFoundException):
        await invoke("AdminGetUser", name | {"Username": "old@example.com"})
    given = attributes(email="newer@example.com", email_verified="true")
    await invoke("AdminUpdateUserAttributes", name | {"UserAttributes": given})
    assert held(await invoke("AdminGetUser", name))["email_verified"] == "true"
    assert len(await letters()) == 1


async def test_address_of_another_user(invoke, pool, database):
    ada = await add_user(database, pool, "id-1", email="ada@example.com")
    eve = await add_user(database, pool, "id-2", email="eve@example.com")
    request = {"UserPoolId": pool.id, "Username": "id-2", "UserAttributes": attributes(email="ADA@example.com")}
    with pytest.raises(AliasExistsException, match=r"An account with the given email already exists\."):
        await invoke("AdminUpdateUserAttributes", request)
    assert await everything(database, pool) == [ada, eve]


async def test_delete_attributes(invoke, plain, database):
    """One that is not set is fine; the verification goes with the contact."""
    await add_user(database, plain, "ada", given_name="Ada", email="a@example.com", email_verified="true", name="A")
    request = {"UserPoolId": plain.id, "Username": "ada"}
    assert await invoke("AdminDeleteUserAttributes", request | {"UserAttributeNames": ["email", "nickname"]}) == {}
    assert held(await invoke("AdminGetUser", request)).keys() == {"sub", "given_name", "name"}


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["name", "custom:no"], "Invalid user attributes: user.custom:no: Attribute does not exist in the schema.\n"),
        (["name", "sub"], "user.sub: Attribute cannot be updated.\n"),
        (["name", "custom:tenant"], "user.custom:tenant: Attribute cannot be updated.\n"),
        (["name", "given_name"], "user.given_name: Attribute is required and cannot be deleted.\n"),
    ],
)
async def test_delete_attributes_refused(invoke, plain, database, names, text):
    ada = await add_user(database, plain, "ada", given_name="Ada", name="A", **{"custom:tenant": "t1"})
    with pytest.raises(InvalidParameterException) as refusal:
        await invoke(
            "AdminDeleteUserAttributes", {"UserPoolId": plain.id, "Username": "ada", "UserAttributeNames": names}
        )
    assert str(refusal.value) == text
    assert await read(database, users.get, plain, "ada") == ada


async def test_the_only_sign_in_name_stays(invoke, pool, database):
    ada = await add_user(database, pool, "id-1", email="ada@example.com")
    request = {"UserPoolId": pool.id, "Username": "id-1"}
    with pytest.raises(InvalidParameterException, match="required and cannot be deleted"):
        await invoke("AdminDeleteUserAttributes", request | {"UserAttributeNames": ["email"]})
    with pytest.raises(InvalidParameterException, match="required and cannot be deleted"):
        await invoke("AdminUpdateUserAttributes", request | {"UserAttributes": attributes(email="")})
    assert await read(database, users.get, pool, "id-1") == ada
