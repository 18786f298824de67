"""Which statements decided: those that deny, else those that allow, else those that nearly did."""

import json

import pytest

from poolhouse.access.explaining import accepted_by, opened_by, witnesses
from poolhouse.access.policies import PolicySet, decide, parse
from poolhouse.define.manifest import SELF_SERVICE_SCOPE, RestApi, Rule
from poolhouse.define.rules import OperationAllow

A, B = "arn:aws:idp:us-east-1:000000000000:pool/a", "arn:aws:idp:us-east-1:000000000000:pool/b"


def policies(*statements):
    return PolicySet([parse({"Version": "2012-10-17", "Statement": list(statements)})])


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


ALL, ONE, NO = allow("idp:*"), allow("idp:Get", A), {"Effect": "Deny", "Action": "idp:Drop", "Resource": "*"}
WHEN = allow("idp:Add", Condition={"StringEquals": {"poolhouse:GroupName": "EDITORS"}})


def found(held, action, resource=A, **keys):
    context = {f"poolhouse:{name}": value for name, value in keys.items()}
    seen = witnesses(held, action, resource, context)
    assert decide(held, None, action, resource, context).allowed == all(
        [seen, *(one.allows and one.applies for one in seen)]
    )
    return [(one.statement, one.allows, one.applies) for one in seen]


def test_what_allows():
    assert found(policies(ALL, ONE), "idp:Get") == [(1, True, True), (2, True, True)]


def test_a_deny_stands_alone():
    assert found(policies(ALL, NO), "idp:Drop") == [(2, False, True)]


def test_what_would_allow_something_else():
    """Another resource, or a condition that does not hold."""
    assert found(policies(ONE), "idp:Get", B) == [(1, True, False)]
    assert found(policies(WHEN), "idp:Add", GroupName="ADMINS") == [(1, True, False)]
    assert found(policies(WHEN), "idp:Add", GroupName="EDITORS") == [(1, True, True)]


def test_nothing_is_named():
    assert found(policies(ONE), "idp:Other") == []


def test_the_statement_is_shown_whole():
    (one,) = witnesses(policies(ONE), "idp:Get", A, {})
    assert json.loads(one.text) == ONE
    assert one.policy == 1
    single = PolicySet([parse({"Version": "2012-10-17", "Statement": ONE})])
    assert json.loads(witnesses(single, "idp:Get", A, {})[0].text) == ONE


# --- fields and routes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (Rule("groups", "userPools", ("ADMINS",)), 'allow.group("ADMINS")'),
        (Rule("groups", "userPools", ("ADMINS", "Ärzte")), 'allow.groups(["ADMINS", "Ärzte"])'),
        (Rule("authenticated", "userPools"), "allow.authenticated()"),
        (Rule("authenticated", "identityPool"), 'allow.authenticated("identityPool")'),
        (Rule("guest", "identityPool"), "allow.guest()"),
        (Rule("public", "apiKey"), "allow.publicApiKey()"),
    ],
)
def test_a_rule_as_it_is_written(rule, text):
    """Read back by the definition language, it is the same rule."""
    assert opened_by(rule, "Query.users", "token") == f"{text} on Query.users, by token"
    made = eval(text, {"allow": OperationAllow()})
    assert made.rule == rule


def test_what_an_authorizer_took():
    api = RestApi("AdminQueries")
    claims = {"token_use": "access", "scope": f"openid {SELF_SERVICE_SCOPE}"}
    assert accepted_by(api, claims) == f"access token with scope {SELF_SERVICE_SCOPE}"
    assert accepted_by(api, {"token_use": "id"}) == "ID token of the own app client"
    assert accepted_by(RestApi("all", id_tokens="pool"), {"token_use": "id"}) == "ID token of any app client"
