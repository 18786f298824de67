"""Attempts to become stronger than one is, each on the ways that a person has; the state is read back after each."""

import time
from typing import Any

import pytest
from acceptance.world import Person as Account
from delegation.conftest import KINDS
from delegation.world import PERFORM, WAYS, Answers, Outcome

from poolhouse import telemetry
from poolhouse.operations.callers import sealed

OUTRANKS = "which outranks their own groups."


@pytest.fixture(scope="module", params=KINDS)
def answers(request: pytest.FixtureRequest) -> Answers:
    """On both databases."""
    found: Answers = request.getfixturevalue(f"on_{request.param}")
    return found


@pytest.fixture(scope="module")
def admin(answers: Answers) -> Account:
    return answers.new("ADMINS")


@pytest.fixture(scope="module")
def supporter(answers: Answers) -> Account:
    return answers.new("SUPPORT")


def refused(answers: Answers, who: Account, operation: str, told: str, **request: Any) -> None:
    """On every way the same refusal, and on record with who tried."""
    full = {"UserPoolId": answers.pool, **request}
    for way, ask in WAYS.items():
        outcome = ask(answers, who, operation, full)
        assert outcome.code == "NotAuthorizedException", (way, outcome)
        assert told in outcome.message, (way, outcome)
    actor = answers.as_person(who, "console").arn
    event = answers.last_event(operation=operation, result="NotAuthorizedException", actor=actor)
    assert event is not None
    assert event.body["principal"]


def test_self_promotion(answers, admin, supporter):
    """Into a stronger group, and into one that the rule does not assign."""
    refused(answers, admin, "AdminAddUserToGroup", OUTRANKS, Username=admin.sub, GroupName="OWNERS")
    refused(answers, supporter, "AdminAddUserToGroup", OUTRANKS, Username=supporter.sub, GroupName="ADMINS")
    other = "put users into another group than CUSTOMERS"
    refused(answers, supporter, "AdminAddUserToGroup", other, Username=supporter.sub, GroupName="EDITORS")
    assert (answers.groups_of(admin), answers.groups_of(supporter)) == (["ADMINS"], ["SUPPORT"])


def test_promotion_of_a_friend(answers, admin):
    friend = answers.target("CUSTOMERS")
    refused(answers, admin, "AdminAddUserToGroup", OUTRANKS, Username=friend, GroupName="OWNERS")
    assert answers.state_of(friend)[1] == ["CUSTOMERS"]


def test_a_stronger_users_account(answers, admin):
    """His password, his address and his factors are as far away as his groups."""
    owner = answers.target("OWNERS")
    before = answers.state_of(owner)
    for operation, request in (
        ("AdminSetUserPassword", {"Password": "Correct-Horse9", "Permanent": True}),
        ("AdminResetUserPassword", {}),
        ("AdminUpdateUserAttributes", {"UserAttributes": [{"Name": "email", "Value": "mine@example.com"}]}),
        ("AdminSetUserMFAPreference", {"SoftwareTokenMfaSettings": {"Enabled": False}}),
        ("AdminUserGlobalSignOut", {}),
    ):
        refused(answers, admin, operation, f"on a member of OWNERS, {OUTRANKS}", Username=owner, **request)
    assert answers.state_of(owner) == before


def test_by_way_of_create_user(answers, admin):
    """A request to make a user can name no group; it can neither take an address nor invite a stronger user."""
    weak, owner = answers.target("CUSTOMERS"), answers.target("OWNERS")
    address = next(a["Value"] for a in answers.state_of(weak)[0]["UserAttributes"] if a["Name"] == "email")
    taken = "take a sign-in name from one user for another"
    refused(answers, admin, "AdminCreateUser", taken, Username=address, ForceAliasCreation=True)
    refused(answers, admin, "AdminCreateUser", OUTRANKS, Username=owner, MessageAction="RESEND")
    assert answers.state_of(weak)[1] == ["CUSTOMERS"]


def _jobs(answers):
    return {job["JobId"] for job in answers.admin("ListUserImportJobs", MaxResults=60)["UserImportJobs"]}


def test_by_way_of_an_import(answers, admin):
    """Although the function was granted it."""
    request = {"JobName": "j", "CloudWatchLogsRoleArn": "arn:aws:iam::000000000000:role/import"}
    before = _jobs(answers)
    refused(answers, admin, "CreateUserImportJob", "no rule of the pool's delegation", **request)
    assert _jobs(answers) == before


def test_by_way_of_anothers_import(answers, admin):
    """A job that waits for its file: neither shown, with the address for it, nor started."""
    role = "arn:aws:iam::000000000000:role/import"
    made = answers.admin("CreateUserImportJob", JobName="j", CloudWatchLogsRoleArn=role)["UserImportJob"]
    header = ",".join(answers.admin("GetCSVHeader")["CSVHeader"])
    answers.running.http.put(made["PreSignedUrl"], content=f"{header}\n").raise_for_status()
    for operation in ("DescribeUserImportJob", "StartUserImportJob", "StopUserImportJob"):
        refused(answers, admin, operation, "no rule of the pool's delegation", JobId=made["JobId"])
    shown = answers.admin("DescribeUserImportJob", JobId=made["JobId"])["UserImportJob"]
    assert (shown["Status"], shown["ImportedUsers"]) == ("Created", 0)


def test_by_way_of_the_pool(answers, admin):
    """Whoever could set the pool's triggers could run any function with its own authority."""
    before = answers.admin("DescribeUserPool")
    trigger = {"PreSignUp": "arn:aws:lambda:us-east-1:000000000000:function:itself"}
    refused(answers, admin, "UpdateUserPool", "no rule of the pool's delegation", LambdaConfig=trigger)
    assert answers.admin("DescribeUserPool") == before


def test_by_way_of_a_trigger(answers, admin):
    """A trigger has nobody behind it; a narrowed grant keeps it from groups that it was not made for."""
    friend = answers.target()
    for nth, (group, after) in enumerate((("OWNERS", []), ("EDITORS", ["EDITORS"]))):
        request = {
            "UserPoolId": answers.pool,
            "Username": f"greeted-{nth}@example.com",
            "MessageAction": "SUPPRESS",
            "ClientMetadata": {"promote": friend, "group": group},
        }
        assert answers.by_graphql(admin, "AdminCreateUser", request) == Outcome("ok")
        assert answers.state_of(friend)[1] == after


def test_by_name_or_precedence_of_a_group(answers, admin):
    """A group stays where it is, and a name of the definitions is nobody's, even when its group is gone."""
    before = answers.groups()
    refused(answers, admin, "UpdateGroup", OUTRANKS, GroupName="EDITORS", Precedence=0)
    refused(answers, admin, "UpdateGroup", OUTRANKS, GroupName="OWNERS", Precedence=9)
    refused(answers, admin, "CreateGroup", OUTRANKS, GroupName="mine", Precedence=0)
    refused(answers, admin, "CreateGroup", "belongs to the definitions", GroupName="EDITORS", Precedence=8)
    role = "arn:aws:iam::000000000000:role/strong"
    refused(answers, admin, "UpdateGroup", "give a group an IAM role", GroupName="EDITORS", RoleArn=role)
    assert answers.groups() == before


def test_arguments_that_name_another_pool(answers, admin):
    """A pool of the same server, with a function that may touch any; and one that does not exist."""
    other = answers.running.signed("CreateUserPool", PoolName="other").json()["UserPool"]["Id"]
    for pool_id in (other, "us-east-1_Nobody000"):
        request = {"UserPoolId": pool_id, "GroupName": "mine"}
        assert answers.by_console(admin, "CreateGroup", request).message == (
            f"Users of {answers.pool} may not act in another user pool."
        )
        for way in ("graphql", "rest", "sdk", "credentials"):
            assert WAYS[way](answers, admin, "CreateGroup", request).code == "AccessDeniedException"
    assert answers.running.signed("ListGroups", UserPoolId=other).json()["Groups"] == []


def test_a_user_of_another_pool(answers, admin):
    """His sub names nobody here, and he is what he was there."""
    other = answers.running.signed("CreateUserPool", PoolName="other").json()["UserPool"]["Id"]
    name = {"UserPoolId": other, "Username": "ada"}
    attributes = answers.running.signed("AdminCreateUser", **name, MessageAction="SUPPRESS").json()["User"][
        "Attributes"
    ]
    sub = next(one["Value"] for one in attributes if one["Name"] == "sub")
    for way, ask in WAYS.items():
        request = {"UserPoolId": answers.pool, "Username": sub}
        assert ask(answers, admin, "AdminDisableUser", request).code == "UserNotFoundException", way
    assert answers.running.signed("AdminGetUser", **name).json()["Enabled"]


def test_a_stale_token(answers):
    """Taken out of the group, disabled, deleted: what a token or credentials say counts for nothing."""
    target = answers.target("CUSTOMERS")
    request = {"UserPoolId": answers.pool, "Username": target}
    former = answers.new("ADMINS")
    assert answers.by_graphql(former, "AdminEnableUser", request) == Outcome("ok")
    assert answers.by_identity_pool(former, "AdminEnableUser", request) == Outcome("ok")
    answers.admin("AdminRemoveUserFromGroup", Username=former.sub, GroupName="ADMINS")
    refused(answers, former, "AdminDisableUser", "Users without a group may not", Username=target)
    answers.admin("AdminDisableUser", Username=former.sub)
    for way in ("sdk", "console"):
        outcome = WAYS[way](answers, former, "AdminDisableUser", request)
        assert outcome.message == "The user on whose behalf this is asked is disabled or no longer exists."
    assert answers.state_of(target)[0]["Enabled"]


def test_another_functions_caller(answers, admin):
    """A seal that was made for one role, presented with another one's credentials; and seals that were changed."""
    target = answers.target("CUSTOMERS")
    request = {"UserPoolId": answers.pool, "Username": target, "GroupName": "EDITORS"}
    token = sealed(answers.services, answers.as_person(admin, "graphql"), answers.applied.function_roles["administer"])
    for text, function in ((token, "itself"), (token[:-2], "administer"), ("", "administer"), ("x" * 99, "itself")):
        outcome = answers.with_caller(text, "AdminAddUserToGroup", request, function)
        assert outcome.code == "NotAuthorizedException"
        assert "not sealed for the role" in outcome.message
    assert answers.state_of(target)[1] == ["CUSTOMERS"]
    assert answers.with_caller(token, "AdminAddUserToGroup", request) == Outcome("ok")


# --- who is behind a function ---


def eventually(seen: Any) -> bool:
    """Asynchronous handlers answer before they run."""
    deadline = time.monotonic() + 20
    while not seen():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_an_asynchronous_handler_acts_for_its_caller(answers, admin):
    target, owner = answers.target("CUSTOMERS"), answers.target("OWNERS")
    query = PERFORM.replace(
        "{field}(operation: $operation, request: $request)",
        "{field}(operation: $operation, request: $request) {{ success }}",
    ).format(field="administerLater")
    for username in (owner, target):
        request = f'{{"UserPoolId": "{answers.pool}", "Username": "{username}"}}'
        told = answers.post(query, admin.token, operation="AdminDisableUser", request=request)
        assert told.json() == {"data": {"administerLater": {"success": True}}}
    assert eventually(lambda: not answers.state_of(target)[0]["Enabled"])
    assert eventually(lambda: answers.last_event(subject=owner, result="NotAuthorizedException"))
    assert answers.state_of(owner)[0]["Enabled"]
    event = answers.last_event(subject=target)
    assert event.actor.endswith(admin.sub)


def test_the_rule_that_allowed_is_on_record(answers, admin, supporter):
    target = answers.target("CUSTOMERS")
    request = {"UserPoolId": answers.pool, "Username": target}
    assert answers.by_rest(supporter, "AdminGetUser", request) == Outcome("ok")
    event = answers.last_event(subject=target)
    assert event.body["rule"] == 'allow.group("SUPPORT").to(["getUser", "listUsers"], members_of=["CUSTOMERS"])'
    assert event.body["token_id"]
    assert event.body["groups"] == ["SUPPORT"]


def test_the_request_log_says_what_opened(answers, supporter):
    """The rule of a field as its definition has it, and by which credentials; of a route, what its token had."""
    request = {"UserPoolId": answers.pool, "Username": answers.target("CUSTOMERS")}
    field, mine = "on Mutation.administer, by", answers.running.aws("sts", supporter.key).get_caller_identity()
    role = mine["Arn"].split("/")[1]
    for way, rule in (
        ("graphql", f"allow.authenticated() {field} token"),
        ("identity pool", f'allow.authenticated("identityPool") {field} role {role}'),
        ("rest", "access token with scope aws.cognito.signin.user.admin"),
    ):
        assert WAYS[way](answers, supporter, "AdminGetUser", request) == Outcome("ok")
        asked = [one for one in telemetry.recent if one.way == way.replace("identity pool", "graphql")][-1]
        assert (asked.result, asked.rule, asked.principal[-36:]) == ("ok", rule, supporter.sub)


def test_a_narrowed_grant(answers):
    """The API keeps the function to its groups, whoever calls it; what names no group is not narrowed."""
    owner = answers.new("OWNERS")
    target = answers.target()
    request = {"UserPoolId": answers.pool, "Username": target}
    denied = answers.by_graphql(owner, "AdminAddUserToGroup", {**request, "GroupName": "CUSTOMERS"}, "narrowed")
    assert denied.code == "AccessDeniedException"
    assert answers.state_of(target)[1] == []
    done = answers.by_graphql(owner, "AdminAddUserToGroup", {**request, "GroupName": "EDITORS"}, "narrowed")
    assert done == Outcome("ok")
    assert answers.by_graphql(owner, "AdminGetUser", request, "narrowed") == Outcome("ok")
    assert answers.state_of(target)[1] == ["EDITORS"]


def test_own_authority(answers):
    """Whoever calls the function: it was given the right to decide by itself."""
    outsider = answers.new()
    request = {"UserPoolId": answers.pool, "Username": outsider.sub, "GroupName": "EDITORS"}
    assert answers.by_graphql(outsider, "AdminAddUserToGroup", request, "administer").code == "NotAuthorizedException"
    assert answers.by_graphql(outsider, "AdminAddUserToGroup", request, "itself") == Outcome("ok")
    assert answers.groups_of(outsider) == ["EDITORS"]
