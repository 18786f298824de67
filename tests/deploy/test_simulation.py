"""Who may call what on AWS, read from the template, is who may call it here, decided by the local runtime's own code."""

import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from deploy.manifests import manifests
from deploy.rich import ENVIRONMENT, RICH
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from protocols.graphql.world import group, operation

from poolhouse.access import fields, routes
from poolhouse.access.policies import PolicySet, decide, parse
from poolhouse.access.principals import CognitoIdentity, RoleSession
from poolhouse.config import Settings, load
from poolhouse.define import project
from poolhouse.define.grants import GRANT_NAMES, actions_of
from poolhouse.define.manifest import Auth, Data, DataAccess, Group, Manifest, RestRoute
from poolhouse.define.manifest import Function as FunctionDefinition
from poolhouse.deploy import delegation, rest_api
from poolhouse.deploy.graphql import API_KEY_EXPIRES
from poolhouse.deploy.sdl import PLACEHOLDER
from poolhouse.deploy.simulation import Credentials, Function, Key, Nobody, Route, Simulation, Token, Who
from poolhouse.deploy.synthesis import Environment, synthesise
from poolhouse.operations.backend import desired
from poolhouse.operations.backend.state import Names
from poolhouse.protocols.gateway.routes import Routes
from poolhouse.protocols.graphql.schema import TYPE_NAMES

EXAMPLES = Path(__file__).parents[2] / "examples"
IDS = {"pool": "us-east-1_UserPool", "identity_pool": "us-east-1:IdentityPool", "api": "GraphqlApi"}
OPERATIONS = sorted({action.partition(":")[2] for action in actions_of(GRANT_NAMES)})
MANIFESTS = {
    "admin-actions": project.load(EXAMPLES / "admin-actions"),
    "admin-queries": project.load(EXAMPLES / "admin-queries"),
    "rich": RICH,
}
FN = FunctionDefinition(name="fn", entry="amplify/fn.py")
API = "arn:aws:appsync:us-east-1:000000000000:apis/GraphqlApi"
GUARD = fields.Guard(api_id=IDS["api"])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load("dev", tmp_path_factory.mktemp("project"), {})


def simulated(manifest: Manifest) -> Simulation:
    template = synthesise(manifest, ENVIRONMENT).template
    return Simulation(template, {API_KEY_EXPIRES: 0}, region="us-east-1", account_id="000000000000")


class Local:
    """The local runtime's decisions about the same callers."""

    def __init__(self, manifest: Manifest, server: Settings) -> None:
        self.manifest = manifest
        self.server = server
        found = desired.all_roles(manifest, server, IDS, 0)
        self._roles = {role.arn: role for role in found}
        self._names = Names(server, manifest.name)

    def session(self, who: Credentials | Function) -> RoleSession:
        if isinstance(who, Function):
            return self._session(self._names.arn("function", who.name), None)
        identity = CognitoIdentity(
            identity_id="us-east-1:1",
            identity_pool_id=IDS["identity_pool"],
            auth_type="unauthenticated" if who.groups is None else "authenticated",
            groups=who.groups or (),
        )
        return self._session(self._names.arn("authenticated"), identity)

    def _session(self, arn: str, identity: CognitoIdentity | None) -> RoleSession:
        role = self._roles[arn]
        policies = PolicySet([parse(document) for document in _documents(role.policies)])
        return RoleSession(arn, role.name, "s", self.server.account_id, self.server.region, policies, None, identity)

    def may_have(self, who: Who, type_name: str, field: str) -> bool:
        operation = next(
            one for one in self.manifest.data.operations if (TYPE_NAMES[one.kind], one.name) == (type_name, field)
        )
        caller = self._caller(who)
        return caller is not None and fields.permits(GUARD, caller, type_name, field, operation.rules)

    def _caller(self, who: Who) -> fields.Caller | None:
        if isinstance(who, Key):
            data = self.manifest.data
            return fields.ApiKeyCaller() if data.api_key_expires_in_days is not None else None
        if isinstance(who, Token):
            return fields.UserPoolCaller({}, who.groups, who.groups) if self.manifest.auth else None
        if isinstance(who, Credentials):
            session = self.session(who)
            return fields.IdentityCaller(session, session.identity, session.identity.groups)
        return fields.BackendCaller(self.session(who)) if isinstance(who, Function) else None

    def may_operate(self, who: Function, operation: str, group: str = "") -> bool:
        session = self.session(who)
        keys = {"poolhouse:GroupName": group} if group else {}
        arn = f"arn:aws:cognito-idp:{self.server.region}:{self.server.account_id}:userpool/{IDS['pool']}"
        return decide(session.policies, None, f"cognito-idp:{operation}", arn, keys).allowed

    def may_request(self, who: Who, name: str, route: RestRoute) -> bool:
        api = next(one for one in self.manifest.rest_apis if one.name == name)
        if route.authorizer == "none":
            return True
        if not isinstance(who, Token):
            return False
        claims = {"scope": " ".join(who.scopes)} if who.use == "access" else {"aud": "own"}
        return routes.accepts(api, who.use, claims, "own")


def _documents(text: str) -> list[str]:
    return [json.dumps(one) for one in json.loads(text)]


def callers(manifest: Manifest) -> Iterator[Who]:
    """Everybody there can be: each group alone, all of them in pairs, nobody."""
    yield Nobody()
    yield Key()
    names = [group.name for group in manifest.auth.groups] if manifest.auth else []
    sets = [(), *((name,) for name in names), *combinations(names, 2), ("NOT A GROUP",)]
    yield from (Token(groups=groups) for groups in sets)
    yield from (Credentials(groups) for groups in (None, *sets))
    yield from (Function(one.name) for one in manifest.functions)


def of_a_weaker_group(manifest: Manifest, who: Who, type_name: str, field: str) -> bool:
    """The one difference: credentials have the role of the strongest group, whatever else their user is in."""
    if not isinstance(who, Credentials) or len(who.groups or ()) < 2:
        return False
    operation = next(one for one in manifest.data.operations if (TYPE_NAMES[one.kind], one.name) == (type_name, field))
    return any(set(rule.groups) & set(who.groups[1:]) for rule in operation.rules)


def graphql_differences(manifest: Manifest, server: Settings) -> list[tuple[Who, str, bool]]:
    """Every caller and field whose two answers differ, and AWS's; the documented difference left out where AWS is the
    stricter one.
    """
    stack, here = simulated(manifest), Local(manifest, server)
    found = []
    for who in callers(manifest):
        for defined in manifest.data.operations:
            where = TYPE_NAMES[defined.kind], defined.name
            on_aws = stack.may_have(who, *where)
            if on_aws != here.may_have(who, *where) and (on_aws or not of_a_weaker_group(manifest, who, *where)):
                found.append((who, ".".join(where), on_aws))
    return found


def test_graphql_of_the_example(server: Settings) -> None:
    """The table of the mutation: members of ADMINS, by token and by credentials, and nobody else."""
    manifest = MANIFESTS["admin-actions"]
    stack = simulated(manifest)
    passing = [who for who in callers(manifest) if stack.may_have(who, "Mutation", "addUserToGroup")]
    assert passing == [Token(groups=("ADMINS",)), Credentials(("ADMINS",))]
    assert graphql_differences(manifest, server) == []


def test_graphql_of_the_rich_backend(server: Settings) -> None:
    """Guests, keys, functions, several groups: the same table here and on AWS."""
    assert graphql_differences(RICH, server) == []
    stack = simulated(RICH)
    assert stack.may_have(Credentials(None), "Query", "hello")
    assert not stack.may_have(Credentials(()), "Query", "hello")
    assert stack.may_have(Function("post-confirmation"), "Mutation", "later")
    assert not stack.may_have(Function("post-confirmation"), "Query", "hello")


@settings(max_examples=40, deadline=None)
@given(manifest=manifests())
def test_graphql_of_any_backend(server: Settings, manifest: Manifest) -> None:
    """Whatever the rules are, AWS lets the same callers in."""
    assert graphql_differences(manifest, server) == []


def test_members_of_several_groups() -> None:
    """Credentials are those of the strongest group, so a weaker group's field needs a token; the push says so."""
    groups = (Group(name="ADMINS", precedence=0), Group(name="EDITORS", precedence=1))
    described = operation("edit", "mutation", rules=(group("EDITORS"),))
    manifest = replace(
        RICH, auth=Auth(groups=groups), data=Data(operations=(described,)), rest_apis=(), functions=(FN,)
    )
    stack, both = simulated(manifest), ("ADMINS", "EDITORS")
    assert stack.role_of(Credentials(both)) == stack.role_of(Credentials(("ADMINS",)))
    passing = [who for who in callers(manifest) if stack.may_have(who, "Mutation", "edit")]
    assert passing == [Token(groups=("EDITORS",)), Token(groups=both), Credentials(("EDITORS",))]
    (note,) = synthesise(manifest, ENVIRONMENT).notes
    assert "ADMINS who are also in EDITORS reach Mutation.edit with a user pool token" in note


def test_the_placeholder_is_shut() -> None:
    """Nobody, whatever he holds, may ask for the query that only AppSync needs: neither a person nor a function that
    may query.
    """
    access = (DataAccess(function="fn", actions=("query", "mutate")),)
    for manifest in (
        MANIFESTS["admin-actions"],
        replace(MANIFESTS["admin-actions"], functions=(FN,), data=_only(access)),
    ):
        stack = simulated(manifest)
        assert ("Query", PLACEHOLDER) in stack.gates.fields()
        assert not any(stack.may_have(who, "Query", PLACEHOLDER) for who in callers(manifest))
        roles = [stack.role_of(who) for who in callers(manifest) if isinstance(who, Credentials | Function)]
        assert not any(
            stack.role_may(role, "appsync:GraphQL", f"{API}/types/Query/fields/{PLACEHOLDER}") for role in roles
        )
    assert stack.role_may(stack.role_of(Function("fn")), "appsync:GraphQL", f"{API}/types/Mutation/fields/edit")


def _only(access: tuple[DataAccess, ...]) -> Data:
    return Data(operations=(operation("edit", "mutation", rules=(group("ADMINS"),)),), access=access)


@pytest.mark.parametrize("name", MANIFESTS)
def test_user_pool_operations(server: Settings, name: str) -> None:
    """A function may call exactly the operations that its grants name, on exactly this pool, and on AWS those that
    keep the delegation, which its package refuses to its own code (tests/delegation/test_aws_packages.py).
    """
    manifest = MANIFESTS[name]
    stack, here = simulated(manifest), Local(manifest, server)
    for function in manifest.functions:
        who = Function(function.name)
        looked_up = delegation.reads(manifest, function.name)
        on_aws = [one for one in OPERATIONS if stack.may_operate(who, one)]
        assert set(looked_up) <= set(on_aws)
        on_aws = [one for one in on_aws if one not in looked_up]
        assert on_aws == [one for one in OPERATIONS if here.may_operate(who, one, "Ops-Co")], function.name


def test_a_grant_for_some_groups(server: Settings) -> None:
    """IAM does not see which group a call names: the one place where AWS allows more, and the push says so."""
    stack, here = simulated(RICH), Local(RICH, server)
    who, operation = Function("add-user-to-group"), "AdminAddUserToGroup"
    assert [here.may_operate(who, operation, one) for one in ("Ops-Co", "ADMINS")] == [True, False]
    assert stack.may_operate(who, operation)
    assert any("add-user-to-group is narrowed" in note for note in synthesise(RICH, ENVIRONMENT).notes)


@settings(max_examples=25, deadline=None)
@given(manifest=manifests())
def test_user_pool_operations_of_any_backend(server: Settings, manifest: Manifest) -> None:
    """Grants mean the same on both sides."""
    stack, here = simulated(manifest), Local(manifest, server)
    for function in manifest.functions:
        who = Function(function.name)
        assert [stack.may_operate(who, one) for one in OPERATIONS] == [here.may_operate(who, one) for one in OPERATIONS]


def test_no_person_may_call_an_operation(server: Settings) -> None:
    """The roles of people hold nothing of the user pool."""
    stack = simulated(RICH)
    pool = f"arn:aws:cognito-idp:us-east-1:000000000000:userpool/{IDS['pool']}"
    for who in callers(RICH):
        if isinstance(who, Credentials):
            role = stack.role_of(who)
            assert role
            assert not any(stack.role_may(role, f"cognito-idp:{one}", pool) for one in OPERATIONS)


REST_CALLERS: tuple[Who, ...] = (
    Nobody(),
    Key(),
    Token(),
    Token(scopes=("orders/read",)),
    Token(scopes=("openid",)),
    Token(scopes=()),
    Token(use="id"),
    Credentials(("ADMINS",)),
)


def rest_differences(manifest: Manifest, server: Settings) -> list[tuple[Who, Route, bool]]:
    """As for GraphQL. The documented difference: where a route asks for scopes, API Gateway takes no ID token."""
    stack, here = simulated(manifest), Local(manifest, server)
    found = []
    for api in manifest.rest_apis:
        for route in api.routes:
            place = Route(rest_api.logical_id(api), route.method, route.path)
            for who in REST_CALLERS:
                on_aws, is_id = stack.may_request(who, place), isinstance(who, Token) and who.use == "id"
                if on_aws != here.may_request(who, api.name, route) and (on_aws or not (is_id and api.scopes)):
                    found.append((who, place, on_aws))
    return found


@pytest.mark.parametrize("name", ["admin-queries", "rich"])
def test_rest_apis(server: Settings, name: str) -> None:
    """A route lets the same tokens in; a preflight lets everybody in."""
    assert rest_differences(MANIFESTS[name], server) == []
    stack = simulated(MANIFESTS[name])
    preflights = [route for route in stack.routes() if route.method == "OPTIONS"]
    assert preflights
    assert all(stack.may_request(who, route) for route in preflights for who in REST_CALLERS)


@settings(max_examples=40, deadline=None)
@given(manifest=manifests())
def test_rest_apis_of_any_backend(server: Settings, manifest: Manifest) -> None:
    """Every route that is declared is there, and lets the same tokens in; nothing else is but preflights."""
    assert rest_differences(manifest, server) == []
    declared = {(route.method, route.path) for api in manifest.rest_apis for route in api.routes}
    found = {(route.method, route.path) for route in simulated(manifest).routes()}
    assert found - declared == {("OPTIONS", path) for _, path in declared} - declared


def test_a_preflight_is_answered_as_here() -> None:
    """Where ANY answers, OPTIONS is the gateway's, here and there; a route of its own keeps it."""
    for api in RICH.rest_apis:
        here = Routes(api.routes)
        for route in simulated(RICH).routes():
            if route.api == rest_api.logical_id(api) and route.method == "OPTIONS":
                match = here.match([part for part in route.path.split("/") if part])
                assert match is not None
                answering = match.resource.route("OPTIONS")
                assert answering is None or answering.method == "ANY"


BREAKS = {
    "directive": lambda r: r["GraphqlSchema"]["Properties"].update(
        Definition=r["GraphqlSchema"]["Properties"]["Definition"].replace(
            ' @aws_cognito_user_pools(cognito_groups: ["ADMINS"])', ""
        )
    ),
    "mode": lambda r: r["GraphqlApi"]["Properties"].update(AdditionalAuthenticationProviders=[]),
    "resolver": lambda r: _drop(r, "AWS::AppSync::Resolver"),
    "data source's policy": lambda r: _strip(r, "DataSourceRole"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_missing_link_shuts_the_field(name: str) -> None:
    """The simulation sees what keeps a token from its field: no directive, no mode, no resolver, no permission."""
    template = synthesise(MANIFESTS["admin-actions"], Environment()).template
    BREAKS[name](template["Resources"])
    assert not Simulation(template).may_have(Token(groups=("ADMINS",)), "Mutation", "addUserToGroup")


def _drop(resources: dict, kind: str) -> None:
    for name in [name for name, one in resources.items() if one["Type"] == kind]:
        del resources[name]


def _strip(resources: dict, prefix: str) -> None:
    for name, one in resources.items():
        if name.startswith(prefix):
            one["Properties"].pop("Policies")


def test_a_wider_policy_is_seen() -> None:
    """A role that may do more than the definitions say is found out."""
    template = synthesise(MANIFESTS["admin-actions"], Environment()).template
    statement = {"Effect": "Allow", "Action": "appsync:*", "Resource": "*"}
    policy = {"PolicyName": "wide", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    template["Resources"]["UnauthenticatedRole"]["Properties"]["Policies"] = [policy]
    assert Simulation(template).may_have(Credentials(None), "Mutation", "addUserToGroup")


@given(st.sampled_from(["Fn::If", "Fn::ImportValue", "Fn::Transform"]))
def test_what_is_not_understood_is_refused(function: str) -> None:
    """A function of CloudFormation that is not evaluated is an error and no guess."""
    template = synthesise(MANIFESTS["admin-actions"], Environment()).template
    template["Resources"]["GraphqlApi"]["Properties"]["Name"] = {function: ["x"]}
    with pytest.raises(ValueError, match=function):
        Simulation(template).may_have(Key(), "Mutation", "addUserToGroup")
