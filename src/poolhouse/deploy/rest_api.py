"""REST APIs on API Gateway: resources, methods in front of functions, their deployment and stage
(spec/admin-queries.md section 2).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from poolhouse.define.manifest import ADMIN_QUERIES, RestApi, RestRoute
from poolhouse.errors import DefinitionError

from . import authorizers, cors, naming
from .context import Context
from .template import Resource, arn, encode, get_att, ref, sub

DEFAULT_STAGE: Final = "dev"
_SECONDS: Final = 29
# Requests per second and at once. More admin calls would be refused by the user pool's own quotas anyway.
_ADMIN_RATE: Final = (50, 100)
_RATE: Final = (1_000, 2_000)
_PART: Final = re.compile(r"[A-Za-z0-9._:-]+|\{[A-Za-z0-9._-]+\+?\}")
_PARAMETER: Final = re.compile(r"\{([^+}]+)\+?\}")


def add(context: Context) -> None:
    for api in context.manifest.rest_apis:
        _add(context, api)


def logical_id(api: RestApi) -> str:
    return naming.logical_id("RestApi", api.name)


def stage(context: Context, api: RestApi) -> str:
    """The stage that the definitions name; the ordinary one is called like the environment, as with Amplify."""
    return context.environment.name if api.stage == DEFAULT_STAGE else api.stage


def root_url(context: Context, api: RestApi) -> Any:
    """`RootUrl`, to which clients append a path; without a slash at its end."""
    host = f"${{{logical_id(api)}}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}"
    return sub(f"https://{host}/{stage(context, api)}")


@dataclass(slots=True)
class _Building:
    """One API while it is made. Everything that its deployment holds is added through `add`."""

    context: Context
    api: RestApi
    authorizer: str | None = None
    deployed: list[str] = field(default_factory=list)
    paths: dict[str, Any] = field(default_factory=dict)

    @property
    def api_id(self) -> Any:
        return ref(logical_id(self.api))

    def add(self, kind: str, names: Iterable[str], type_name: str, properties: dict[str, Any]) -> str:
        made = naming.logical_id(kind, self.api.name, *names)
        members = {"RestApiId": self.api_id, **properties}
        self.deployed.append(self.context.template.resource(made, type_name, properties=members))
        return made


def _add(context: Context, api: RestApi) -> None:
    _check_paths(api)
    context.template.resource(
        logical_id(api),
        "AWS::ApiGateway::RestApi",
        properties={"Name": context.physical(api.name, 128), "EndpointConfiguration": {"Types": ["REGIONAL"]}},
    )
    building = _Building(context, api)
    building.paths[""] = get_att(logical_id(api), "RootResourceId")
    building.authorizer = authorizers.add(context, api, building.api_id)
    for route in api.routes:
        _method(building, route)
    for path in dict.fromkeys(route.path for route in api.routes):
        _preflight(building, path)
    for kind in ("DEFAULT_4XX", "DEFAULT_5XX"):
        members = {"ResponseType": kind, "ResponseParameters": cors.on_refusals(api)}
        building.add("RestRefusal", [kind], "AWS::ApiGateway::GatewayResponse", members)
    _stage(building)
    _permissions(building)


def _resource(building: _Building, path: str) -> Any:
    """The resource of a path; those above it are made where they are missing."""
    path = "" if path == "/" else path
    if path not in building.paths:
        above, _, part = path.rpartition("/")
        properties = {"ParentId": _resource(building, above), "PathPart": part}
        building.paths[path] = ref(building.add("RestResource", [path], "AWS::ApiGateway::Resource", properties))
    return building.paths[path]


def _method(building: _Building, route: RestRoute) -> None:
    function = building.context.function_arn(route.function)
    target = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Arn}/invocations"
    parameters = {f"method.request.path.{name}": True for name in _PARAMETER.findall(route.path)}
    building.add(
        "RestMethod",
        [route.method, route.path],
        "AWS::ApiGateway::Method",
        {
            "ResourceId": _resource(building, route.path),
            "HttpMethod": route.method,
            **authorizers.members(building.api, route, building.authorizer),
            **({"RequestParameters": parameters} if parameters else {}),
            "Integration": {
                "Type": "AWS_PROXY",
                "IntegrationHttpMethod": "POST",
                "Uri": sub(target, Arn=function),
                "TimeoutInMillis": _SECONDS * 1000,
            },
        },
    )


def _preflight(building: _Building, path: str) -> None:
    """Unless a route answers OPTIONS itself."""
    if any(route.path == path and route.method == "OPTIONS" for route in building.api.routes):
        return
    properties = {
        "ResourceId": _resource(building, path),
        "HttpMethod": "OPTIONS",
        "AuthorizationType": "NONE",
        **cors.preflight(building.api),
    }
    building.add("RestPreflight", [path], "AWS::ApiGateway::Method", properties)


def _stage(building: _Building) -> None:
    """A deployment is a copy of the API; whatever changes makes another one, to which the stage then moves."""
    context, api = building.context, building.api
    depends = [*building.deployed, *([building.authorizer] if building.authorizer else [])]
    deployment = context.template.resource(
        naming.logical_id("RestDeployment", api.name, _content(context, depends)),
        "AWS::ApiGateway::Deployment",
        properties={"RestApiId": building.api_id},
        depends_on=depends,
    )
    rate, burst = _ADMIN_RATE if api.name == ADMIN_QUERIES else _RATE
    context.template.resource(
        naming.logical_id("RestStage", api.name),
        "AWS::ApiGateway::Stage",
        properties={
            "RestApiId": building.api_id,
            "DeploymentId": ref(deployment),
            "StageName": stage(context, api),
            "MethodSettings": [
                {
                    "HttpMethod": "*",
                    "ResourcePath": "/*",
                    "ThrottlingRateLimit": rate,
                    "ThrottlingBurstLimit": burst,
                }
            ],
        },
    )


def _content(context: Context, logical_ids: Iterable[str]) -> str:
    documents = {name: context.template.resources[name].document() for name in logical_ids}
    return sha256(encode(documents)).hexdigest()[:12]


def _permissions(building: _Building) -> None:
    """What the stage may call: the functions of the API's routes."""
    context, api = building.context, building.api
    for function in sorted({route.function for route in api.routes}):
        context.template.add(
            Resource(
                logical_id=naming.logical_id("RestPermission", api.name, function),
                type="AWS::Lambda::Permission",
                properties={
                    "Action": "lambda:InvokeFunction",
                    "FunctionName": context.function_arn(function),
                    "Principal": "apigateway.amazonaws.com",
                    "SourceArn": arn("execute-api", f"${{Api}}/{stage(context, api)}/*/*", Api=building.api_id),
                },
            )
        )


def _check_paths(api: RestApi) -> None:
    """API Gateway has fewer characters than a URL, and one parameter at each place."""
    parameters: dict[str, str] = {}
    for route in api.routes:
        parts = [part for part in route.path.split("/") if part]
        for place, part in enumerate(parts):
            if not _PART.fullmatch(part):
                raise DefinitionError(
                    f"API Gateway cannot have {part!r} in the path {route.path} of the REST API {api.name!r}.",
                    resolution="Use letters, digits, '.', '_', ':' and '-'.",
                )
            above = "/".join(parts[:place])
            first = parameters.setdefault(above, part) if part.startswith("{") else part
            if first != part:
                raise DefinitionError(
                    f"API Gateway cannot have both {first} and {part} below /{above} in the REST API {api.name!r}.",
                    resolution="Use one parameter, with one name, for all paths that share the part before it.",
                )
