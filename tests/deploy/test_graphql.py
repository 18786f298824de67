"""The GraphQL API's resources: modes, key, policies of roles, data sources, resolvers."""

from typing import Any

import pytest
from deploy.rich import ENVIRONMENT, RICH, rule
from msgspec.structs import replace
from protocols.graphql.world import KEY, USERS, group, operation

from poolhouse.define.manifest import VERSION, Auth, Data, DataAccess, Function, Group, Manifest, Operation
from poolhouse.deploy import naming
from poolhouse.deploy.graphql import API_KEY_EXPIRES, api_key_expiry
from poolhouse.deploy.synthesis import Environment, synthesise
from poolhouse.errors import DefinitionError

DAY = 86_400
FN = Function(name="fn", entry="amplify/fn.py")
AUTH = Auth(groups=(Group(name="ADMINS", precedence=0), Group(name="EDITORS", precedence=1)))


def made(*operations: Operation, auth: Auth | None = AUTH, **members: Any) -> dict[str, Any]:
    data = Data(operations=operations, **members)
    return synthesise(Manifest(version=VERSION, auth=auth, functions=(FN,), data=data), Environment()).template


def of_type(template: dict[str, Any], kind: str) -> dict[str, Any]:
    return {name: one["Properties"] for name, one in template["Resources"].items() if one["Type"] == kind}


def fields_of(template: dict[str, Any], role: str) -> list[str]:
    """`Mutation/fields/x` of every statement about the API that the role has."""
    found = []
    for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        for one in of_type(template, kind).values():
            for statement in one["PolicyDocument"]["Statement"] if one["Roles"] == [{"Ref": role}] else ():
                assert statement["Action"] == ["appsync:GraphQL"]
                found += [arn["Fn::Sub"].partition("/types/")[2] for arn in statement["Resource"]]
    return found


@pytest.mark.parametrize(
    ("default", "auth", "expected"),
    [
        ("userPool", AUTH, ["AMAZON_COGNITO_USER_POOLS", "API_KEY", "AWS_IAM"]),
        ("identityPool", AUTH, ["AWS_IAM", "AMAZON_COGNITO_USER_POOLS", "API_KEY"]),
        ("apiKey", AUTH, ["API_KEY", "AMAZON_COGNITO_USER_POOLS", "AWS_IAM"]),
        ("apiKey", None, ["API_KEY", "AWS_IAM"]),
    ],
)
def test_modes(default: str, auth: Auth | None, expected: list[str]) -> None:
    """The default first; IAM always; only a default user pool has a default action."""
    template = made(operation(rules=(KEY,)), auth=auth, default_mode=default, api_key_expires_in_days=7)
    (api,) = of_type(template, "AWS::AppSync::GraphQLApi").values()
    found = [api, *api["AdditionalAuthenticationProviders"]]
    assert [one["AuthenticationType"] for one in found] == expected
    pools = [one["UserPoolConfig"] for one in found if one["AuthenticationType"] == "AMAZON_COGNITO_USER_POOLS"]
    assert [pool["UserPoolId"] for pool in pools] == [{"Ref": naming.USER_POOL}] * (auth is not None)
    assert [("DefaultAction" in pool) for pool in pools] == [default == "userPool"] * (auth is not None)


@pytest.mark.parametrize("introspection", [True, False])
def test_introspection(introspection: bool) -> None:
    """The definitions decide whether the schema can be asked for."""
    (api,) = of_type(made(operation(), introspection=introspection), "AWS::AppSync::GraphQLApi").values()
    assert api["IntrospectionConfig"] == ("ENABLED" if introspection else "DISABLED")


def test_no_key_unless_asked_for() -> None:
    """Without API keys there is neither a key nor a parameter for its end."""
    template = made(operation())
    assert not of_type(template, "AWS::AppSync::ApiKey")
    assert API_KEY_EXPIRES not in template["Parameters"]
    keyed = made(operation(rules=(KEY,)), api_key_expires_in_days=30)
    (key,) = of_type(keyed, "AWS::AppSync::ApiKey").values()
    assert key["Expires"] == {"Ref": API_KEY_EXPIRES}
    assert keyed["Parameters"][API_KEY_EXPIRES]["Type"] == "Number"


@pytest.mark.parametrize(
    ("previous", "expected"),
    [
        (None, 110 * DAY),
        (110 * DAY, 110 * DAY),
        (105 * DAY, 105 * DAY),
        (105 * DAY - 1, 110 * DAY),
        (99 * DAY, 110 * DAY),
        (111 * DAY, 110 * DAY),
    ],
)
def test_the_keys_end(previous: int | None, expected: int) -> None:
    """It stays until half of its ten days are gone, and is cut where the definitions give it less than it has."""
    assert api_key_expiry(Data(api_key_expires_in_days=10), 100 * DAY, previous) == expected


def test_a_key_for_a_day_lives_a_little_longer() -> None:
    """AppSync refuses less than a day from the moment when the stack makes the key."""
    assert api_key_expiry(Data(api_key_expires_in_days=1), 0) == DAY + 7_200


def test_a_key_that_nobody_timed_lives_a_week() -> None:
    """As the definitions say it."""
    assert api_key_expiry(Data(default_mode="apiKey"), 0) == 7 * DAY


def test_policies_are_exactly_the_fields() -> None:
    """Each role gets the fields that its rules open; who has none gets no policy."""
    guest, signed_in = rule("guest", "identityPool"), rule("authenticated", "identityPool")
    template = made(
        operation("a", "mutation", rules=(group("ADMINS"),)),
        operation("b", rules=(group("ADMINS", "EDITORS"), KEY)),
        operation("c", rules=(guest,)),
        operation("d", rules=(signed_in,)),
        operation("e", rules=(USERS,)),
        api_key_expires_in_days=7,
    )
    assert fields_of(template, naming.group_role("ADMINS")) == ["Mutation/fields/a", "Query/fields/b", "Query/fields/d"]
    assert fields_of(template, naming.group_role("EDITORS")) == ["Query/fields/b", "Query/fields/d"]
    assert fields_of(template, naming.AUTHENTICATED_ROLE) == ["Query/fields/d"]
    assert fields_of(template, naming.UNAUTHENTICATED_ROLE) == ["Query/fields/c"]
    assert fields_of(template, naming.function_role("fn")) == []


def test_what_functions_may_call() -> None:
    """One policy for what several rules give a function; queries only where some are declared."""
    access = (DataAccess(function="fn", actions=("mutate",)), DataAccess(function="fn", actions=("query", "mutate")))
    both = made(operation("q"), operation("m", "mutation"), access=access)
    assert fields_of(both, naming.function_role("fn")) == ["Mutation/fields/*", "Query/fields/*"]
    assert fields_of(made(operation("m", "mutation"), access=access), naming.function_role("fn")) == [
        "Mutation/fields/*"
    ]
    assert fields_of(made(operation("q"), access=access[:1]), naming.function_role("fn")) == []


@pytest.mark.parametrize("length", [3, 120])
def test_many_fields_fit_into_policies(length: int) -> None:
    """Beyond an inline policy's size the fields are spread over managed ones, each once, none too long."""
    names = [f"{'x' * length}{number}" for number in range(120)]
    template = made(*(operation(name, rules=(group("ADMINS"),)) for name in names))
    assert fields_of(template, naming.group_role("ADMINS")) == [f"Query/fields/{name}" for name in names]
    managed = of_type(template, "AWS::IAM::ManagedPolicy").values()
    assert 1 < len(managed) <= 10
    for policy in managed:
        written = sum(len(_written(arn["Fn::Sub"])) + 3 for arn in policy["PolicyDocument"]["Statement"][0]["Resource"])
        assert written + 100 < 6_144


def _written(text: str) -> str:
    """With the longest values: a region's, an account's and an API's name."""
    values = {"AWS::Partition": "aws-us-gov", "AWS::Region": "ap-southeast-1", "AWS::AccountId": "0" * 12}
    for name, value in {**values, "GraphqlApi.ApiId": "x" * 26}.items():
        text = text.replace(f"${{{name}}}", value)
    return text


def test_too_many_fields_for_a_role() -> None:
    """What does not fit into a role's policies is refused, and says which role."""
    names = [f"{'x' * 250}{number}" for number in range(200)]
    with pytest.raises(DefinitionError, match=r"GroupRoleADMINS\w+ may call do not fit into ten policies"):
        made(*(operation(name, rules=(group("ADMINS"),)) for name in names))


def test_each_function_has_one_data_source() -> None:
    """Its role may be taken by AppSync for this API only, and calls this function only."""
    template = synthesise(RICH, ENVIRONMENT).template
    sources = of_type(template, "AWS::AppSync::DataSource")
    assert len(sources) == len({handler.function for one in RICH.data.operations for handler in one.handlers})
    for source in sources.values():
        role = template["Resources"][source["ServiceRoleArn"]["Fn::GetAtt"][0]]["Properties"]
        (statement,) = role["Policies"][0]["PolicyDocument"]["Statement"]
        assert statement["Action"] == ["lambda:InvokeFunction"]
        assert statement["Resource"] == [source["LambdaConfig"]["LambdaFunctionArn"]]
        condition = role["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]
        assert condition["ArnEquals"]["aws:SourceArn"] == {"Fn::GetAtt": ["GraphqlApi", "Arn"]}


def test_every_operation_is_resolved() -> None:
    """One resolver each, after the schema; a pipeline has a step per handler, in order."""
    template = synthesise(RICH, ENVIRONMENT).template
    found = of_type(template, "AWS::AppSync::Resolver")
    declared = {(one.kind.capitalize(), one.name): one for one in RICH.data.operations}
    assert {(one["TypeName"], one["FieldName"]) for one in found.values()} == declared.keys()
    for name, resolver in found.items():
        assert template["Resources"][name]["DependsOn"] == ["GraphqlSchema"]
        handlers = declared[resolver["TypeName"], resolver["FieldName"]].handlers
        steps = [one["Fn::GetAtt"][0] for one in resolver.get("PipelineConfig", {}).get("Functions", [])]
        units = [template["Resources"][step]["Properties"] for step in steps] or [resolver]
        names = [naming.logical_id("DataSource", handler.function) for handler in handlers]
        assert [unit["DataSourceName"]["Fn::GetAtt"][0] for unit in units] == names


def test_nothing_without_data() -> None:
    """A backend without an API has nothing of AppSync."""
    template = synthesise(replace(RICH, data=None), ENVIRONMENT).template
    assert not [one for one in template["Resources"].values() if one["Type"].startswith("AWS::AppSync")]
