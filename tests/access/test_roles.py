"""Roles: legal, stable and separate names; the choice for an identity; the trust that must agree."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.access.documents import function_trust, identity_trust
from poolhouse.access.policies import parse_trust
from poolhouse.access.resources import role_arn, role_id
from poolhouse.access.roles import (
    choose_role,
    role_name,
    trust_allows,
)
from poolhouse.errors import InvalidIdentityPoolConfigurationException, NotAuthorizedException
from poolhouse.store.identities import RoleMapping, Rule

TOKEN = RoleMapping("Token", "AuthenticatedRole")
POOL = "us-east-1:99999999-2222-3333-4444-555555555555"
KINDS = st.sampled_from(["function", "group", "authenticated", "unauthenticated"])


def choose(claims, mapping=TOKEN, **changes):
    roles = {"authenticated_role": "auth", "unauthenticated_role": "guest", **changes}
    return choose_role(claims, mapping=mapping, **roles)


@given(st.text(max_size=40), KINDS, st.text(max_size=130))
def test_every_role_name_is_legal(backend, kind, name):
    """At most 64 characters of IAM's alphabet."""
    assert re.fullmatch(r"[A-Za-z0-9+=,.@_-]{17,64}", role_name(backend, kind, name))


PARTS = st.tuples(st.text("a-é", max_size=4), KINDS, st.text("a-é", max_size=4))


@given(PARTS, PARTS)
def test_different_roles_have_different_names(one, two):
    """Also where cleaning or joining the parts gives the same readable text."""
    assert (role_name(*one) == role_name(*two)) == (one == two)


def test_names_stay_what_they_are():
    """They are written into tokens and templates, so another release must make the same."""
    name = role_name("app", "group", "ADMINS")
    assert name == "app-group-ADMINS-w3rs3b2nejkkdq6i"
    assert re.fullmatch("AROA[A-Z2-7]{17}", role_id(role_arn("000000000000", name)))
    assert role_id("arn:a") != role_id("arn:b")


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        (None, "guest"),
        ({}, "auth"),
        ({"cognito:preferred_role": "p", "cognito:roles": ["p", "q"]}, "p"),
        ({"cognito:roles": ["q"]}, "q"),
        ({"cognito:roles": ["q", "q"]}, "q"),
        ({"cognito:roles": ["p", "q"]}, "auth"),
        ({"cognito:roles": []}, "auth"),
        ({"cognito:roles": "q", "cognito:preferred_role": 5}, "auth"),
    ],
)
def test_choice_by_token(claims, role):
    """Preferred, then the only one, then the authenticated role; a guest is a guest."""
    assert choose(claims) == role


def test_without_a_mapping_the_defaults_count():
    """Whatever the token prefers."""
    assert choose({"cognito:preferred_role": "p"}, None) == "auth"


def test_an_ambiguous_choice_may_be_denied():
    """AmbiguousRoleResolution Deny."""
    with pytest.raises(NotAuthorizedException):
        choose({"cognito:roles": ["p", "q"]}, RoleMapping("Token", "Deny"))


def test_a_custom_role_must_be_in_the_token():
    """A role of somebody else's, and any role for a guest, is refused."""
    assert choose({"cognito:roles": ["p", "q"], "cognito:preferred_role": "p"}, custom_role_arn="q") == "q"
    for claims in ({"cognito:roles": ["p"]}, {"cognito:preferred_role": "q"}, {"cognito:roles": "q"}, None):
        with pytest.raises(NotAuthorizedException):
            choose(claims, custom_role_arn="q")


@pytest.mark.parametrize("claims", [None, {}])
def test_a_pool_without_the_role_is_misconfigured(claims):
    """Neither for guests nor for users is a role made up."""
    with pytest.raises(InvalidIdentityPoolConfigurationException):
        choose(claims, authenticated_role=None, unauthenticated_role=None)


@pytest.mark.parametrize(
    ("match", "value", "claim", "hit"),
    [
        ("Equals", "x", "x", True),
        ("Equals", "x", "X", False),
        ("NotEqual", "x", "y", True),
        ("NotEqual", "x", "x", False),
        ("StartsWith", "ab", "abc", True),
        ("Contains", "b", "abc", True),
        ("Contains", "Admins", ["Admins", "x"], True),
        ("Contains", "Admins", ["NotAdmins"], False),
        ("Equals", "true", True, True),
    ],
)
def test_choice_by_rules(match, value, claim, hit):
    """The first rule whose claim matches; none means ambiguous; an absent claim matches nothing."""
    mapping = RoleMapping(
        "Rules", "AuthenticatedRole", (Rule("gone", "NotEqual", "x", "no"), Rule("c", match, value, "r"))
    )
    assert choose({"c": claim}, mapping) == ("r" if hit else "auth")


@pytest.mark.parametrize(
    ("pool", "amr", "allowed"),
    [
        (POOL, ("authenticated", "localhost/pool"), True),
        (POOL, ("unauthenticated",), False),
        ("us-east-1:other", ("authenticated",), False),
        (POOL, (), False),
    ],
)
def test_trust_of_an_identity_role(pool, amr, allowed):
    """Its own pool and its own kind of identity only."""
    trust = parse_trust(identity_trust(POOL, "authenticated"))
    assert trust_allows(trust, identity_pool_id=pool, amr=amr, identity_id="us-east-1:me") is allowed


def test_identities_cannot_assume_a_function_role():
    """Its trust names another principal."""
    trust = parse_trust(function_trust())
    assert not trust_allows(trust, identity_pool_id=POOL, amr=("authenticated",), identity_id="us-east-1:me")


def test_a_deny_in_a_trust_policy_wins():
    """For the identity that it names."""
    document = identity_trust(POOL, "authenticated")
    banned = {"StringEquals": {"cognito-identity.amazonaws.com:sub": "us-east-1:bad"}}
    document["Statement"].append({**document["Statement"][0], "Effect": "Deny", "Condition": banned})
    trust = parse_trust(document)
    assert trust_allows(trust, identity_pool_id=POOL, amr=("authenticated",), identity_id="us-east-1:me")
    assert not trust_allows(trust, identity_pool_id=POOL, amr=("authenticated",), identity_id="us-east-1:bad")
