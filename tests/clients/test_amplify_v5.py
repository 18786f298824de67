"""aws-amplify v5, which many apps have not left yet."""

import json
from collections.abc import Callable

import pytest
from clients.development import PASSWORD, Backend, new_email
from clients.javascript import Script, Thrown
from clients.pools import TOTP, Authenticator, Pool, new_pool, other

NEW = "Better-Horse-9"
ADD = "mutation Add($userId: String!, $groupName: String!) { addUserToGroup(userId: $userId, groupName: $groupName) }"
DELIVERY = {"AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "u***@e***"}
Configured = Callable[[str, str], Script]


@pytest.fixture
def configured(backend: Backend, script: Callable[..., Script]) -> Configured:
    """A tab for a pool and its client, with v5's own names."""

    def configured(pool: str, client: str) -> Script:
        auth = {"region": "us-east-1", "userPoolId": pool, "userPoolWebClientId": client, "endpoint": backend.url}
        api = {
            "aws_appsync_graphqlEndpoint": backend.outputs["data"]["url"],
            "aws_appsync_region": "us-east-1",
            "aws_appsync_authenticationType": "AMAZON_COGNITO_USER_POOLS",
        }
        return script("amplify5.mjs", json.dumps({"Auth": auth, **api}))

    return configured


@pytest.fixture
def tab5(backend: Backend, configured: Configured) -> Script:
    return configured(backend.pool_id, backend.client_id)


def test_sign_up_to_sign_out(backend: Backend, tab5: Script) -> None:
    """Sign-up, the code from the inbox, SRP sign-in, the profile, sign-out."""
    email = new_email()
    made = tab5("signUp", {"username": email, "password": PASSWORD, "attributes": {"email": email}})
    assert (made["userConfirmed"], made["codeDeliveryDetails"]) == (False, DELIVERY)
    with pytest.raises(Thrown, match="UserNotConfirmedException: User is not confirmed"):
        tab5("signIn", email, PASSWORD)
    code = backend.code(email)
    with pytest.raises(Thrown, match="CodeMismatchException: Invalid verification code provided"):
        tab5("confirmSignUp", email, other(code))
    assert tab5("confirmSignUp", email, code) == "SUCCESS"
    assert tab5("signIn", email, PASSWORD) == "DONE"
    assert tab5("tokens")["claims"]["sub"] == made["userSub"]
    assert tab5("attributes") == {"sub": made["userSub"], "email": email, "email_verified": "true"}
    tab5("signOut")
    assert not tab5("isSignedIn")


def test_wrong_password(backend: Backend, tab5: Script) -> None:
    user = backend.new_user()
    with pytest.raises(Thrown, match="NotAuthorizedException: Incorrect username or password"):
        tab5("signIn", user.email, NEW)
    assert not tab5("isSignedIn")


def test_refresh(backend: Backend, tab5: Script) -> None:
    """The refreshed tokens carry the groups of now."""
    user = backend.new_user()
    tab5("signIn", user.email, PASSWORD)
    before = tab5("tokens")
    backend.add(user, "ADMINS")
    tab5("refresh")
    after = tab5("tokens")
    assert after["access"] != before["access"]
    assert "cognito:groups" not in before["claims"]
    assert after["claims"]["cognito:groups"] == ["ADMINS"]


def test_new_password(backend: Backend, tab5: Script) -> None:
    """An invited user chooses his password in the sign-in."""
    invited = Pool(backend, backend.pool_id, backend.client_id, None).invited("Temporary-9")
    assert tab5("signIn", invited, "Temporary-9") == "NEW_PASSWORD_REQUIRED"
    assert backend.status_of(invited) == "FORCE_CHANGE_PASSWORD"
    assert tab5("completeNewPassword", PASSWORD) == "DONE"
    assert backend.status_of(invited) == "CONFIRMED"


def test_totp(backend: Backend, configured: Configured) -> None:
    """Set up while signed in, then asked for at the next sign-in; v5 goes on after a wrong code."""
    pool = new_pool(backend)
    pool.require("OPTIONAL", **TOTP)
    user, tab5 = pool.new_user(), configured(pool.id, pool.client)
    assert tab5("signIn", user.email, PASSWORD) == "DONE"
    app = Authenticator(tab5("setupTOTP"))
    with pytest.raises(Thrown, match="EnableSoftwareTokenMFAException"):
        tab5("verifyTotpToken", "000000")
    assert tab5("verifyTotpToken", app.code()) == "SUCCESS"
    assert tab5("preferredMFA") == "SOFTWARE_TOKEN_MFA"
    tab5("signOut")
    assert tab5("signIn", user.email, PASSWORD) == "SOFTWARE_TOKEN_MFA"
    code = app.code()
    with pytest.raises(Thrown, match="CodeMismatchException"):
        tab5("confirmSignIn", other(code), "SOFTWARE_TOKEN_MFA")
    assert tab5("confirmSignIn", code, "SOFTWARE_TOKEN_MFA") == "DONE"
    assert tab5("attributes")["email"] == user.email


def test_recovery(backend: Backend, tab5: Script) -> None:
    """A forgotten password is replaced with a code from the inbox."""
    user = backend.new_user()
    assert tab5("forgotPassword", user.email)["CodeDeliveryDetails"] == DELIVERY
    code = backend.code(user.email)
    with pytest.raises(Thrown, match="CodeMismatchException"):
        tab5("forgotPasswordSubmit", user.email, other(code), NEW)
    assert tab5("forgotPasswordSubmit", user.email, code, NEW) == "SUCCESS"
    with pytest.raises(Thrown, match="NotAuthorizedException"):
        tab5("signIn", user.email, PASSWORD)
    assert tab5("signIn", user.email, NEW) == "DONE"


def test_attributes(backend: Backend, tab5: Script) -> None:
    """A changed name, a new address that is verified with its code, and a changed password."""
    tab5("signIn", backend.new_user().email, PASSWORD)
    assert tab5("change", {"name": "Ada"}) == "SUCCESS"
    email = new_email("changed")
    tab5("change", {"email": email})
    assert tab5("verify", "email", backend.code(email)) == "SUCCESS"
    found = tab5("attributes")
    assert (found["name"], found["email"], found["email_verified"]) == ("Ada", email, "true")
    with pytest.raises(Thrown, match="NotAuthorizedException: Incorrect username or password"):
        tab5("changePassword", NEW, NEW)
    assert tab5("changePassword", PASSWORD, NEW) == "SUCCESS"


def test_mutation(backend: Backend, tab5: Script) -> None:
    """The guarded mutation: a member's call runs the function, anybody else's is refused and changes nothing."""
    admin, somebody, member = backend.new_user("ADMINS"), backend.new_user(), backend.new_user()
    asked = {"userId": member.sub, "groupName": "ADMINS"}
    tab5("signIn", somebody.email, PASSWORD)
    with pytest.raises(Thrown) as refused:
        tab5("graphql", ADD, asked)
    assert refused.value.result["errors"][0]["errorType"] == "Unauthorized"
    assert backend.groups_of(member) == []
    tab5("signIn", admin.email, PASSWORD)
    answer = json.loads(tab5("graphql", ADD, asked)["data"]["addUserToGroup"])
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert backend.groups_of(member) == ["ADMINS"]


def test_sign_out_everywhere(backend: Backend, configured: Configured) -> None:
    """Signed out by another device: the tab's tokens are dead."""
    user = backend.new_user()
    here, there = (configured(backend.pool_id, backend.client_id) for _ in range(2))
    for tab in (here, there):
        tab("signIn", user.email, PASSWORD)
    here("signOut", {"global": True})
    with pytest.raises(Thrown, match="NotAuthorizedException: Access Token has been revoked"):
        there("attributes")
