"""The security table: which role may do what on which resource, read from the finished template as AWS will read it."""

import json
from collections.abc import Iterator

import pytest
from deploy.rich import ENVIRONMENT, RICH, grant
from msgspec.structs import replace

from poolhouse.define.grants import SINGLES, WITHOUT_POOL
from poolhouse.deploy import naming
from poolhouse.deploy.synthesis import synthesise
from poolhouse.errors import DefinitionError

TEMPLATE = synthesise(RICH, ENVIRONMENT).template
RESOURCES = TEMPLATE["Resources"]
POOL, LOGS = "UserPool.Arn", ["logs:CreateLogStream", "logs:PutLogEvents"]
SECRET = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/poolhouse/shop/prod/PAYMENT_KEY"


def shown(resource: object) -> str:
    """An intrinsic function as one line."""
    if isinstance(resource, str):
        return resource
    [(kind, value)] = resource.items()
    return ".".join(value) if kind == "Fn::GetAtt" else value if isinstance(value, str) else json.dumps(value)


def statements(role: str) -> Iterator[tuple[list[str], list[str]]]:
    """(actions, resources) of every policy that the role has."""
    documents = [policy["PolicyDocument"] for policy in RESOURCES[role]["Properties"].get("Policies", [])]
    documents += [
        one["Properties"]["PolicyDocument"]
        for _, one in sorted(RESOURCES.items())
        if one["Type"] == "AWS::IAM::Policy" and {"Ref": role} in one["Properties"]["Roles"]
    ]
    for document in documents:
        for statement in document["Statement"]:
            assert statement["Effect"] == "Allow"
            listed = statement.get("Resource") or [{"Fn::Sub": f"not {shown(one)}"} for one in statement["NotResource"]]
            yield statement["Action"], [shown(one) for one in listed]


def field(kind: str, name: str) -> str:
    api = "arn:${AWS::Partition}:appsync:${AWS::Region}:${AWS::AccountId}:apis/${GraphqlApi.ApiId}"
    return f"{api}/types/{kind}/fields/{name}"


def log_of(function: str) -> tuple[list[str], list[str]]:
    return LOGS, [f"{naming.log_group(function)}.Arn"]


MEMBERSHIP = ["cognito-idp:AdminAddUserToGroup", "cognito-idp:AdminRemoveUserFromGroup"]
FUNCTIONS = {
    "add-user-to-group": [
        log_of("add-user-to-group"),
        (["ssm:GetParameters"], [SECRET]),
        (["cognito-idp:AdminAddUserToGroup"], [POOL]),
        (["cognito-idp:ListUsers"], [POOL]),
        (["cognito-idp:ListUserPools"], ["*"]),
        ([f"cognito-idp:{one}" for one in ("AdminGetUser", "AdminListGroupsForUser", "GetGroup")], [POOL]),
    ],
    "addUserToGroup": [log_of("addUserToGroup")],
    "post-confirmation": [
        log_of("post-confirmation"),
        (["appsync:GraphQL"], [field("Mutation", "*")]),
        (MEMBERSHIP, [POOL]),
    ],
    "custom message": [log_of("custom message")],
    "AdminQueries0a1b2c3d": [
        log_of("AdminQueries0a1b2c3d"),
        (["cognito-idp:ListUsers", "cognito-idp:AdminGetUser"], [POOL]),
        (["cognito-idp:AdminListGroupsForUser"], [POOL]),
    ],
}
IDENTITIES = {
    naming.group_role("ADMINS"): [field("Mutation", "addUserToGroup"), field("Query", "mine")],
    naming.group_role("Ops&Co"): [field("Mutation", "addUserToGroup"), field("Query", "mine")],
    naming.group_role("Ops-Co"): [field("Query", "mine")],
    naming.AUTHENTICATED_ROLE: [field("Query", "mine")],
    naming.UNAUTHENTICATED_ROLE: [field("Query", "hello")],
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_what_was_granted_and_write_its_own_log(function):
    assert sorted(statements(naming.function_role(function))) == sorted(FUNCTIONS[function])


@pytest.mark.parametrize("role", IDENTITIES)
def test_an_identity_may_call_the_fields_that_a_rule_opens_to_it(role):
    found = [(actions, sorted(resources)) for actions, resources in statements(role)]
    assert found == [(["appsync:GraphQL"], sorted(IDENTITIES[role]))]


def test_text_messages_go_to_phones_and_to_no_topic():
    assert list(statements("SmsRole")) == [(["sns:Publish"], ["not arn:${AWS::Partition}:sns:*:*:*"])]
    trust = RESOURCES["SmsRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]
    condition = trust["Condition"]["StringEquals"]
    configured = RESOURCES[naming.USER_POOL]["Properties"]["SmsConfiguration"]
    assert condition == {"sts:ExternalId": configured["ExternalId"], "aws:SourceAccount": {"Ref": "AWS::AccountId"}}


def test_no_identity_of_another_pool_can_take_a_role():
    """Audience and kind of identity are both asked for, by every role that identities take."""
    for role in IDENTITIES:
        [statement] = RESOURCES[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        kind = "unauthenticated" if role == naming.UNAUTHENTICATED_ROLE else "authenticated"
        assert statement["Condition"] == {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": {"Ref": naming.IDENTITY_POOL}},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": kind},
        }


def test_only_this_pool_of_this_account_calls_its_triggers():
    found = [
        one["Properties"]
        for one in RESOURCES.values()
        if one["Type"] == "AWS::Lambda::Permission" and one["Properties"]["Principal"] == "cognito-idp.amazonaws.com"
    ]
    assert {shown(one["FunctionName"]) for one in found} == {
        f"{naming.function(name)}.Arn" for name in ("post-confirmation", "custom message")
    }
    for one in found:
        assert (shown(one["SourceArn"]), one["SourceAccount"]) == (POOL, {"Ref": "AWS::AccountId"})


@pytest.mark.parametrize("name", SINGLES)
def test_no_grant_reaches_beyond_the_pool_unless_the_operation_names_none(name):
    auth = replace(RICH.auth, grants=(grant("add-user-to-group", name),))
    found = synthesise(replace(RICH, auth=auth), ENVIRONMENT).template["Resources"]
    [policy] = [one for key, one in found.items() if one["Type"] == "AWS::IAM::Policy" and "Grant" in key]
    [statement] = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Action"] == [f"cognito-idp:{SINGLES[name]}"]
    assert shown(statement["Resource"][0]) == ("*" if SINGLES[name] in WITHOUT_POOL else POOL)


def test_more_grants_than_a_role_holds_are_refused():
    """Before the push: AWS would refuse the last policy, after the others are in force."""
    auth = replace(RICH.auth, grants=(grant("add-user-to-group", *SINGLES),) * 3)
    with pytest.raises(DefinitionError, match="a role of AWS holds 8192"):
        synthesise(replace(RICH, auth=auth), ENVIRONMENT)
    once = replace(RICH.auth, grants=auth.grants[:1])
    assert synthesise(replace(RICH, auth=once), ENVIRONMENT)
