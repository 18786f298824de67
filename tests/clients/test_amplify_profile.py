"""aws-amplify v6: what signed-in users change about themselves."""

from collections.abc import Callable

import pytest
from clients.development import PASSWORD, Backend, User, new_email
from clients.javascript import Script, Thrown


def test_update_password(backend: Backend, signed_in: Callable[[User], Script]) -> None:
    """The old password opens nothing any more, the new one does."""
    user = backend.new_user()
    tab = signed_in(user)
    tab("updatePassword", {"oldPassword": PASSWORD, "newPassword": "Other-Horse-9"})
    tab("signOut")
    with pytest.raises(Thrown, match="Incorrect username or password"):
        tab("signIn", {"username": user.email, "password": PASSWORD})
    assert tab("signIn", {"username": user.email, "password": "Other-Horse-9"})["isSignedIn"]


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("Wrong-Horse-9", "Other-Horse-9", "NotAuthorizedException: Incorrect username or password"),
        (PASSWORD, "short", "InvalidPasswordException: Password did not conform with policy: .+ long enough"),
    ],
)
def test_a_bad_change_of_password(
    backend: Backend, signed_in: Callable[[User], Script], old: str, new: str, error: str
) -> None:
    """Neither a wrong old password nor a weak new one changes anything."""
    user = backend.new_user()
    tab = signed_in(user)
    with pytest.raises(Thrown, match=error):
        tab("updatePassword", {"oldPassword": old, "newPassword": new})
    tab("signOut")
    assert tab("signIn", {"username": user.email, "password": PASSWORD})["isSignedIn"]


def test_a_new_address_is_verified(backend: Backend, signed_in: Callable[[User], Script]) -> None:
    """A changed e-mail address counts as verified only after the code that was sent to it."""
    tab = signed_in(backend.new_user())
    email = new_email("changed")
    step = tab("updateUserAttributes", {"userAttributes": {"email": email}})["email"]["nextStep"]
    assert step["updateAttributeStep"] == "CONFIRM_ATTRIBUTE_WITH_CODE"
    assert step["codeDeliveryDetails"]["destination"] == "c***@e***"
    confirmation = {"userAttributeKey": "email", "confirmationCode": backend.code(email)}
    tab("confirmUserAttribute", confirmation)
    attributes = tab("fetchUserAttributes")
    assert (attributes["email"], attributes["email_verified"]) == (email, "true")
    tab("signOut")
    assert tab("signIn", {"username": email, "password": PASSWORD})["isSignedIn"]


def test_a_wrong_code_verifies_nothing(backend: Backend, signed_in: Callable[[User], Script]) -> None:
    """An invented code is a mismatch, and the new address stays unverified or unset."""
    tab = signed_in(backend.new_user())
    email = new_email("changed")
    tab("updateUserAttributes", {"userAttributes": {"email": email}})
    wrong = "000000" if backend.code(email) != "000000" else "111111"
    with pytest.raises(Thrown, match="CodeMismatchException"):
        tab("confirmUserAttribute", {"userAttributeKey": "email", "confirmationCode": wrong})
    attributes = tab("fetchUserAttributes")
    assert attributes["email"] != email or attributes["email_verified"] == "false"


def test_a_code_on_demand(backend: Backend, signed_in: Callable[[User], Script]) -> None:
    """sendUserAttributeVerificationCode sends a code with which the address is confirmed."""
    user = backend.new_user()
    verified = [{"Name": "email_verified", "Value": "false"}]
    backend.root.admin_update_user_attributes(UserPoolId=backend.pool_id, Username=user.sub, UserAttributes=verified)
    tab = signed_in(user)
    delivery = tab("sendUserAttributeVerificationCode", {"userAttributeKey": "email"})
    assert delivery == {"destination": "u***@e***", "deliveryMedium": "EMAIL", "attributeName": "email"}
    tab("confirmUserAttribute", {"userAttributeKey": "email", "confirmationCode": backend.code(user.email)})
    assert tab("fetchUserAttributes")["email_verified"] == "true"


def test_the_sub_cannot_be_changed(backend: Backend, signed_in: Callable[[User], Script]) -> None:
    """Whoever could write the sub could become somebody else."""
    user, other = backend.new_user(), backend.new_user()
    tab = signed_in(user)
    with pytest.raises(Thrown, match=r"InvalidParameterException|NotAuthorizedException"):
        tab("updateUserAttributes", {"userAttributes": {"sub": other.sub}})
    assert tab("fetchUserAttributes")["sub"] == user.sub
