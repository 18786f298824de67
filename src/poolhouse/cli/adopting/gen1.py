"""What an Amplify Gen 1 project says, from the JSON files below amplify/; nothing of it is run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from poolhouse.errors import ProjectError

from .report import Report

T = TypeVar("T")
_BACKEND: Final = "amplify/backend"
_CONFIG: Final = f"{_BACKEND}/backend-config.json"
_PRECEDENCE: Final = f"{_BACKEND}/auth/userPoolGroups/user-pool-group-precedence.json"
_SERVICES: Final = {"Cognito": "auth", "Cognito-UserPool-Groups": "groups"}
_ADMIN: Final = "AdminQueries"
_MOST_BYTES: Final = 16_000_000

Words = str | tuple[str, ...]


class Resource(msgspec.Struct, frozen=True, rename="camel"):
    """One entry of backend-config.json."""

    service: str = ""
    service_type: str = "managed"


class Cognito(msgspec.Struct, frozen=True, rename="camel"):
    """`cognitoConfig`: the members that say something about the pool. Older files write lists as text, and JSON too."""

    username_attributes: Words | None = None
    alias_attributes: Words | None = None
    auto_verified_attributes: Words | None = None
    required_attributes: Words | None = None
    username_case_sensitive: bool | str | None = None
    mfa_configuration: str = "OFF"
    mfa_types: Words | None = None
    sms_authentication_message: str | None = None
    sms_verification_message: str | None = None
    email_verification_subject: str | None = None
    email_verification_message: str | None = None
    password_policy_min_length: int | str | None = None
    password_policy_characters: Words | None = None
    user_pool_groups: bool | None = None
    user_pool_group_list: tuple[str, ...] | None = None
    admin_queries: bool | None = None
    admin_query_group: str | None = None
    hosted_ui: bool | None = msgspec.field(name="hostedUI", default=None)
    hosted_ui_domain_name: str | None = msgspec.field(name="hostedUIDomainName", default=None)
    hosted_ui_provider_meta: Any = msgspec.field(name="hostedUIProviderMeta", default=None)
    o_auth_metadata: Any = None
    auth_providers_user_pool: Words | None = None
    third_party_auth: bool | None = None
    allow_unauthenticated_identities: bool | None = None
    auth_selections: str | None = None
    triggers: Any = None
    userpool_client_generate_secret: bool | None = None
    userpool_client_refresh_token_validity: int | str | None = None
    userpool_client_set_attributes: bool | None = None


class _Inputs(msgspec.Struct, frozen=True, rename="camel"):
    cognito_config: Cognito


class PoolGroup(msgspec.Struct, frozen=True, rename="camel"):
    group_name: str
    precedence: int | None = None
    custom_policies: Any = None


class _Path(msgspec.Struct, frozen=True, rename="camel"):
    lambda_function: str = ""


class _ApiInputs(msgspec.Struct, frozen=True):
    paths: dict[str, _Path] = {}


class Lambda(NamedTuple):
    """The Admin Queries function: what its CloudFormation template says. None where there is no template."""

    name: str
    file: str
    properties: Mapping[str, Any] | None
    actions: tuple[str, ...]
    sources: tuple[str, ...]


class Project(NamedTuple):
    auth_file: str
    cognito: Cognito
    groups_file: str
    groups: tuple[PoolGroup, ...]
    function: Lambda | None


def read(root: Path, report: Report) -> Project:
    """Raises ProjectError for files that are missing, that are not JSON, or that hold something else."""
    config = _json(root, _CONFIG, dict[str, dict[str, Resource]])
    auth = _only_auth(config)
    file, cognito = _cognito(root, auth)
    _report_extras(root, auth, report)
    groups = _groups(root, cognito)
    function = _function(root, config, report)
    _report_others(config, auth, function, report)
    _report_environments(root, report)
    return Project(file, cognito, groups[0], groups[1], function)


def _only_auth(config: Mapping[str, Mapping[str, Resource]]) -> str:
    pools = [name for name, one in config.get("auth", {}).items() if one.service == "Cognito"]
    if len(pools) != 1:
        found = "no user pool" if not pools else f"{len(pools)} user pools: {', '.join(pools)}"
        raise ProjectError(
            f"{_CONFIG} names {found}; adopt takes a project with one.", resolution="Name another folder."
        )
    if config["auth"][pools[0]].service_type == "imported":
        raise ProjectError(
            f"The user pool {pools[0]} is imported, so the project does not describe it.",
            resolution="Describe the pool with define_auth() by hand.",
            location=_CONFIG,
        )
    return pools[0]


def _cognito(root: Path, auth: str) -> tuple[str, Cognito]:
    """From cli-inputs.json, or from the parameters.json of projects that are older."""
    folder = f"{_BACKEND}/auth/{_checked(auth)}"
    if (root / folder / "cli-inputs.json").is_file():
        file = f"{folder}/cli-inputs.json"
        return file, _json(root, file, _Inputs).cognito_config
    file = f"{folder}/parameters.json"
    if not (root / file).is_file():
        raise ProjectError(
            f"There is neither cli-inputs.json nor parameters.json in {folder}.",
            resolution="Run amplify pull in the project, then run the command again.",
        )
    return file, _json(root, file, Cognito)


def _groups(root: Path, cognito: Cognito) -> tuple[str, tuple[PoolGroup, ...]]:
    if (root / _PRECEDENCE).is_file():
        found = _json(root, _PRECEDENCE, tuple[PoolGroup, ...])
        return _PRECEDENCE, tuple(sorted(found, key=lambda one: (one.precedence is None, one.precedence or 0)))
    return _CONFIG, tuple(PoolGroup(name) for name in cognito.user_pool_group_list or ())


def _function(root: Path, config: Mapping[str, Mapping[str, Resource]], report: Report) -> Lambda | None:
    if _ADMIN not in config.get("api", {}):
        return None
    inputs = f"{_BACKEND}/api/{_ADMIN}/cli-inputs.json"
    paths = _json(root, inputs, _ApiInputs).paths if (root / inputs).is_file() else {}
    for path in paths.keys() - {"/{proxy+}"}:
        report.left(inputs, f"the path {path}", "Admin Queries has the path /{proxy+} alone; use define_rest_api().")
    named = paths["/{proxy+}"].lambda_function if "/{proxy+}" in paths else ""
    found = [named] if named else [name for name in config.get("function", {}) if name.startswith(_ADMIN)]
    if len(found) != 1:
        raise ProjectError(
            f"No file says which function answers the API {_ADMIN}.",
            resolution=f"Name it as lambdaFunction in {inputs}.",
            location=inputs,
        )
    return _template(root, _checked(found[0]))


def _template(root: Path, name: str) -> Lambda:
    folder = f"{_BACKEND}/function/{name}"
    file = f"{folder}/{name}-cloudformation-template.json"
    sources = sorted(path for path in (root / folder / "src").glob("*.js") if path.is_file())
    shown = tuple(path.relative_to(root).as_posix() for path in sources)
    if not (root / file).is_file():
        return Lambda(name, file, None, (), shown)
    resources = _json(root, file, dict[str, Any]).get("Resources")
    parts = [part for part in resources.values() if isinstance(part, dict)] if isinstance(resources, dict) else []
    lambdas = [part.get("Properties") for part in parts if part.get("Type") == "AWS::Lambda::Function"]
    if len(lambdas) != 1 or not isinstance(lambdas[0], dict):
        raise ProjectError(
            f"The template describes {len(lambdas)} functions, where one was expected.",
            resolution="Restore the template that amplify add auth wrote.",
            location=file,
        )
    policies = [part.get("Properties") for part in parts if part.get("Type") == "AWS::IAM::Policy"]
    return Lambda(name, file, lambdas[0], tuple(sorted(_actions(policies))), shown)


def _actions(value: Any) -> set[str]:
    """Every `Action` in policies, however deep."""
    if isinstance(value, list):
        return set().union(*(_actions(one) for one in value))
    if not isinstance(value, dict):
        return set()
    given = value.get("Action", [])
    own = {one for one in (given if isinstance(given, list) else [given]) if isinstance(one, str)}
    return own.union(*(_actions(one) for one in value.values()))


def _report_extras(root: Path, auth: str, report: Report) -> None:
    for folder in (f"{_BACKEND}/auth/{auth}", f"{_BACKEND}/auth/userPoolGroups"):
        if (root / folder / "override.ts").is_file():
            report.left(f"{folder}/override.ts", "overrides", "They change CloudFormation resources by code.")


def _report_others(
    config: Mapping[str, Mapping[str, Resource]], auth: str, function: Lambda | None, report: Report
) -> None:
    """Everything of the backend that is neither the pool nor its Admin Queries."""
    ours = {("auth", auth), ("auth", "userPoolGroups"), ("api", _ADMIN)}
    if function is not None:
        ours.add(("function", function.name))
    for category, resources in config.items():
        for name, resource in resources.items():
            if (category, name) not in ours and resource.service not in _SERVICES:
                why = f"adopt takes the user pool and Admin Queries over, not {resource.service or category}."
                report.left(_CONFIG, f"{category} {name}", why)


def _report_environments(root: Path, report: Report) -> None:
    file = "amplify/team-provider-info.json"
    if not (root / file).is_file():
        return
    names = ", ".join(sorted(_json(root, file, dict[str, Any])))
    if names:
        report.note(file, f"the environments {names}", "Their stacks and users stay as they are at AWS.")


def _checked(name: str) -> str:
    """A resource's name, which is one of a folder as well."""
    if name.isalnum() and name.isascii():
        return name
    raise ProjectError(
        f"A resource cannot be named {name!r}.", resolution="Names are letters and digits.", location=_CONFIG
    )


def _json(root: Path, file: str, shape: type[T]) -> T:
    try:
        text = (root / file).read_bytes()
        if len(text) > _MOST_BYTES:
            raise _wrong(file, "it is larger than 16 MB")
        return msgspec.json.decode(text.removeprefix(b"\xef\xbb\xbf"), type=shape)
    except OSError as error:
        raise _wrong(file, error.strerror or "it cannot be opened") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _wrong(file, str(error)) from error


def _wrong(file: str, why: str) -> ProjectError:
    return ProjectError(
        f"The file cannot be read: {why.rstrip('.')}.",
        resolution="Restore it as Amplify wrote it, for example with git, then run the command again.",
        location=file,
    )
