"""The `delegation` callback: what it compiles to, and what it refuses; narrowed grants."""

from pathlib import Path

import pytest

from poolhouse.define.delegable import DELEGABLE
from poolhouse.define.grants import SINGLES
from poolhouse.errors import (
    DefinitionError,
    EmptyPolicyError,
    InvalidActionError,
    InvalidResourceAccessConfigError,
)

GROUPS = "['ADMINS', 'SUPPORT', 'CUSTOMERS']"


def auth(rules: str, more: str = "") -> str:
    return f"auth = define_auth(login_with={{'email': True}}, groups={GROUPS}, delegation=lambda allow: {rules}{more})"


def delegation_of(project, rules: str):
    project.run("auth/resource.py", auth(rules))
    return project.names["auth"].auth.delegation


def test_a_rule_compiles_to_operations(project):
    """Names and bundles are those of `access`; the strongest acting group is protected when none is named."""
    given = (
        "[allow.group('SUPPORT').to(['getUser', 'addUserToGroup'], members_of=['CUSTOMERS'], assigns=['CUSTOMERS'])]"
    )
    found = delegation_of(project, given)
    (rule,) = found.delegates
    assert (rule.group, rule.names) == ("SUPPORT", ("getUser", "addUserToGroup"))
    assert rule.operations == ("AdminGetUser", "AdminAddUserToGroup")
    assert (rule.members_of, rule.assigns) == (("CUSTOMERS",), ("CUSTOMERS",))
    assert found.protected == ("SUPPORT",)


def test_protected_groups_are_those_that_are_named(project):
    found = delegation_of(project, "[allow.group('SUPPORT').to(['getUser']), allow.protect(['ADMINS', 'CUSTOMERS'])]")
    assert found.protected == ("ADMINS", "CUSTOMERS")
    found = delegation_of(project, "[allow.group('SUPPORT').to(['getUser']), allow.group('ADMINS').to(['getUser'])]")
    assert found.protected == ("ADMINS",)


def test_a_bundle_is_what_of_it_may_be_delegated(project):
    """`manageUsers` without the operation that would sign a user in."""
    (rule,) = delegation_of(project, "[allow.group('ADMINS').to(['manageUsers'])]").delegates
    assert "AdminDeleteUser" in rule.operations
    assert "AdminRespondToAuthChallenge" not in rule.operations
    assert set(rule.operations) < DELEGABLE


def test_whoever_acts_on_a_groups_members_lists_these_and_not_the_pool(project):
    (rule,) = delegation_of(
        project, "[allow.group('SUPPORT').to(['listUsers', 'listUsersInGroup'], members_of=['CUSTOMERS'])]"
    ).delegates
    assert rule.operations == ("ListUsersInGroup",)
    (rule,) = delegation_of(project, "[allow.group('SUPPORT').to(['listUsers'])]").delegates
    assert rule.operations == ("ListUsers",)


def test_a_group_may_have_rules_for_different_operations(project):
    found = delegation_of(
        project,
        "[allow.group('SUPPORT').to(['createUser']), "
        "allow.group('SUPPORT').to(['disableUser'], members_of=['CUSTOMERS'])]",
    )
    assert [rule.operations for rule in found.delegates] == [("AdminCreateUser",), ("AdminDisableUser",)]


@pytest.mark.parametrize("name", sorted(name for name, operation in SINGLES.items() if operation not in DELEGABLE))
def test_what_would_make_a_delegate_stronger_cannot_be_delegated(project, name):
    """The pool itself, its clients, providers, domains, imports, and everything that signs a user in."""
    error = project.refused("auth/resource.py", auth(f"[allow.group('ADMINS').to(['{name}'])]"), InvalidActionError)
    assert f"{name!r} cannot be delegated" in error.message
    assert SINGLES[name] in error.message


@pytest.mark.parametrize(
    ("rules", "kind", "told"),
    [
        ("[]", EmptyPolicyError, "lets no group do anything"),
        ("[allow.protect(['ADMINS'])]", EmptyPolicyError, "lets no group do anything"),
        ("[allow.group('ADMINS')]", EmptyPolicyError, "'ADMINS' allows nothing"),
        ("[allow.group('ADMINS').to([])]", EmptyPolicyError, "'ADMINS' allows nothing"),
        ("[allow.group('ADMINS').to('getUser')]", InvalidActionError, "takes a list of names"),
        ("[allow.group('ADMINS').to(['getUsers'])]", InvalidActionError, "no grant 'getUsers'"),
        ("[allow.group('NOBODY').to(['getUser'])]", DefinitionError, "'NOBODY'"),
        ("[allow.group('ADMINS').to(['getUser'], members_of=['NOBODY'])]", DefinitionError, "'NOBODY'"),
        ("[allow.group('ADMINS').to(['getUser'], members_of=[])]", DefinitionError, "members_of needs a list"),
        ("[allow.group('ADMINS').to(['getUser'], members_of='X')]", DefinitionError, "members_of needs a list"),
        ("[allow.group('ADMINS').to(['addUserToGroup'], assigns=['NOBODY'])]", DefinitionError, "'NOBODY'"),
        ("[allow.group('ADMINS').to(['addUserToGroup'], assigns=[])]", DefinitionError, "assigns needs a list"),
        ("[allow.group('SUPPORT').to(['addUserToGroup'], assigns=['ADMINS'])]", DefinitionError, "outranks SUPPORT"),
        ("[allow.group('SUPPORT').to(['getUser'], members_of=['ADMINS'])]", DefinitionError, "outranks SUPPORT"),
        ("[allow.group('ADMINS').to(['getUser'], assigns=['SUPPORT'])]", DefinitionError, "assigns has no effect"),
        ("[allow.group('ADMINS').to(['listGroups'], members_of=['SUPPORT'])]", DefinitionError, "has no effect"),
        ("[allow.group('ADMINS').to(['manageGroups'], members_of=['SUPPORT'])]", DefinitionError, "CreateGroup acts"),
        ("[allow.group('ADMINS').to(['getUser'])] * 1 + [allow.protect([])]", DefinitionError, "needs a list"),
        ("[allow.group('ADMINS').to(['getUser']), allow.protect(['NOBODY'])]", DefinitionError, "'NOBODY'"),
        (
            "[allow.group('ADMINS').to(['getUser']), allow.protect(['ADMINS']), allow.protect(['SUPPORT'])]",
            DefinitionError,
            "written twice",
        ),
        (
            "[allow.group('ADMINS').to(['getUser']), allow.group('ADMINS').to(['manageUsers'])]",
            DefinitionError,
            "Two rules let ADMINS perform AdminGetUser",
        ),
        ("allow.group('ADMINS').to(['getUser'])", DefinitionError, "gives a list of rules"),
        ("['ADMINS']", DefinitionError, "where a rule was expected"),
        ("[allow.everybody()]", DefinitionError, "everybody"),
        ("[allow.group('ADMINS').of(['getUser'])]", DefinitionError, "of"),
    ],
)
def test_wrong_rules_are_definition_errors(project, rules, kind, told):
    assert told in project.refused("auth/resource.py", auth(rules), kind).message


def access(grant: str, more: str = "") -> str:
    return f"auth = define_auth(login_with={{'email': True}}, groups={GROUPS}, access=lambda allow: [{grant}]{more})"


def backend(project, text: str):
    project.run("auth/resource.py", text)
    return project.backend("auth=auth").auth.grants


def test_a_narrowed_grant(project):
    """The Manifest keeps the groups, and that a function acts for itself."""
    narrowed = "allow.resource(fn).to(['addUserToGroup'], groups=['CUSTOMERS'], own_authority=True)"
    delegated = ", delegation=lambda allow: [allow.group('ADMINS').to(['getUser'])]"
    (grant,) = backend(project, access(narrowed, delegated))
    assert (grant.groups, grant.own_authority) == (("CUSTOMERS",), True)
    (grant,) = backend(project, access("allow.resource(fn).to(['addUserToGroup'])"))
    assert (grant.groups, grant.own_authority) == ((), False)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("groups=[]", "groups needs a list"),
        ("groups='CUSTOMERS'", "groups needs a list"),
        ("own_authority='yes'", "own_authority must be True or False"),
    ],
)
def test_wrong_narrowing(project, options, told):
    text = access(f"allow.resource(fn).to(['addUserToGroup'], {options})")
    assert told in project.refused("auth/resource.py", text, InvalidResourceAccessConfigError).message


def test_narrowing_that_narrows_nothing(project):
    text = access("allow.resource(fn).to(['getUser'], groups=['CUSTOMERS'])")
    error = project.refused("auth/resource.py", text, InvalidResourceAccessConfigError)
    assert "groups has no effect" in error.message


@pytest.mark.parametrize(
    ("options", "told"),
    [("groups=['NOBODY']", "'NOBODY'"), ("own_authority=True", "own_authority has no effect")],
)
def test_what_the_pool_does_not_have_is_found_with_the_backend(project, options, told):
    project.run("auth/resource.py", access(f"allow.resource(fn).to(['addUserToGroup'], {options})"))
    with pytest.raises(InvalidResourceAccessConfigError, match=told) as caught:
        project.backend("auth=auth")
    assert caught.value.location == "amplify/auth/resource.py:1"


def test_the_documented_example(project):
    """The page's own definition compiles, and means what the page says about it."""
    page = (Path(__file__).parents[2] / "docs" / "delegation.md").read_text()
    example = page.split("```python\n# amplify/auth/resource.py\n")[1].split("```")[0]
    project.run("auth/resource.py", example)
    found = project.names["auth"].auth.delegation
    assert [(rule.group, rule.members_of, rule.assigns) for rule in found.delegates] == [
        ("ADMINS", None, None),
        ("SUPPORT", ("CUSTOMERS",), None),
        ("SUPPORT", None, ("EDITORS", "CUSTOMERS")),
    ]
    assert "ListUsersInGroup" in found.delegates[1].operations
    assert found.protected == ("ADMINS",)
