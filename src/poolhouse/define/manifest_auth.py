"""The part of the Manifest that speaks of the user pool: sign-in, groups, grants, delegation, messages."""

from typing import Literal

from .plain import Plain, upper_snake

AttributeType = Literal["String", "Number", "DateTime", "Boolean"]
SELF_SERVICE_SCOPE = "aws.cognito.signin.user.admin"


class Grant(Plain, frozen=True):
    """`allow.resource(function).to(names)`; `actions` are the IAM actions (`cognito-idp:AdminGetUser`), in
    first-seen order.

    With `groups`, calls that name a group may name these only. With `own_authority` the pool's delegation does not ask
    who called the function.
    """

    function: str
    names: tuple[str, ...]
    actions: tuple[str, ...]
    groups: tuple[str, ...] = ()
    own_authority: bool = False


class Delegate(Plain, frozen=True):
    """What members of `group` may do, whatever way they come in: `operations` are AWS's names (`AdminGetUser`).

    `members_of`: on users in one of these groups only; None means on everybody who is not stronger. `assigns`: the
    groups that they may give and take; None means every group that does not outrank their own.
    """

    group: str
    names: tuple[str, ...]
    operations: tuple[str, ...]
    members_of: tuple[str, ...] | None = None
    assigns: tuple[str, ...] | None = None


class Delegation(Plain, frozen=True):
    """Who administers the pool for whom. The last member of a `protected` group stays one, enabled."""

    delegates: tuple[Delegate, ...]
    protected: tuple[str, ...] = ()


class PasswordPolicy(Plain, frozen=True):
    minimum_length: int = 8
    require_lowercase: bool = True
    require_uppercase: bool = True
    require_numbers: bool = True
    require_symbols: bool = True
    temporary_password_validity_days: int = 7


class Attribute(Plain, frozen=True):
    """A user attribute by its wire name (`given_name`, `custom:tenant`); bounds are for custom attributes."""

    name: str
    data_type: AttributeType = "String"
    required: bool = False
    mutable: bool = True
    min_length: int | None = None
    max_length: int | None = None
    min_value: int | None = None
    max_value: int | None = None


class Verification(Plain, frozen=True):
    """The message that proves a new contact: `body` of a mail, and `sms`, hold `{####}` where the code goes.

    In the style LINK a mail that confirms an account holds `{##words##}` instead, which become a link.
    """

    style: Literal["CODE", "LINK"] = "CODE"
    subject: str = "Verify your new account"
    body: str = "The verification code to your new account is {####}"
    sms: str = "The verification code to your new account is {####}"


class Invitation(Plain, frozen=True):
    """The message of AdminCreateUser; bodies hold `{username}` and `{####}`."""

    subject: str = "Your temporary password"
    body: str = "Your username is {username} and temporary password is {####}."
    sms: str = "Your username is {username} and temporary password is {####}."


class EmailSender(Plain, frozen=True):
    """Whom mail is from, or the function that sends it."""

    from_email: str | None = None
    from_name: str | None = None
    reply_to: str | None = None
    function: str | None = None


class SmsSender(Plain, frozen=True):
    """How Amazon SNS is called, or the function that sends text messages."""

    external_id: str | None = None
    sns_caller_arn: str | None = None
    sns_region: str | None = None
    function: str | None = None


class Group(Plain, frozen=True):
    """Precedence is the group's place in the list: 0 is strongest."""

    name: str
    precedence: int


class Multifactor(Plain, frozen=True):
    """Whether sign-ins ask for a second factor, and which ones there are; REQUIRED means from everybody.

    `sms_message` holds `{####}` where the code goes.
    """

    mode: Literal["OFF", "OPTIONAL", "REQUIRED"] = "OFF"
    totp: bool = False
    email: bool = False
    sms: bool = False
    sms_message: str | None = None


class Passkeys(Plain, frozen=True):
    """`relying_party` is the domain that passkeys are made for; AUTO is the server's own, localhost for a laptop."""

    relying_party: str = "AUTO"
    user_verification: Literal["required", "preferred"] = "preferred"


class Passwordless(Plain, frozen=True):
    """The ways to sign in without a password; `preferred` is what client libraries begin with."""

    email_otp: bool = False
    sms_otp: bool = False
    passkeys: Passkeys | None = None
    preferred: Literal["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"] | None = None

    @property
    def factors(self) -> tuple[str, ...]:
        """First factors besides the password, in AWS's names."""
        found = {"EMAIL_OTP": self.email_otp, "SMS_OTP": self.sms_otp, "WEB_AUTHN": self.passkeys is not None}
        return tuple(name for name, on in found.items() if on)


class HostedSignIn(Plain, frozen=True):
    """The hosted sign-in pages: where they may send people back to, and what tokens may say. Without a prefix the
    pool's domain is named after the backend.
    """

    callback_urls: tuple[str, ...]
    logout_urls: tuple[str, ...]
    scopes: tuple[str, ...] = ("phone", "email", "openid", "profile", SELF_SERVICE_SCOPE)
    domain_prefix: str | None = None


class ReferencedAuth(Plain, frozen=True):
    """A user pool at AWS that no backend makes, and the roles that its people get from its identity pool."""

    region: str
    user_pool_id: str
    user_pool_client_id: str
    identity_pool_id: str
    auth_role_arn: str
    unauth_role_arn: str
    group_role_arns: dict[str, str] = {}  # noqa: RUF012 - msgspec gives every instance its own


class Auth(Plain, frozen=True):
    """One user pool with its app client, identity pool, groups and grants.

    With `preferred_username` people choose a user name that stays, and sign in with it, with their preferred user
    name, or with what `login` names. `triggers` maps a trigger (`pre_sign_up`) to the name of its function.
    With a `reference` the pool exists elsewhere; then only name, groups and grants say anything.
    """

    name: str = "amplifyAuth"
    login: tuple[Literal["email", "phone_number"], ...] = ("email",)
    preferred_username: bool = False
    hosted: HostedSignIn | None = None
    verification: Verification = Verification()
    invitation: Invitation = Invitation()
    email_sender: EmailSender | None = None
    sms_sender: SmsSender | None = None
    password_policy: PasswordPolicy = PasswordPolicy()
    attributes: tuple[Attribute, ...] = ()
    password_storage: Literal["srp", "argon2id"] = "srp"  # noqa: S105 - names a kind of storage
    account_recovery: tuple[str, ...] = ("verified_email",)
    multifactor: Multifactor = Multifactor()
    passwordless: Passwordless = Passwordless()
    groups: tuple[Group, ...] = ()
    grants: tuple[Grant, ...] = ()
    delegation: Delegation | None = None
    triggers: dict[str, str] = {}  # noqa: RUF012 - msgspec gives every instance its own
    reference: ReferencedAuth | None = None

    @property
    def environment_name(self) -> str:
        """The variable that tells a granted function its pool: `amplifyAuth` gives AMPLIFY_AUTH_USERPOOL_ID."""
        return f"{upper_snake(self.name)}_USERPOOL_ID"
