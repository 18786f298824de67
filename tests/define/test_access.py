"""Grants: the names, the IAM actions behind them, and the `access` callback."""

import re
from typing import get_args

import pytest

from poolhouse import errors, service_model
from poolhouse.define.grants import BUNDLES, GRANT_NAMES, SINGLES, WITHOUT_POOL, GrantName, SingleName, actions_of

AMPLIFY = {
    "manageUsers": "AdminConfirmSignUp AdminCreateUser AdminDeleteUser AdminDeleteUserAttributes AdminDisableUser "
    "AdminEnableUser AdminGetUser AdminListGroupsForUser AdminRespondToAuthChallenge AdminSetUserMFAPreference "
    "AdminSetUserSettings AdminUpdateUserAttributes AdminUserGlobalSignOut",
    "manageGroupMembership": "AdminAddUserToGroup AdminRemoveUserFromGroup",
    "manageGroups": "GetGroup ListGroups CreateGroup DeleteGroup UpdateGroup",
    "manageUserDevices": "AdminForgetDevice AdminGetDevice AdminListDevices AdminUpdateDeviceStatus",
    "managePasswordRecovery": "AdminResetUserPassword AdminSetUserPassword",
    "addUserToGroup": "AdminAddUserToGroup",
    "createGroup": "CreateGroup",
    "createUser": "AdminCreateUser",
    "deleteGroup": "DeleteGroup",
    "deleteUser": "AdminDeleteUser",
    "deleteUserAttributes": "AdminDeleteUserAttributes",
    "disableUser": "AdminDisableUser",
    "enableUser": "AdminEnableUser",
    "forgetDevice": "AdminForgetDevice",
    "getDevice": "AdminGetDevice",
    "getGroup": "GetGroup",
    "getUser": "AdminGetUser",
    "listDevices": "AdminListDevices",
    "listGroups": "ListGroups",
    "listGroupsForUser": "AdminListGroupsForUser",
    "listUsers": "ListUsers",
    "listUsersInGroup": "ListUsersInGroup",
    "removeUserFromGroup": "AdminRemoveUserFromGroup",
    "resetUserPassword": "AdminResetUserPassword",
    "setUserMfaPreference": "AdminSetUserMFAPreference",
    "setUserPassword": "AdminSetUserPassword",
    "setUserSettings": "AdminSetUserSettings",
    "updateDeviceStatus": "AdminUpdateDeviceStatus",
    "updateGroup": "UpdateGroup",
    "updateUserAttributes": "AdminUpdateUserAttributes",
}


def access(grants: str) -> str:
    return f"auth = define_auth(login_with={{'email': True}}, access=lambda allow: {grants})"


@pytest.mark.parametrize("name", AMPLIFY)
def test_amplifys_names_keep_their_meaning(project, name):
    """A10, A11, A13: exactly the table's IAM actions, in its order."""
    project.run("auth/resource.py", access(f"[allow.resource(fn).to(['{name}'])]"))
    (grant,) = project.names["auth"].auth.grants
    assert (grant.function, grant.names) == ("fn", (name,))
    assert grant.actions == tuple(f"cognito-idp:{operation}" for operation in AMPLIFY[name].split())


def test_amplify_has_thirty_names():
    assert len(AMPLIFY) == 30


def test_every_iam_operation_has_one_grant():
    """The written table is complete against the service model, and unique."""
    signed = {each.name for each in service_model.operations("cognito-idp") if each.auth == "iam"}
    assert set(SINGLES.values()) == signed
    assert len(SINGLES) == len(signed) == len(set(SINGLES.values()))


def test_single_names_follow_the_rule():
    """Without Admin, first letter small, a run of capitals as one word."""
    for name, operation in SINGLES.items():
        words = re.findall(r"[A-Z]+(?=[A-Z][a-z]|$)|[A-Z][a-z]*", operation.removeprefix("Admin"))
        joined = "".join(word.capitalize() for word in words)
        assert name == joined[0].lower() + joined[1:]


def test_the_literal_and_the_table_agree():
    assert set(get_args(SingleName)) == set(SINGLES)
    assert set(GRANT_NAMES) == set(get_args(GrantName)) == {*BUNDLES, *SINGLES}


def test_operations_without_a_pool_are_known():
    """Their policies cannot be narrowed to a pool's ARN."""
    signed = [each for each in service_model.operations("cognito-idp") if each.auth == "iam"]
    free = {o.name for o in signed if not {"UserPoolId", "ResourceArn"} & set(o.input.__struct_fields__)}
    assert free == WITHOUT_POOL


def test_actions_are_united_in_first_seen_order():
    """A12: no repeats."""
    names = ("manageGroupMembership", "addUserToGroup", "addUserToGroup")
    assert actions_of(names) == ("cognito-idp:AdminAddUserToGroup", "cognito-idp:AdminRemoveUserFromGroup")


def test_two_grants_to_one_function_stay_two(project):
    """A16: both are kept in order."""
    project.run(
        "auth/resource.py",
        access("[allow.resource(fn).to(['getUser']), allow.resource(fn).to(['listUsers', 'getUser'])]"),
    )
    assert [grant.names for grant in project.names["auth"].auth.grants] == [("getUser",), ("listUsers", "getUser")]
    assert [function.name for function in project.backend("auth=auth").functions] == ["fn"]


def test_an_empty_access_list_is_legal(project):
    project.run("auth/resource.py", access("[]"))
    assert project.names["auth"].auth.grants == ()


@pytest.mark.parametrize(
    ("grants", "kind", "message", "resolution"),
    [
        ("[allow.resource(fn).to([])]", "EmptyPolicyError", "'fn'", "addUserToGroup"),  # A14
        ("[allow.resource(fn)]", "EmptyPolicyError", "'fn'", ".to("),
        (
            "[allow.resource(fn).to(['AddUserToGroup'])]",
            "InvalidActionError",
            "'AddUserToGroup'",
            "'addUserToGroup'",
        ),  # A15
        ("[allow.resource(fn).to(['dropTables'])]", "InvalidActionError", "'dropTables'", "Use one of"),
        ("[allow.resource(fn).to('getUser')]", "InvalidActionError", "'getUser'", ".to(["),
        ("[allow.resource(fn).to([['getUser']])]", "InvalidActionError", "a list", "'getUser'"),
        ("[allow.resource(print).to(['getUser'])]", "InvalidResourceAccessConfigError", "define_function", "Pass"),
        ("[allow.resource('fn').to(['getUser'])]", "InvalidResourceAccessConfigError", "'fn'", "Pass"),
        ("[fn]", "InvalidResourceAccessConfigError", "FunctionDefinition", "allow.resource"),
        ("fn", "InvalidResourceAccessConfigError", "FunctionDefinition", "lambda allow"),
        ("[allow.group('ADMINS')]", "DefinitionError", "group", "resource"),
        ("[allow.resorce(fn).to(['getUser'])]", "DefinitionError", "resorce", "'resource'"),
    ],
)
def test_wrong_grants_are_explained(project, grants, kind, message, resolution):
    error = project.refused("auth/resource.py", access(grants), getattr(errors, kind))
    assert message in error.message
    assert resolution in error.resolution
