"""The user's functions: code, limits, environment, log group, and a role that may do what was granted and no more.

Secret values are never here: a function that has secrets is told the names of parameters, and reads them when it
starts.
"""

from typing import Any, Final

import msgspec

from poolhouse.access import documents
from poolhouse.define.delegable import NAMES_GROUP
from poolhouse.define.grants import SERVICE
from poolhouse.define.injected import injected
from poolhouse.define.manifest import Function, SecretRef, UserPoolId
from poolhouse.errors import DefinitionError

from . import delegation, naming, policies
from .context import Context
from .packaging import packaged
from .starter import GROUPS_VARIABLE, HANDLER, SECRETS_VARIABLE
from .template import arn, get_att, ref

_MOST_ENVIRONMENT_BYTES: Final = 4096
# Of the 10,240 that all inline policies of a role share, the log, the secrets and the API take the rest.
_MOST_POLICY_BYTES: Final = 8192
_ARN_BYTES: Final = 64
_RESERVED: Final = frozenset({"LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", SECRETS_VARIABLE, GROUPS_VARIABLE})
_WRITE_LOG: Final = ("logs:CreateLogStream", "logs:PutLogEvents")


def add(context: Context) -> None:
    if not context.manifest.functions:
        return
    context.template.parameter(
        naming.ASSET_BUCKET, description="The bucket that holds the functions' code, in the stack's region"
    )
    for function in context.manifest.functions:
        _add(context, function)
        _grant(context, function)


def _add(context: Context, function: Function) -> None:
    environment = _environment(context, function)
    name = context.function_name(function.name)
    log = context.template.resource(
        naming.log_group(function.name),
        "AWS::Logs::LogGroup",
        properties={
            "LogGroupName": f"/aws/lambda/{name}",
            "RetentionInDays": context.environment.log_retention_days,
        },
    )
    role = _add_role(context, function, log)
    context.template.resource(
        context.function(function.name),
        "AWS::Lambda::Function",
        properties={
            "FunctionName": name,
            "Runtime": f"python{context.environment.python}",
            "Architectures": ["x86_64"],
            "Handler": HANDLER,
            "Code": {"S3Bucket": ref(naming.ASSET_BUCKET), "S3Key": _code(context, function)},
            "MemorySize": function.memory_mb,
            "Timeout": function.timeout_seconds,
            "Role": get_att(role, "Arn"),
            "LoggingConfig": {"LogGroup": ref(log)},
            **({"Environment": {"Variables": environment}} if environment else {}),
        },
    )


def _add_role(context: Context, function: Function, log: str) -> str:
    """It may write to the function's own log group, and read the function's own secrets."""
    inline = {"write-own-log": documents.allow(_WRITE_LOG, [get_att(log, "Arn")])}
    if secrets := secret_names(function):
        paths = [arn("ssm", "parameter" + context.secret_path(name)) for name in secrets]
        inline["read-own-secrets"] = documents.allow(["ssm:GetParameters"], paths)
    return policies.add_role(
        context,
        context.function_role(function.name),
        documents.function_trust(),
        description=f"{context.environment.prefix}: function {function.name}",
        inline=inline,
    )


def _grant(context: Context, function: Function) -> None:
    """One policy per grant, each on exactly this pool, and one for what keeping the delegation needs to read.

    Raises DefinitionError for more than a role holds.
    """
    auth = context.auth
    grants = [grant for grant in (auth.grants if auth else ()) if grant.function == function.name]
    written = {
        f"grant-{place}": documents.grant(grant, context.user_pool_arn) for place, grant in enumerate(grants, start=1)
    }
    if looked_up := delegation.reads(context.manifest, function.name):
        actions = [f"{SERVICE}:{operation}" for operation in looked_up]
        written["keep-delegation"] = documents.allow(actions, [context.user_pool_arn])
    size = sum(len(msgspec.json.encode(document)) + _ARN_BYTES for document in written.values())
    if size > _MOST_POLICY_BYTES:
        raise DefinitionError(
            f"The grants of {function.name} need {size} bytes of policy; a role of AWS holds {_MOST_POLICY_BYTES}.",
            resolution="Grant each name once, or divide the work among several functions.",
        )
    for name, document in written.items():
        policies.attach(context, context.function_role(function.name), name, document)


def _code(context: Context, function: Function) -> str:
    """Named by its content, so that a change of code is a change of the template and nothing else is."""
    if context.project is None:
        return f"{context.function_name(function.name)}.zip"
    variables = {*function.environment, *_injected(context, function)}
    asset = packaged(
        function,
        context.project,
        variables=sorted(variables),
        python=context.environment.python,
        delegation=delegation.package_files(context.manifest, function.name),
    )
    context.assets.append(asset)
    return asset.key


def _environment(context: Context, function: Function) -> dict[str, Any]:
    found: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    for name, value in function.environment.items():
        if isinstance(value, SecretRef):
            secrets[name] = context.secret_path(value.name)
        else:
            found[name] = context.user_pool_id if isinstance(value, UserPoolId) else value
    if secrets:
        found[SECRETS_VARIABLE] = msgspec.json.encode(secrets, order="sorted").decode()
    if narrowed := _narrowed(context, function):
        found[GROUPS_VARIABLE] = msgspec.json.encode(narrowed, order="sorted").decode()
    found |= _injected(context, function)
    _check(function, found)
    return found


def _narrowed(context: Context, function: Function) -> dict[str, list[str]]:
    """The groups that the function's calls may name, by operation; one grant without groups leaves it free."""
    grants = [grant for grant in context.auth.grants if grant.function == function.name] if context.auth else []
    found: dict[str, list[str]] = {}
    for operation in sorted(NAMES_GROUP):
        giving = [grant for grant in grants if f"cognito-idp:{operation}" in grant.actions]
        if giving and all(grant.groups for grant in giving):
            found[operation] = sorted({group for grant in giving for group in grant.groups})
    return found


def _injected(context: Context, function: Function) -> dict[str, Any]:
    pool = context.user_pool_id if context.auth else None
    return injected(context.manifest, function.name, pool_id=pool, graphql_url=context.graphql_url)


def _check(function: Function, environment: dict[str, Any]) -> None:
    """Raises DefinitionError for variables that Lambda refuses; values that are not known yet count by their name."""
    if taken := sorted(_RESERVED & function.environment.keys()):
        raise DefinitionError(
            f"AWS Lambda sets the variable {taken[0]} of {function.name} itself.", resolution="Choose another name."
        )
    size = sum(
        len(name) + len(value.encode() if isinstance(value, str) else b"") for name, value in environment.items()
    )
    if size > _MOST_ENVIRONMENT_BYTES:
        raise DefinitionError(
            f"The environment of {function.name} has {size} bytes; AWS Lambda takes {_MOST_ENVIRONMENT_BYTES}.",
            resolution="Shorten its values, or read them from a file of the function.",
        )


def secret_names(function: Function) -> list[str]:
    """The secrets that a function reads, each once."""
    return sorted({value.name for value in function.environment.values() if isinstance(value, SecretRef)})
