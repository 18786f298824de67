"""REST APIs on API Gateway: resources, methods, authorizer, preflights, refusals, deployment, stage."""

from typing import Any

import pytest
from deploy.rich import ENVIRONMENT, RICH
from msgspec.structs import replace

from poolhouse.define.manifest import ADMIN_QUERIES, VERSION, Auth, Function, Manifest, RestApi, RestRoute
from poolhouse.deploy import naming, rest_api
from poolhouse.deploy.context import Assembly
from poolhouse.deploy.synthesis import Environment, synthesise
from poolhouse.errors import DefinitionError
from poolhouse.protocols.gateway.cors import Cors

FN = Function(name="fn", entry="amplify/fn.py")


def route(path: str, method: str = "ANY", **members: Any) -> RestRoute:
    return RestRoute(path=path, method=method, function="fn", **members)


def assembled(
    *routes: RestRoute, auth: Auth | None = None, env: str = "dev", fn: Function = FN, **members: Any
) -> Assembly:
    members.setdefault("name", "orders")
    api = RestApi(routes=routes, **members)
    manifest = Manifest(version=VERSION, auth=auth or Auth(), functions=(fn,), rest_apis=(api,))
    return synthesise(manifest, Environment(name=env))


def of_type(assembly: Assembly, kind: str) -> dict[str, Any]:
    found = assembly.template["Resources"].items()
    return {name: one["Properties"] for name, one in found if one["Type"] == f"AWS::ApiGateway::{kind}"}


def test_paths_become_a_tree() -> None:
    """Every segment is a resource below the one before it, made once; the root is the API's own."""
    made = assembled(route("/"), route("/a/{id}", "GET"), route("/a/{id}/b"), route("/a/x"))
    resources = of_type(made, "Resource")
    assert sorted(one["PathPart"] for one in resources.values()) == ["a", "b", "x", "{id}"]
    parents = {one["PathPart"]: one["ParentId"] for one in resources.values()}
    names = {one["PathPart"]: {"Ref": name} for name, one in resources.items()}
    root = {"Fn::GetAtt": [rest_api.logical_id(RestApi(name="orders")), "RootResourceId"]}
    assert parents == {"a": root, "b": names["{id}"], "x": names["a"], "{id}": names["a"]}
    methods = {(one["HttpMethod"], str(one["ResourceId"])) for one in of_type(made, "Method").values()}
    assert ("ANY", str(root)) in methods
    assert ("GET", str(names["{id}"])) in methods


def test_a_method_hands_all_to_its_function() -> None:
    """Proxy integration by POST, within API Gateway's 29 seconds; path parameters are declared."""
    found = of_type(assembled(route("/a/{id}", "GET")), "Method").values()
    (method,) = [one for one in found if one["HttpMethod"] == "GET"]
    assert method["RequestParameters"] == {"method.request.path.id": True}
    integration = method["Integration"]
    assert (integration["Type"], integration["IntegrationHttpMethod"]) == ("AWS_PROXY", "POST")
    assert integration["TimeoutInMillis"] == 29_000
    assert integration["Uri"]["Fn::Sub"][1] == {"Arn": {"Fn::GetAtt": [naming.function("fn"), "Arn"]}}


def test_authorizers() -> None:
    """The user pool's, with the API's scopes, unless a route wants none."""
    made = assembled(route("/a", "GET"), route("/b", "GET", authorizer="none"), scopes=("x", "y"))
    (name,) = of_type(made, "Authorizer")
    found = of_type(made, "Method").values()
    kinds = {one["AuthorizationType"]: one for one in found if one["HttpMethod"] == "GET"}
    assert kinds["COGNITO_USER_POOLS"]["AuthorizationScopes"] == ["x", "y"]
    assert kinds["COGNITO_USER_POOLS"]["AuthorizerId"] == {"Ref": name}
    assert "AuthorizerId" not in kinds["NONE"]
    assert all(one["AuthorizationType"] == "NONE" for one in found if one["HttpMethod"] == "OPTIONS")
    assert of_type(assembled(route("/b", authorizer="none")), "Authorizer") == {}


@pytest.mark.parametrize(
    ("scopes", "id_tokens", "words"),
    [
        (("x",), "own", "access tokens only"),
        (("x",), "pool", "access tokens only"),
        (("x",), "none", None),
        ((), "own", "ID tokens of every client"),
        ((), "pool", None),
    ],
)
def test_what_differs_is_said(scopes: tuple[str, ...], id_tokens: str, words: str | None) -> None:
    """API Gateway takes access tokens or ID tokens; where the local runtime takes more, the push says so."""
    notes = assembled(route("/a"), scopes=scopes, id_tokens=id_tokens).notes
    assert [words in note for note in notes] == ([True] if words else [])


def test_a_user_pool_is_needed() -> None:
    """Routes that ask for tokens need somebody who gives them."""
    api = RestApi(name="orders", routes=(route("/a"),))
    manifest = Manifest(version=VERSION, functions=(FN,), rest_apis=(api,))
    with pytest.raises(DefinitionError, match="asks for tokens of a user pool"):
        synthesise(manifest, Environment())
    synthesise(replace(manifest, rest_apis=(replace(api, routes=(route("/a", authorizer="none"),)),)), Environment())


def _static(parameters: dict[str, str], prefix: str) -> dict[str, str]:
    return {name.removeprefix(prefix).lower(): value.strip("'") for name, value in parameters.items()}


@pytest.mark.parametrize("origins", [("*",), ("https://a.example",)])
def test_a_preflight_answers_as_the_local_gateway(origins: tuple[str, ...]) -> None:
    """The same headers with the same values, and a status that browsers accept."""
    made = assembled(route("/a"), allow_origins=origins)
    (method,) = [one for one in of_type(made, "Method").values() if one["HttpMethod"] == "OPTIONS"]
    (response,) = method["Integration"]["IntegrationResponses"]
    scope = {"headers": [(b"origin", origins[0].encode())]}
    local = {name.decode(): value.decode() for name, value in Cors(origins).preflight(scope)}
    assert _static(response["ResponseParameters"], "method.response.header.") == local
    assert method["MethodResponses"][0]["ResponseParameters"].keys() == response["ResponseParameters"].keys()
    assert "ResponseTemplates" not in response


def test_a_preflight_with_several_origins() -> None:
    """The asking origin is echoed when it is one of them, compared as a whole."""
    made = assembled(route("/a"), allow_origins=("https://a.example", "app://x"))
    (method,) = [one for one in of_type(made, "Method").values() if one["HttpMethod"] == "OPTIONS"]
    template = method["Integration"]["IntegrationResponses"][0]["ResponseTemplates"]["application/json"]
    assert '#if($origin == "https://a.example" || $origin == "app://x")' in template
    assert "responseOverride.header.Access-Control-Allow-Origin = $origin" in template


def test_a_route_may_answer_options_itself() -> None:
    """Then no preflight stands in its way."""
    made = assembled(route("/a", "OPTIONS"), route("/a", "GET"), route("/b"))
    found = [one for one in of_type(made, "Method").values() if one["HttpMethod"] == "OPTIONS"]
    assert sorted(one["Integration"]["Type"] for one in found) == ["AWS_PROXY", "MOCK"]


@pytest.mark.parametrize(
    ("origins", "allowed"),
    [
        (("*",), "'*'"),
        (("https://a.example",), "'https://a.example'"),
        (("https://a.example", "https://b.example"), "method.request.header.Origin"),
        ((), None),
    ],
)
def test_refusals_can_be_read_by_the_app(origins: tuple[str, ...], allowed: str | None) -> None:
    """API Gateway's own answers carry the headers of CORS: a 401 must not look like a broken network."""
    found = of_type(assembled(route("/a"), allow_origins=origins), "GatewayResponse")
    assert sorted(one["ResponseType"] for one in found.values()) == ["DEFAULT_4XX", "DEFAULT_5XX"]
    for one in found.values():
        parameters = one["ResponseParameters"]
        assert parameters.get("gatewayresponse.header.Access-Control-Allow-Origin") == allowed
        assert "x-amzn-ErrorType" in parameters["gatewayresponse.header.Access-Control-Expose-Headers"]
        assert ("gatewayresponse.header.Vary" in parameters) == (origins not in {("*",), ()})


def deployment(made: Assembly) -> str:
    (name,) = of_type(made, "Deployment")
    return name


def test_what_changes_the_api_deploys_it_again() -> None:
    """A stage shows a deployment; without another one a changed route would never be served."""
    first = deployment(assembled(route("/a")))
    changed = [
        assembled(route("/a"), route("/b")),
        assembled(route("/a", authorizer="none")),
        assembled(route("/a"), allow_origins=("https://a.example",)),
        assembled(route("/a"), scopes=("x",)),
    ]
    assert len({first, *map(deployment, changed)}) == 5
    assert deployment(assembled(route("/a"))) == first
    assert deployment(assembled(route("/a"), fn=replace(FN, memory_mb=1024))) == first


def test_a_deployment_waits_for_all_that_it_holds() -> None:
    """Methods, refusals and authorizer of its own API, and nothing of another one."""
    template = synthesise(RICH, ENVIRONMENT).template["Resources"]
    for name, one in template.items():
        if one["Type"] == "AWS::ApiGateway::Deployment":
            api = one["Properties"]["RestApiId"]
            held = {
                other
                for other, resource in template.items()
                if resource["Properties"].get("RestApiId") == api
                and resource["Type"].rpartition("::")[2] not in {"Deployment", "Stage"}
            }
            assert set(one["DependsOn"]) == held, name


@pytest.mark.parametrize(
    ("stage", "env", "expected"), [("dev", "prod", "prod"), ("dev", "dev", "dev"), ("v1", "prod", "v1")]
)
def test_stages(stage: str, env: str, expected: str) -> None:
    """The ordinary stage is called like the environment, as with Amplify; one that was chosen keeps its name."""
    made = assembled(route("/a"), stage=stage, env=env)
    (found,) = of_type(made, "Stage").values()
    assert found["StageName"] == expected
    assert found["DeploymentId"] == {"Ref": deployment(made)}
    url = next(one["Value"]["Fn::Sub"] for name, one in made.template["Outputs"].items() if name.startswith("RestApi"))
    assert url.endswith(f".${{AWS::URLSuffix}}/{expected}")


@pytest.mark.parametrize(("name", "rate"), [("orders", 1_000), (ADMIN_QUERIES, 50)])
def test_requests_are_throttled(name: str, rate: int) -> None:
    """Whoever floods an API is told to wait instead of being paid for."""
    (stage,) = of_type(assembled(route("/{proxy+}"), name=name), "Stage").values()
    (settings,) = stage["MethodSettings"]
    assert (settings["HttpMethod"], settings["ResourcePath"]) == ("*", "/*")
    assert settings["ThrottlingRateLimit"] == rate


def test_functions_let_their_api_call_them() -> None:
    """One permission for each function and API, from its stage only."""
    made = assembled(route("/a"), route("/b"))
    found = [one for one in made.template["Resources"].values() if one["Type"] == "AWS::Lambda::Permission"]
    (permission,) = [one["Properties"] for one in found if "apigateway" in one["Properties"]["Principal"]]
    text, values = permission["SourceArn"]["Fn::Sub"]
    assert text.endswith(":execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/dev/*/*")
    assert values == {"Api": {"Ref": rest_api.logical_id(RestApi(name="orders"))}}


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        (("/a+b",), r"cannot have 'a\+b'"),
        (("/~me",), "cannot have '~me'"),
        (("/a/{id}", "/a/{name}/b"), "both {id} and {name} below /a"),
        (("/a/{id}", "/a/{proxy+}"), r"both {id} and {proxy\+} below /a"),
    ],
)
def test_paths_that_api_gateway_refuses(paths: tuple[str, ...], words: str) -> None:
    """They are refused before anything is created, by name."""
    with pytest.raises(DefinitionError, match=words):
        assembled(*map(route, paths))
    assembled(route("/a/{id}"), route("/a/{id}/b"), route("/b/{name}"), route("/a:b"))
