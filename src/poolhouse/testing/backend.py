"""A project under test: the running backend as one object, and what it is made of."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from poolhouse.errors import UserError
from poolhouse.testing.inbox import Inbox
from poolhouse.testing.moving import BackendClock
from poolhouse.testing.people import PASSWORD, User, Users
from poolhouse.testing.process import Process
from poolhouse.testing.sessions import SignIn

if TYPE_CHECKING:
    import httpx
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

_SERVED: Final = ("cognito-idp", "cognito-identity", "sts")


class Outputs(dict[str, Any]):
    """amplify_outputs.json, decoded; `path` is the file."""

    def __init__(self, document: Mapping[str, Any], path: Path) -> None:
        super().__init__(document)
        self.path = path


class Backend:
    """The project on a server of its own, in the state of its beginning."""

    def __init__(self, process: Process, project: Path) -> None:
        self._process = process
        self.project = project
        self.url = process.url
        self.http: httpx.Client = process.http
        self.clock = BackendClock(process)
        self.inbox = Inbox(process)
        self.outputs = Outputs(process.outputs, Path(process.facts["outputs"]))
        self.pool = Pool(self, process)
        self.user = Users(self)
        self.sign_in = SignIn(self)

    @property
    def admin(self) -> "CognitoIdentityProviderClient":
        """boto3's client for user pools, with the key that may do everything."""
        return self._process.admin

    def boto3(self, service: str, key: tuple[str, str, str] | None = None) -> Any:
        """Another boto3 client: `cognito-identity` or `sts`, or with the credentials of `session.credentials()`.

        Raises UserError for a service that this server does not speak.
        """
        if service not in _SERVED:
            raise UserError(f"This server does not speak {service}.", resolution=f"It speaks {', '.join(_SERVED)}.")
        return self._process.client(service, key)


class Pool:
    """The user pool: its ids, and questions that tests ask."""

    def __init__(self, backend: Backend, process: Process) -> None:
        self._backend = backend
        self._process = process
        self.id = process.facts["user_pool_id"]
        self.client_id = process.facts["user_pool_client_id"]
        self.identity_pool_id = process.facts["identity_pool_id"]
        self.region = process.facts["region"]

    @cached_property
    def _described(self) -> Mapping[str, Any]:
        return self._process.described

    @property
    def sign_in_names(self) -> tuple[str, ...]:
        """The attributes that people sign in with; none where they have usernames."""
        return tuple(self._described.get("UsernameAttributes", ()))

    @property
    def password(self) -> str:
        """A password that the pool's policy accepts."""
        policy = self._described.get("Policies", {}).get("PasswordPolicy", {})
        return PASSWORD.ljust(int(policy.get("MinimumLength", 0)), "x")

    def groups(self) -> list[str]:
        """The names of its groups."""
        pages = self._backend.admin.get_paginator("list_groups").paginate(UserPoolId=self.id)
        return [group["GroupName"] for page in pages for group in page["Groups"]]

    def groups_of(self, user: User | str) -> list[str]:
        """By precedence, those without one last."""
        pages = self._backend.admin.get_paginator("admin_list_groups_for_user").paginate(**self._named(user))
        return [group["GroupName"] for page in pages for group in page["Groups"]]

    def members(self, group: str) -> list[str]:
        """The subs of the members of a group."""
        paginator = self._backend.admin.get_paginator("list_users_in_group")
        pages = paginator.paginate(UserPoolId=self.id, GroupName=group)
        return [_sub(user["Attributes"]) for page in pages for user in page["Users"]]

    def status_of(self, user: User | str) -> str:
        """CONFIRMED, UNCONFIRMED, FORCE_CHANGE_PASSWORD, RESET_REQUIRED, ..."""
        return str(self._backend.admin.admin_get_user(**self._named(user))["UserStatus"])

    def attributes_of(self, user: User | str) -> dict[str, str]:
        found = self._backend.admin.admin_get_user(**self._named(user))["UserAttributes"]
        return {each["Name"]: each["Value"] for each in found}

    def _named(self, user: User | str) -> Any:
        return {"UserPoolId": self.id, "Username": user.sub if isinstance(user, User) else user}


def _sub(attributes: Any) -> str:
    return next(str(each["Value"]) for each in attributes if each["Name"] == "sub")
