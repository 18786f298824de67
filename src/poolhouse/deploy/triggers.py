"""The functions that the user pool calls: their places in its configuration, and its permission to call them."""

from typing import Any

from poolhouse.define import pool_requests
from poolhouse.define.manifest import UserPoolId

from . import naming
from .context import Context
from .policies import COGNITO
from .template import ACCOUNT, arn


def add(context: Context) -> None:
    """The pool may call each of its functions, and no other pool of no other account may."""
    for name in sorted(set(context.auth.triggers.values())) if context.auth else ():
        context.template.resource(
            naming.logical_id("TriggerPermission", name),
            "AWS::Lambda::Permission",
            properties={
                "Action": "lambda:InvokeFunction",
                "FunctionName": context.function_arn(name),
                "Principal": COGNITO,
                "SourceArn": context.user_pool_arn,
                "SourceAccount": ACCOUNT,
            },
        )


def configuration(context: Context) -> dict[str, Any]:
    """LambdaConfig of the pool."""
    assert context.auth is not None
    return {
        pool_requests.trigger_member(trigger): _arn(context, function)
        for trigger, function in context.auth.triggers.items()
    }


def _arn(context: Context, function: str) -> Any:
    """A function that is told about the pool comes after it, so the pool names it by its written-out ARN."""
    if not _knows_pool(context, function):
        return context.function_arn(function)
    return arn("lambda", "function:${Name}", Name=context.function_name(function))


def _knows_pool(context: Context, name: str) -> bool:
    assert context.auth is not None
    told = context.find_function(name).environment.values()
    calls = context.manifest.data.access if context.manifest.data else ()
    return (
        any(isinstance(value, UserPoolId) for value in told)
        or any(grant.function == name for grant in context.auth.grants)
        or any(access.function == name for access in calls)
    )
