"""The audit trail of a whole server: what its clients did is there, linked, and whatever way they came."""

import asyncio
import uuid

import pytest
from app.running import PASSWORD

from poolhouse import telemetry
from poolhouse.operations import audit

MUTATION = "mutation A($g: String!, $u: String!) { addUserToGroup(groupName: $g, userId: $u) }"


@pytest.fixture
def ada(server) -> tuple[str, str]:
    """A user who is no administrator: the name and the sub."""
    email = f"{uuid.uuid4()}@example.com"
    server.person(email)
    return email, server.signed("AdminGetUser", UserPoolId=server.pool, Username=email).json()["Username"]


def trail(server, **wanted) -> list[audit.Event]:
    """The newest first, asked in the server's own loop."""
    asked = audit.events(server.server.services, limit=1000, **wanted)
    return asyncio.run_coroutine_threadsafe(asked, server.loop).result(10)


def tokens(server, email: str, password: str = PASSWORD) -> dict:
    answer = server.public(
        "InitiateAuth",
        ClientId=server.client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": password},
    )
    return answer.json()


def test_sign_ins_through_boto3(server, ada):
    """AdminListUserAuthEvents by the published client, page by page."""
    email, _ = ada
    idp = server.aws("cognito-idp")
    before = idp.admin_list_user_auth_events(UserPoolId=server.pool, Username=email)
    assert before["AuthEvents"] == []
    wanted = {"UserPoolId": server.pool, "ClientId": server.client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH"}
    allowed = {"UserPoolId": server.pool, "ClientId": server.client}
    flows = idp.describe_user_pool_client(**allowed)["UserPoolClient"]["ExplicitAuthFlows"]
    idp.update_user_pool_client(**allowed, ExplicitAuthFlows=[*flows, "ALLOW_ADMIN_USER_PASSWORD_AUTH"])
    idp.admin_initiate_auth(**wanted, AuthParameters={"USERNAME": email, "PASSWORD": PASSWORD})
    with pytest.raises(idp.exceptions.NotAuthorizedException):
        idp.admin_initiate_auth(**wanted, AuthParameters={"USERNAME": email, "PASSWORD": "Wrong-Horse-9"})
    pages = idp.get_paginator("admin_list_user_auth_events").paginate(
        UserPoolId=server.pool, Username=email, PaginationConfig={"PageSize": 1}
    )
    found = [event for page in pages for event in page["AuthEvents"]]
    assert [(event["EventType"], event["EventResponse"]) for event in found] == [("SignIn", "Fail"), ("SignIn", "Pass")]
    assert found[0]["EventContextData"]["IpAddress"] == "127.0.0.1"
    assert found[0]["CreationDate"] >= found[1]["CreationDate"]


def test_a_sign_in_in_progress_through_boto3(server):
    """Behind a temporary password, until a new one is chosen: the same event, in progress and then passed."""
    idp, email = server.aws("cognito-idp"), f"{uuid.uuid4()}@example.com"
    allowed = {"UserPoolId": server.pool, "ClientId": server.client}
    flows = idp.describe_user_pool_client(**allowed)["UserPoolClient"]["ExplicitAuthFlows"]
    idp.update_user_pool_client(**allowed, ExplicitAuthFlows=sorted({*flows, "ALLOW_ADMIN_USER_PASSWORD_AUTH"}))
    who = {"UserPoolId": server.pool, "Username": email}
    idp.admin_create_user(**who, TemporaryPassword=PASSWORD, MessageAction="SUPPRESS")
    given = {"USERNAME": email, "PASSWORD": PASSWORD}
    asked = idp.admin_initiate_auth(**allowed, AuthFlow="ADMIN_USER_PASSWORD_AUTH", AuthParameters=given)
    begun = idp.admin_list_user_auth_events(**who)["AuthEvents"]
    assert [event["EventResponse"] for event in begun] == ["InProgress"]
    answers = {"USERNAME": email, "NEW_PASSWORD": "Chosen-Horse-99"}
    idp.admin_respond_to_auth_challenge(
        **allowed, ChallengeName=asked["ChallengeName"], Session=asked["Session"], ChallengeResponses=answers
    )
    passed = idp.admin_list_user_auth_events(**who)["AuthEvents"]
    assert [(event["EventId"], event["EventResponse"]) for event in passed] == [(begun[0]["EventId"], "Pass")]


def test_a_refused_mutation_is_on_record(server, ada):
    """Who is no member of the group leaves a record of the field that he wanted, and is a member of nothing still."""
    email, sub = ada
    token = signed_in(server, email)
    body = {"query": MUTATION, "variables": {"g": "ADMINS", "u": sub}}
    answer = server.http.post("/graphql", json=body, headers={"authorization": token}).json()
    assert answer["errors"][0]["errorType"] == "Unauthorized"
    event = trail(server, kind="access")[0]
    assert (event.operation, event.subject, event.body["way"]) == ("Mutation.addUserToGroup", sub, "graphql")
    assert event.body["token_id"]
    groups = server.signed("AdminListGroupsForUser", UserPoolId=server.pool, Username=email).json()
    assert groups["Groups"] == []
    assert telemetry.recent[-2].way == "graphql"
    assert telemetry.recent[-2].result == "Unauthorized"


def signed_in(server, email: str) -> str:
    allowed = {"UserPoolId": server.pool, "ClientId": server.client}
    flows = server.signed("DescribeUserPoolClient", **allowed).json()["UserPoolClient"]["ExplicitAuthFlows"]
    every = sorted({*flows, "ALLOW_ADMIN_USER_PASSWORD_AUTH"})
    server.signed("UpdateUserPoolClient", **allowed, ExplicitAuthFlows=every).raise_for_status()
    answer = server.signed(
        "AdminInitiateAuth",
        **allowed,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": PASSWORD},
    )
    return answer.json()["AuthenticationResult"]["AccessToken"]


def test_a_mutation_is_on_record_with_its_caller(server):
    """The function's role did it, and the record names the user on whose behalf."""
    chief = f"{uuid.uuid4()}@example.com"
    server.person(chief, "ADMINS")
    other = server.person(f"{uuid.uuid4()}@example.com")
    token = signed_in(server, chief)
    body = {"query": MUTATION, "variables": {"g": "ADMINS", "u": other}}
    answer = server.http.post("/graphql", json=body, headers={"authorization": token}, timeout=60).json()
    assert "errors" not in answer
    event = trail(server, operation="AdminAddUserToGroup")[0]
    assert (event.result, event.subject) == ("ok", other)
    assert ":assumed-role/" in event.body["principal"]
    assert event.actor.startswith("arn:aws:cognito-idp:")
    assert (event.body["groups"], event.body["via"]) == (["ADMINS"], "graphql")


def test_what_was_written_is_linked(server, ada):
    """The server's own background task makes the chain, and it holds."""
    services = server.server.services

    async def linked() -> audit.Report:
        while (report := await audit.verify(services.database, services.vault)).loose:
            await asyncio.sleep(0.05)
        return report

    report = asyncio.run_coroutine_threadsafe(linked(), server.loop).result(20)
    assert report.problem is None
    assert report.linked >= len(trail(server, subject=ada[1])) > 0


def test_an_unsigned_request_is_in_the_log(server):
    """What never reached an operation is logged with its reason, and leaves no record."""
    before = len(trail(server))
    assert server.public("ListUsers", UserPoolId=server.pool).status_code == 400
    asked = telemetry.recent[-1]
    assert (asked.way, asked.operation, asked.result) == ("awsjson", "ListUsers", "MissingAuthenticationTokenException")
    assert len(trail(server)) == before
