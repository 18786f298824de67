"""What the families of resources share while a template is made, and what comes out: environment, assets, notes."""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from poolhouse.define.manifest import Auth, Function, Manifest, ReferencedAuth

from . import naming, referenced
from .template import Kept, Template, arn, get_att, ref

BUILD_FOLDER: Final = Path("amplify", ".build")
RUNNING: Final = f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True, slots=True)
class Environment:
    """One deployed copy of a backend: `dev`, `prod`, a branch.

    `region` and `account_id` say where it goes; the template itself names neither. `python` is the runtime of the
    functions. `retain` keeps the users' pool when the stack goes away; unsaid, every environment but `dev` does.
    """

    name: str = "dev"
    region: str = "us-east-1"
    account_id: str | None = None
    app: str = "app"
    python: str = RUNNING
    retain: bool | None = None
    log_retention_days: int = 30

    @property
    def keeps_users(self) -> bool:
        return self.name != "dev" if self.retain is None else self.retain

    @property
    def user_data_policy(self) -> Kept:
        """What happens to users and groups when their resource leaves the stack, or the stack goes away."""
        return "Retain" if self.keeps_users else "Delete"

    @property
    def prefix(self) -> str:
        """What the physical names of this environment begin with, and the name of its stack."""
        return naming.physical_name(40, self.app, self.name)


def secret_path(environment: Environment, name: str) -> str:
    """`/poolhouse/<app>/<environment>/<NAME>`: where the Parameter Store keeps a secret, as SecureString."""
    app, stage = (naming.physical_name(64, part) for part in (environment.app, environment.name))
    return f"/poolhouse/{app}/{stage}/{name}"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that must lie in the asset bucket under `key` before the stack is created."""

    name: str
    sha256: str
    path: Path

    @property
    def key(self) -> str:
        return f"{self.sha256}.zip"


@dataclass(frozen=True, slots=True)
class Assembly:
    """What a push needs. `notes` say in sentences what the template does not enforce as the local runtime does."""

    template: dict[str, Any]
    assets: tuple[Asset, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Context:
    """What the families share while a template is made. Values are what a property may hold: intrinsic functions."""

    manifest: Manifest
    environment: Environment
    template: Template
    project: Path | None = None
    notes: list[str] = field(default_factory=list)
    assets: list[Asset] = field(default_factory=list)

    @property
    def auth(self) -> Auth | None:
        return self.manifest.auth

    @property
    def reference(self) -> ReferencedAuth | None:
        """The user pool that the stack uses and does not make."""
        return self.manifest.auth.reference if self.manifest.auth else None

    @property
    def user_pool_id(self) -> Any:
        return self.reference.user_pool_id if self.reference else ref(naming.USER_POOL)

    @property
    def user_pool_arn(self) -> Any:
        return referenced.pool_arn(self.reference) if self.reference else get_att(naming.USER_POOL, "Arn")

    @property
    def client_id(self) -> Any:
        return self.reference.user_pool_client_id if self.reference else ref(naming.CLIENT)

    @property
    def identity_pool_id(self) -> Any:
        return self.reference.identity_pool_id if self.reference else ref(naming.IDENTITY_POOL)

    @property
    def authenticated_role(self) -> str:
        """Logical id of the role of signed-in people without a group."""
        return naming.AUTHENTICATED_ROLE

    @property
    def unauthenticated_role(self) -> str:
        """Logical id of the role of guests."""
        return naming.UNAUTHENTICATED_ROLE

    def group_role(self, group: str) -> str:
        """Logical id of the role of a group's members."""
        return naming.group_role(group)

    def role_name(self, role: str) -> Any:
        """What a policy is attached to, for the logical id of a role: one of the stack, or one that was there before it
        and is not in it.
        """
        auth = self.manifest.auth
        there = referenced.roles(auth, auth.reference) if auth and auth.reference else {}
        return there.get(role) or ref(role)

    def policy_name(self, role: str, name: str) -> str:
        """A role that other stacks use too needs a name that is nobody else's: the second would replace the first."""
        return name if isinstance(self.role_name(role), dict) else self.physical(f"{role}-{name}", 128)

    def function(self, name: str) -> str:
        """Logical id of a function."""
        return naming.function(name)

    def function_role(self, name: str) -> str:
        """Logical id of a function's execution role."""
        return naming.function_role(name)

    def function_arn(self, name: str) -> Any:
        return get_att(naming.function(name), "Arn")

    @property
    def graphql_api_id(self) -> Any:
        return get_att(naming.GRAPHQL_API, "ApiId")

    @property
    def graphql_url(self) -> Any:
        return get_att(naming.GRAPHQL_API, "GraphQLUrl")

    def field_arn(self, type_name: str, field: str) -> Any:
        """The resource of `appsync:GraphQL` for one top-level field, or for all of a type (`*`)."""
        return arn("appsync", f"apis/${{{naming.GRAPHQL_API}.ApiId}}/types/{type_name}/fields/{field}")

    def secret_path(self, name: str) -> str:
        """The parameter that holds a secret of this environment, as SecureString."""
        return secret_path(self.environment, name)

    def physical(self, name: str, limit: int) -> str:
        """`<app>-<environment>-<name>`, at most `limit` long."""
        return naming.physical_name(limit, self.environment.prefix, name)

    def function_name(self, name: str) -> str:
        """What Lambda calls the function."""
        return self.physical(name, 64)

    @property
    def tags(self) -> dict[str, str]:
        return {
            "created-by": "poolhouse",
            "poolhouse:app": self.environment.app,
            "poolhouse:environment": self.environment.name,
        }

    def find_function(self, name: str) -> Function:
        return next(function for function in self.manifest.functions if function.name == name)

    def note(self, sentence: str) -> None:
        """Remember what the person who pushes must know: a rule that AWS does not enforce as the local runtime does."""
        if sentence not in self.notes:
            self.notes.append(sentence)
