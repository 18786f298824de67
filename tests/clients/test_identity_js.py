"""amazon-cognito-identity-js, the library below Amplify v5 and many React Native apps, through its `endpoint` option."""

import json
from collections.abc import Callable

import pytest
from clients.development import PASSWORD, Backend, new_email
from clients.javascript import Script, Thrown
from clients.pools import TOTP, Authenticator, Pool, new_pool, other

NEW = "Better-Horse-9"
DONE = {"step": "onSuccess", "given": []}
TRACKING = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": True}
Library = Callable[[Pool], Script]


@pytest.fixture
def pool(backend: Backend) -> Pool:
    """The example's pool."""
    return Pool(backend, backend.pool_id, backend.client_id, None)


@pytest.fixture
def library(backend: Backend, script: Callable[..., Script]) -> Library:
    def library(pool: Pool) -> Script:
        known = {"UserPoolId": pool.id, "ClientId": pool.client, "endpoint": backend.url}
        return script("identity.mjs", json.dumps(known))

    return library


def test_sign_up_to_sign_out(backend: Backend, pool: Pool, library: Library) -> None:
    """Sign-up, a second code that replaces the first, SRP sign-in, the profile, sign-out."""
    email, app = new_email(), library(pool)
    made = app("signUp", email, PASSWORD, {"email": email})
    assert made["codeDeliveryDetails"]["Destination"] == "u***@e***"
    app("resendConfirmationCode", email)
    with pytest.raises(Thrown, match="CodeMismatchException"):
        app("confirmRegistration", email, backend.code(email))
    assert pool.status_of(email) == "UNCONFIRMED"
    assert app("confirmRegistration", email, backend.code(email, wanted=2)) == "SUCCESS"
    assert app("authenticate", email, PASSWORD) == DONE
    assert app("attributes") == {"sub": made["userSub"], "email": email, "email_verified": "true"}
    assert app("current") == made["userSub"]
    app("signOut")
    assert app("current") is None


def test_wrong_password_and_flow(pool: Pool, library: Library) -> None:
    user, app = pool.new_user(), library(pool)
    with pytest.raises(Thrown, match="NotAuthorizedException: Incorrect username or password"):
        app("authenticate", user.email, NEW)
    with pytest.raises(Thrown, match="InvalidParameterException: USER_PASSWORD_AUTH flow not enabled for this client"):
        app("authenticate", user.email, PASSWORD, "USER_PASSWORD_AUTH")
    assert app("current") is None


def test_plain_password(backend: Backend, library: Library) -> None:
    """USER_PASSWORD_AUTH, for a client that may."""
    pool = new_pool(backend, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    user, app = pool.new_user(), library(pool)
    assert app("authenticate", user.email, PASSWORD, "USER_PASSWORD_AUTH") == DONE
    assert app("tokens")["claims"]["sub"] == user.sub


def test_refresh_and_sign_out_everywhere(backend: Backend, pool: Pool, library: Library) -> None:
    """A refresh token gives other tokens of the same sign-in, until all sign-ins are ended."""
    user, app = pool.new_user(), library(pool)
    app("authenticate", user.email, PASSWORD)
    before = app("tokens")
    assert app("refresh", before["refresh"])
    after = app("tokens")
    assert after["access"] != before["access"]
    assert after["claims"]["origin_jti"] == before["claims"]["origin_jti"]
    assert app("signOutEverywhere")["step"] == "onSuccess"
    # Asked without the library, which repeats a refused refresh for five seconds.
    known = {"AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": {"REFRESH_TOKEN": before["refresh"]}}
    with pytest.raises(backend.public.exceptions.NotAuthorizedException, match="Refresh Token has been revoked"):
        backend.public.initiate_auth(ClientId=pool.client, **known)


def test_new_password(pool: Pool, library: Library) -> None:
    """The challenge hands over the user's attributes; the chosen password signs in."""
    invited, app = pool.invited("Temporary-9"), library(pool)
    asked = app("authenticate", invited, "Temporary-9")
    assert asked["step"] == "newPasswordRequired"
    assert asked["given"][0]["email"] == invited
    with pytest.raises(Thrown, match="InvalidPasswordException"):
        app("completeNewPassword", "short")
    assert pool.status_of(invited) == "FORCE_CHANGE_PASSWORD"
    assert app("completeNewPassword", PASSWORD) == DONE
    assert pool.status_of(invited) == "CONFIRMED"


def test_totp(backend: Backend, library: Library) -> None:
    """Set up while signed in, then asked for."""
    pool = new_pool(backend)
    pool.require("OPTIONAL", **TOTP)
    user, app = pool.new_user(), library(pool)
    app("authenticate", user.email, PASSWORD)
    shown = app("associateSoftwareToken")
    assert shown["step"] == "associateSecretCode"
    phone = Authenticator(shown["given"][0])
    assert app("verifySoftwareToken", phone.code(), "phone")["step"] == "onSuccess"
    assert app("preferSoftwareToken") == "SUCCESS"
    assert app("authenticate", user.email, PASSWORD)["step"] == "totpRequired"
    code = phone.code()
    with pytest.raises(Thrown, match="CodeMismatchException"):
        app("sendMFACode", other(code), "SOFTWARE_TOKEN_MFA")
    assert app("sendMFACode", code, "SOFTWARE_TOKEN_MFA") == DONE


def test_recovery(backend: Backend, pool: Pool, library: Library) -> None:
    user, app = pool.new_user(), library(pool)
    asked = app("forgotPassword", user.email)
    assert asked["step"] == "inputVerificationCode"
    assert asked["given"][0]["CodeDeliveryDetails"]["Destination"] == "u***@e***"
    code = backend.code(user.email)
    with pytest.raises(Thrown, match="CodeMismatchException"):
        app("confirmPassword", user.email, other(code), NEW)
    assert app("confirmPassword", user.email, code, NEW)["step"] == "onSuccess"
    with pytest.raises(Thrown, match="NotAuthorizedException"):
        app("authenticate", user.email, PASSWORD)
    assert app("authenticate", user.email, NEW) == DONE


def test_profile(backend: Backend, pool: Pool, library: Library) -> None:
    """A new address is verified with its code; a changed password is the only one; a deleted user is gone."""
    user, app = pool.new_user(), library(pool)
    app("authenticate", user.email, PASSWORD)
    email = new_email("changed")
    assert app("change", {"name": "Ada", "email": email}) == "SUCCESS"
    assert app("verify", "email", backend.code(email))["step"] == "onSuccess"
    assert app("attributes") == {"sub": user.sub, "name": "Ada", "email": email, "email_verified": "true"}
    assert app("changePassword", PASSWORD, NEW) == "SUCCESS"
    assert app("deleteUser") == "SUCCESS"
    with pytest.raises(backend.root.exceptions.UserNotFoundException):
        pool.status_of(user.sub)


def test_devices(backend: Backend, library: Library) -> None:
    """The library confirms its device by itself; remembered, the device signs in by its own SRP; forgotten, it is gone."""
    pool = new_pool(backend, {"DeviceConfiguration": TRACKING})
    user, app = pool.new_user(), library(pool)
    assert app("authenticate", user.email, PASSWORD)["step"] == "onSuccess"
    (key,) = app("devices")
    assert app("rememberDevice")["step"] == "onSuccess"
    assert app("authenticate", user.email, PASSWORD)["step"] == "onSuccess"
    assert app("devices") == [key]
    listed = backend.root.admin_list_devices(UserPoolId=pool.id, Username=user.email)["Devices"]
    assert {"Name": "dev:device_remembered_status", "Value": "remembered"} in listed[0]["DeviceAttributes"]
    assert app("forgetDevice")["step"] == "onSuccess"
    assert app("devices") == []
