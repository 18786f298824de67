"""Setting authenticators up, and what users and administrators prefer."""

import base64
import uuid

import pytest
from cases import each
from operations.factors_stage import EMAIL_ONLY, PREFERRED, TOTP_ONLY, Authenticator, configure, enrol, verified_email
from operations.stage import EMAIL, Stage, build, refused, said

from poolhouse.crypto.vault import BrokenSeal
from poolhouse.operations import totp_secrets
from poolhouse.store import factors, pools, users

NONE = ("SoftwareTokenMFANotFound", "Software Token MFA does not exist for the user.")
OFF = ("SoftwareTokenMFANotFound", "Software Token MFA has not been enabled by the userPool")


@pytest.fixture
async def stage(services, invoke) -> Stage:
    stage = await build(services, invoke)
    await configure(stage, "OPTIONAL", **TOTP_ONLY, **EMAIL_ONLY)
    await stage.person()
    return stage


async def token(stage: Stage) -> str:
    return (await stage.tokens())["AccessToken"]


async def associate(stage: Stage, access: str) -> Authenticator:
    return Authenticator(stage, (await stage.public("AssociateSoftwareToken", AccessToken=access))["SecretCode"])


async def verify(stage: Stage, access: str, code: str, **more) -> dict:
    return await stage.public("VerifySoftwareToken", AccessToken=access, UserCode=code, **more)


async def shown(stage: Stage) -> tuple:
    """What AdminGetUser shows, which GetUser must show too while there are tokens without a challenge."""
    user = await stage.user()
    return user.get("UserMFASettingList"), user.get("PreferredMfaSetting")


async def prefer(stage: Stage, **settings) -> dict:
    return await stage.admin("AdminSetUserMFAPreference", Username=EMAIL, **settings)


async def test_secret(stage):
    """32 characters of base32, different every time; nothing is asked for before it is verified."""
    access = await token(stage)
    secrets = {(await stage.public("AssociateSoftwareToken", AccessToken=access))["SecretCode"] for _ in range(3)}
    assert {len(secret) for secret in secrets} == {32}
    assert len(secrets) == 3
    assert await shown(stage) == (None, None)
    assert "AuthenticationResult" in await stage.by_password()


async def test_secrets_differ_per_user(stage):
    await stage.person("eve@example.com")
    first, second = await enrol(stage), await enrol(stage, "eve@example.com")
    assert first.code() != second.code()


async def test_secret_is_sealed_at_rest(stage):
    """Neither the handed out nor the verified secret can be read from the row."""
    access = await token(stage)
    secret = (await stage.public("AssociateSoftwareToken", AccessToken=access))["SecretCode"]
    async with stage.services.database.read() as tx:
        user = await users.get(tx, await pools.get(tx, stage.pool), EMAIL)
        stored = await factors.find(tx, user.id, factors.PENDING_TOTP)
    assert base64.b32decode(secret) not in stored.secret
    assert totp_secrets.unseal(stage.services.vault, user, stored.secret) == base64.b32decode(secret)
    with pytest.raises(BrokenSeal):
        totp_secrets.unseal(stage.services.vault, user._replace(sub=str(uuid.uuid4())), stored.secret)


async def test_wrong_code(stage):
    """The set-up fails and can be tried again; the user has nothing yet."""
    access = await token(stage)
    app = await associate(stage, access)
    expected = ("EnableSoftwareTokenMFA", "Code mismatch and fail enable Software Token MFA")
    assert said(await refused(verify(stage, access, app.wrong()))) == expected
    assert said(await refused(verify(stage, access, app.code(-2)))) == expected
    assert await shown(stage) == (None, None)
    assert await verify(stage, access, app.code()) == {"Status": "SUCCESS"}


@each("code", ["12345", "1234567", "abcdef", "12 456"])
async def test_code_that_is_none(stage, code):
    access = await token(stage)
    await associate(stage, access)
    assert (await refused(verify(stage, access, code))).code == "InvalidParameterException"


async def test_verify_without_associate(stage):
    assert said(await refused(verify(stage, await token(stage), "123456"))) == NONE


async def test_verify_twice(stage):
    """A secret is verified once."""
    access = await token(stage)
    app = await associate(stage, access)
    await verify(stage, access, app.code())
    assert said(await refused(verify(stage, access, app.code(1)))) == NONE


async def test_pool_without_authenticators(stage):
    access = await token(stage)
    await configure(stage, "OPTIONAL", **EMAIL_ONLY)
    assert said(await refused(stage.public("AssociateSoftwareToken", AccessToken=access))) == OFF
    assert said(await refused(verify(stage, access, "123456"))) == OFF


@pytest.mark.parametrize("name", ["AssociateSoftwareToken", "VerifySoftwareToken"])
async def test_neither_token_nor_session(stage, name):
    more = {"UserCode": "123456"} if name == "VerifySoftwareToken" else {}
    error = await refused(stage.public(name, **more))
    assert said(error) == ("InvalidParameter", "Exactly one of AccessToken and Session is required.")
    both = await refused(stage.public(name, AccessToken=await token(stage), Session="x" * 40, **more))
    assert said(both) == ("InvalidParameter", "Exactly one of AccessToken and Session is required.")


async def test_tokens_of_nobody(stage):
    """An ID token, a forged session and a revoked token are refused."""
    tokens = await stage.tokens()
    for given in ({"AccessToken": tokens["IdToken"]}, {"Session": "x" * 40}):
        assert (await refused(stage.public("AssociateSoftwareToken", **given))).code == "NotAuthorizedException"
    await stage.admin("AdminUserGlobalSignOut", Username=EMAIL)
    error = await refused(stage.public("AssociateSoftwareToken", AccessToken=tokens["AccessToken"]))
    assert said(error) == ("NotAuthorized", "Access Token has been revoked")


async def test_long_name(stage):
    access = await token(stage)
    app = await associate(stage, access)
    error = await refused(verify(stage, access, app.code(), FriendlyDeviceName="x" * 257))
    assert error.message == "FriendlyDeviceName can have at most 256 characters."
    assert await verify(stage, access, app.code(), FriendlyDeviceName="x" * 256) == {"Status": "SUCCESS"}


async def test_a_new_secret_leaves_the_old_one_in_force(stage):
    """Until it is verified; from then on only the new one is good."""
    access = await token(stage)
    old = await enrol(stage)
    new = await associate(stage, access)
    first = await stage.by_password()
    assert "AuthenticationResult" in await _answer(stage, first, old.code())
    await verify(stage, access, new.code())
    stage.services.clock.advance(seconds=30)
    second = await stage.by_password()
    assert (await refused(_answer(stage, second, old.code()))).code == "CodeMismatchException"
    assert "AuthenticationResult" in await _answer(stage, second, new.code())


async def _answer(stage, asked, code):
    return await stage.public(
        "RespondToAuthChallenge",
        ClientId=stage.client,
        ChallengeName="SOFTWARE_TOKEN_MFA",
        Session=asked["Session"],
        ChallengeResponses={"USERNAME": EMAIL, "SOFTWARE_TOKEN_MFA_CODE": code},
    )


async def test_lost_authenticator(stage):
    """An administrator takes it away, with what was begun; the user can set another one up."""
    access = await token(stage)
    await enrol(stage)
    begun = await associate(stage, access)
    waiting = await stage.by_password()
    assert await stage.admin("AdminDeleteSoftwareToken", Username=EMAIL) == {}
    assert await shown(stage) == (None, None)
    assert said(await refused(verify(stage, access, begun.code()))) == NONE
    assert said(await refused(_answer(stage, waiting, begun.code()))) == NONE
    assert "AuthenticationResult" in await stage.by_password()
    assert await stage.admin("AdminDeleteSoftwareToken", Username=EMAIL) == {}
    app = await enrol(stage)
    assert "AuthenticationResult" in await _answer(stage, await stage.by_password(), app.code())


async def test_lost_authenticator_of_nobody(stage):
    error = await refused(stage.admin("AdminDeleteSoftwareToken", Username="nobody"))
    assert said(error) == ("UserNotFound", "User does not exist.")


# --- preferences -------------------------------------------------------------------------------------------


async def test_preference(stage):
    """Users and administrators see the same."""
    access = await token(stage)
    await enrol(stage, enabled=False)
    await verified_email(stage)
    assert await shown(stage) == (None, None)
    settings = {"SoftwareTokenMfaSettings": PREFERRED, "EmailMfaSettings": {"Enabled": True}}
    assert await stage.public("SetUserMFAPreference", AccessToken=access, **settings) == {}
    assert await shown(stage) == (["SOFTWARE_TOKEN_MFA", "EMAIL_OTP"], "SOFTWARE_TOKEN_MFA")
    seen = await stage.public("GetUser", AccessToken=access)
    assert (seen["UserMFASettingList"], seen["PreferredMfaSetting"]) == await shown(stage)


async def test_preference_moves(stage):
    """One factor is preferred at most; naming another one takes the preference from the first."""
    await enrol(stage)
    await verified_email(stage)
    await prefer(stage, EmailMfaSettings=PREFERRED)
    assert await shown(stage) == (["SOFTWARE_TOKEN_MFA", "EMAIL_OTP"], "EMAIL_OTP")
    await prefer(stage, EmailMfaSettings={"Enabled": True, "PreferredMfa": False})
    assert await shown(stage) == (["SOFTWARE_TOKEN_MFA", "EMAIL_OTP"], None)
    await prefer(stage, EmailMfaSettings={"Enabled": False})
    assert await shown(stage) == (["SOFTWARE_TOKEN_MFA"], None)
    await prefer(stage, SoftwareTokenMfaSettings={"Enabled": False})
    assert await shown(stage) == (None, None)
    assert "AuthenticationResult" in await stage.by_password()


async def test_what_is_not_named_stays(stage):
    await enrol(stage)
    await prefer(stage)
    await prefer(stage, SMSMfaSettings={"Enabled": False}, WebAuthnMfaSettings={"Enabled": False})
    assert await shown(stage) == (["SOFTWARE_TOKEN_MFA"], "SOFTWARE_TOKEN_MFA")


@each(
    "wanted, text",
    [
        ({"SoftwareTokenMfaSettings": PREFERRED, "EmailMfaSettings": PREFERRED}, "Only one MFA method can be"),
        ({"EmailMfaSettings": {"PreferredMfa": True}}, "A preferred MFA method must be enabled."),
        ({"SoftwareTokenMfaSettings": {"Enabled": True}}, "User has not verified software token mfa"),
        ({"EmailMfaSettings": {"Enabled": True}}, "User does not have delivery config set to turn on EMAIL_OTP"),
        ({"SMSMfaSettings": PREFERRED}, "SMS MFA has not been enabled by the userPool"),
        ({"WebAuthnMfaSettings": {"Enabled": True}}, "WebAuthnMfaSettings: this version of Poolhouse"),
    ],
)
async def test_preference_that_is_refused(stage, wanted, text):
    """By both ways, and nothing of it is stored."""
    access = await token(stage)
    for call in (prefer(stage, **wanted), stage.public("SetUserMFAPreference", AccessToken=access, **wanted)):
        error = await refused(call)
        assert error.code == "InvalidParameterException"
        assert error.message.startswith(text)
    assert await shown(stage) == (None, None)


async def test_preference_of_a_factor_that_the_pool_does_not_ask_for(stage):
    await enrol(stage, enabled=False)
    await configure(stage, "OPTIONAL", **EMAIL_ONLY)
    error = await refused(prefer(stage, SoftwareTokenMfaSettings=PREFERRED))
    assert said(error) == ("InvalidParameter", OFF[1])


async def test_one_refused_wish_refuses_all(stage):
    await enrol(stage, enabled=False)
    await refused(prefer(stage, SoftwareTokenMfaSettings=PREFERRED, EmailMfaSettings={"Enabled": True}))
    assert await shown(stage) == (None, None)


async def test_preference_of_nobody(stage):
    error = await refused(stage.admin("AdminSetUserMFAPreference", Username="nobody"))
    assert said(error) == ("UserNotFound", "User does not exist.")
    error = await refused(stage.public("SetUserMFAPreference", AccessToken="a.b.c"))
    assert error.code == "NotAuthorizedException"


async def test_older_settings(stage):
    """They know SMS only, which this pool does not ask for: nothing can be switched on with them."""
    access = await token(stage)
    assert await stage.public("SetUserSettings", AccessToken=access, MFAOptions=[]) == {}
    assert await stage.admin("AdminSetUserSettings", Username=EMAIL, MFAOptions=[]) == {}
    options = [{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}]
    for call in (
        stage.public("SetUserSettings", AccessToken=access, MFAOptions=options),
        stage.admin("AdminSetUserSettings", Username=EMAIL, MFAOptions=options),
    ):
        assert (await refused(call)).message == "SMS MFA has not been enabled by the userPool"
    assert (await refused(stage.public("SetUserSettings", AccessToken="a.b.c", MFAOptions=[]))).code == (
        "NotAuthorizedException"
    )
    error = await refused(stage.admin("AdminSetUserSettings", Username="nobody", MFAOptions=[]))
    assert error.code == "UserNotFoundException"
