"""What goes along in the packages, piece by piece in this process: who is behind an event, and what a pool knows."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from delegation.world import PROJECT, Answers

from poolhouse.access.decisions import Ranked
from poolhouse.define.project import load
from poolhouse.deploy import delegation
from poolhouse.deploy.on_behalf import Enforced, Person, Pool, person_of

pytestmark = pytest.mark.xdist_group("delegation")

SUB = "0f5e0d6c-5a0e-4f6f-9a53-1d2f3c4b5a69"
POOL = "eu-central-1_AbCdEfGhI"
ISSUER = f"https://cognito-idp.eu-central-1.amazonaws.com/{POOL}"
LOGIN = f"cognito-idp.eu-central-1.amazonaws.com/{POOL}"


def claims(**more: str) -> dict[str, Any]:
    return {"requestContext": {"authorizer": {"claims": {"iss": ISSUER, "sub": SUB, **more}}}}


def signed(kind: str, provider: str | None) -> dict[str, Any]:
    return {"identity": {"cognitoIdentityAuthType": kind, "cognitoIdentityAuthProvider": provider}}


@pytest.mark.parametrize(
    ("event", "person"),
    [
        (claims(username="ada"), Person(POOL, SUB, "ada")),
        (claims(**{"cognito:username": "ada"}), Person(POOL, SUB, "ada")),
        ({"identity": {"sub": SUB, "issuer": ISSUER, "username": "ada"}}, Person(POOL, SUB, "ada")),
        ({"identity": {"sub": None, "issuer": None, "username": None}}, Person("", "", "")),
        (signed("authenticated", f'"{LOGIN}","{LOGIN}:CognitoSignIn:{SUB}"'), Person(POOL, SUB)),
        (signed("authenticated", f'"{LOGIN}","{LOGIN}:CognitoSignIn:a\\" or \\"b"'), Person("", "")),
        (signed("authenticated", None), Person("", "")),
        (signed("unauthenticated", None), None),
        ({"identity": {"userArn": "arn:aws:sts::111122223333:assumed-role/fn/x", "cognitoIdentityId": None}}, None),
        ({"identity": None, "arguments": {}}, None),
        ({"requestContext": {"authorizer": None}}, None),
        ({"requestContext": None, "triggerSource": "PreSignUp_SignUp"}, None),
        ([], None),
    ],
)
def test_who_is_behind_an_event(event, person):
    assert person_of(event) == person


def test_what_a_pool_knows(answers: Answers):
    """Lists go on to their end, names that nobody has are nobody's, and whoever is disabled is not there."""
    pool = Pool(answers.running.aws("cognito-idp"), answers.pool, at_once=1)
    who = answers.new("ADMINS", "EDITORS")
    assert pool.username(Person(answers.pool, who.sub)) == who.sub
    assert pool.username(Person(answers.pool, who.sub, who.email)) == who.sub
    assert pool.username(Person(answers.pool, SUB)) is None
    assert pool.username(Person(answers.pool, SUB, who.sub)) is None
    assert pool.groups_of(who.sub) == (Ranked("ADMINS", 1), Ranked("EDITORS", 4))
    assert pool.groups_of("ghost@example.com") is None
    assert (pool.real_name(who.email), pool.real_name("ghost")) == (who.sub, "ghost")
    assert (pool.group("OWNERS"), pool.group("GHOSTS")) == (Ranked("OWNERS", 0), None)
    answers.admin("CreateGroup", GroupName="GUARDED", Precedence=9)
    owner = answers.target("OWNERS", "GUARDED")
    assert pool.has_stronger_member("GUARDED", 1)
    answers.admin("AdminRemoveUserFromGroup", Username=owner, GroupName="GUARDED")
    assert not pool.has_stronger_member("GUARDED", 1)
    assert not pool.is_last("EDITORS", "somebody")
    answers.admin("DeleteGroup", GroupName="GUARDED")
    answers.admin("AdminDisableUser", Username=who.sub)
    assert pool.username(Person(answers.pool, who.sub)) is None


def test_a_watched_call(answers: Answers):
    """None lets it go; anything else is botocore's answer, without a request."""
    text = delegation.package_files(load(PROJECT), "administer")[delegation.RULES]
    rules = json.loads(text, object_hook=lambda members: SimpleNamespace(**members))
    connected: list[Any] = []

    def connect() -> Any:
        connected.append(answers.running.aws("cognito-idp"))
        return connected[-1]

    enforced = Enforced(rules, connect)
    who, target = answers.new("SUPPORT"), answers.target("OWNERS")
    request = {"UserPoolId": answers.pool, "Username": target}
    event = {"identity": {"sub": who.sub, "issuer": f"https://x/{answers.pool}", "username": who.sub}}

    def call(operation: str, **more: str) -> Any:
        model = SimpleNamespace(name=operation)
        return enforced.check(model, {"body": json.dumps({**request, **more}).encode()})

    assert call("AdminGetUser") is None
    assert enforced.around(lambda event, _context: event["identity"]["sub"])(event, None) == who.sub
    http, parsed = call("AdminGetUser")
    assert (http.status_code, parsed["Error"]["Code"]) == (400, "NotAuthorizedException")
    assert "which outranks their own groups" in parsed["Error"]["Message"]
    assert call("AdminGetUser", UserPoolId="us-east-1_Another00")[1]["Error"]["Message"].endswith("another user pool.")
    assert call("InitiateAuth") is None
    assert "no rule of the pool's delegation" in call("ListUsers")[1]["Error"]["Message"]
    enforced.person = Person(answers.pool, "")
    assert "does not say on whose behalf" in call("AdminGetUser")[1]["Error"]["Message"]
    assert len(connected) == 1


def test_what_a_function_may_only_look_up(answers: Answers):
    """Refused with nobody behind it too; what it does by its own authority is not looked at."""
    text = delegation.package_files(load(PROJECT), "narrowed")[delegation.RULES]
    rules = json.loads(text, object_hook=lambda members: SimpleNamespace(**members))
    enforced = Enforced(rules, lambda: pytest.fail("nothing needs to be read"))
    body = {"body": json.dumps({"UserPoolId": answers.pool, "Username": "x", "GroupName": "EDITORS"}).encode()}
    assert enforced.check(SimpleNamespace(name="GetGroup"), body)[1]["Error"]["Code"] == "AccessDeniedException"
    own = SimpleNamespace(operations=["AdminAddUserToGroup"], groups=["EDITORS"])
    rules.own = [own]
    enforced.person = Person(answers.pool, SUB, "x")
    assert enforced.check(SimpleNamespace(name="AdminAddUserToGroup"), body) is None


def test_who_needs_no_rules():
    """Functions that no person calls, that act by their own authority, and backends that delegate nothing."""
    manifest = load(PROJECT)
    assert delegation.enforcing(manifest) == ["administer", "narrowed"]
    for function in ("itself", "greet", "nobody"):
        assert delegation.package_files(manifest, function) == {}
        assert delegation.reads(manifest, function) == []
