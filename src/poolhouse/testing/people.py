"""Users of the backend under test, made in one line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from poolhouse.errors import UserError
from poolhouse.testing.authenticator import Authenticator

if TYPE_CHECKING:
    from poolhouse.testing.backend import Backend

PASSWORD: Final = "Correct-Horse-9"  # noqa: S105 - of people who live as long as a test
Status = Literal["CONFIRMED", "UNCONFIRMED", "FORCE_CHANGE_PASSWORD", "RESET_REQUIRED"]
Factor = Literal["TOTP", "EMAIL", "SMS"]
_FACTORS: Final = {"TOTP": "SoftwareTokenMfaSettings", "EMAIL": "EmailMfaSettings", "SMS": "SMSMfaSettings"}


@dataclass(frozen=True, slots=True)
class User:
    """`username` is what he types to sign in, `sub` what the backend calls him."""

    username: str
    sub: str
    password: str
    email: str | None = None
    phone_number: str | None = None
    groups: tuple[str, ...] = ()
    authenticator: Authenticator | None = field(default=None, repr=False)

    @property
    def names(self) -> list[str]:
        """Everything that a message may know him by."""
        return [name for name in (self.username, self.sub, self.email, self.phone_number) if name]


class Users:
    """Call it for a new user; every test begins without any, or with those of the seed."""

    def __init__(self, backend: "Backend") -> None:
        self._backend = backend
        self._made = 0

    def __call__(
        self,
        name: str | None = None,
        *,
        groups: Sequence[str] = (),
        attributes: Mapping[str, str] | None = None,
        status: Status = "CONFIRMED",
        password: str | None = None,
        mfa: Factor | None = None,
        enabled: bool = True,
    ) -> User:
        """A user who can sign in at once, unless `status` or `enabled` says otherwise; nobody gets a message.

        `name` is the part before the @ of the address, or the whole username or address; default: user-1, user-2, ...
        `status` UNCONFIRMED signs up, and so sends a code. `mfa` is the second factor that he has to show.
        Raises UserError for a group, `status` or `mfa` that is not there, botocore's ClientError for what the server
        refuses.
        """
        _check("status", status, get_args(Status))
        _check("mfa", mfa, (None, *_FACTORS))
        if isinstance(groups, str):
            raise UserError(f"groups is a list of names, not {groups!r}.", resolution=f"Write groups=[{groups!r}].")
        self._made += 1
        given = self._attributes(name or f"user-{self._made}", attributes or {})
        username = self._username(name or f"user-{self._made}", given)
        secret = password or self._backend.pool.password
        if status == "UNCONFIRMED":
            sub = self._sign_up(username, secret, given)
        else:
            sub = self._create(username, secret, given, status)
        user = User(
            username=username,
            sub=sub,
            password=secret,
            email=given.get("email"),
            phone_number=given.get("phone_number"),
            groups=tuple(groups),
            authenticator=Authenticator(self._backend.clock) if mfa == "TOTP" else None,
        )
        self._join(user)
        self._second_factor(user, mfa)
        if status == "RESET_REQUIRED":
            self._admin.admin_reset_user_password(**self._named(user.sub))
        if not enabled:
            self._admin.admin_disable_user(**self._named(user.sub))
        return user

    @property
    def _admin(self) -> Any:
        return self._backend.admin

    def _named(self, username: str) -> dict[str, str]:
        return {"UserPoolId": self._backend.pool.id, "Username": username}

    def _attributes(self, name: str, attributes: Mapping[str, str]) -> dict[str, str]:
        """Addresses are verified unless the test says otherwise."""
        given = dict(attributes)
        if "phone_number" in self._backend.pool.sign_in_names and "email" not in self._backend.pool.sign_in_names:
            given.setdefault("phone_number", name if name.startswith("+") else f"+1555{self._made:07d}")
        else:
            given.setdefault("email", name if "@" in name else f"{name}@example.com")
        for address in ("email", "phone_number"):
            if address in given:
                given.setdefault(f"{address}_verified", "true")
        return given

    def _username(self, name: str, attributes: Mapping[str, str]) -> str:
        for kind in self._backend.pool.sign_in_names:
            if kind in attributes:
                return attributes[kind]
        return name

    def _create(self, username: str, password: str, attributes: Mapping[str, str], status: Status) -> str:
        named, listed = self._named(username), _listed(attributes)
        made = self._admin.admin_create_user(**named, UserAttributes=listed, MessageAction="SUPPRESS")
        permanent = status != "FORCE_CHANGE_PASSWORD"
        self._admin.admin_set_user_password(**named, Password=password, Permanent=permanent)
        return next(str(each["Value"]) for each in made["User"]["Attributes"] if each["Name"] == "sub")

    def _sign_up(self, username: str, password: str, attributes: Mapping[str, str]) -> str:
        own = {name: value for name, value in attributes.items() if not name.endswith("_verified")}
        asked = {"ClientId": self._backend.pool.client_id, "Username": username, "Password": password}
        return str(self._admin.sign_up(**asked, UserAttributes=_listed(own))["UserSub"])

    def _join(self, user: User) -> None:
        for group in user.groups:
            try:
                self._admin.admin_add_user_to_group(**self._named(user.sub), GroupName=group)
            except self._admin.exceptions.ResourceNotFoundException as error:
                raise UserError(
                    f"There is no group {group}.",
                    resolution=f"The backend has: {', '.join(self._backend.pool.groups()) or 'none'}.",
                ) from error

    def _second_factor(self, user: User, mfa: Factor | None) -> None:
        if mfa is None:
            return
        if user.authenticator is not None:
            self._enrol(user, user.authenticator)
        named, preferred = self._named(user.sub), {"Enabled": True, "PreferredMfa": True}
        self._admin.admin_set_user_mfa_preference(**named, **{_FACTORS[mfa]: preferred})

    def _enrol(self, user: User, authenticator: Authenticator) -> None:
        """Where the pool demands a second factor, signing in for the first time has set it up already."""
        session = self._backend.sign_in(user)
        if not authenticator.is_set_up:
            answer = self._admin.associate_software_token(AccessToken=session.access_token)
            authenticator.take(answer["SecretCode"])
            self._admin.verify_software_token(AccessToken=session.access_token, UserCode=authenticator.code())


def _listed(attributes: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


def _check(option: str, given: object, choices: Sequence[str | None]) -> None:
    if given not in choices:
        known = ", ".join(repr(choice) for choice in choices if choice)
        raise UserError(f"{option} cannot be {given!r}.", resolution=f"Use one of: {known}.")
