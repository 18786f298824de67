"""Getting back into an account with the Python client, against a real server."""

import time

import httpx
import pytest
from app.running import PASSWORD

from poolhouse.client import RequestRefused, confirm_reset_password, reset_password, sign_in

NEW = "Better-Horse-9"


def code(server, address: str) -> str:
    """The last code that the server sent there."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = server.http.get("/inbox/messages", params={"destination": address}).json()
        if found:
            return found[-1]["code"]
        time.sleep(0.02)
    raise AssertionError(f"nothing was sent to {address}")


def test_reset(server, outputs, email):
    """A code by mail, a new password for it, and the old one is gone."""
    server.person(email)
    masked = f"{email[0]}***@e***"
    assert reset_password(outputs, email) == {
        "AttributeName": "email",
        "DeliveryMedium": "EMAIL",
        "Destination": masked,
    }
    confirm_reset_password(outputs, email, code(server, email), NEW)
    assert sign_in(outputs, email, NEW).claims["email"] == email
    with pytest.raises(RequestRefused, match="Incorrect username or password"):
        sign_in(outputs, email, PASSWORD)


def test_after_a_reset_by_an_administrator(server, outputs, email):
    server.person(email)
    answer = server.signed("AdminResetUserPassword", UserPoolId=server.pool, Username=email)
    assert (answer.status_code, answer.json()) == (200, {})
    confirm_reset_password(outputs, email, code(server, email), NEW)
    assert sign_in(outputs, email, NEW)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [(lambda right: f"{(int(right) + 1) % 1_000_000:06d}", "CodeMismatchException"), (str, "InvalidPasswordException")],
)
def test_refused(server, outputs, email, change, refusal):
    """The server's code and words come through, and the old password still works."""
    server.person(email)
    reset_password(outputs, email)
    password = NEW if refusal == "CodeMismatchException" else "short"
    with pytest.raises(RequestRefused) as caught:
        confirm_reset_password(outputs, email, change(code(server, email)), password)
    assert caught.value.code == refusal
    assert sign_in(outputs, email, PASSWORD)


def test_unknown_user(server, outputs, email):
    """The backend of the example hides who exists: a mail is announced, and none is sent."""
    assert reset_password(outputs, email)["DeliveryMedium"] == "EMAIL"
    with pytest.raises(RequestRefused, match="CodeMismatchException"):
        confirm_reset_password(outputs, email, "123456", NEW)
    assert server.http.get("/inbox/messages", params={"destination": email}).json() == []


def test_own_connection(server, outputs, email):
    """The caller's client is used and left open; the endpoint can be named."""
    server.person(email)
    with httpx.Client() as http:
        reset_password(outputs, email, endpoint=server.url, http=http)
        confirm_reset_password(outputs, email, code(server, email), NEW, endpoint=server.url, http=http)
        assert not http.is_closed


@pytest.mark.parametrize("member", ["ConfirmationCode", "Password"])
def test_raw_request_without_a_member(server, outputs, email, member):
    """On the wire too, nothing is set without a code, and `null` is the same as nothing."""
    server.person(email)
    request = {"ClientId": server.client, "Username": email, "ConfirmationCode": "123456", "Password": NEW}
    for changed in ({name: value for name, value in request.items() if name != member}, {**request, member: None}):
        answer = server.public("ConfirmForgotPassword", **changed)
        assert (answer.status_code, answer.json()["__type"]) == (400, "InvalidParameterException")
    assert sign_in(outputs, email, PASSWORD)
