"""What answers a field on AppSync: a data source per function, and resolvers whose code hands the function the event
that the local runtime hands it (spec/backend-and-data.md section 5).

One handler is a unit resolver, several are a pipeline.
"""

from typing import Any, Final

from poolhouse.access import documents
from poolhouse.define.manifest import Operation

from . import naming, policies
from .context import Context
from .template import ACCOUNT, get_att

APPSYNC: Final = "appsync.amazonaws.com"
SCHEMA: Final = "GraphqlSchema"
RUNTIME: Final = {"Name": "APPSYNC_JS", "RuntimeVersion": "1.0.0"}

_REQUEST: Final = """\
import {{ util }} from '@aws-appsync/utils';

export function request(ctx) {{
  return {{
    operation: 'Invoke',
    invocationType: '{invocation}',
    payload: {{
      typeName: ctx.info.parentTypeName,
      fieldName: ctx.info.fieldName,
      arguments: ctx.arguments,
      identity: ctx.identity ?? null,
      source: null,
      request: {{ headers: ctx.request.headers, domainName: ctx.request.domainName ?? null }},
      prev: {{ result: {previous} }},
    }},
  }};
}}
"""
_WAIT: Final = """
export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type);
  }
  return ctx.result ?? null;
}
"""
_HAND_OVER: Final = """
export function response(ctx) {
  if (ctx.error) {
    util.appendError(ctx.error.message, ctx.error.type);
    return { success: false };
  }
  return { success: true };
}
"""
PIPELINE: Final = """\
export function request(ctx) {
  return {};
}

export function response(ctx) {
  return ctx.prev.result ?? null;
}
"""
"""Around several handlers: the last one's result is the field's."""


def code(*, first: bool, asynchronous: bool) -> str:
    """The code of one handler. The first one's `prev` is what Amplify's authorization step leaves: an empty object."""
    request = _REQUEST.format(
        invocation="Event" if asynchronous else "RequestResponse",
        previous="{}" if first else "ctx.prev.result ?? null",
    )
    return request + (_HAND_OVER if asynchronous else _WAIT)


def add(context: Context) -> None:
    """Data sources and resolvers of every operation. Needs the API and its schema."""
    assert context.manifest.data is not None
    operations = context.manifest.data.operations
    for name in sorted({handler.function for operation in operations for handler in operation.handlers}):
        _data_source(context, name)
    for operation in operations:
        if len(operation.handlers) == 1:
            _unit(context, operation)
        elif operation.handlers:
            _pipeline(context, operation)


def _data_source(context: Context, function: str) -> None:
    """AppSync calls exactly this function, and only for this API."""
    logical_id = _source_id(function)
    condition = {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnEquals": {"aws:SourceArn": get_att(naming.GRAPHQL_API, "Arn")},
    }
    role = policies.add_role(
        context,
        naming.logical_id("DataSourceRole", function),
        policies.service_trust(APPSYNC, condition),
        description=f"{context.environment.prefix}: the GraphQL API calls one function",
        inline={"invoke": documents.allow(["lambda:InvokeFunction"], [context.function_arn(function)])},
    )
    context.template.resource(
        logical_id,
        "AWS::AppSync::DataSource",
        properties={
            "ApiId": context.graphql_api_id,
            "Name": logical_id,
            "Type": "AWS_LAMBDA",
            "ServiceRoleArn": get_att(role, "Arn"),
            "LambdaConfig": {"LambdaFunctionArn": context.function_arn(function)},
        },
    )


def _source_id(function: str) -> str:
    return naming.logical_id("DataSource", function)


def _unit(context: Context, operation: Operation) -> None:
    (handler,) = operation.handlers
    answered = {
        "Kind": "UNIT",
        "DataSourceName": get_att(_source_id(handler.function), "Name"),
        "Code": code(first=True, asynchronous=handler.asynchronous),
    }
    _resolver(context, operation, answered)


def _pipeline(context: Context, operation: Operation) -> None:
    steps = [_step(context, operation, place) for place in range(len(operation.handlers))]
    functions = [get_att(step, "FunctionId") for step in steps]
    _resolver(context, operation, {"Kind": "PIPELINE", "PipelineConfig": {"Functions": functions}, "Code": PIPELINE})


def _step(context: Context, operation: Operation, place: int) -> str:
    handler = operation.handlers[place]
    logical_id = naming.logical_id("PipelineStep", operation.kind, operation.name, str(place + 1))
    return context.template.resource(
        logical_id,
        "AWS::AppSync::FunctionConfiguration",
        properties={
            "ApiId": context.graphql_api_id,
            "Name": logical_id,
            "DataSourceName": get_att(_source_id(handler.function), "Name"),
            "Runtime": RUNTIME,
            "Code": code(first=place == 0, asynchronous=handler.asynchronous),
        },
    )


def _resolver(context: Context, operation: Operation, answered: dict[str, Any]) -> None:
    context.template.resource(
        naming.logical_id("Resolver", operation.kind, operation.name),
        "AWS::AppSync::Resolver",
        properties={
            "ApiId": context.graphql_api_id,
            "TypeName": operation.kind.capitalize(),
            "FieldName": operation.name,
            "Runtime": RUNTIME,
            **answered,
        },
        depends_on=[SCHEMA],
    )
