"""aws-amplify v6: a forgotten password, and refresh tokens that rotate."""

import pytest
from clients.development import PASSWORD, Backend, new_email
from clients.javascript import Script, Thrown

NEW = "Better-Horse-9"
DELIVERY = {"deliveryMedium": "EMAIL", "destination": "u***@e***", "attributeName": "email"}
ASKED = {
    "isPasswordReset": False,
    "nextStep": {
        "resetPasswordStep": "CONFIRM_RESET_PASSWORD_WITH_CODE",
        "codeDeliveryDetails": DELIVERY,
    },
}


def confirm(tab: Script, email: str, code: str, password: str = NEW) -> None:
    tab("confirmResetPassword", {"username": email, "confirmationCode": code, "newPassword": password})


def test_forgotten_password(backend: Backend, tab: Script) -> None:
    """A code from the inbox and a new password; the old one no longer signs in."""
    email = backend.new_user().email
    assert tab("resetPassword", {"username": email}) == ASKED
    confirm(tab, email, backend.code(email))
    with pytest.raises(Thrown, match="NotAuthorizedException: Incorrect username or password"):
        tab("signIn", {"username": email, "password": PASSWORD})
    assert tab("signIn", {"username": email, "password": NEW})["isSignedIn"]


def test_wrong_and_used_codes(backend: Backend, tab: Script) -> None:
    """A wrong code leaves the password alone, and the right one works once."""
    email = backend.new_user().email
    tab("resetPassword", {"username": email})
    code = backend.code(email)
    with pytest.raises(Thrown, match="CodeMismatchException: Invalid verification code provided"):
        confirm(tab, email, f"{(int(code) + 1) % 1_000_000:06d}")
    with pytest.raises(Thrown, match="InvalidPasswordException: Password did not conform with policy"):
        confirm(tab, email, code, "short")
    confirm(tab, email, code)
    with pytest.raises(Thrown, match="CodeMismatchException"):
        confirm(tab, email, code, "Third-Horse-9")
    assert tab("signIn", {"username": email, "password": NEW})["isSignedIn"]


def test_unknown_user(tab: Script) -> None:
    """Amplify's client hides who exists: the answer is that of a user, and no code fits."""
    email = new_email()
    assert tab("resetPassword", {"username": email}) == ASKED
    with pytest.raises(Thrown, match="CodeMismatchException"):
        confirm(tab, email, "123456")


def test_reset_by_an_administrator(backend: Backend, tab: Script) -> None:
    """With a client that tells states apart, signing in leads to the reset, and the code that was sent ends it."""
    email = backend.new_user().email
    made = backend.root.create_user_pool_client(UserPoolId=backend.pool_id, ClientName="telling")
    tab("change", {"userPoolClientId": made["UserPoolClient"]["ClientId"]})
    backend.root.admin_reset_user_password(UserPoolId=backend.pool_id, Username=email)
    assert backend.status_of(email) == "RESET_REQUIRED"
    answer = tab("signIn", {"username": email, "password": PASSWORD})
    assert answer == {"isSignedIn": False, "nextStep": {"signInStep": "RESET_PASSWORD"}}
    confirm(tab, email, backend.code(email))
    assert backend.status_of(email) == "CONFIRMED"
    assert tab("signIn", {"username": email, "password": NEW})["isSignedIn"]


def test_rotation(backend: Backend, tab: Script) -> None:
    """Amplify keeps the refresh token that comes with each refresh, so it can go on refreshing."""
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}
    made = backend.root.create_user_pool_client(
        UserPoolId=backend.pool_id, ClientName="rotating", RefreshTokenRotation=rotation
    )
    # The identity pool knows the generated client only.
    tab("change", {"userPoolClientId": made["UserPoolClient"]["ClientId"], "identityPoolId": None})
    user = backend.new_user()
    tab("signIn", {"username": user.email, "password": user.password})
    tokens = [tab("fetchAuthSession", {"forceRefresh": True})["accessToken"] for _ in range(3)]
    assert len(set(tokens)) == 3
    assert tab("fetchUserAttributes")["email"] == user.email
