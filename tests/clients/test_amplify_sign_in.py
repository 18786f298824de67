"""aws-amplify v6: SRP sign-in, the first password of an invited user, and signing out."""

from collections.abc import Callable

import pytest
from clients.development import PASSWORD, Backend, User, new_email
from clients.javascript import Script, Thrown

WRONG = "NotAuthorizedException: Incorrect username or password."


def test_srp_is_the_default(backend: Backend, signed_in: Callable[[User], Script]) -> None:
    """signIn without options proves the password by SRP; the session names the user by his sub."""
    user = backend.new_user()
    tab = signed_in(user)
    who = {"loginId": user.email, "authFlowType": "USER_SRP_AUTH"}
    assert tab("getCurrentUser") == {"username": user.sub, "userId": user.sub, "signInDetails": who}


def test_a_wrong_password_is_refused(backend: Backend, tab: Script) -> None:
    """Nothing but the right password signs in, and nobody is signed in afterwards."""
    user = backend.new_user()
    with pytest.raises(Thrown, match=WRONG):
        tab("signIn", {"username": user.email, "password": "Wrong-Horse-9"})
    assert "accessToken" not in tab("fetchAuthSession")


def test_an_unknown_user_is_refused_in_the_same_words(tab: Script) -> None:
    """Amplify's client protects against probing: an unknown address and a wrong password look alike."""
    with pytest.raises(Thrown, match=WRONG):
        tab("signIn", {"username": new_email("unknown"), "password": PASSWORD})


def test_a_disabled_user_is_refused(backend: Backend, tab: Script) -> None:
    """The right password of a disabled user is not enough; enabled again, it is."""
    user = backend.new_user()
    backend.root.admin_disable_user(UserPoolId=backend.pool_id, Username=user.sub)
    with pytest.raises(Thrown, match="NotAuthorizedException: User is disabled"):
        tab("signIn", {"username": user.email, "password": PASSWORD})
    backend.root.admin_enable_user(UserPoolId=backend.pool_id, Username=user.sub)
    assert tab("signIn", {"username": user.email, "password": PASSWORD})["isSignedIn"]


def test_the_password_flow_is_not_enabled(backend: Backend, tab: Script) -> None:
    """The client of the definitions has no USER_PASSWORD_AUTH (spec check A2)."""
    user = backend.new_user()
    request = {"username": user.email, "password": PASSWORD, "options": {"authFlowType": "USER_PASSWORD_AUTH"}}
    with pytest.raises(Thrown, match="InvalidParameterException: USER_PASSWORD_AUTH flow not enabled"):
        tab("signIn", request)


def test_an_invited_user_chooses_a_password(backend: Backend, tab: Script) -> None:
    """The temporary password from the invitation leads to a new one, which must satisfy the policy."""
    email = new_email()
    backend.root.admin_create_user(
        UserPoolId=backend.pool_id,
        Username=email,
        UserAttributes=[{"Name": "email", "Value": email}],
        DesiredDeliveryMediums=["EMAIL"],
    )
    answer = tab("signIn", {"username": email, "password": backend.code(email)})
    step = {"signInStep": "CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED", "missingAttributes": []}
    assert answer == {"isSignedIn": False, "nextStep": step}
    with pytest.raises(Thrown, match="InvalidPasswordException: Password did not conform with policy"):
        tab("confirmSignIn", {"challengeResponse": "short"})
    assert backend.status_of(email) == "FORCE_CHANGE_PASSWORD"
    assert tab("confirmSignIn", {"challengeResponse": "Chosen-Horse-9"})["isSignedIn"]
    assert backend.status_of(email) == "CONFIRMED"


def test_the_temporary_password_is_dead_afterwards(backend: Backend, tab: Script) -> None:
    """Once replaced, the invitation's password signs nobody in."""
    email = new_email()
    backend.root.admin_create_user(
        UserPoolId=backend.pool_id, Username=email, TemporaryPassword="Temporary-9", MessageAction="SUPPRESS"
    )
    tab("signIn", {"username": email, "password": "Temporary-9"})
    tab("confirmSignIn", {"challengeResponse": "Chosen-Horse-9"})
    tab("signOut")
    with pytest.raises(Thrown, match=WRONG):
        tab("signIn", {"username": email, "password": "Temporary-9"})
    assert tab("signIn", {"username": email, "password": "Chosen-Horse-9"})["isSignedIn"]


def test_sign_out_revokes_this_session_only(
    backend: Backend, script: Callable[..., Script], signed_in: Callable[[User], Script]
) -> None:
    """signOut revokes the tokens of its own sign-in; another device stays signed in."""
    user = backend.new_user()
    tab = signed_in(user)
    token = tab("fetchAuthSession")["accessToken"]
    other = script("amplify.mjs", str(backend.project))
    other("signIn", {"username": user.email, "password": PASSWORD})
    tab("signOut")
    with pytest.raises(backend.public.exceptions.NotAuthorizedException, match="Access Token has been revoked"):
        backend.public.get_user(AccessToken=token)
    assert other("fetchUserAttributes")["email"] == user.email


def test_global_sign_out_ends_every_session(
    backend: Backend, script: Callable[..., Script], signed_in: Callable[[User], Script]
) -> None:
    """After signOut({global: true}) on one device the other one's access and refresh tokens are refused."""
    user = backend.new_user()
    other = script("amplify.mjs", str(backend.project))
    other("signIn", {"username": user.email, "password": PASSWORD})
    token = other("fetchAuthSession")["accessToken"]
    signed_in(user)("signOut", {"global": True})
    with pytest.raises(backend.public.exceptions.NotAuthorizedException, match="Access Token has been revoked"):
        backend.public.get_user(AccessToken=token)
    with pytest.raises(Thrown, match="NotAuthorizedException: Access Token has been revoked"):
        other("fetchUserAttributes")
    # Amplify drops the refused tokens and tries on as a guest with the user's identity, which is refused as well.
    with pytest.raises(Thrown, match=r"NotAuthorizedException: Access to Identity .+ is forbidden"):
        other("fetchAuthSession", {"forceRefresh": True})
    with pytest.raises(Thrown, match="UserUnAuthenticatedException"):
        other("getCurrentUser")
