"""The GraphQL API on AppSync: its modes, its schema, its key, and who may call which field of it by IAM.

A rule is compiled to both gates: the schema's directives decide about tokens and keys, and the roles of groups, of
signed-in people, of guests and of functions get a policy for exactly their fields.
"""

from collections.abc import Iterator
from typing import Any, Final

from poolhouse.access import documents
from poolhouse.define.manifest import AuthMode, Data, DataAccess
from poolhouse.define.modes import has_api_key, modes
from poolhouse.errors import DefinitionError

from . import naming, policies, resolvers
from .context import Context
from .sdl import declares_queries, sdl
from .template import ACCOUNT, REGION, get_att, join, ref, sub

PROVIDERS: Final[dict[AuthMode, str]] = {
    "userPool": "AMAZON_COGNITO_USER_POOLS",
    "identityPool": "AWS_IAM",
    "apiKey": "API_KEY",
}
API_KEY: Final = "GraphqlApiKey"
API_KEY_EXPIRES: Final = "GraphqlApiKeyExpires"
"""The parameter that says until when the key is good: epoch seconds, see `api_key_expiry`."""

_LOG_ROLE: Final = "GraphqlLogRole"
_DAY: Final = 86_400
# AppSync takes a day at least, counted when the stack gets there and rounded down to the hour.
_SHORTEST: Final = _DAY + 2 * 3_600
# As the local runtime counts: fields inside fields, and function runs of one request.
_DEEPEST: Final = 20
_MOST_RESOLVERS: Final = 25
# Of the resolved text, in characters. AWS allows 10,240 for the inline policies of a role together and 6,144 for a
# managed one, of which a role holds ten.
_INLINE: Final = 8_000
_MANAGED: Final = 5_600
_MOST_MANAGED: Final = 10


def add(context: Context) -> None:
    data = context.manifest.data
    if data is None:
        return
    _api(context, data)
    _log(context)
    context.template.resource(
        resolvers.SCHEMA,
        "AWS::AppSync::GraphQLSchema",
        properties={"ApiId": context.graphql_api_id, "Definition": sdl(data)},
    )
    if has_api_key(data):
        _api_key(context)
    resolvers.add(context)
    _roles(context, data)
    _functions(context, data)


def api_key_expiry(data: Data, now: int, previous: int | None = None) -> int:
    """Until when the API key is good, in epoch seconds; `now` likewise.

    It keeps its end until half of its time is gone, so that a push that changes nothing else changes nothing.
    """
    life = max((data.api_key_expires_in_days or 7) * _DAY, _SHORTEST)
    if previous is not None and now + life // 2 <= previous <= now + life:
        return previous
    return now + life


def _api(context: Context, data: Data) -> None:
    default, *others = modes(context.manifest)
    context.template.resource(
        naming.GRAPHQL_API,
        "AWS::AppSync::GraphQLApi",
        properties={
            "Name": context.physical(data.name, 128),
            **_provider(context, default, primary=True),
            "AdditionalAuthenticationProviders": [_provider(context, mode, primary=False) for mode in others],
            "IntrospectionConfig": "ENABLED" if data.introspection else "DISABLED",
            "QueryDepthLimit": _DEEPEST,
            "ResolverCountLimit": _MOST_RESOLVERS,
            "LogConfig": {
                "CloudWatchLogsRoleArn": get_att(_LOG_ROLE, "Arn"),
                "FieldLogLevel": "ERROR",
                "ExcludeVerboseContent": True,
            },
        },
    )


def _provider(context: Context, mode: AuthMode, *, primary: bool) -> dict[str, Any]:
    """Every field names its modes, so that a default of ALLOW opens none."""
    found: dict[str, Any] = {"AuthenticationType": PROVIDERS[mode]}
    if mode == "userPool":
        pool = {"UserPoolId": context.user_pool_id, "AwsRegion": REGION}
        found["UserPoolConfig"] = {**pool, "DefaultAction": "ALLOW"} if primary else pool
    return found


def _log(context: Context) -> None:
    """Errors only, without headers and values; kept as long as the functions' logs."""
    trust = policies.service_trust(resolvers.APPSYNC, {"StringEquals": {"aws:SourceAccount": ACCOUNT}})
    group = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/appsync/apis/*"
    writing = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    policies.add_role(
        context,
        _LOG_ROLE,
        trust,
        description=f"{context.environment.prefix}: the GraphQL API writes its log",
        inline={"log": documents.allow(writing, [sub(group)])},
    )
    context.template.resource(
        "GraphqlLogGroup",
        "AWS::Logs::LogGroup",
        properties={
            "LogGroupName": join("", ["/aws/appsync/apis/", context.graphql_api_id]),
            "RetentionInDays": context.environment.log_retention_days,
        },
    )


def _api_key(context: Context) -> None:
    context.template.parameter(
        API_KEY_EXPIRES, type="Number", description="Until when the API key is good, in seconds since 1970"
    )
    context.template.resource(
        API_KEY,
        "AWS::AppSync::ApiKey",
        properties={"ApiId": context.graphql_api_id, "Expires": ref(API_KEY_EXPIRES)},
    )


def _roles(context: Context, data: Data) -> None:
    """Guests have a rule of their own: on AWS no resolver would turn a signed-in identity away from a guest's field, so
    the role of the signed-in has no policy for it.
    """
    if context.auth is None:
        return
    for group in context.auth.groups:
        opened = documents.fields(data, documents.members_of(group.name), context.field_arn)
        _attach(context, context.group_role(group.name), opened)
    _attach(context, context.authenticated_role, documents.fields(data, (("authenticated", ""),), context.field_arn))
    _attach(context, context.unauthenticated_role, documents.fields(data, documents.GUESTS, context.field_arn))
    _note_several_groups(context, data)


def _attach(context: Context, role: str, opened: list[dict[str, Any]]) -> None:
    for document in opened:
        chunks = list(_chunks(document["Statement"][0]["Resource"]))
        if len(chunks) == 1 and _length(chunks[0]) <= _INLINE:
            policies.attach(context, role, "graphql", document)
            continue
        if len(chunks) > _MOST_MANAGED:
            raise DefinitionError(
                f"The fields of the GraphQL API that {role} may call do not fit into ten policies of a role.",
                resolution="Shorten their names, or split the API.",
            )
        for place, chunk in enumerate(chunks, start=1):
            _managed(context, role, place, documents.allow([documents.INVOKE_FIELD], chunk))


def _managed(context: Context, role: str, place: int, document: dict[str, Any]) -> None:
    context.template.resource(
        naming.logical_id("GraphqlPolicy", role, str(place)),
        "AWS::IAM::ManagedPolicy",
        properties={"PolicyDocument": document, "Roles": [context.role_name(role)]},
    )


def _chunks(fields: list[Any]) -> Iterator[list[Any]]:
    """All at once where they fit into one inline policy, else as many as a managed policy holds."""
    if _length(fields) <= _INLINE:
        yield fields
        return
    taken: list[Any] = []
    for field in fields:
        if taken and _length([*taken, field]) > _MANAGED:
            yield taken
            taken = []
        taken.append(field)
    yield taken


def _length(fields: list[Any]) -> int:
    """Of the document's text, when the API's ARN stands in the place of its name: at most 90 characters."""
    return 120 + sum(len(field["Fn::Sub"]) + 75 for field in fields)


def _functions(context: Context, data: Data) -> None:
    """What functions may call of the API. Where no query is declared, none is granted: the placeholder stays shut."""
    kinds = {"query": declares_queries(data), "mutate": any(one.kind == "mutation" for one in data.operations)}
    for function in dict.fromkeys(access.function for access in data.access):
        asked = dict.fromkeys(action for one in data.access if one.function == function for action in one.actions)
        actions = tuple(action for action in asked if kinds[action])
        if actions:
            document = documents.data_access(DataAccess(function=function, actions=actions), context.field_arn)
            policies.attach(context, context.function_role(function), "graphql", document)


def _note_several_groups(context: Context, data: Data) -> None:
    """Credentials have one role, that of the strongest group."""
    assert context.auth is not None
    names = [group.name for group in context.auth.groups]
    for place, weaker in enumerate(names):
        fields = _opened_by(data, weaker)
        for stronger in names[:place]:
            if missing := sorted(fields - _opened_by(data, stronger)):
                context.note(
                    f"Members of {stronger} who are also in {weaker} reach {', '.join(missing)} with a user pool token"
                    f" (authMode userPool) only: their identity pool credentials are those of {stronger}."
                )


def _opened_by(data: Data, group: str) -> set[str]:
    found = documents.fields(data, documents.members_of(group), lambda type_name, field: f"{type_name}.{field}")
    return {field for document in found for field in document["Statement"][0]["Resource"]}
