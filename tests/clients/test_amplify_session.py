"""aws-amplify v6: what a session holds, and what a refresh changes."""

from collections.abc import Callable

import pytest
from clients.development import Backend, User
from clients.javascript import Script, Thrown


def role_of(backend: Backend, session: dict) -> tuple[str, str]:
    """The role and the session name behind the credentials, as STS tells them."""
    found = session["credentials"]
    key = (found["accessKeyId"], found["secretAccessKey"], found["sessionToken"])
    arn = backend.boto3("sts", key).get_caller_identity()["Arn"]
    _, role, name = arn.split("/")
    return role, name


def test_a_session_has_tokens_and_credentials(backend: Backend, signed_in: Callable[[User], Script]) -> None:
    """Both tokens, the identity, its credentials, and the claims that the spec names."""
    user = backend.new_user("ADMINS")
    session = signed_in(user)("fetchAuthSession")
    assert session["userSub"] == user.sub
    assert session["identityId"].startswith("us-east-1:")
    claims = session["claims"]
    assert claims["iss"] == f"{backend.url}/{backend.pool_id}"
    assert claims["aud"] == backend.client_id
    assert (claims["email"], claims["email_verified"], claims["cognito:groups"]) == (user.email, True, ["ADMINS"])


def test_a_member_has_the_role_of_the_group(backend: Backend, signed_in: Callable[[User], Script]) -> None:
    """The credentials of a member of ADMINS are those of the group's role (spec check C10)."""
    session = signed_in(backend.new_user("ADMINS"))("fetchAuthSession")
    role, name = role_of(backend, session)
    assert name == "CognitoIdentityCredentials"
    assert "ADMINS" in role
    assert session["claims"]["cognito:preferred_role"].endswith(role)


def test_a_user_without_group_has_the_authenticated_role(backend: Backend, signed_in: Callable[[User], Script]) -> None:
    """No group, no group role."""
    session = signed_in(backend.new_user())("fetchAuthSession")
    assert "cognito:preferred_role" not in session["claims"]
    assert "ADMINS" not in role_of(backend, session)[0]


def test_a_guest_has_credentials_and_no_tokens(backend: Backend, tab: Script) -> None:
    """Before a sign-in the session is a guest's, under the unauthenticated role."""
    session = tab("fetchAuthSession")
    assert "accessToken" not in session
    assert "unauth" in role_of(backend, session)[0]


def test_the_guest_becomes_the_user(backend: Backend, signed_in: Callable[[User], Script], tab: Script) -> None:
    """Signing in changes the credentials from the guest's to the user's."""
    guest = tab("fetchAuthSession")["credentials"]
    session = signed_in(backend.new_user())("fetchAuthSession")
    assert session["credentials"]["accessKeyId"] != guest["accessKeyId"]
    assert "unauth" not in role_of(backend, session)[0]


def test_a_forced_refresh_sees_the_new_group(backend: Backend, signed_in: Callable[[User], Script]) -> None:
    """The id token keeps its groups until it is refreshed; then it has the group and the credentials its role."""
    user = backend.new_user()
    tab = signed_in(user)
    backend.add(user, "ADMINS")
    assert "cognito:groups" not in tab("fetchAuthSession")["claims"]
    session = tab("fetchAuthSession", {"forceRefresh": True})
    assert session["claims"]["cognito:groups"] == ["ADMINS"]
    assert "ADMINS" in role_of(backend, session)[0]


def test_a_refresh_keeps_the_sign_in(backend: Backend, signed_in: Callable[[User], Script]) -> None:
    """New tokens of the same sign-in: other bytes, same origin and time of authentication; the identity stays."""
    tab = signed_in(backend.new_user())
    before = tab("fetchAuthSession")
    after = tab("fetchAuthSession", {"forceRefresh": True})
    assert after["idToken"] != before["idToken"]
    assert after["identityId"] == before["identityId"]
    for claim in ("origin_jti", "auth_time", "sub"):
        assert after["claims"][claim] == before["claims"][claim]


def test_an_administrator_ends_the_session(backend: Backend, signed_in: Callable[[User], Script]) -> None:
    """After AdminUserGlobalSignOut the refresh is refused and Amplify drops the tokens."""
    user = backend.new_user()
    tab = signed_in(user)
    backend.root.admin_user_global_sign_out(UserPoolId=backend.pool_id, Username=user.email)
    assert "accessToken" not in tab("fetchAuthSession", {"forceRefresh": True})
    with pytest.raises(Thrown, match="UserUnAuthenticatedException"):
        tab("getCurrentUser")
