"""CreateUserPool, DescribeUserPool, ListUserPools, DeleteUserPool."""

import re

import pytest
from cases import each
from pool_rows import add_pool, add_user, read

import poolhouse.operations.families  # noqa: F401 - registers the operations
from poolhouse.crypto.tokens import SigningKey
from poolhouse.errors import InvalidParameterException, ResourceNotFoundException
from poolhouse.store import pools


async def test_create_and_describe(invoke):
    """What was given and what is default are both shown, on creation and later."""
    made = (await invoke("CreateUserPool", {"PoolName": "people"}))["UserPool"]
    assert re.fullmatch(r"us-east-1_[0-9a-zA-Z]{9}", made["Id"])
    assert made["Arn"] == f"arn:aws:cognito-idp:us-east-1:000000000000:userpool/{made['Id']}"
    assert made["Policies"]["PasswordPolicy"] == {
        "MinimumLength": 8,
        "RequireUppercase": True,
        "RequireLowercase": True,
        "RequireNumbers": True,
        "RequireSymbols": True,
        "TemporaryPasswordValidityDays": 7,
    }
    assert made["UsernameConfiguration"] == {"CaseSensitive": True}
    assert (made["MfaConfiguration"], made["DeletionProtection"]) == ("OFF", "INACTIVE")
    assert "AliasAttributes" not in made
    assert (await invoke("DescribeUserPool", {"UserPoolId": made["Id"]}))["UserPool"] == made


async def test_two_keys_of_its_own(invoke, database, services):
    """One for ID tokens, one for access tokens; no two pools share any, and the private halves are sealed."""
    kids = []
    for _ in range(2):
        pool_id = (await invoke("CreateUserPool", {"PoolName": "p"}))["UserPool"]["Id"]
        keys = await read(database, pools.keys, pool_id)
        assert [key.use for key in keys] == ["access", "id"]
        opened = [SigningKey.from_bytes(services.vault.open("signing-key", key.private)) for key in keys]
        assert [key.kid for key in opened] == [key.kid for key in keys]
        kids += [key.kid for key in keys]
    assert len(set(kids)) == 4


async def test_everything_given_is_shown(invoke):
    request = {
        "PoolName": "p",
        "AutoVerifiedAttributes": ["email"],
        "UsernameAttributes": ["email", "phone_number"],
        "UsernameConfiguration": {"CaseSensitive": False},
        "DeletionProtection": "ACTIVE",
        "EmailVerificationSubject": "Hello",
        "EmailVerificationMessage": "Code {####}",
        "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]},
        "AccountRecoverySetting": {"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
        "UserPoolTags": {"team": "a"},
        "UserPoolTier": "LITE",
    }
    made = (await invoke("CreateUserPool", request))["UserPool"]
    assert {name: made[name] for name in request.keys() - {"PoolName"}} == {
        name: value for name, value in request.items() if name != "PoolName"
    }


async def test_a_given_policy_requires_what_it_says(invoke):
    policy = {"MinimumLength": 6, "RequireNumbers": True, "TemporaryPasswordValidityDays": 3}
    request = {
        "PoolName": "p",
        "Policies": {"PasswordPolicy": policy},
        "AdminCreateUserConfig": {
            "AllowAdminCreateUserOnly": True,
            "InviteMessageTemplate": {"EmailMessage": "{username} {####}", "EmailSubject": "s"},
        },
    }
    made = (await invoke("CreateUserPool", request))["UserPool"]
    shown = made["Policies"]["PasswordPolicy"]
    assert {name for name, value in shown.items() if value is True} == {"RequireNumbers"}
    assert made["AdminCreateUserConfig"] == {
        "AllowAdminCreateUserOnly": True,
        "UnusedAccountValidityDays": 3,
        "InviteMessageTemplate": {"EmailMessage": "{username} {####}", "EmailSubject": "s"},
    }


async def test_schema_shows_standard_and_own_attributes(invoke):
    """An attribute of one's own does not hide the standard ones."""
    schema = [
        {"Name": "tenant", "AttributeDataType": "String", "Mutable": False},
        {"Name": "rank", "AttributeDataType": "Number", "NumberAttributeConstraints": {"MaxValue": "9"}},
        {"Name": "note", "AttributeDataType": "String", "DeveloperOnlyAttribute": True},
        {"Name": "email", "Required": True},
    ]
    made = (await invoke("CreateUserPool", {"PoolName": "p", "Schema": schema}))["UserPool"]
    shown = {entry["Name"]: entry for entry in made["SchemaAttributes"]}
    assert len(shown) == 20 + 3 + 1
    assert shown["custom:tenant"]["Mutable"] is False
    assert shown["custom:rank"]["NumberAttributeConstraints"] == {"MaxValue": "9"}
    assert shown["dev:custom:note"]["DeveloperOnlyAttribute"] is True
    assert shown["email"]["Required"] is True
    assert shown["email"]["StringAttributeConstraints"] == {"MinLength": "0", "MaxLength": "2048"}
    assert shown["birthdate"]["StringAttributeConstraints"] == {"MinLength": "10", "MaxLength": "10"}


@each(
    "setting, text",
    [
        ({"UsernameAttributes": ["email"], "AliasAttributes": ["email"]}, "Only one of"),
        ({"MfaConfiguration": "ON"}, "MfaConfiguration needs a factor"),
        ({"MfaConfiguration": "OPTIONAL"}, "MfaConfiguration needs a factor"),
        ({"EmailConfiguration": {"EmailSendingAccount": "DEVELOPER"}}, "EmailConfiguration: SourceArn is required"),
        ({"EmailConfiguration": {"From": "Ada"}}, "EmailConfiguration: From is no e-mail address"),
        ({"EmailConfiguration": {"From": "A\r\nBcc: x <a@b.c>"}}, "EmailConfiguration: From is no e-mail address"),
        ({"SmsConfiguration": {"ExternalId": "x"}}, "SmsConfiguration: SnsCallerArn is required"),
        (
            {"SmsConfiguration": {"EumsSms": {"CallerArn": "arn:aws:iam::123456789012:role/sms"}}},
            "SmsConfiguration.EumsSms: ",
        ),
        ({"UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"}}, "UserPoolAddOns: "),
        ({"UserPoolTier": "PLUS"}, "UserPoolTier: "),
        ({"Policies": {"PasswordPolicy": {"PasswordHistorySize": 1}}}, "Policies.PasswordPolicy.PasswordHistorySize: "),
        (
            {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "SOFTWARE_TOKEN"]}}},
            "Policies.SignIn",
        ),
        ({"UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]}}, "auto-verified"),
        (
            {
                "AccountRecoverySetting": {
                    "RecoveryMechanisms": [
                        {"Priority": 1, "Name": "admin_only"},
                        {"Priority": 2, "Name": "verified_email"},
                    ]
                }
            },
            "admin_only",
        ),
        ({"Schema": [{"Name": "x", "AttributeDataType": "String", "Required": True}]}, "Required custom attributes"),
        (
            {"Schema": [{"Name": "x", "AttributeDataType": "String"}] * 2},
            "Existing attribute already has name custom:x.",
        ),
        ({"Schema": [{"Name": "x"}]}, "Invalid AttributeDataType input"),
        ({"Schema": [{"Name": "email", "AttributeDataType": "Number"}]}, "email: You can not change"),
        ({"Schema": [{"Name": "sub", "Mutable": True}]}, "sub: "),
        (
            {
                "Schema": [
                    {"Name": "x", "AttributeDataType": "String", "StringAttributeConstraints": {"MinLength": "a"}}
                ]
            },
            "must be a number",
        ),
    ],
)
async def test_refused_settings(invoke, setting, text):
    """A setting that contradicts itself or is not served is named, and no pool is made."""
    with pytest.raises(InvalidParameterException, match=re.escape(text)):
        await invoke("CreateUserPool", {"PoolName": "p", **setting})
    assert await invoke("ListUserPools", {"MaxResults": 60}) == {"UserPools": []}


async def test_fifty_custom_attributes_at_most(invoke):
    """The model's own bound is the limit; a list of fifty is served."""
    schema = [{"Name": f"a{number}", "AttributeDataType": "String"} for number in range(50)]
    made = await invoke("CreateUserPool", {"PoolName": "p", "Schema": schema})
    assert sum(entry["Name"].startswith("custom:") for entry in made["UserPool"]["SchemaAttributes"]) == 50
    more = [*schema, {"Name": "a50", "AttributeDataType": "String"}]
    with pytest.raises(InvalidParameterException):
        await invoke("CreateUserPool", {"PoolName": "p", "Schema": more})


async def test_defaults_spelled_out_are_accepted(invoke):
    """A description sent back as a request, as templates do."""
    spelled = {
        "MfaConfiguration": "OFF",
        "LambdaConfig": {},
        "EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"},
        "UserPoolAddOns": {"AdvancedSecurityMode": "OFF"},
        "Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]}},
        "VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_CODE"},
        "UserPoolTier": "ESSENTIALS",
    }
    assert (await invoke("CreateUserPool", {"PoolName": "p", **spelled}))["UserPool"]["Name"] == "p"


async def test_list_in_pages(invoke, database):
    """Three pools two at a time: two and a token, then one without."""
    ids = [(await add_pool(database, f"pool{number}")).id for number in range(3)]
    first = await invoke("ListUserPools", {"MaxResults": 2})
    second = await invoke("ListUserPools", {"MaxResults": 2, "NextToken": first["NextToken"]})
    assert [len(first["UserPools"]), len(second["UserPools"])] == [2, 1]
    assert [pool["Id"] for pool in first["UserPools"] + second["UserPools"]] == ids
    assert "NextToken" not in second


async def test_delete(invoke, database):
    pool = await add_pool(database)
    await add_user(database, pool, "ada")
    assert (await invoke("DescribeUserPool", {"UserPoolId": pool.id}))["UserPool"]["EstimatedNumberOfUsers"] == 1
    assert await invoke("DeleteUserPool", {"UserPoolId": pool.id}) == {}
    for name in ("DescribeUserPool", "DeleteUserPool"):
        with pytest.raises(ResourceNotFoundException, match=rf"User pool {pool.id} does not exist\."):
            await invoke(name, {"UserPoolId": pool.id})


async def test_deletion_protection(invoke, database):
    pool = await add_pool(database, DeletionProtection="ACTIVE")
    with pytest.raises(InvalidParameterException, match="deletion protection is activated"):
        await invoke("DeleteUserPool", {"UserPoolId": pool.id})
    assert (await invoke("DescribeUserPool", {"UserPoolId": pool.id}))["UserPool"]["Id"] == pool.id
