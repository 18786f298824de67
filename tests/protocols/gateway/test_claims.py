"""Claims as text, and groups that cannot pass for each other."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.protocols.gateway.claims import rendered


def test_every_value_is_text():
    """Times, numbers, truth values and objects, as API Gateway writes them."""
    told = rendered(
        {
            "sub": "s",
            "exp": 1680633579,
            "iat": 1680633579,
            "auth_time": 1680633579,
            "email_verified": True,
            "cognito:groups": ["Admins", "Editors"],
            "cognito:roles": ["a", "b"],
            "identities": [{"userId": "1"}],
            "address": {"formatted": "x"},
        }
    )
    assert told == {
        "sub": "s",
        "exp": "Tue Apr 04 18:39:39 UTC 2023",
        "iat": "Tue Apr 04 18:39:39 UTC 2023",
        "auth_time": "1680633579",
        "email_verified": "true",
        "cognito:groups": "Admins,Editors",
        "cognito:roles": "a,b",
        "identities": '[{"userId":"1"}]',
        "address": '{"formatted":"x"}',
    }


@pytest.mark.parametrize(
    ("groups", "live", "told"),
    [
        (["x,Admins", "Editors"], None, "Editors"),
        (["x,Admins"], None, None),
        (["Admins", "Editors"], ("Editors",), "Editors"),
        (["Editors"], ("Editors", "Admins"), "Editors"),
        (["Admins"], (), None),
        ([], None, None),
        ("Admins", None, None),
        (None, None, None),
        (["Admins", 7], None, "Admins"),
    ],
)
def test_groups(groups, live, told):
    """A comma in a name keeps the group out; with live groups only those that still hold are told."""
    assert rendered({"cognito:groups": groups}, live).get("cognito:groups") == told


@given(st.lists(st.text()), st.lists(st.text()))
def test_no_group_appears_that_the_token_does_not_name(groups, live):
    """Whatever the names are made of, what a function splits at commas was in the token and still holds."""
    told = rendered({"cognito:groups": groups}, live).get("cognito:groups")
    assert set(told.split(",") if told else ()) <= set(groups) & set(live) | {""}


@given(st.dictionaries(st.text(), st.recursive(st.none() | st.booleans() | st.integers(), st.lists)))
def test_any_claim_becomes_text(claims):
    """Nothing that JSON can hold breaks an event; times are checked by the token's verification."""
    claims = {name: value for name, value in claims.items() if name not in {"exp", "iat"}}
    assert all(isinstance(value, str) for value in rendered(claims).values())
    json.dumps(rendered(claims))
