"""The callers of an operation: nobody, the root key, a session of a role, or a person. Plain values."""

from dataclasses import dataclass
from typing import Literal

from .policies import Policy, PolicySet
from .resources import role_id

AuthType = Literal["authenticated", "unauthenticated"]


@dataclass(frozen=True, slots=True)
class Anonymous:
    """No AWS signature was presented."""


@dataclass(frozen=True, slots=True)
class Root:
    """The holder of the root key of the settings: may do everything. `region` is that of the credential scope."""

    account_id: str
    region: str

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account_id}:root"

    @property
    def user_id(self) -> str:
        return self.account_id


@dataclass(frozen=True, slots=True)
class CognitoIdentity:
    """Who a session of an identity-pool role stands for.

    `provider` is AppSync's cognitoIdentityAuthProvider text and empty for guests; `pool_id`, `sub` and `username`
    are those of the user-pool login, `groups` its groups when the credentials were issued, `issued` that time in
    microseconds.
    """

    identity_id: str
    identity_pool_id: str
    auth_type: AuthType
    provider: str = ""
    pool_id: str | None = None
    sub: str | None = None
    username: str | None = None
    groups: tuple[str, ...] = ()
    issued: int = 0

    @property
    def amr(self) -> tuple[str, ...]:
        """The values of `cognito-identity.amazonaws.com:amr`: the kind of identity, then its login providers."""
        listed = [one.strip('"') for one in self.provider.split(",")] if self.provider else []
        return (self.auth_type, *listed)


@dataclass(frozen=True, slots=True)
class RoleSession:
    """Temporary credentials of a role, with the role's policies as they are now."""

    role_arn: str
    role_name: str
    session_name: str
    account_id: str
    region: str
    policies: PolicySet
    session_policy: Policy | None = None
    identity: CognitoIdentity | None = None

    @property
    def arn(self) -> str:
        return f"arn:aws:sts::{self.account_id}:assumed-role/{self.role_name}/{self.session_name}"

    @property
    def user_id(self) -> str:
        return f"{role_id(self.role_arn)}:{self.session_name}"


@dataclass(frozen=True, slots=True)
class Person:
    """A user of a pool who acts as an administrator: what he may do is what the pool's delegation says.

    As the principal of a call he has no policy; behind a function's call or a role session he is who called.
    `token_id` is the jti of the token that he came with, `address` where he came from.
    """

    pool_id: str
    sub: str
    username: str
    token_id: str
    address: str
    via: Literal["graphql", "rest", "console", "identityPool"]
    account_id: str
    region: str

    @property
    def arn(self) -> str:
        return f"arn:aws:cognito-idp:{self.region}:{self.account_id}:userpool/{self.pool_id}/user/{self.sub}"


Principal = Anonymous | Root | RoleSession | Person
