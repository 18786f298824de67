"""aws-amplify v6: authenticator apps, codes by e-mail, and remembered devices."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from clients.development import PASSWORD, Backend, new_email
from clients.javascript import Script, Thrown
from clients.pools import TOTP, Authenticator

MAIL = {"EmailMfaConfiguration": {}}
TRACKING = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": True}
DONE = {"isSignedIn": True, "nextStep": {"signInStep": "DONE"}}


@dataclass(frozen=True)
class Person:
    """A confirmed user with a verified address in a pool of his own."""

    backend: Backend
    pool: str
    email: str
    tab: Script

    def sign_in(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.tab("signIn", {"username": self.email, "password": PASSWORD})
        return answer

    def confirm(self, given: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.tab("confirmSignIn", {"challengeResponse": given})
        return answer

    def configure(self, mode: str, **factors: Any) -> None:
        self.backend.root.set_user_pool_mfa_config(UserPoolId=self.pool, MfaConfiguration=mode, **factors)

    def shown(self) -> dict[str, Any]:
        user: dict[str, Any] = self.backend.root.admin_get_user(UserPoolId=self.pool, Username=self.email)
        return user

    def devices(self) -> list[Any]:
        listed: list[Any] = self.backend.root.admin_list_devices(UserPoolId=self.pool, Username=self.email)["Devices"]
        return listed


@pytest.fixture
def person(backend: Backend, tab: Script) -> Callable[..., Person]:
    """Someone in a new pool; the tab is configured for it."""

    def person(**settings: Any) -> Person:
        root, email = backend.root, new_email("mfa")
        login = {"UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"]}
        pool = root.create_user_pool(PoolName="mfa", **login, **settings)["UserPool"]["Id"]
        client = root.create_user_pool_client(UserPoolId=pool, ClientName="web")["UserPoolClient"]["ClientId"]
        known = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        root.admin_create_user(UserPoolId=pool, Username=email, UserAttributes=known, MessageAction="SUPPRESS")
        root.admin_set_user_password(UserPoolId=pool, Username=email, Password=PASSWORD, Permanent=True)
        tab("change", {"userPoolId": pool, "userPoolClientId": client, "identityPoolId": None})
        return Person(backend, pool, email, tab)

    return person


def enrolled(someone: Person) -> Authenticator:
    """setUpTOTP, verifyTOTPSetup and updateMFAPreference of somebody who is signed in."""
    app = Authenticator(someone.tab("setUpTOTP")["sharedSecret"])
    someone.tab("verifyTOTPSetup", {"code": app.code()})
    someone.tab("updateMFAPreference", {"totp": "PREFERRED"})
    return app


def test_totp(person: Callable[..., Person]) -> None:
    """Set up while signed in, then asked for; a wrong code can be corrected and a used one cannot be used again."""
    someone = person()
    someone.configure("OPTIONAL", **TOTP)
    assert someone.sign_in() == DONE
    app = enrolled(someone)
    assert someone.tab("fetchMFAPreference") == {"enabled": ["TOTP"], "preferred": "TOTP"}
    someone.tab("signOut")
    assert someone.sign_in()["nextStep"] == {"signInStep": "CONFIRM_SIGN_IN_WITH_TOTP_CODE"}
    code = app.code()
    with pytest.raises(Thrown, match="CodeMismatchException: Invalid code received for user"):
        someone.confirm(f"{(int(code) + 1) % 10**6:06d}")
    assert someone.confirm(code) == DONE
    someone.tab("signOut")
    someone.sign_in()
    with pytest.raises(Thrown, match="ExpiredCodeException: Your software token has already been used once"):
        someone.confirm(code)
    assert someone.confirm(app.code()) == DONE


def test_totp_set_up_with_a_wrong_code(person: Callable[..., Person]) -> None:
    someone = person()
    someone.configure("OPTIONAL", **TOTP)
    someone.sign_in()
    someone.tab("setUpTOTP")
    with pytest.raises(Thrown, match="EnableSoftwareTokenMFAException: Code mismatch and fail enable"):
        someone.tab("verifyTOTPSetup", {"code": "000000"})
    with pytest.raises(Thrown, match="InvalidParameterException: User has not verified software token mfa"):
        someone.tab("updateMFAPreference", {"totp": "PREFERRED"})


def test_totp_that_is_switched_off(person: Callable[..., Person]) -> None:
    someone = person()
    someone.configure("OPTIONAL", **TOTP)
    someone.sign_in()
    enrolled(someone)
    someone.tab("updateMFAPreference", {"totp": "DISABLED"})
    assert someone.tab("fetchMFAPreference") == {}
    someone.tab("signOut")
    assert someone.sign_in() == DONE


def test_set_up_during_the_sign_in(person: Callable[..., Person]) -> None:
    """A pool that requires a factor has it set up before there are tokens."""
    someone = person()
    someone.configure("ON", **TOTP)
    step = someone.sign_in()["nextStep"]
    assert step["signInStep"] == "CONTINUE_SIGN_IN_WITH_TOTP_SETUP"
    assert "accessToken" not in someone.tab("fetchAuthSession")
    app = Authenticator(step["totpSetupDetails"]["sharedSecret"])
    code = app.code()
    with pytest.raises(Thrown, match="EnableSoftwareTokenMFAException"):
        someone.confirm(f"{(int(code) + 1) % 10**6:06d}")
    assert someone.confirm(code) == DONE
    assert someone.shown()["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]
    someone.tab("signOut")
    assert someone.sign_in()["nextStep"] == {"signInStep": "CONFIRM_SIGN_IN_WITH_TOTP_CODE"}
    assert someone.confirm(app.code()) == DONE


def test_choice_of_what_to_set_up(person: Callable[..., Person]) -> None:
    """An unverified user of a pool with both factors chooses; the mail proves the address."""
    someone = person()
    unverified = [{"Name": "email_verified", "Value": "false"}]
    someone.backend.root.admin_update_user_attributes(
        UserPoolId=someone.pool, Username=someone.email, UserAttributes=unverified
    )
    someone.configure("ON", **TOTP, **MAIL)
    step = {"signInStep": "CONTINUE_SIGN_IN_WITH_MFA_SETUP_SELECTION", "allowedMFATypes": ["TOTP", "EMAIL"]}
    assert someone.sign_in()["nextStep"] == step
    assert someone.confirm("EMAIL")["nextStep"] == {"signInStep": "CONTINUE_SIGN_IN_WITH_EMAIL_SETUP"}
    asked = someone.confirm(someone.email)["nextStep"]
    assert asked["signInStep"] == "CONFIRM_SIGN_IN_WITH_EMAIL_CODE"
    assert someone.confirm(someone.backend.code(someone.email)) == DONE
    assert {"Name": "email_verified", "Value": "true"} in someone.shown()["UserAttributes"]


def test_code_by_email(person: Callable[..., Person]) -> None:
    someone = person()
    someone.configure("OPTIONAL", **MAIL)
    someone.sign_in()
    someone.tab("updateMFAPreference", {"email": "PREFERRED"})
    someone.tab("signOut")
    asked = someone.sign_in()["nextStep"]
    details = {"deliveryMedium": "EMAIL", "destination": f"{someone.email[0]}***@e***"}
    assert asked == {"signInStep": "CONFIRM_SIGN_IN_WITH_EMAIL_CODE", "codeDeliveryDetails": details}
    assert someone.confirm(someone.backend.code(someone.email)) == DONE


def test_choice_of_the_factor(person: Callable[..., Person]) -> None:
    """Two factors without a preference."""
    someone = person()
    someone.configure("OPTIONAL", **TOTP, **MAIL)
    someone.sign_in()
    app = enrolled(someone)
    someone.tab("updateMFAPreference", {"totp": "NOT_PREFERRED", "email": "ENABLED"})
    someone.tab("signOut")
    step = {"signInStep": "CONTINUE_SIGN_IN_WITH_MFA_SELECTION", "allowedMFATypes": ["TOTP", "EMAIL"]}
    assert someone.sign_in()["nextStep"] == step
    assert someone.confirm("TOTP")["nextStep"] == {"signInStep": "CONFIRM_SIGN_IN_WITH_TOTP_CODE"}
    assert someone.confirm(app.code()) == DONE


def test_remembered_device(person: Callable[..., Person]) -> None:
    """Once remembered, the browser proves itself instead of asking for a code; forgotten, it asks again."""
    someone = person(DeviceConfiguration=TRACKING)
    someone.configure("OPTIONAL", **TOTP)
    someone.sign_in()
    app = enrolled(someone)
    (device,) = someone.tab("fetchDevices")
    assert [found["DeviceKey"] for found in someone.devices()] == [device["id"]]
    someone.tab("signOut")
    assert someone.sign_in()["nextStep"] == {"signInStep": "CONFIRM_SIGN_IN_WITH_TOTP_CODE"}
    assert someone.confirm(app.code()) == DONE
    assert someone.tab("rememberDevice") is None
    someone.tab("signOut")
    assert someone.sign_in() == DONE
    key = {"DeviceKey": device["id"]}
    someone.backend.root.admin_forget_device(UserPoolId=someone.pool, Username=someone.email, **key)
    someone.tab("signOut")
    assert someone.sign_in()["nextStep"] == {"signInStep": "CONFIRM_SIGN_IN_WITH_TOTP_CODE"}


def test_forget_device(person: Callable[..., Person]) -> None:
    """The browser drops its own key as well, and gets a new one with the next sign-in."""
    someone = person(DeviceConfiguration=TRACKING)
    someone.sign_in()
    (first,) = someone.tab("fetchDevices")
    someone.tab("forgetDevice")
    assert someone.tab("fetchDevices") == []
    assert someone.devices() == []
    someone.tab("signOut")
    assert someone.sign_in() == DONE
    (second,) = someone.tab("fetchDevices")
    assert second["id"] != first["id"]
