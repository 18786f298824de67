"""The running backend: sessions and their clients, the inbox, the clock, other AWS clients."""

import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from botocore.exceptions import ClientError

from poolhouse.client import OperationError, generate_client
from poolhouse.errors import UserError


def test_the_ready_client_calls_the_users_function(user, sign_in, pool) -> None:
    """Through the guard, the worker process and the grant."""
    admin, member = user(groups=["ADMINS"]), user()
    sign_in(admin).client.mutations.add_user_to_group(userId=member.sub, groupName="ADMINS")
    assert pool.groups_of(member) == ["ADMINS"]


def test_another_mode_is_a_client_of_its_own(user, sign_in, pool, outputs) -> None:
    """`outputs` and the session are what the Python client takes; the guard holds there too."""
    member = user()
    client = generate_client(outputs, session=sign_in(member), auth_mode="userPool")
    with pytest.raises(OperationError, match="Not Authorized"):
        client.mutations.add_user_to_group(userId=member.sub, groupName="ADMINS")
    assert pool.groups_of(member) == []


def test_functions_work_wherever_the_clock_is(user, sign_in, pool, clock) -> None:
    """Their credentials do not run out when the clock moves, and time limits are real ones."""
    ada = user(groups=["ADMINS"])
    sign_in(ada).client.mutations.add_user_to_group(userId=ada.sub, groupName="ADMINS")
    clock.advance(days=400)
    member = user()
    sign_in(ada).client.mutations.add_user_to_group(userId=member.sub, groupName="ADMINS")
    assert pool.groups_of(member) == ["ADMINS"]


def test_credentials_of_a_user_run_out(user, sign_in, clock, backend) -> None:
    """Those of the identity pool follow the clock."""
    found = sign_in(user()).credentials()
    sts = backend.boto3("sts", (found.access_key_id, found.secret_access_key, found.session_token))
    assert ":assumed-role/" in sts.get_caller_identity()["Arn"]
    clock.advance(hours=2)
    with pytest.raises(ClientError, match="ExpiredToken"):
        sts.get_caller_identity()
    sts.close()


def test_a_service_that_is_not_served_is_refused(backend) -> None:
    """Its requests would come to a server that knows none of them."""
    with pytest.raises(UserError, match=r"does not speak s3\. It speaks cognito-idp, cognito-identity, sts\."):
        backend.boto3("s3")


def test_the_clock_begins_at_the_present_and_moves(poolhouse_server, clock) -> None:
    """The server and the test agree on it; a reset brings the present back."""
    assert abs(clock.time() - time.time()) < 5
    clock.advance(days=2, hours=1)
    assert abs(clock.time() - time.time() - 49 * 3600) < 5
    clock.move_to(datetime(2031, 5, 1, tzinfo=UTC))
    assert clock.now() - datetime(2031, 5, 1, tzinfo=UTC) < timedelta(seconds=5)
    assert poolhouse_server.control("POST", "clock")["now"] == pytest.approx(clock.time(), abs=5)
    poolhouse_server.reset()
    assert poolhouse_server.control("POST", "clock")["now"] == pytest.approx(time.time(), abs=5)


def test_the_last_code_is_the_one(user, inbox, admin, pool) -> None:
    """And a code of a user is found by every name of his."""
    ada = user("ada", status="UNCONFIRMED")
    first = inbox.code(ada)
    admin.resend_confirmation_code(ClientId=pool.client_id, Username=ada.username)
    assert [message.code for message in inbox.messages(ada)] == [first, inbox.code(ada)]
    assert inbox.code("ada@example.com") == inbox.code(ada.sub)


def test_a_missing_code_is_told_with_what_was_sent(user, poolhouse_server) -> None:
    """So that the reader sees the mistake at once."""
    from poolhouse.testing import Inbox

    user("ada", status="UNCONFIRMED")

    class Impatient(Inbox):
        wait_seconds = 0.05

    with pytest.raises(
        AssertionError, match=r"No code was sent to bob@example.com\. The inbox has: .*ada@example\.com"
    ):
        Impatient(poolhouse_server).code("bob@example.com")


def test_the_outputs_are_a_document_and_a_file(outputs, pool) -> None:
    """Both say where the pool is."""
    assert outputs["auth"]["user_pool_id"] == pool.id
    assert outputs.path.name == "amplify_outputs.json"
    assert pool.id in outputs.path.read_text()


@pytest.mark.parametrize("headers", [{"host": "example.com"}, {"origin": "https://example.com"}])
def test_the_controls_answer_this_machine_only(backend, user, pool, headers) -> None:
    """Neither a foreign name that leads here nor a page of another site resets anything."""
    ada = user()
    answer = httpx.post(f"{backend.url}/testing/reset", headers=headers)
    assert (answer.status_code, answer.json()) == (400, {"message": "The controls answer this machine only."})
    assert pool.status_of(ada) == "CONFIRMED"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("POST", "clock", "{"), ("POST", "clock", '{"advanced": 1}'), ("GET", "reset", ""), ("POST", "nothing", "")],
)
def test_a_control_that_makes_no_sense_is_refused(backend, clock, method, path, body) -> None:
    """And moves nothing."""
    answer = httpx.request(method, f"{backend.url}/testing/{path}", content=body)
    assert answer.status_code == 400
    assert answer.json()["message"]
    assert abs(clock.time() - time.time()) < 5


def test_a_reset_takes_little_time(poolhouse_server, user) -> None:
    """The figure is for the reader."""
    user()
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        poolhouse_server.reset()
        taken.append(1000 * (time.perf_counter() - began))
    print(f"a fresh backend in {sorted(taken)[2]:.1f} ms")
    assert poolhouse_server.admin.list_users(UserPoolId=poolhouse_server.facts["user_pool_id"])["Users"] == []
