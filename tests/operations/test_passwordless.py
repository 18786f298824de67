"""Accounts without a password: how they are made, confirmed and signed in, and the sessions in between."""

import pytest
from cases import each
from operations.choices_stage import HIDING, begin, choices, policy, prefer, register
from operations.factors_stage import INVALID_SESSION, configure, with_code
from operations.stage import EMAIL, FLOWS, PASSWORD, claims, refused, said

NEEDED = ("InvalidParameter", "Password is required: passwordless sign-in is not enabled.")


@pytest.fixture
async def stage(services, invoke):
    return await choices(services, invoke)


async def bare(stage, **more):
    return await stage.public("SignUp", ClientId=stage.client, Username=EMAIL, **more)


async def test_sign_up_and_automatic_sign_in(stage):
    """The confirmed address is proof enough, once; from then on a code is."""
    made = await bare(stage)
    assert (made["UserConfirmed"], made["CodeDeliveryDetails"]["Destination"]) == (False, "a***@e***")
    confirmed = await stage.confirm(EMAIL, Session=made["Session"])
    answer = await begin(stage, session=confirmed["Session"])
    assert claims(answer["AuthenticationResult"]["IdToken"])["email"] == EMAIL
    assert said(await refused(begin(stage, session=confirmed["Session"]))) == INVALID_SESSION
    asked = await prefer(stage, "EMAIL_OTP")
    assert "AuthenticationResult" in await with_code(stage, asked, await stage.code())
    assert (await begin(stage))["AvailableChallenges"] == ["EMAIL_OTP"]


async def test_passkey_instead_of_a_password(stage):
    await bare(stage)
    session = (await stage.confirm())["Session"]
    access = (await begin(stage, session=session))["AuthenticationResult"]["AccessToken"]
    await register(stage, access)
    assert (await begin(stage))["AvailableChallenges"] == ["EMAIL_OTP", "WEB_AUTHN"]
    assert (await refused(stage.by_password())).code == "NotAuthorizedException"


async def test_password_later(stage):
    """ChangePassword gives the first one."""
    await bare(stage)
    session = (await stage.confirm())["Session"]
    access = (await begin(stage, session=session))["AuthenticationResult"]["AccessToken"]
    await stage.public("ChangePassword", AccessToken=access, ProposedPassword=PASSWORD)
    assert "AuthenticationResult" in await stage.by_password()


@pytest.mark.parametrize(
    ("client", "rules"),
    [(None, policy("PASSWORD")), ({"ExplicitAuthFlows": FLOWS}, {})],
    ids=["pool", "client"],
)
async def test_password_that_is_needed(services, invoke, client, rules):
    """Where nobody could sign in without one."""
    stage = await choices(services, invoke, client=client, **rules)
    assert said(await refused(bare(stage))) == NEEDED
    assert (await stage.admin("ListUsers"))["Users"] == []


async def test_password_where_a_second_factor_is_demanded(stage):
    await configure(stage, "ON")
    assert said(await refused(bare(stage))) == NEEDED


async def test_session_of_an_account_that_is_not_confirmed(stage):
    """SignUp's session signs nobody in, not even once somebody else has confirmed the account."""
    session = (await bare(stage))["Session"]
    assert (await refused(begin(stage, session=session))).code == "UserNotConfirmedException"
    await stage.confirm()
    assert said(await refused(begin(stage, session=session))) == INVALID_SESSION


@pytest.mark.parametrize("case", ["made-up", "other-user", "other-client", "late", "signed-out", "new-password"])
async def test_sessions_that_sign_nobody_in(stage, case):
    await bare(stage)
    session, name = (await stage.confirm())["Session"], EMAIL
    if case == "made-up":
        session = "x" * 40
    elif case == "other-user":
        name = "eve@example.com"
        await stage.person(name)
    elif case == "other-client":
        await stage.new_client(**HIDING)
    elif case == "late":
        stage.services.clock.advance(seconds=180)
    elif case == "signed-out":
        stage.services.clock.advance(seconds=1)
        await stage.admin("AdminUserGlobalSignOut", Username=EMAIL)
    else:
        await stage.admin("AdminSetUserPassword", Username=EMAIL, Password=PASSWORD, Permanent=True)
    error = await refused(begin(stage, name, session=session))
    assert error.message.startswith("Invalid session for the user")


async def test_confirmation_with_the_session_of_another(stage):
    session = (await bare(stage))["Session"]
    await stage.sign_up("eve@example.com")
    code = await stage.code("eve@example.com")
    error = await refused(stage.confirm("eve@example.com", code, Session=session))
    assert said(error) == INVALID_SESSION
    assert (await stage.user("eve@example.com"))["UserStatus"] == "UNCONFIRMED"


async def test_no_session_for_clients_without_the_flow(services, invoke):
    stage = await choices(services, invoke, client={"ExplicitAuthFlows": FLOWS})
    assert "Session" not in await stage.sign_up()
    assert await stage.confirm() == {}


@pytest.mark.parametrize("shown", [True, False])
async def test_code_that_is_no_first_factor(services, invoke, shown):
    """Where passwords are all that signs in, the code of a sign-up does not, without the session of the sign-up."""
    stage = await choices(services, invoke, **policy("PASSWORD"))
    made = await stage.sign_up()
    confirmed = await stage.confirm(**({"Session": made["Session"]} if shown else {}))
    assert ("Session" in confirmed) == shown
    assert (await stage.user())["UserStatus"] == "CONFIRMED"


# --- made by an administrator -------------------------------------------------------------------------------


def known(verified="true"):
    return [{"Name": "email", "Value": EMAIL}, {"Name": "email_verified", "Value": verified}]


async def test_user_made_by_an_administrator(stage):
    """Whoever can sign in with a code gets no password and no invitation."""
    made = await stage.admin("AdminCreateUser", Username=EMAIL, UserAttributes=known())
    assert made["User"]["UserStatus"] == "CONFIRMED"
    assert await stage.mail() == []
    asked = await prefer(stage, "EMAIL_OTP")
    assert "AuthenticationResult" in await with_code(stage, asked, await stage.code())


@pytest.mark.parametrize(
    "request_",
    [
        {"UserAttributes": known("false")},
        {"UserAttributes": known(), "TemporaryPassword": PASSWORD},
        {"UserAttributes": known(), "DesiredDeliveryMediums": ["EMAIL"]},
    ],
    ids=["unverified", "password", "invitation"],
)
async def test_users_who_are_invited_nevertheless(stage, request_):
    made = await stage.admin("AdminCreateUser", Username=EMAIL, **request_)
    assert made["User"]["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    assert (await stage.mail())[-1]["purpose"] == "invitation"


# --- settings -----------------------------------------------------------------------------------------------


async def test_policy_is_shown(stage):
    pool = (await stage.admin("DescribeUserPool"))["UserPool"]
    assert pool["Policies"]["SignInPolicy"] == {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]}
    assert "WebAuthnConfiguration" not in pool


@each(
    "rules, code, named",
    [
        (policy("EMAIL_OTP"), "InvalidParameterException", "must contain PASSWORD"),
        (policy("PASSWORD", "SOFTWARE_TOKEN"), "InvalidParameterException", "SOFTWARE_TOKEN"),
        (policy("PASSWORD", "PASSWORD"), "InvalidParameterException", "more than once"),
        ({**policy("PASSWORD", "EMAIL_OTP"), "UserPoolTier": "LITE"}, "FeatureUnavailableInTierException", "LITE"),
    ],
)
async def test_refused_policies(stage, rules, code, named):
    before = (await stage.admin("DescribeUserPool"))["UserPool"]["Policies"]
    error = await refused(stage.admin("UpdateUserPool", **rules))
    assert error.code == code
    assert named in error.message
    assert (await stage.admin("DescribeUserPool"))["UserPool"]["Policies"] == before


async def test_web_authn_configuration(stage):
    wanted = {"RelyingPartyId": "example.com", "UserVerification": "required"}
    shown = await stage.admin("SetUserPoolMfaConfig", MfaConfiguration="OFF", WebAuthnConfiguration=wanted)
    assert shown["WebAuthnConfiguration"] == wanted
    assert (await stage.admin("GetUserPoolMfaConfig"))["WebAuthnConfiguration"] == wanted


@each(
    "wanted",
    [
        {"RelyingPartyId": "https://example.com"},
        {"RelyingPartyId": "example.com:443"},
        {"RelyingPartyId": "Example.com"},
        {"RelyingPartyId": "192.0.2.1"},
        {"FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION"},
    ],
)
async def test_refused_web_authn_configurations(stage, wanted):
    error = await refused(stage.admin("SetUserPoolMfaConfig", MfaConfiguration="OFF", WebAuthnConfiguration=wanted))
    assert error.code == "InvalidParameterException"
    assert "WebAuthnConfiguration" not in await stage.admin("GetUserPoolMfaConfig")
