"""A pool of a test's own, for settings that the example's pool does not have, and an authenticator app."""

import base64
import time
from dataclasses import dataclass
from typing import Any

from clients.development import PASSWORD, Backend, User, new_email

from poolhouse.crypto import totp

TOTP = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
# First factors beside the password, for users of apps who may choose among them.
PASSWORDLESS = {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]}}}
CHOICE = ["ALLOW_USER_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
LOGIN = {"UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"]}


@dataclass(frozen=True)
class Pool:
    """One pool with one app client."""

    backend: Backend
    id: str
    client: str
    secret: str | None

    @property
    def issuer(self) -> str:
        return f"{self.backend.url}/{self.id}"

    def new_user(self, name: str = "user") -> User:
        """A confirmed user with a verified address."""
        root, email = self.backend.root, new_email(name)
        known = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        made = root.admin_create_user(
            UserPoolId=self.id, Username=email, UserAttributes=known, MessageAction="SUPPRESS"
        )
        root.admin_set_user_password(UserPoolId=self.id, Username=email, Password=PASSWORD, Permanent=True)
        return User(email, made["User"]["Username"])

    def invited(self, temporary: str) -> str:
        """The address of a user with a temporary password."""
        email = new_email("invited")
        self.backend.root.admin_create_user(
            UserPoolId=self.id, Username=email, TemporaryPassword=temporary, MessageAction="SUPPRESS"
        )
        return email

    def require(self, mode: str, **factors: Any) -> None:
        """Second factors: OFF, OPTIONAL or ON."""
        self.backend.root.set_user_pool_mfa_config(UserPoolId=self.id, MfaConfiguration=mode, **factors)

    def status_of(self, email: str) -> str:
        return str(self.backend.root.admin_get_user(UserPoolId=self.id, Username=email)["UserStatus"])


def new_pool(backend: Backend, settings: dict[str, Any] | None = None, **client: Any) -> Pool:
    """`settings` of the pool, and those of its client."""
    made = backend.root.create_user_pool(PoolName="clients", **LOGIN, **(settings or {}))["UserPool"]["Id"]
    app = backend.root.create_user_pool_client(UserPoolId=made, ClientName="Studio", **client)["UserPoolClient"]
    return Pool(backend, made, app["ClientId"], app.get("ClientSecret"))


class Authenticator:
    """Shows codes, each one once: those of the step before now, of now, and of the next one."""

    def __init__(self, secret: str) -> None:
        self._secret = base64.b32decode(secret.replace(" ", ""))
        self._next = totp.step_of(time.time_ns() // 1000) - totp.WINDOW

    def code(self) -> str:
        self._next += 1
        return totp.code(self._secret, self._next - 1)


def other(code: str) -> str:
    """A code of the same length that is not this one."""
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"
