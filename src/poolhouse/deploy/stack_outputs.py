"""What a finished stack tells: the ids and addresses that clients need, written into the template and read back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from poolhouse.define.manifest import Manifest, RestApi
from poolhouse.define.modes import has_api_key
from poolhouse.errors import UserError

from . import graphql, naming, rest_api
from .context import Context
from .template import REGION, get_att, sub

POOL: Final = "UserPoolId"
CLIENT: Final = "UserPoolClientId"
IDENTITY_POOL: Final = "IdentityPoolId"
DOMAIN: Final = "UserPoolDomainName"
GRAPHQL: Final = "GraphqlUrl"
API_KEY: Final = "GraphqlApiKeyValue"
STACK_REGION: Final = "Region"


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """Where AWS put a backend. `rest` maps the names of REST APIs to their root URLs, without a slash at the end;
    `domain` is the host of the sign-in pages. Empty or None: the Manifest has no such thing.
    """

    region: str
    user_pool_id: str | None = None
    user_pool_client_id: str | None = None
    identity_pool_id: str | None = None
    api_key: str | None = None
    graphql: str = ""
    rest: Mapping[str, str] = field(default_factory=dict)
    domain: str = ""


def add(context: Context) -> None:
    """The outputs of the template."""
    output = context.template.output
    output(STACK_REGION, REGION, "Where everything is")
    if context.auth is not None:
        output(POOL, context.user_pool_id, "The user pool")
        output(CLIENT, context.client_id, "The app client")
        output(IDENTITY_POOL, context.identity_pool_id, "The identity pool")
        if context.auth.hosted is not None:
            host = f"${{{naming.DOMAIN}}}.auth.${{AWS::Region}}.amazoncognito.com"
            output(DOMAIN, sub(host), "The host of the sign-in pages")
    if context.manifest.data is not None:
        output(GRAPHQL, context.graphql_url, "The GraphQL API")
        if has_api_key(context.manifest.data):
            output(API_KEY, get_att(graphql.API_KEY, "ApiKey"), "The key of the GraphQL API, which every client holds")
    for api in context.manifest.rest_apis:
        output(_rest(api), rest_api.root_url(context, api), f"The root URL of the REST API {api.name}")


def described(stack_outputs: Mapping[str, str], manifest: Manifest, region: str) -> Described:
    """What clients need, from the outputs of the stack. Raises UserError for one that is missing."""

    def told(name: str) -> str:
        if name not in stack_outputs:
            raise UserError(
                f"The stack has no output {name}, which the definitions ask for.",
                resolution="Push the definitions that are here: poolhouse push --target aws.",
            )
        return stack_outputs[name]

    auth, data = manifest.auth, manifest.data
    return Described(
        region=region,
        user_pool_id=told(POOL) if auth else None,
        user_pool_client_id=told(CLIENT) if auth else None,
        identity_pool_id=told(IDENTITY_POOL) if auth else None,
        api_key=told(API_KEY) if data and has_api_key(data) else None,
        graphql=told(GRAPHQL) if data else "",
        rest={api.name: told(_rest(api)).rstrip("/") for api in manifest.rest_apis},
        domain=told(DOMAIN) if auth and auth.hosted else "",
    )


def _rest(api: RestApi) -> str:
    return f"{rest_api.logical_id(api)}Url"
