"""`define_admin_queries`: one API, one function, exactly the grants that its routes call."""

import json

import pytest

from poolhouse.define.admin_queries import GRANTS
from poolhouse.define.admin_queries_source import files
from poolhouse.define.manifest import Manifest, RestApi, RestRoute, UserPoolId
from poolhouse.errors import DefinitionError

NAME = "AdminQueries1a2b3c4d"
SCOPE = "aws.cognito.signin.user.admin"


def backend(project, options: str, groups: str = "['Admins', 'Editors', 'Support']") -> Manifest:
    project.auth(f"login_with={{'email': True}}, groups={groups}")
    write(project)
    project.run("api/AdminQueries/resource.py", f"aq = define_admin_queries(function='{NAME}', {options})")
    return project.backend("auth=auth, admin_queries=aq")


def write(project) -> None:
    for path, text in files(NAME, ["Admins"]).items():
        project.write(path.removeprefix("amplify/"), text)


def options_of(manifest: Manifest) -> dict:
    return json.loads(manifest.functions[0].environment["ADMIN_QUERIES"])


def test_the_generated_call_makes_the_deployed_api(project) -> None:
    """Spec 2.1 and 4: one resource, one stage, the scope, the time limit and the variables."""
    made = backend(project, "group='Admins'")
    route = RestRoute(path="/{proxy+}", method="ANY", function=NAME)
    assert made.rest_apis == (RestApi(name="AdminQueries", stage="dev", routes=(route,), scopes=(SCOPE,)),)
    function = made.functions[0]
    assert (function.name, function.timeout_seconds, function.handler) == (NAME, 25, "handler")
    assert function.entry == f"amplify/backend/function/{NAME}/src/app.py"
    assert function.environment == {"ENV": "dev", "GROUP": "Admins", "USERPOOL": UserPoolId(), "ADMIN_QUERIES": "{}"}


def test_the_generated_files_are_this_project(project) -> None:
    """What the command line writes is what a person would write."""
    project.auth("login_with={'email': True}, groups=['Admins']")
    write(project)
    texts = files(NAME, ["Admins"])
    project.run("api/AdminQueries/resource.py", texts["amplify/api/AdminQueries/resource.py"])
    assert project.backend("auth=auth, admin_queries=admin_queries").functions[0].environment["GROUP"] == "Admins"


def test_the_role_holds_exactly_eleven_operations(project) -> None:
    """Spec section 4."""
    grant = backend(project, "group='Admins'").auth.grants[0]
    assert grant.function == NAME
    assert {action.removeprefix("cognito-idp:") for action in grant.actions} == {
        "AdminAddUserToGroup",
        "AdminConfirmSignUp",
        "AdminDisableUser",
        "AdminEnableUser",
        "AdminGetUser",
        "AdminListGroupsForUser",
        "AdminRemoveUserFromGroup",
        "AdminUserGlobalSignOut",
        "ListGroups",
        "ListUsers",
        "ListUsersInGroup",
    }
    assert len(grant.actions) == len(GRANTS) == 11


def test_options_bring_the_grants_they_need(project) -> None:
    """And nothing else; a route that is gone gives its grant back, one that is added brings its own."""
    made = backend(
        project,
        "group='Admins', extra_routes=['deleteUser', 'createUser'], assignable_groups=True, "
        "more_grants=['createGroup'], without_grants=['userGlobalSignOut']",
    )
    wanted = {*GRANTS, "deleteUser", "createUser", "getGroup", "createGroup"} - {"userGlobalSignOut"}
    assert set(made.auth.grants[0].names) == wanted
    assert options_of(made) == {"assignable": True, "extra": ["deleteUser", "createUser"], "protectStronger": True}


def test_several_groups_and_rules_travel_as_json(project) -> None:
    made = backend(
        project,
        "groups=['Admins', 'Support'], route_groups={'listUsers': ['Editors']}, live_groups=True, filter_users=True, "
        "assignable_groups={'Admins': ['Editors']}, protected_groups=['Admins'], hide_group_details=True, "
        "allow_origins=['https://app.example.com'], stage='prod'",
    )
    assert made.functions[0].environment["GROUP"] == "Admins"
    assert made.functions[0].environment["ENV"] == made.rest_apis[0].stage == "prod"
    assert options_of(made) == {
        "groups": ["Admins", "Support"],
        "routes": {"listUsers": ["Editors"]},
        "assignable": {"Admins": ["Editors"]},
        "protectedGroups": ["Admins"],
        "live": True,
        "filter": True,
        "hideGroupDetails": True,
        "origins": ["https://app.example.com"],
    }


def test_every_signed_in_user_must_be_meant(project) -> None:
    made = backend(project, "group=None, assignable_groups=[]", groups="[]")
    assert made.functions[0].environment["GROUP"] == "NONE"
    assert options_of(made) == {"assignable": []}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (f"function='{NAME}'", "must say once who may call"),
        (f"function='{NAME}', group='Admins', groups=['Admins']", "must say once who may call"),
        (f"function='{NAME}', groups=[]", "nobody could be told from everybody"),
        (f"function='{NAME}', group='NONE'", "nobody could be told from everybody"),
        (f"function='{NAME}', group='a,b'", "holds ','"),
        (f"function='{NAME}', groups='Admins'", "must be a list of group names"),
        ("function='AdminQueries', group='Admins'", "cannot be named 'AdminQueries'"),
        ("function='AdminQueries00000000', group='Admins'", "does not exist"),
        (f"function='{NAME}', group='Admins', extra_routes=['dropUser']", "extra_routes cannot hold 'dropUser'"),
        (f"function='{NAME}', group='Admins', route_groups={{'signUserOut': ['Admins']}}", "A route of route_groups"),
        (f"function='{NAME}', group='Admins', route_groups={{'deleteUser': ['Admins']}}", "A route of route_groups"),
        (f"function='{NAME}', group='Admins', route_groups={{'listUsers': 'Admins'}}", "must be a list"),
        (f"function='{NAME}', group='Admins', live_groups='yes'", "live_groups must be True or False"),
        (f"function='{NAME}', group='Admins', without_grants=['createUser']", "without_grants cannot hold"),
        (f"function='{NAME}', group='Admins', environment={{'GROUP': 'x'}}", "GROUP is set by define_admin_queries"),
        (f"function='{NAME}', group='Admins', groop='x'", "has no option 'groop'"),
    ],
)
def test_mistakes_are_explained(project, options: str, message: str) -> None:
    write(project)
    error = project.refused("api/AdminQueries/resource.py", f"define_admin_queries({options})", DefinitionError)
    assert message in error.message


@pytest.mark.parametrize(
    "options",
    [
        "group='Admin'",
        "group='Admins', route_groups={'listUsers': ['Admin']}",
        "group='Admins', protected_groups=['Admin']",
        "group='Admins', assignable_groups=['Admin']",
        "group='Admins', assignable_groups={'Admin': []}",
        "group='Admins', assignable_groups={'Admins': ['Admin']}",
    ],
)
def test_groups_must_be_those_of_the_user_pool(project, options: str) -> None:
    """The nearest one is offered."""
    with pytest.raises(DefinitionError) as caught:
        backend(project, options)
    assert "names the group 'Admin'" in caught.value.message
    assert "Did you mean 'Admins'?" in caught.value.resolution
    assert caught.value.location == "amplify/api/AdminQueries/resource.py:1"


def test_admin_queries_need_a_user_pool(project) -> None:
    write(project)
    project.run("api/AdminQueries/resource.py", f"aq = define_admin_queries(function='{NAME}', group='Admins')")
    with pytest.raises(DefinitionError) as caught:
        project.backend("admin_queries=aq")
    assert "needs a user pool" in caught.value.message


@pytest.mark.parametrize(
    ("groups", "call"),
    [
        (["Admins"], 'group="Admins"'),
        (["Admins", "Ops"], 'groups=["Admins", "Ops"]'),
        (None, "group=None"),
    ],
)
def test_the_text_of_the_definition(groups: list[str] | None, call: str) -> None:
    text = files(NAME, groups)["amplify/api/AdminQueries/resource.py"]
    assert f'define_admin_queries(function="{NAME}", {call})' in text
    assert ("Every signed-in user" in text) == (groups is None)
    compile(text, "resource.py", "exec")
