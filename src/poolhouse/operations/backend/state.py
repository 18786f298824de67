"""What a backend's resources became: the ids that the rest of the runtime works with."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from poolhouse.access import resources, roles
from poolhouse.config import Settings
from poolhouse.define.manifest import Manifest
from poolhouse.store.backend import Resource

POOL, CLIENT, IDENTITY_POOL, GROUP, API, API_KEY = "pool", "client", "identity_pool", "group", "api", "api_key"
REST_API = "rest_api"
DOMAIN = "domain"
CONSOLE = "console_client"
DELEGATION = "delegation"
REFERENCE = "reference"


class ApiKey(msgspec.Struct, frozen=True):
    """An API key of the data API; `expires` in epoch microseconds."""

    value: str
    expires: int


@dataclass(frozen=True, slots=True)
class Applied:
    """Ids are None for what the Manifest does not define. `function_roles` maps function names to role ARNs,
    `rest_apis` the names of REST APIs to their ids.
    """

    backend: str
    manifest: Manifest
    pool_id: str | None = None
    client_id: str | None = None
    console_client_id: str | None = None
    identity_pool_id: str | None = None
    api_id: str | None = None
    api_key: ApiKey | None = None
    function_roles: Mapping[str, str] = field(default_factory=dict)
    rest_apis: Mapping[str, str] = field(default_factory=dict)


class Names:
    """The ARNs of one backend's roles; the same in every process."""

    def __init__(self, settings: Settings, backend: str) -> None:
        self._account = settings.account_id
        self.backend = backend

    def role(self, kind: roles.RoleKind, name: str = "") -> tuple[str, str]:
        """(name, ARN) of a role."""
        found = roles.role_name(self.backend, kind, name)
        return found, resources.role_arn(self._account, found)

    def arn(self, kind: roles.RoleKind, name: str = "") -> str:
        return self.role(kind, name)[1]


def index(found: list[Resource]) -> dict[tuple[str, str], Resource]:
    """Resources by kind and name."""
    return {(resource.kind, resource.name): resource for resource in found}


def only(found: list[Resource], kind: str) -> Resource | None:
    """The one resource of a kind that exists at most once."""
    return next((resource for resource in found if resource.kind == kind), None)
