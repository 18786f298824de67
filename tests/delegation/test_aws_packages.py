"""The packages for AWS keep the delegation: from the zip alone, with this server as Cognito, as the local runtime does.

The packages' calls are signed by the root key, which no delegation of the server asks: what is refused here, the
package has refused.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from acceptance.world import Person as Account
from delegation.test_ways import OPERATIONS, RANKS, REQUESTS
from delegation.world import PROJECT, Answers, Outcome
from deploy.lambda_image import make_image, started

from poolhouse import telemetry
from poolhouse.access.delegation import ENDS
from poolhouse.crypto.tokens import claims_unverified
from poolhouse.define.project import load
from poolhouse.deploy import delegation, naming
from poolhouse.deploy.starter import HANDLER
from poolhouse.deploy.synthesis import Assembly, Environment, synthesise

pytestmark = pytest.mark.xdist_group("delegation")

Ask = Callable[[Any], tuple[str, Any]]


@pytest.fixture(scope="module")
def assembly(tmp_path_factory) -> Assembly:
    folder = tmp_path_factory.mktemp("packed")
    shutil.copytree(PROJECT / "amplify", folder / "amplify", ignore=shutil.ignore_patterns("__pycache__"))
    return synthesise(load(folder), Environment(app="delegation"), folder)


@pytest.fixture(scope="module")
def instances(answers: Answers, assembly: Assembly, tmp_path_factory) -> Iterator[dict[str, Ask]]:
    """One instance of each function that people call."""
    image = make_image(tmp_path_factory.mktemp("image"))
    variables = {
        "AWS_ACCESS_KEY_ID": answers.running.root.access_key,
        "AWS_SECRET_ACCESS_KEY": answers.running.root.secret_key,
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": answers.running.url,
        "AMPLIFY_AUTH_USERPOOL_ID": answers.pool,
    }
    with ExitStack() as stack:
        yield {
            asset.name: stack.enter_context(started(asset.path, image, HANDLER, variables))
            for asset in assembly.assets
            if asset.name in {"administer", "itself"}
        }


def claims_of(who: Account) -> dict[str, Any]:
    return dict(claims_unverified(who.session.access_token))


def user_pool(answers: Answers, who: Account) -> dict[str, Any]:
    """`identity` of AppSync for a token of the user pool."""
    claims = claims_of(who)
    issuer = f"https://cognito-idp.us-east-1.amazonaws.com/{answers.pool}"
    more = {"issuer": issuer, "sub": claims["sub"], "username": claims["username"]}
    return {"claims": claims, "defaultAuthStrategy": "ALLOW", "groups": claims.get("cognito:groups"), **more}


def signed(answers: Answers, who: Account) -> dict[str, Any]:
    """`identity` of AppSync for credentials of the identity pool: the user is named by his sub, in the provider."""
    pool = f"cognito-idp.us-east-1.amazonaws.com/{answers.pool}"
    return {
        "accountId": "111122223333",
        "cognitoIdentityAuthProvider": f'"{pool}","{pool}:CognitoSignIn:{who.sub}"',
        "cognitoIdentityAuthType": "authenticated",
        "cognitoIdentityId": "us-east-1:00000000-0000-0000-0000-000000000000",
        "cognitoIdentityPoolId": "us-east-1:00000000-0000-0000-0000-000000000000",
        "userArn": "arn:aws:sts::111122223333:assumed-role/members/CognitoIdentityCredentials",
        "username": "AROA:CognitoIdentityCredentials",
    }


def appsync(identity: dict[str, Any] | None, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    arguments = {"operation": operation, "request": request}
    return {"typeName": "Mutation", "fieldName": "administer", "arguments": arguments, "identity": identity}


def rest(who: Account, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """API Gateway's proxy event, version 1.0."""
    body = json.dumps({"operation": operation, "request": request})
    context = {"authorizer": {"claims": claims_of(who)}}
    return {"httpMethod": "POST", "path": "/administer", "body": body, "requestContext": context}


def told(ask: Ask, event: dict[str, Any]) -> Outcome:
    kind, answer = ask(event)
    assert kind == "response", answer
    return Outcome(**(json.loads(answer["body"]) if "statusCode" in answer else answer))


@pytest.fixture(scope="module")
def people(answers: Answers) -> dict[str, Account]:
    ranks = {"owner": ("OWNERS",), "admin": ("ADMINS",), "supporter": ("SUPPORT",), "outsider": ()}
    return {rank: answers.new(*groups) for rank, groups in ranks.items()}


@pytest.fixture(scope="module")
def targets(answers: Answers) -> dict[str, str]:
    return {rank: answers.target(*groups) for rank, groups in RANKS.items()}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_same_answers_as_the_local_runtime(answers, instances, people, targets, operation):
    """Every delegable operation on users, by an admin, a supporter and a stranger, on users of every rank."""
    for actor in ("admin", "supporter", "outsider"):
        for rank, groups in RANKS.items():
            found = []
            for by_package in (False, True):
                username = answers.target(*groups) if operation in ENDS else targets[rank]
                request = {"UserPoolId": answers.pool, "Username": username, **REQUESTS.get(operation, {})}
                before = answers.state_of(username)
                if by_package:
                    event = appsync(user_pool(answers, people[actor]), operation, request)
                    outcome = told(instances["administer"], event)
                else:
                    outcome = answers.by_graphql(people[actor], operation, request)
                if outcome.code == "NotAuthorizedException":
                    assert answers.state_of(username) == before
                found.append(outcome._replace(message=outcome.message.replace(username, "NAME")))
            assert found[0] == found[1], (actor, rank)


GROUP_REQUESTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("CreateGroup", {"GroupName": "fresh", "Precedence": 0}),
    ("CreateGroup", {"GroupName": "EDITORS"}),
    ("UpdateGroup", {"GroupName": "EDITORS", "Precedence": 0}),
    ("UpdateGroup", {"GroupName": "EDITORS", "RoleArn": "arn:aws:iam::000000000000:role/strong"}),
    ("UpdateGroup", {"GroupName": "OWNERS", "Precedence": 9}),
    ("UpdateGroup", {"GroupName": "EDITORS", "Description": "d"}),
    ("DeleteGroup", {"GroupName": "ADMINS"}),
    ("DeleteGroup", {"GroupName": "OWNERS"}),
    ("DeleteGroup", {"GroupName": "held"}),
    ("DeleteGroup", {"GroupName": "nobody"}),
    ("ListUsersInGroup", {"GroupName": "OWNERS"}),
    ("ListUsersInGroup", {"GroupName": "CUSTOMERS"}),
    ("GetGroup", {"GroupName": "OWNERS"}),
    ("ListGroups", {}),
    ("ListUsers", {}),
    ("AdminAddUserToGroup", {"Username": "ghost@example.com", "GroupName": "EDITORS"}),
    ("AdminCreateUser", {"Username": "new@example.com", "ForceAliasCreation": True}),
    ("CreateUserImportJob", {"JobName": "j", "CloudWatchLogsRoleArn": "arn:aws:iam::000000000000:role/import"}),
    ("UpdateUserPool", {}),
)


def test_groups_lists_and_what_nobody_can_delegate(answers, instances, people):
    """`held` has a member who is stronger than an admin."""
    answers.group("held")
    answers.admin("AdminAddUserToGroup", Username=people["owner"].sub, GroupName="held")
    before = answers.groups()
    for operation, more in GROUP_REQUESTS:
        request = {"UserPoolId": answers.pool, **more}
        for actor in ("admin", "supporter", "outsider"):
            local = answers.by_graphql(people[actor], operation, request)
            event = appsync(user_pool(answers, people[actor]), operation, request)
            assert told(instances["administer"], event) == local, (operation, more, actor)
    assert answers.groups() == before


def test_tokens_credentials_and_rest_name_the_same_person(answers, instances, people, targets):
    """What AppSync and API Gateway put into an event, in all three forms."""
    request = {"UserPoolId": answers.pool, "Username": targets["stronger"]}
    for actor in ("admin", "outsider"):
        who = people[actor]
        local = answers.by_rest(who, "AdminDisableUser", request)
        for event in (
            rest(who, "AdminDisableUser", request),
            appsync(user_pool(answers, who), "AdminDisableUser", request),
            appsync(signed(answers, who), "AdminDisableUser", request),
        ):
            assert told(instances["administer"], event) == local
    assert answers.state_of(targets["stronger"])[0]["Enabled"]
    request["Username"] = targets["weaker"]
    for event in (
        rest(people["admin"], "AdminEnableUser", request),
        appsync(signed(answers, people["admin"]), "AdminEnableUser", request),
    ):
        assert told(instances["administer"], event) == Outcome("ok")


def test_groups_are_those_of_this_moment(answers, instances):
    """Taken out, disabled, deleted: the token still says ADMINS."""
    former, target = answers.new("ADMINS"), answers.target("CUSTOMERS")
    request = {"UserPoolId": answers.pool, "Username": target}
    event = appsync(user_pool(answers, former), "AdminDisableUser", request)
    assert event["identity"]["groups"] == ["ADMINS"]
    for change, more, words in (
        ("AdminRemoveUserFromGroup", {"GroupName": "ADMINS"}, "Users without a group may not perform AdminDisableUser"),
        ("AdminDisableUser", {}, "is disabled or no longer exists."),
        ("AdminDeleteUser", {}, "is disabled or no longer exists."),
    ):
        answers.admin(change, Username=former.sub, **more)
        for form in (event, appsync(signed(answers, former), "AdminDisableUser", request)):
            outcome = told(instances["administer"], form)
            assert outcome.code == "NotAuthorizedException"
            assert words in outcome.message
    assert answers.state_of(target)[0]["Enabled"]


@pytest.mark.parametrize("operation", sorted(ENDS))
def test_the_last_enabled_member(answers, instances, people, operation):
    """By an alias too. Somebody else who is disabled does not count."""
    name = people["admin"].sub
    colleague = answers.target("ADMINS")
    others = [one for one in answers.members("ADMINS") if one not in {name, colleague}]
    for other in others:
        answers.admin("AdminRemoveUserFromGroup", Username=other, GroupName="ADMINS")
    answers.admin("AdminDisableUser", Username=colleague)
    more = {"GroupName": "ADMINS"} if operation == "AdminRemoveUserFromGroup" else {}
    for username in (name, people["admin"].email):
        request = {"UserPoolId": answers.pool, "Username": username, **more}
        for actor in ("owner", "admin"):
            event = appsync(user_pool(answers, people[actor]), operation, request)
            outcome = told(instances["administer"], event)
            assert "the last enabled member of ADMINS, which is protected" in outcome.message
            assert outcome == answers.by_graphql(people[actor], operation, request)
    assert answers.state_of(name)[0]["Enabled"]
    assert "ADMINS" in answers.state_of(name)[1]


def test_another_pool_and_an_event_that_says_nothing(answers, instances, people):
    """A caller who is signed in and cannot be told is refused; a guest, a key or a trigger is nobody."""
    other = answers.running.signed("CreateUserPool", PoolName="other").json()["UserPool"]["Id"]
    request = {"UserPoolId": other, "GroupName": "mine"}
    event = appsync(user_pool(answers, people["owner"]), "CreateGroup", request)
    assert told(instances["administer"], event).message == f"Users of {answers.pool} may not act in another user pool."
    assert answers.running.signed("ListGroups", UserPoolId=other).json()["Groups"] == []
    request = {"UserPoolId": answers.pool}
    unknown = signed(answers, people["owner"]) | {"cognitoIdentityAuthProvider": '"accounts.example.com"'}
    event = appsync(unknown, "ListGroups", request)
    assert told(instances["administer"], event).message == "The event does not say on whose behalf this is asked."
    guest = signed(answers, people["owner"]) | {"cognitoIdentityAuthType": "unauthenticated"}
    for identity in (guest | {"cognitoIdentityAuthProvider": None}, None):
        assert told(instances["administer"], appsync(identity, "ListGroups", request)) == Outcome("ok")


def test_own_authority_is_not_asked_who_called(answers, instances, people):
    friend = answers.target()
    request = {"UserPoolId": answers.pool, "Username": friend, "GroupName": "OWNERS"}
    event = appsync(user_pool(answers, people["outsider"]), "AdminAddUserToGroup", request)
    assert told(instances["itself"], event) == Outcome("ok")
    assert answers.state_of(friend)[1] == ["OWNERS"]


def operations_of(assembly: Assembly, function: str, policy: str) -> set[str]:
    logical_id = naming.logical_id("Policy", naming.function_role(function), policy)
    if logical_id not in assembly.template["Resources"]:
        return set()
    document = assembly.template["Resources"][logical_id]["Properties"]["PolicyDocument"]
    return {action.removeprefix("cognito-idp:") for action in document["Statement"][0]["Action"]}


def test_the_role_may_read_exactly_what_is_read(answers, assembly, instances, people):
    """The instance asks for nothing else; a function without rules over groups needs less; none that no person calls."""
    identities = user_pool(answers, people["owner"]), signed(answers, people["owner"])
    telemetry.recent.clear()
    for identity in identities:
        for operation, more in (
            ("DeleteGroup", {"GroupName": "nobody"}),
            ("AdminRemoveUserFromGroup", {"Username": people["admin"].sub, "GroupName": "EDITORS"}),
            ("AdminDisableUser", {"Username": answers.target("ADMINS")}),
        ):
            told(instances["administer"], appsync(identity, operation, {"UserPoolId": answers.pool, **more}))
    asked = {one.operation for one in telemetry.recent}
    granted = operations_of(assembly, "administer", "grant-1")
    assert asked <= granted | operations_of(assembly, "administer", "keep-delegation")
    assert operations_of(assembly, "administer", "keep-delegation") == set(
        delegation.reads(load(PROJECT), "administer")
    )
    assert operations_of(assembly, "narrowed", "keep-delegation") == {"AdminListGroupsForUser", "GetGroup"}
    for function in ("itself", "greet"):
        assert operations_of(assembly, function, "keep-delegation") == set()


def test_what_the_role_may_only_read_is_refused_to_the_handler(answers, assembly, people, tmp_path_factory):
    """`narrowed` was not granted AdminListGroupsForUser: neither its code nor who calls it gets it."""
    package = next(asset.path for asset in assembly.assets if asset.name == "narrowed")
    variables = {
        "AWS_ACCESS_KEY_ID": answers.running.root.access_key,
        "AWS_SECRET_ACCESS_KEY": answers.running.root.secret_key,
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": answers.running.url,
    }
    request = {"UserPoolId": answers.pool, "Username": people["admin"].sub}
    with started(package, make_image(tmp_path_factory.mktemp("image")), HANDLER, variables) as ask:
        for identity in (user_pool(answers, people["owner"]), None):
            outcome = told(ask, appsync(identity, "AdminListGroupsForUser", request))
            assert outcome.code == "AccessDeniedException"
        assert told(ask, appsync(user_pool(answers, people["owner"]), "AdminGetUser", request)) == Outcome("ok")


def test_the_plan_says_where_it_is_kept(assembly):
    notes = " ".join(assembly.notes)
    assert "is enforced by the packages of administer, narrowed, because IAM cannot" in notes
    assert "the role of narrowed may also perform AdminListGroupsForUser, GetGroup on this pool" in notes
    assert "can both succeed on AWS" in notes
    assert "What narrowed asks of the GraphQL API is asked on AWS on nobody's behalf" in notes


def test_the_decision_takes_nothing_along():
    """What goes into the zip is loaded without Poolhouse: a file of the standard library and the decisions."""
    files = delegation.package_files(load(PROJECT), "administer")
    assert {name: "poolhouse." in text for name, text in files.items()} == dict.fromkeys(files, False)
    assert sum(map(len, files.values())) < 40_000
    assert Path(delegation.RULES).name in files
