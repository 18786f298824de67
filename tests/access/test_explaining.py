"""Which statements decided: those that deny, else those that allow, else those that nearly did."""

import json

from poolhouse.access.explaining import witnesses
from poolhouse.access.policies import PolicySet, decide, parse

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
