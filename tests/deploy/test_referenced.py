"""A stack that uses a user pool without making it: its parts in every place, policies on roles that exist already."""

import json

import msgspec
import pytest
from deploy.referenced import MANIFEST, POOL, THERE
from deploy.rich import RICH

from poolhouse.define.manifest import Auth, Grant, Group, Manifest
from poolhouse.deploy import stack_outputs
from poolhouse.deploy.synthesis import Environment, synthesise
from poolhouse.errors import DefinitionError
from poolhouse.outputs.amplify_outputs import Addresses, Applied, amplify_outputs
from poolhouse.outputs.aws_exports import aws_exports
from poolhouse.outputs.native import configuration


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return MANIFEST


@pytest.fixture(scope="module")
def template(manifest) -> dict:
    return synthesise(manifest, THERE).template


def of_type(template, *types):
    return [one["Properties"] for one in template["Resources"].values() if one["Type"] in types]


def test_nothing_of_the_pool_is_made(template):
    kinds = {one["Type"] for one in template["Resources"].values()}
    assert not [kind for kind in kinds if kind.startswith("AWS::Cognito::")]
    assert "AWS::AppSync::GraphQLApi" in kinds


def test_grants_name_the_pool(template):
    """Each on exactly this pool, for the functions' own roles."""
    text = json.dumps(of_type(template, "AWS::IAM::Policy"))
    arn = "arn:${AWS::Partition}:cognito-idp:${AWS::Region}:${AWS::AccountId}:userpool/${Pool}"
    assert json.dumps({"Fn::Sub": [arn, {"Pool": POOL.user_pool_id}]}) in text
    assert '{"Ref": "UserPool"}' not in json.dumps(template)


def test_fields_are_opened_to_the_roles_that_are_there(template):
    """By names of policies that no other stack has: a second stack's would otherwise replace them."""
    attached = of_type(template, "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
    known = {
        arn.rpartition("/")[2] for arn in (POOL.auth_role_arn, POOL.unauth_role_arn, *POOL.group_role_arns.values())
    }
    outside = [one for one in attached if isinstance(one["Roles"][0], str)]
    assert {one["Roles"][0] for one in outside} <= known
    assert "authed" in {one["Roles"][0] for one in outside}
    assert all(one["PolicyName"].startswith("shop-prod-") for one in outside if "PolicyName" in one)


def test_apis_ask_for_its_tokens(template):
    """AppSync and API Gateway."""
    assert POOL.user_pool_id in json.dumps(of_type(template, "AWS::AppSync::GraphQLApi"))
    (providers,) = {json.dumps(one["ProviderARNs"]) for one in of_type(template, "AWS::ApiGateway::Authorizer")}
    assert POOL.user_pool_id in providers


@pytest.mark.parametrize("change", [{"region": "us-east-1"}, {"account_id": "999922223333"}])
def test_elsewhere(manifest, change):
    """Region and account of the stack are those of the pool."""
    with pytest.raises(DefinitionError, match="the stack would be in"):
        synthesise(manifest, Environment(name="prod", **({"region": "eu-central-1"} | change)))


def test_what_the_reader_is_told(manifest):
    notes = synthesise(manifest, THERE).notes
    assert any("not part of the stack" in note for note in notes)
    assert any("The grant of add-user-to-group is narrowed to groups (Ops-Co)" in note for note in notes)


def test_client_files(manifest, template):
    """The pool's own ids with AWS's endpoints, and no setting that only the pool knows."""
    outputs = {name: one["Value"] for name, one in template["Outputs"].items()}
    told = {name: value if isinstance(value, str) else f"https://{name}.example" for name, value in outputs.items()}
    found = stack_outputs.described(told, manifest, "eu-central-1")
    ids = (found.user_pool_id, found.user_pool_client_id, found.identity_pool_id)
    assert ids == (POOL.user_pool_id, POOL.user_pool_client_id, POOL.identity_pool_id)
    applied = Applied(
        region=found.region,
        user_pool_id=ids[0],
        user_pool_client_id=ids[1],
        identity_pool_id=ids[2],
        api_key=found.api_key,
        aws=Addresses(graphql=found.graphql, rest=found.rest),
    )
    section = amplify_outputs(manifest, applied)["auth"]
    assert section.keys() == {"user_pool_id", "aws_region", "user_pool_client_id", "identity_pool_id", "groups"}
    assert "aws_cognito_password_protection_settings" not in aws_exports(manifest, applied)
    plugin = configuration(manifest, applied, endpoint="", web_domain="")["auth"]["plugins"]["awsCognitoAuthPlugin"]
    assert plugin["Auth"]["Default"] == {"authenticationFlowType": "USER_SRP_AUTH"}


def test_a_pool_without_data():
    """Grants alone make functions with policies."""
    auth = Auth(
        groups=(Group(name="A", precedence=0),),
        grants=(Grant(function="f", names=(), actions=("cognito-idp:AdminGetUser",)),),
        reference=msgspec.structs.replace(POOL, group_role_arns={"A": "arn:aws:iam::111122223333:role/a"}),
    )
    functions = tuple(each for each in RICH.functions[:1])
    grants = (msgspec.structs.replace(auth.grants[0], function=functions[0].name),)
    made = Manifest(version=3, auth=msgspec.structs.replace(auth, grants=grants), functions=functions)
    (policy,) = of_type(synthesise(made, THERE).template, "AWS::IAM::Policy")
    assert (policy["PolicyName"], policy["Roles"][0].keys()) == ("grant-1", {"Ref"})
