"""On whose behalf handlers run, and what the policy of a back-end role may ask about a request."""

import dataclasses

import pytest
from protocols.graphql.world import (
    GUEST,
    IDENTITIES,
    KEY,
    ROOT,
    USERS,
    World,
    cognito_session,
    manifest,
    operation,
    session,
)

from poolhouse.access.policies import PolicySet, parse
from poolhouse.operations.callers import Asker, Handed

POOL = "us-east-1_Local0001"


@pytest.fixture
def served(world: World) -> World:
    world.serve(manifest(operation("op", rules=(KEY, USERS, IDENTITIES, GUEST)), api_key_expires_in_days=7))
    return world


async def test_a_user_with_a_token(served):
    """The pool that issued the token, the token's id, and where the request came from."""
    assert (await served.post("{ op }", served.user("bob", jti="t-1"))).data["op"]
    assert served.asker == Asker(POOL, "bobsub", "bob", "t-1", "203.0.113.9", "graphql")


async def test_a_user_with_credentials(served):
    identity = dataclasses.replace(cognito_session().identity, pool_id=POOL)
    principal = dataclasses.replace(cognito_session(), identity=identity)
    assert (await served.post("{ op }", served.signed(principal))).data["op"]
    assert served.asker == Asker(POOL, "adminsub", "adminsub", "", "203.0.113.9", "graphql")


async def test_nobody(served):
    """Guests and whoever has the API key are no users."""
    served.keys.add("good")
    for headers in (served.signed(cognito_session(guest=True)), {"x-api-key": "good"}):
        served.asker = Asker(POOL, "left over", "", "", "", "graphql")
        assert (await served.post("{ op }", headers)).data["op"]
        assert served.asker is None


async def test_a_function_that_calls_hands_its_caller_on(served):
    trace = "Root=1;Caller=sealed"
    assert (await served.post("{ op }", {**served.signed(ROOT), "x-amzn-trace-id": trace})).data["op"]
    assert served.asker == Handed(ROOT, trace)


@pytest.mark.parametrize(("condition", "status"), [("203.0.113.0/24", 200), ("192.0.2.0/24", 401)])
async def test_conditions_of_a_roles_policy(served, condition, status):
    """The address of the request counts, as everywhere else."""
    statement = {
        "Effect": "Allow",
        "Action": "appsync:GraphQL",
        "Resource": "*",
        "Condition": {"IpAddress": {"aws:SourceIp": condition}, "Bool": {"aws:SecureTransport": "true"}},
    }
    policies = PolicySet([parse({"Version": "2012-10-17", "Statement": [statement]})])
    principal = dataclasses.replace(session("fn"), policies=policies)
    assert (await served.post("{ op }", served.signed(principal))).status == status
    assert len(served.events) == (status == 200)
