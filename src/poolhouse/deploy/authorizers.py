"""Who may call a route on API Gateway: the user pool's authorizer, its scopes, and what it does otherwise than ours."""

from typing import Any

from poolhouse.define.manifest import RestApi, RestRoute
from poolhouse.errors import DefinitionError

from . import naming
from .context import Context
from .template import ref


def add(context: Context, api: RestApi, api_id: Any) -> str | None:
    """The authorizer of an API, where a route asks for one. Answers its logical id."""
    if all(route.authorizer == "none" for route in api.routes):
        return None
    if context.auth is None:
        raise DefinitionError(
            f"The REST API {api.name!r} asks for tokens of a user pool, and the backend has none.",
            resolution='Pass auth=define_auth(...) to define_backend(), or write authorizer="none".',
        )
    _note(context, api)
    return context.template.resource(
        naming.logical_id("RestAuthorizer", api.name),
        "AWS::ApiGateway::Authorizer",
        properties={
            "RestApiId": api_id,
            "Name": "user-pool",
            "Type": "COGNITO_USER_POOLS",
            "IdentitySource": "method.request.header.Authorization",
            "ProviderARNs": [context.user_pool_arn],
        },
    )


def members(api: RestApi, route: RestRoute, authorizer: str | None) -> dict[str, Any]:
    """What a method says about its callers. With scopes API Gateway takes access tokens, without them ID tokens."""
    if route.authorizer == "none" or authorizer is None:
        return {"AuthorizationType": "NONE"}
    found: dict[str, Any] = {"AuthorizationType": "COGNITO_USER_POOLS", "AuthorizerId": ref(authorizer)}
    return found | ({"AuthorizationScopes": list(api.scopes)} if api.scopes else {})


def _note(context: Context, api: RestApi) -> None:
    if api.scopes and api.id_tokens != "none":
        context.note(
            f"The REST API {api.name} takes access tokens only: its routes ask for a scope, and ID tokens have none."
        )
    if not api.scopes and api.id_tokens == "own":
        context.note(f"The REST API {api.name} takes ID tokens of every client of the user pool.")
