"""Who may call what, read from a template alone: directives, policies, trust, authorizers and permissions, evaluated
as AWS would evaluate them. Nothing is called, and the definitions are not asked.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal, NamedTuple

from poolhouse.access import roles
from poolhouse.access.globs import ArnPattern
from poolhouse.access.policies import Policy, PolicySet, decide, parse, parse_trust
from poolhouse.define.manifest import SELF_SERVICE_SCOPE

from . import naming
from .graphql_gates import Gates
from .intrinsics import Resolver

_INVOKE: Final = "lambda:InvokeFunction"
_FIELD: Final = "appsync:GraphQL"
_ATTACHED: Final = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
_IDENTITY: Final = "us-east-1:00000000-0000-0000-0000-000000000001"


@dataclass(frozen=True, slots=True)
class Nobody:
    """No credentials at all."""


@dataclass(frozen=True, slots=True)
class Key:
    """Whoever knows the API key."""


@dataclass(frozen=True, slots=True)
class Token:
    """A user of the pool with a token of the backend's own client."""

    groups: tuple[str, ...] = ()
    use: Literal["access", "id"] = "access"
    scopes: tuple[str, ...] = (SELF_SERVICE_SCOPE,)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Credentials of the identity pool: a member of these groups, strongest first, or a guest (None)."""

    groups: tuple[str, ...] | None = ()


@dataclass(frozen=True, slots=True)
class Function:
    """A function, by the name in its definition."""

    name: str


Who = Nobody | Key | Token | Credentials | Function


class Route(NamedTuple):
    """A method of a resource of a REST API; `api` is its logical id."""

    api: str
    method: str
    path: str


class Simulation:
    """A stack that never was. `parameters` are those that its creation would be given."""

    def __init__(
        self,
        template: Mapping[str, Any],
        parameters: Mapping[str, Any] | None = None,
        *,
        region: str = "us-east-1",
        account_id: str = "000000000000",
    ) -> None:
        self._template = template
        self._resolver = Resolver(template, parameters or {}, region=region, account_id=account_id)
        self._policies: dict[str, PolicySet] = {}

    @cached_property
    def _resources(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """Types and properties, without functions in them."""
        return {
            name: (resource["Type"], self._resolver.value(resource.get("Properties", {})))
            for name, resource in self._template["Resources"].items()
        }

    def _of_type(self, *types: str) -> Iterator[tuple[str, dict[str, Any]]]:
        return ((name, properties) for name, (type_, properties) in self._resources.items() if type_ in types)

    def _properties(self, name: str) -> dict[str, Any]:
        return self._resources[name][1]

    # Roles

    def policies(self, role: str) -> PolicySet:
        """All policies of a role, by its logical id. A managed policy of AWS's own counts as none."""
        if role not in self._policies:
            self._policies[role] = PolicySet(self._documents(role))
        return self._policies[role]

    def _documents(self, role: str) -> list[Policy]:
        found = [parse(one["PolicyDocument"]) for one in self._properties(role).get("Policies", [])]
        name = self._resolver.ref(role)
        attached = (one for _, one in self._of_type(*_ATTACHED) if name in one.get("Roles", []))
        return [*found, *(parse(one["PolicyDocument"]) for one in attached)]

    def role_may(self, role: str, action: str, resource: str, context: Mapping[str, Any] | None = None) -> bool:
        return decide(self.policies(role), None, action, resource, context).allowed

    def role_of(self, who: Credentials | Function) -> str | None:
        """The logical id of the role that somebody acts with, None where nobody would give him one."""
        if isinstance(who, Function):
            return naming.function_role(who.name)
        attachment = next((one for _, one in self._of_type("AWS::Cognito::IdentityPoolRoleAttachment")), None)
        if attachment is None:
            return None
        arn = self._role_arn(who, attachment)
        role = next((name for name, _ in self._of_type("AWS::IAM::Role") if self._resolver.arn(name) == arn), None)
        return role if role and self._trusts(role, attachment["IdentityPoolId"], who) else None

    def _role_arn(self, who: Credentials, attachment: Mapping[str, Any]) -> str | None:
        """A guest's, that of the strongest group, or that of the signed-in. Only the mapping by token is understood."""
        given: dict[str, str] = attachment["Roles"]
        if who.groups is None:
            return given.get("unauthenticated")
        mappings = [mapping["Type"] for mapping in attachment.get("RoleMappings", {}).values()]
        if mappings not in ([], ["Token"]):
            raise ValueError(f"The role mappings {mappings} are not understood.")
        groups = [one for _, one in self._of_type("AWS::Cognito::UserPoolGroup") if one["GroupName"] in who.groups]
        strongest = min(groups, key=lambda one: int(one["Precedence"]), default={})
        return (strongest.get("RoleArn") if mappings else None) or given.get("authenticated")

    def _trusts(self, role: str, identity_pool: str, who: Credentials) -> bool:
        trust = parse_trust(self._properties(role)["AssumeRolePolicyDocument"])
        amr = "unauthenticated" if who.groups is None else "authenticated"
        return roles.trust_allows(trust, identity_pool_id=identity_pool, amr=(amr,), identity_id=_IDENTITY)

    # User pool operations

    def may_operate(self, who: Function, operation: str, pool: str = naming.USER_POOL) -> bool:
        """Whether a function may call an operation of the user pool (`AdminGetUser`)."""
        return self.role_may(naming.function_role(who.name), f"cognito-idp:{operation}", self._resolver.arn(pool))

    # GraphQL

    @cached_property
    def gates(self) -> Gates | None:
        """The schema with its directives, where there is an API."""
        schema = next((one for _, one in self._of_type("AWS::AppSync::GraphQLSchema")), None)
        api = next((one for _, one in self._of_type("AWS::AppSync::GraphQLApi")), None)
        if schema is None or api is None:
            return None
        modes = [api, *api.get("AdditionalAuthenticationProviders", [])]
        has_key = any(True for _ in self._of_type("AWS::AppSync::ApiKey"))
        return Gates(schema["Definition"], [mode["AuthenticationType"] for mode in modes], has_key=has_key)

    def may_have(self, who: Who, type_name: str, field: str) -> bool:
        """Whether a call of a top-level field reaches its function: mode, directives, policy and data source."""
        gates = self.gates
        if gates is None or isinstance(who, Nobody) or not self._answers(type_name, field):
            return False
        if isinstance(who, Token):
            return gates.opens_to_token(type_name, field, who.groups)
        if isinstance(who, Key):
            return gates.opens_to_key(type_name, field)
        role = self.role_of(who)
        resource = f"{self._resolver.arn(naming.GRAPHQL_API)}/types/{type_name}/fields/{field}"
        return gates.opens_to_iam(type_name, field) and role is not None and self.role_may(role, _FIELD, resource)

    def _answers(self, type_name: str, field: str) -> bool:
        """Whether the field has a resolver, each of whose data sources may call its function."""
        found = [
            one
            for _, one in self._of_type("AWS::AppSync::Resolver")
            if (one["TypeName"], one["FieldName"]) == (type_name, field)
        ]
        if len(found) != 1:
            return False
        steps = found[0].get("PipelineConfig", {}).get("Functions", [])
        units = [self._properties(step) for step in steps] or found
        return all(self._invokes(unit["DataSourceName"]) for unit in units)

    def _invokes(self, source: str) -> bool:
        described = self._properties(source)
        role = next(
            name
            for name, _ in self._of_type("AWS::IAM::Role")
            if self._resolver.arn(name) == described["ServiceRoleArn"]
        )
        return self.role_may(role, _INVOKE, described["LambdaConfig"]["LambdaFunctionArn"])

    # REST APIs

    def routes(self) -> list[Route]:
        """Every method, the preflights included, by API and path."""
        found = [
            Route(one["RestApiId"], one["HttpMethod"], self._path(one["ResourceId"]))
            for _, one in self._of_type("AWS::ApiGateway::Method")
        ]
        return sorted(found)

    def _path(self, resource: str) -> str:
        """`/orders/{id}`, from the resources above it."""
        if resource.endswith(".RootResourceId"):
            return "/"
        described = self._properties(resource)
        return f"{self._path(described['ParentId']).rstrip('/')}/{described['PathPart']}"

    def may_request(self, who: Who, route: Route) -> bool:
        """Whether a request gets through to the function, or to the answer that API Gateway gives itself."""
        method = next(
            one
            for _, one in self._of_type("AWS::ApiGateway::Method")
            if Route(one["RestApiId"], one["HttpMethod"], self._path(one["ResourceId"])) == route
        )
        if method["Integration"]["Type"] != "MOCK" and not self._permitted(route, method["Integration"]["Uri"]):
            return False
        if method["AuthorizationType"] == "NONE":
            return True
        if not isinstance(who, Token):
            return False
        scopes = method.get("AuthorizationScopes", [])
        if scopes:
            return who.use == "access" and not set(scopes).isdisjoint(who.scopes)
        return who.use == "id"

    def _permitted(self, route: Route, uri: str) -> bool:
        """Whether the function lets this stage of this API call it."""
        stages = [
            one["StageName"] for _, one in self._of_type("AWS::ApiGateway::Stage") if one["RestApiId"] == route.api
        ]
        where = f"arn:aws:execute-api:{self._resolver.region}:{self._resolver.account_id}:{route.api}"
        asked = [f"{where}/{stage}/{_some(route.method)}{_filled(route.path)}" for stage in stages]
        patterns = [
            ArnPattern(one["SourceArn"], variables=False)
            for _, one in self._of_type("AWS::Lambda::Permission")
            if one["Principal"] == "apigateway.amazonaws.com" and f"/functions/{one['FunctionName']}/invocations" in uri
        ]
        return bool(asked) and all(any(pattern.matches(one, {}) for pattern in patterns) for one in asked)


def _some(method: str) -> str:
    return "GET" if method == "ANY" else method


def _filled(path: str) -> str:
    parts: Iterable[str] = path.split("/")
    return "/".join("x" if part.startswith("{") else part for part in parts)
