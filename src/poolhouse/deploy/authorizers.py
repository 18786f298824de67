"""Who may call a route on API Gateway: the user pool's authorizer, its scopes, and what it does otherwise than ours."""

from typing import Any

import msgspec

from poolhouse.define.manifest import ADMIN_QUERIES, RestApi, RestRoute
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
    if api.name == ADMIN_QUERIES and api.routes:
        _note_groups(context, api)
    if api.scopes and api.id_tokens != "none":
        context.note(
            f"The REST API {api.name} takes access tokens only: its routes ask for a scope, and ID tokens have none."
        )
    if not api.scopes and api.id_tokens == "own":
        context.note(f"The REST API {api.name} takes ID tokens of every client of the user pool.")


def _note_groups(context: Context, api: RestApi) -> None:
    """Whom the function of Admin Queries admits: its own code decides that, behind the authorizer."""
    told = context.find_function(api.routes[0].function).environment
    listed = msgspec.json.decode(str(told.get("ADMIN_QUERIES") or "{}")).get("groups") or [told.get("GROUP", "NONE")]
    whom = "every signed-in user" if listed == ["NONE"] else f"members of {', '.join(listed)} only"
    context.note(f"Behind the authorizer of {api.name}, its function's own code admits {whom}.")
