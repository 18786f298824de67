"""Which second factors a pool asks for."""

import pytest
from cases import each
from operations.factors_stage import EMAIL_ONLY, TOTP_ONLY, configure
from operations.stage import EMAIL_POOL, Stage, build, refused, said


@pytest.fixture
async def stage(services, invoke) -> Stage:
    return await build(services, invoke)


async def config(stage: Stage) -> dict:
    return await stage.admin("GetUserPoolMfaConfig")


async def test_a_new_pool_asks_for_nothing(stage):
    assert await config(stage) == {"MfaConfiguration": "OFF"}


@pytest.mark.parametrize("mode", ["ON", "OPTIONAL"])
@pytest.mark.parametrize(
    "factors",
    [
        TOTP_ONLY,
        EMAIL_ONLY,
        {**TOTP_ONLY, "EmailMfaConfiguration": {"Subject": "Sign in", "Message": "Use {####} now"}},
    ],
)
async def test_what_is_set_is_read_back(stage, mode, factors):
    wanted = {"MfaConfiguration": mode, **factors}
    assert await configure(stage, mode, **factors) == wanted
    assert await config(stage) == wanted


async def test_what_is_left_out_is_off(stage):
    """A later call replaces the whole configuration."""
    await configure(stage, "ON", **TOTP_ONLY, **EMAIL_ONLY)
    await configure(stage, "OPTIONAL", **EMAIL_ONLY)
    assert await config(stage) == {"MfaConfiguration": "OPTIONAL", **EMAIL_ONLY}
    await stage.admin("SetUserPoolMfaConfig", MfaConfiguration="OFF")
    assert await config(stage) == {"MfaConfiguration": "OFF"}


@each(
    "request_, text",
    [
        ({**TOTP_ONLY}, "[MfaConfiguration] must be one of 'ON', 'OFF', or 'OPTIONAL'."),
        ({"MfaConfiguration": "ON"}, "At least one of [SmsMfaConfiguration]"),
        (
            {"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": False}},
            "Invalid MFA configuration given, can't disable all MFAs",
        ),
        ({"MfaConfiguration": "OFF", **TOTP_ONLY}, "Invalid MFA configuration given, can't turn off MFA"),
        (
            {"MfaConfiguration": "ON", "SmsMfaConfiguration": {"SmsConfiguration": {"SnsCallerArn": ""}}},
            "SmsConfiguration: SnsCallerArn is required.",
        ),
        ({"MfaConfiguration": "OFF", "SmsMfaConfiguration": {}}, "Invalid MFA configuration given, can't turn off MFA"),
        (
            {
                "MfaConfiguration": "OFF",
                "WebAuthnConfiguration": {"FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION"},
            },
            "WebAuthnConfiguration.FactorConfiguration: this version of Poolhouse",
        ),
        ({"MfaConfiguration": "SOMETIMES"}, "1 validation error detected"),
    ],
)
async def test_a_configuration_that_is_refused_changes_nothing(stage, request_, text):
    await configure(stage, "OPTIONAL")
    error = await refused(stage.admin("SetUserPoolMfaConfig", **request_))
    assert error.code == "InvalidParameterException"
    assert error.message.startswith(text)
    assert await config(stage) == {"MfaConfiguration": "OPTIONAL", **TOTP_ONLY}


async def test_email_needs_a_tier(services, invoke):
    stage = await build(services, invoke, **EMAIL_POOL, UserPoolTier="LITE")
    assert (await refused(configure(stage, "ON", **EMAIL_ONLY))).code == "FeatureUnavailableInTierException"
    assert await config(stage) == {"MfaConfiguration": "OFF"}


async def test_unknown_pool(stage):
    stage.pool = "us-east-1_Nobody123"
    expected = ("ResourceNotFound", "User pool us-east-1_Nobody123 does not exist.")
    assert said(await refused(config(stage))) == expected
    assert said(await refused(configure(stage))) == expected


async def test_a_pool_is_not_made_without_a_factor(stage):
    """CreateUserPool can name no factor but SMS, and says how it is sent; otherwise nobody could sign in."""
    error = await refused(stage.invoke("CreateUserPool", {"PoolName": "p", "MfaConfiguration": "ON"}))
    assert error.message.startswith("MfaConfiguration needs a factor: SMS")


async def test_sms(stage):
    """The text and the sending are settings of the pool, which it keeps when a request leaves them out."""
    sending = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "x", "SnsRegion": "eu-west-1"}
    given = {"SmsAuthenticationMessage": "{####} gets you in", "SmsConfiguration": sending}
    answer = await configure(stage, "OPTIONAL", SmsMfaConfiguration=given)
    assert answer == {"MfaConfiguration": "OPTIONAL", "SmsMfaConfiguration": given}
    described = (await stage.admin("DescribeUserPool"))["UserPool"]
    assert described["SmsConfiguration"] == sending
    assert described["SmsAuthenticationMessage"] == "{####} gets you in"
    await configure(stage, "ON", **TOTP_ONLY)
    assert await config(stage) == {"MfaConfiguration": "ON", **TOTP_ONLY}
    await configure(stage, "ON", SmsMfaConfiguration={})
    assert await config(stage) == {"MfaConfiguration": "ON", "SmsMfaConfiguration": given}


async def test_sms_from_the_beginning(invoke):
    """A pool that is made with SmsConfiguration and second factors asks for codes by SMS, as on AWS."""
    sending = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}
    made = await invoke("CreateUserPool", {"PoolName": "p", "MfaConfiguration": "ON", "SmsConfiguration": sending})
    answer = await invoke("GetUserPoolMfaConfig", {"UserPoolId": made["UserPool"]["Id"]})
    assert answer == {"MfaConfiguration": "ON", "SmsMfaConfiguration": {"SmsConfiguration": sending}}


async def test_describe_user_pool(stage):
    """It shows the mode and not the factors, as on AWS."""
    await configure(stage, "ON", **TOTP_ONLY, **EMAIL_ONLY)
    described = (await stage.admin("DescribeUserPool"))["UserPool"]
    assert described["MfaConfiguration"] == "ON"
    assert described.keys().isdisjoint({"SoftwareTokenMfaConfiguration", "EmailMfaConfiguration"})


async def test_update_user_pool(stage):
    """It can change the mode of a pool that has a factor, and keeps the factors."""
    await configure(stage, "OPTIONAL")
    await stage.admin("UpdateUserPool", MfaConfiguration="ON")
    assert await config(stage) == {"MfaConfiguration": "ON", **TOTP_ONLY}
    await stage.admin("UpdateUserPool")
    assert (await config(stage))["MfaConfiguration"] == "OFF"
