"""aws-amplify v6: signing up, and confirming with the code that was sent."""

import pytest
from clients.development import PASSWORD, Backend, new_email
from clients.javascript import Script, Thrown


def sign_up(tab: Script, email: str) -> dict:
    options = {"userAttributes": {"email": email}}
    return tab("signUp", {"username": email, "password": PASSWORD, "options": options})


def test_sign_up_confirm_sign_in(backend: Backend, tab: Script) -> None:
    """A visitor signs up, confirms with the code from the inbox, and signs in; his address is then verified."""
    email = new_email()
    signed_up = sign_up(tab, email)
    assert signed_up["nextStep"]["signUpStep"] == "CONFIRM_SIGN_UP"
    delivery = {"deliveryMedium": "EMAIL", "destination": "u***@e***", "attributeName": "email"}
    assert signed_up["nextStep"]["codeDeliveryDetails"] == delivery
    confirmed = tab("confirmSignUp", {"username": email, "confirmationCode": backend.code(email)})
    assert confirmed == {"isSignUpComplete": True, "nextStep": {"signUpStep": "DONE"}}
    assert tab("signIn", {"username": email, "password": PASSWORD})["isSignedIn"]
    attributes = {"sub": signed_up["userId"], "email": email, "email_verified": "true"}
    assert tab("fetchUserAttributes") == attributes


def test_an_unconfirmed_user_is_asked_for_the_code(backend: Backend, tab: Script) -> None:
    """The right password of an unconfirmed user leads to the code, not into a session."""
    email = new_email()
    sign_up(tab, email)
    answer = tab("signIn", {"username": email, "password": PASSWORD})
    assert answer == {"isSignedIn": False, "nextStep": {"signInStep": "CONFIRM_SIGN_UP"}}
    assert "accessToken" not in tab("fetchAuthSession")
    assert backend.status_of(email) == "UNCONFIRMED"


def test_a_new_code_replaces_the_old_one(backend: Backend, tab: Script) -> None:
    """After resendSignUpCode only the newer code confirms."""
    email = new_email()
    sign_up(tab, email)
    old = backend.code(email)
    assert tab("resendSignUpCode", {"username": email})["destination"] == "u***@e***"
    new = backend.code(email, wanted=2)
    assert new != old
    with pytest.raises(Thrown, match="CodeMismatchException: Invalid verification code provided, please try again"):
        tab("confirmSignUp", {"username": email, "confirmationCode": old})
    assert backend.status_of(email) == "UNCONFIRMED"
    assert tab("confirmSignUp", {"username": email, "confirmationCode": new})["isSignUpComplete"]


def test_a_taken_name_is_refused(backend: Backend, tab: Script) -> None:
    """The same address in other letters is the same user."""
    user = backend.new_user()
    with pytest.raises(Thrown, match="UsernameExistsException: User already exists"):
        sign_up(tab, user.email.upper())


@pytest.mark.parametrize(
    ("username", "password", "error"),
    [
        ("nobody", PASSWORD, "InvalidParameterException: Username should be an email."),
        ("weak@example.com", "short", "InvalidPasswordException: Password did not conform with policy: .+ long enough"),
        ("weak@example.com", "no-Digits-here", "InvalidPasswordException: .+ must have numeric characters"),
    ],
)
def test_a_bad_sign_up_is_refused(tab: Script, username: str, password: str, error: str) -> None:
    """Amplify shows the server's own words."""
    with pytest.raises(Thrown, match=error):
        tab("signUp", {"username": username, "password": password})
