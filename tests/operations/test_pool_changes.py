"""UpdateUserPool, AddCustomAttributes, and a pool that is protected from deletion."""

import asyncio
import re

import pytest
from cases import each
from pool_rows import add_pool, add_user, attributes, held

import poolhouse.operations.families  # noqa: F401 - registers the operations
from poolhouse.errors import InvalidParameterException, ResourceNotFoundException, UserPoolTaggingException

CHANGED = {
    "Policies": {"PasswordPolicy": {"MinimumLength": 12, "RequireNumbers": True, "TemporaryPasswordValidityDays": 3}},
    "DeletionProtection": "ACTIVE",
    "AutoVerifiedAttributes": ["email"],
    "EmailVerificationMessage": "Code {####}",
    "EmailVerificationSubject": "Hello",
    "VerificationMessageTemplate": {"EmailMessage": "Your {####}", "EmailSubject": "Code"},
    "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]},
    "UserPoolTags": {"team": "a"},
    "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True},
    "AccountRecoverySetting": {"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
    "UserPoolTier": "LITE",
    "PoolName": "renamed",
}
FIXED = {
    "UsernameAttributes": ["email"],
    "UsernameConfiguration": {"CaseSensitive": False},
    "Schema": [{"Name": "custom:tenant", "Mutable": False}, {"Name": "given_name", "Required": True}],
}
WORN = {"LastModifiedDate", "Name"}


@pytest.fixture
async def pool(database):
    return await add_pool(database, **FIXED)


@pytest.fixture
def shown(invoke, pool):
    async def shown() -> dict:
        return (await invoke("DescribeUserPool", {"UserPoolId": pool.id}))["UserPool"]

    return shown


@pytest.fixture
def update(invoke, pool):
    async def update(**members):
        assert await invoke("UpdateUserPool", {"UserPoolId": pool.id, **members}) == {}

    return update


async def test_everything_that_can_change_changes(update, shown, clock):
    before = await shown()
    clock.advance(seconds=60)
    await update(**CHANGED)
    after = await shown()
    assert after["Name"] == "renamed"
    assert after["Policies"]["PasswordPolicy"]["MinimumLength"] == 12
    for name in CHANGED.keys() - {"PoolName", "Policies", "AdminCreateUserConfig", "VerificationMessageTemplate"}:
        assert after[name] == CHANGED[name]
    assert after["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True, "UnusedAccountValidityDays": 3}
    assert after["VerificationMessageTemplate"]["EmailSubject"] == "Code"
    assert after["LastModifiedDate"] > before["LastModifiedDate"]
    assert after["CreationDate"] == before["CreationDate"]


async def test_what_is_left_out_goes_back_to_its_default(update, shown):
    """Acceptance 22. Only the name stays, for which there is no default."""
    before = await shown()
    await update(**CHANGED)
    await update(AutoVerifiedAttributes=["email"])
    after = await shown()
    assert after["Name"] == "renamed"
    assert after.pop("AutoVerifiedAttributes") == ["email"]
    assert {name: after[name] for name in after.keys() - WORN} == {name: before[name] for name in before.keys() - WORN}


async def test_what_is_fixed_for_life_stays(update, shown, database, pool, invoke):
    """The schema, the way to sign in and the comparison of names are no members of the request."""
    await add_user(database, pool, "ada@example.com", email="ada@example.com")
    before = await shown()
    await update(UsernameAttributes=["phone_number"], AliasAttributes=["email"], Schema=[], UsernameConfiguration={})
    after = await shown()
    for name in ("UsernameAttributes", "UsernameConfiguration", "SchemaAttributes"):
        assert after[name] == before[name]
    assert "AliasAttributes" not in after
    found = await invoke("AdminGetUser", {"UserPoolId": pool.id, "Username": "ADA@example.com"})
    assert held(found)["email"] == "ada@example.com"


@each(
    "members, error, text",
    [
        ({"UserPoolTier": "PLUS"}, InvalidParameterException, "UserPoolTier: this version of Poolhouse does not serve"),
        (
            {"UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]}},
            InvalidParameterException,
            "auto-verified",
        ),
        (
            {
                "Policies": {"PasswordPolicy": {"TemporaryPasswordValidityDays": 1}},
                "AdminCreateUserConfig": {"UnusedAccountValidityDays": 2},
            },
            InvalidParameterException,
            "one setting",
        ),
        ({"UserPoolTags": {"aws:x": "y"}}, UserPoolTaggingException, "reserved"),
        ({"UserPoolTags": {f"k{n}": "v" for n in range(51)}}, UserPoolTaggingException, "at most 50 tags"),
    ],
)
async def test_a_refused_update_changes_nothing(invoke, pool, shown, members, error, text):
    before = await shown()
    with pytest.raises(error, match=re.escape(text)):
        await invoke("UpdateUserPool", {"UserPoolId": pool.id, "PoolName": "other", **members})
    assert await shown() == before


async def test_unknown_pool(invoke):
    for name, more in (("UpdateUserPool", {}), ("AddCustomAttributes", {"CustomAttributes": [custom("x")]})):
        with pytest.raises(ResourceNotFoundException, match="does not exist"):
            await invoke(name, {"UserPoolId": "us-east-1_nowhere99", **more})


async def test_deletion_protection(invoke, update, pool):
    """Acceptance 23: refused while it is active, and after it is taken away again done."""
    await update(DeletionProtection="ACTIVE")
    with pytest.raises(InvalidParameterException, match="deletion protection is activated"):
        await invoke("DeleteUserPool", {"UserPoolId": pool.id})
    await update(DeletionProtection="INACTIVE")
    assert await invoke("DeleteUserPool", {"UserPoolId": pool.id}) == {}
    with pytest.raises(ResourceNotFoundException):
        await invoke("DescribeUserPool", {"UserPoolId": pool.id})


# --- custom attributes ---------------------------------------------------------------------------------------


def custom(name: str, kind: str = "String", **members) -> dict:
    return {"Name": name, "AttributeDataType": kind, **members}


@pytest.fixture
def add(invoke, pool):
    async def add(*entries):
        return await invoke("AddCustomAttributes", {"UserPoolId": pool.id, "CustomAttributes": list(entries)})

    return add


async def names(shown) -> list[str]:
    return [entry["Name"] for entry in (await shown())["SchemaAttributes"] if "custom:" in entry["Name"]]


async def test_added_attributes_are_shown_and_can_be_written(add, shown, invoke, database, pool):
    """Also where the name is that of a standard attribute, or already begins with custom:."""
    await add_user(database, pool, "ada", email="ada@example.com")
    assert (
        await add(custom("x"), custom("custom:y", "Number"), custom("email"), custom("z", DeveloperOnlyAttribute=True))
        == {}
    )
    assert await names(shown) == ["custom:tenant", "custom:x", "custom:y", "custom:email", "dev:custom:z"]
    change = {"UserPoolId": pool.id, "Username": "ada@example.com"}
    note = {"Name": "dev:custom:z", "Value": "3"}
    written = [*attributes(custom_x="1", custom_y="2", custom_email="no address"), note]
    await invoke("AdminUpdateUserAttributes", {**change, "UserAttributes": written})
    assert held(await invoke("AdminGetUser", change)).items() >= {"custom:y": "2", "dev:custom:z": "3"}.items()
    with pytest.raises(InvalidParameterException, match="custom:y: Attribute value is not a number"):
        await invoke("AdminUpdateUserAttributes", {**change, "UserAttributes": attributes(custom_y="two")})


@each(
    "entries, text",
    [
        ([custom("tenant")], "custom:tenant: Existing attribute already has name custom:tenant."),
        ([custom("new"), custom("new")], "custom:new: Existing attribute already has name custom:new."),
        ([custom("new"), custom("x", Required=True)], "Required custom attributes are not supported currently."),
        ([{"Name": "x"}], "Invalid AttributeDataType input, consider using the provided AttributeDataType enum."),
        ([custom("custom:")], "needs a Name"),
        ([{"AttributeDataType": "String"}], "needs a Name"),
        ([custom("x", StringAttributeConstraints={"MinLength": "3", "MaxLength": "2"})], "lower bound is greater"),
        ([custom("x", StringAttributeConstraints={"MaxLength": "2049"})], "whole number from 0 to 2048"),
        ([custom("x" * 21)], "length less than or equal to 20"),
        ([custom(f"x{n}") for n in range(26)], "length less than or equal to 25"),
    ],
)
async def test_refused_attributes(add, shown, entries, text):
    """Acceptance 26. All of a request's attributes are added, or none."""
    with pytest.raises(InvalidParameterException, match=re.escape(text)):
        await add(*entries)
    assert await names(shown) == ["custom:tenant"]


async def test_fifty_custom_attributes_at_most(add, shown):
    """The fiftieth is added, a request with the fifty-first adds nothing."""
    await add(*(custom(f"a{n}") for n in range(25)))
    await add(*(custom(f"b{n}") for n in range(23)))
    with pytest.raises(InvalidParameterException, match="at most 50 custom attributes"):
        await add(custom("c1"), custom("c2"))
    await add(custom("c1"))
    assert len(await names(shown)) == 50


async def test_attributes_added_at_once_are_all_there(add, shown):
    await asyncio.gather(*(add(custom(f"a{n}")) for n in range(8)))
    assert sorted(await names(shown)) == sorted([f"custom:a{n}" for n in range(8)] + ["custom:tenant"])
