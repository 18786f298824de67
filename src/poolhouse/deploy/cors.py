"""What browsers ask before they call a REST API, and the headers without which they hide a refusal from the app."""

from typing import Any, Final

import msgspec

from poolhouse.define.manifest import RestApi

METHODS: Final = "DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT"
HEADERS: Final = (
    "Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token,X-Amz-User-Agent,"
    "X-Amz-Content-Sha256,Cache-Control,Amz-Sdk-Invocation-Id,Amz-Sdk-Request"
)
EXPOSED: Final = "Date,x-amzn-RequestId,x-amzn-ErrorType,x-amz-apigw-id"
MAX_AGE: Final = "86400"

_ALLOW: Final = "Access-Control-Allow-Origin"
_ECHO: Final = """\
#set($origin = $input.params().header.get("Origin"))
#if($origin == "")
  #set($origin = $input.params().header.get("origin"))
#end
#if(%s)
  #set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)
#end
"""


def preflight(api: RestApi) -> dict[str, Any]:
    """Integration and responses of OPTIONS, which API Gateway answers itself, for everybody."""
    headers = {
        **_origin(api),
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": HEADERS,
        "Access-Control-Max-Age": MAX_AGE,
    }
    response: dict[str, Any] = {
        "StatusCode": "200",
        "ResponseParameters": {f"method.response.header.{name}": f"'{value}'" for name, value in headers.items()},
    }
    if len(api.allow_origins) > 1:
        response["ResponseTemplates"] = {"application/json": _ECHO % _is_listed(api.allow_origins)}
    return {
        "Integration": {
            "Type": "MOCK",
            "RequestTemplates": {"application/json": '{"statusCode": 200}'},
            "PassthroughBehavior": "WHEN_NO_MATCH",
            "IntegrationResponses": [response],
        },
        "MethodResponses": [
            {"StatusCode": "200", "ResponseParameters": {f"method.response.header.{name}": True for name in headers}}
        ],
    }


def on_refusals(api: RestApi) -> dict[str, str]:
    """Headers of what API Gateway answers itself. Of several origins none can be chosen here, so the asking one is
    named: such an answer holds a message and nothing else.
    """
    headers = {name: f"'{value}'" for name, value in _origin(api).items()}
    if len(api.allow_origins) > 1:
        headers[_ALLOW] = "method.request.header.Origin"
    headers["Access-Control-Expose-Headers"] = f"'{EXPOSED}'"
    return {f"gatewayresponse.header.{name}": value for name, value in headers.items()}


def _origin(api: RestApi) -> dict[str, str]:
    """Whoever asks from an origin that is not listed hears of the first one, which his browser refuses."""
    if not api.allow_origins:
        return {}
    vary = {} if api.allow_origins == ("*",) else {"Vary": "Origin"}
    return {_ALLOW: api.allow_origins[0], **vary}


def _is_listed(origins: tuple[str, ...]) -> str:
    return " || ".join(f"$origin == {msgspec.json.encode(origin).decode()}" for origin in origins)
