"""The functions of an applied backend as the function runtime wants them: environment, role, revision."""

import hashlib
from pathlib import Path

from poolhouse.config import Settings
from poolhouse.define import injected as variables
from poolhouse.define.manifest import Function, SecretRef, UserPoolId
from poolhouse.functions import FunctionSpec
from poolhouse.operations.backend.state import Applied
from poolhouse.operations.context import Services
from poolhouse.store import secrets

SECRET_PURPOSE = "secret"  # noqa: S105 - names a kind of seal


async def specs(services: Services, applied: Applied, project: Path) -> list[FunctionSpec]:
    """One spec per function. A secret that is not set is the spec's problem, so that only its function fails."""
    revision = _revision(project)
    return [await _spec(services, applied, project, function, revision) for function in applied.manifest.functions]


async def _spec(services: Services, applied: Applied, project: Path, function: Function, revision: str) -> FunctionSpec:
    environment: dict[str, str] = {}
    missing: list[str] = []
    for name, value in function.environment.items():
        if isinstance(value, UserPoolId):
            environment[name] = applied.pool_id or ""
        elif not isinstance(value, SecretRef):
            environment[name] = value
        elif (text := await _secret(services, value.name)) is not None:
            environment[name] = text
        else:
            missing.append(value.name)
    return FunctionSpec(
        name=function.name,
        project=project,
        entry=function.entry,
        handler=function.handler,
        timeout_seconds=function.timeout_seconds,
        memory_mb=function.memory_mb,
        environment=environment | injected(services.settings, applied, function),
        role_arn=applied.function_roles[function.name],
        revision=revision,
        problem=_problem(missing),
        secret_names=frozenset(name for name, value in function.environment.items() if isinstance(value, SecretRef)),
    )


def injected(settings: Settings, applied: Applied, function: Function) -> dict[str, str]:
    """The variables that a function gets for its grants: the pool's id, the API's address."""
    url = f"{settings.inner_url or settings.public_url}/graphql"
    return variables.injected(applied.manifest, function.name, pool_id=applied.pool_id, graphql_url=url)


async def _secret(services: Services, name: str) -> str | None:
    async with services.database.read() as tx:
        stored = await secrets.find(tx, name)
    return services.vault.open(SECRET_PURPOSE, stored.value).decode() if stored else None


def _problem(missing: list[str]) -> str | None:
    if not missing:
        return None
    return f"The secret {missing[0]} is not set. Set it with: poolhouse secret set {missing[0]}"


def is_source(path: Path) -> bool:
    """Whether a file of `amplify/`, named from there, is the user's and not made from it (`.build/`, caches)."""
    return not any(part.startswith(".") or part == "__pycache__" for part in path.parts)


def _revision(project: Path) -> str:
    """Changes with any file of the backend, since a handler may import from all of it."""
    digest = hashlib.sha256()
    folder = project / "amplify"
    for path in sorted(folder.rglob("*")):
        if path.is_file() and is_source(path.relative_to(folder)):
            status = path.stat()
            digest.update(f"{path}\0{status.st_mtime_ns}\0{status.st_size}\n".encode())
    return digest.hexdigest()
