"""`reference_auth`: a user pool at AWS in the place of one that is made; what it says, and what it refuses."""

import pytest

from poolhouse.define import manifest
from poolhouse.errors import DefinitionError

POOL = {
    "user_pool_id": "eu-central-1_AbCdEfGhI",
    "user_pool_client_id": "1h57kf5cpq17m0eml12example",
    "identity_pool_id": "eu-central-1:1a2b3c4d-1a2b-1a2b-1a2b-1a2b3c4d5e6f",
    "auth_role_arn": "arn:aws:iam::111122223333:role/authed",
    "unauth_role_arn": "arn:aws:iam::111122223333:role/guests",
}
GROUPS = {"ADMINS": "arn:aws:iam::111122223333:role/admins", "EDITORS": "arn:aws:iam::111122223333:role/team/editors"}


def referring(project, access: str = "None", **members):
    """What the project's auth/resource.py makes."""
    given = ", ".join(f"{name}={value!r}" for name, value in {**POOL, "groups": GROUPS, **members}.items())
    project.run("auth/resource.py", f"auth = reference_auth({given}, access={access})")
    return project.names["auth"]


def test_what_it_says(project):
    """Groups in the order that they are written in, grants, and the pool's parts."""
    referring(project, "lambda allow: [allow.resource(fn).to(['addUserToGroup'], groups=['EDITORS'])]")
    made = project.backend("auth=auth")
    assert made.auth.reference == manifest.ReferencedAuth(region="eu-central-1", group_role_arns=GROUPS, **POOL)
    assert [(group.name, group.precedence) for group in made.auth.groups] == [("ADMINS", 0), ("EDITORS", 1)]
    assert made.auth.grants[0].actions == ("cognito-idp:AdminAddUserToGroup",)
    assert made.auth.environment_name == "AMPLIFY_AUTH_USERPOOL_ID"
    assert manifest.decode(manifest.encode(made)) == made


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"user_pool_id": "AbCdEfGhI"}, "user_pool_id cannot be 'AbCdEfGhI'"),
        ({"user_pool_client_id": ""}, "user_pool_client_id cannot be ''"),
        ({"identity_pool_id": "us-east-1:1a2b3c4d-1a2b-1a2b-1a2b-1a2b3c4d5e6f"}, "identity_pool_id names the region"),
        ({"region": "us-east-1"}, "region names the region 'us-east-1', and the user pool is in eu-central-1"),
        ({"auth_role_arn": "arn:aws:iam::1:role/x"}, "auth_role_arn cannot be"),
        ({"groups": ["ADMINS"]}, "groups must map names of groups"),
        ({"groups": {"ADMINS": "admins"}}, "groups['ADMINS'] cannot be 'admins'"),
        ({"groups": {"A B": "arn:aws:iam::111122223333:role/x"}}, "The group name 'A B'"),
        ({"groups": {"ADMINS": POOL["auth_role_arn"]}}, "are one role"),
        ({"groups": {"ADMINS": "arn:aws:iam::999922223333:role/x"}}, "111122223333 and 999922223333"),
    ],
)
def test_what_it_refuses(project, change, told):
    with pytest.raises(DefinitionError) as caught:
        referring(project, **change)
    assert told in str(caught.value)
    assert "amplify/auth/resource.py:" in str(caught.value)


def test_a_rule_for_a_group_that_is_not_named(project):
    """Rules of the data API and grants name groups that the pool is said to have."""
    referring(project, "lambda allow: [allow.resource(fn).to(['addUserToGroup'], groups=['VISITORS'])]")
    with pytest.raises(DefinitionError, match="VISITORS"):
        project.backend("auth=auth")


def test_its_place(project):
    with pytest.raises(DefinitionError, match=r"reference_auth\(\) was called from amplify/other.py"):
        project.run("other.py", "auth = reference_auth(**" + repr(POOL) + ")")


def test_a_delegation(project):
    """As in define_auth, over the groups that are named here."""
    given = ", ".join(f"{name}={value!r}" for name, value in {**POOL, "groups": GROUPS}.items())
    rule = "delegation=lambda allow: [allow.group('ADMINS').to(['getUser'])]"
    project.run("auth/resource.py", f"auth = reference_auth({given}, {rule})")
    made = project.backend("auth=auth").auth.delegation
    assert [(one.group, one.operations) for one in made.delegates] == [("ADMINS", ("AdminGetUser",))]
    with pytest.raises(DefinitionError, match="VISITORS"):
        project.run("auth/resource.py", f"auth = reference_auth({given}, {rule.replace('ADMINS', 'VISITORS')})")
