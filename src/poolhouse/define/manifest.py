"""The Manifest: what `define_backend` makes and everybody else reads.

Plain, versioned, JSON-able data. The runtime applies it, `outputs` turns it into client files, `deploy` into a
template. It holds no code, no secret value and no absolute path. `VERSION` changes with every change of shape;
documents of lower versions stay readable, because every member that came later has a default.
"""

from typing import Literal

import msgspec

VERSION = 2

ScalarName = Literal[
    "ID",
    "String",
    "Int",
    "Float",
    "Boolean",
    "AWSDate",
    "AWSTime",
    "AWSDateTime",
    "AWSTimestamp",
    "AWSEmail",
    "AWSJSON",
    "AWSPhone",
    "AWSURL",
    "AWSIPAddress",
]
AuthMode = Literal["userPool", "identityPool", "apiKey"]
# The result of an operation whose last handler is asynchronous: an object with one Boolean, `success`.
HANDED_OVER = "EventInvocationResponse"
OperationKind = Literal["query", "mutation"]
AttributeType = Literal["String", "Number", "DateTime", "Boolean"]
RestAuthorizer = Literal["userPool", "none"]
IdTokens = Literal["own", "pool", "none"]
ADMIN_QUERIES = "AdminQueries"
SELF_SERVICE_SCOPE = "aws.cognito.signin.user.admin"


class _Plain(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Immutable data. Written in full, so that equal manifests are equal bytes; absent members mean their default."""


class SecretRef(_Plain, frozen=True, tag_field="kind", tag="secret"):
    """A value that is looked up by name when a function starts (`poolhouse secret set NAME`)."""

    name: str


class UserPoolId(_Plain, frozen=True, tag_field="kind", tag="user-pool-id"):
    """The id of the backend's user pool, which exists once the backend is applied."""


class Function(_Plain, frozen=True):
    """One user function. `entry` is relative to the project's root, with forward slashes."""

    name: str
    entry: str
    handler: str = "handler"
    timeout_seconds: int = 3
    memory_mb: int = 512
    environment: dict[str, str | SecretRef | UserPoolId] = {}


class Grant(_Plain, frozen=True):
    """`allow.resource(function).to(names)`; `actions` are the IAM actions (`cognito-idp:AdminGetUser`), in
    first-seen order.
    """

    function: str
    names: tuple[str, ...]
    actions: tuple[str, ...]


class PasswordPolicy(_Plain, frozen=True):
    minimum_length: int = 8
    require_lowercase: bool = True
    require_uppercase: bool = True
    require_numbers: bool = True
    require_symbols: bool = True
    temporary_password_validity_days: int = 7


class Attribute(_Plain, frozen=True):
    """A user attribute by its wire name (`given_name`, `custom:tenant`); bounds are for custom attributes."""

    name: str
    data_type: AttributeType = "String"
    required: bool = False
    mutable: bool = True
    min_length: int | None = None
    max_length: int | None = None
    min_value: int | None = None
    max_value: int | None = None


class Verification(_Plain, frozen=True):
    """The message that proves a new contact: `body` of a mail, and `sms`, hold `{####}` where the code goes.

    In the style LINK a mail that confirms an account holds `{##words##}` instead, which become a link.
    """

    style: Literal["CODE", "LINK"] = "CODE"
    subject: str = "Verify your new account"
    body: str = "The verification code to your new account is {####}"
    sms: str = "The verification code to your new account is {####}"


class Invitation(_Plain, frozen=True):
    """The message of AdminCreateUser; bodies hold `{username}` and `{####}`."""

    subject: str = "Your temporary password"
    body: str = "Your username is {username} and temporary password is {####}."
    sms: str = "Your username is {username} and temporary password is {####}."


class EmailSender(_Plain, frozen=True):
    """Whom mail is from, or the function that sends it."""

    from_email: str | None = None
    from_name: str | None = None
    reply_to: str | None = None
    function: str | None = None


class SmsSender(_Plain, frozen=True):
    """How Amazon SNS is called, or the function that sends text messages."""

    external_id: str | None = None
    sns_caller_arn: str | None = None
    sns_region: str | None = None
    function: str | None = None


class Group(_Plain, frozen=True):
    """Precedence is the group's place in the list: 0 is strongest."""

    name: str
    precedence: int


class Multifactor(_Plain, frozen=True):
    """Whether sign-ins ask for a second factor, and which ones there are; REQUIRED means from everybody.

    `sms_message` holds `{####}` where the code goes.
    """

    mode: Literal["OFF", "OPTIONAL", "REQUIRED"] = "OFF"
    totp: bool = False
    email: bool = False
    sms: bool = False
    sms_message: str | None = None


class Passkeys(_Plain, frozen=True):
    """`relying_party` is the domain that passkeys are made for; AUTO is the server's own, localhost for a laptop."""

    relying_party: str = "AUTO"
    user_verification: Literal["required", "preferred"] = "preferred"


class Passwordless(_Plain, frozen=True):
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


class HostedSignIn(_Plain, frozen=True):
    """The hosted sign-in pages: where they may send people back to, and what tokens may say. Without a prefix the
    pool's domain is named after the backend.
    """

    callback_urls: tuple[str, ...]
    logout_urls: tuple[str, ...]
    scopes: tuple[str, ...] = ("phone", "email", "openid", "profile", SELF_SERVICE_SCOPE)
    domain_prefix: str | None = None


class Auth(_Plain, frozen=True):
    """One user pool with its app client, identity pool, groups and grants.

    With `preferred_username` people choose a user name that stays, and sign in with it, with their preferred user
    name, or with what `login` names. `triggers` maps a trigger (`pre_sign_up`) to the name of its function.
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
    triggers: dict[str, str] = {}

    @property
    def environment_name(self) -> str:
        """The variable that tells a granted function its pool: `amplifyAuth` gives AMPLIFY_AUTH_USERPOOL_ID."""
        return f"{upper_snake(self.name)}_USERPOOL_ID"


class TypeRef(_Plain, frozen=True):
    """A field's type. `required`: the element is non-null; `array_required`: the list itself is."""

    name: str
    kind: Literal["scalar", "enum", "custom"] = "scalar"
    required: bool = False
    array: bool = False
    array_required: bool = False


class Field(_Plain, frozen=True):
    name: str
    type: TypeRef


class Rule(_Plain, frozen=True):
    """One authorization rule of an operation.

    strategy and provider pair up as spec section 4.5 lists them: ("public", "apiKey"), ("guest", "identityPool"),
    ("authenticated", "userPools" | "identityPool"), ("groups", "userPools").
    """

    strategy: Literal["public", "guest", "authenticated", "groups"]
    provider: Literal["apiKey", "identityPool", "userPools"]
    groups: tuple[str, ...] = ()


class HandlerRef(_Plain, frozen=True):
    function: str
    asynchronous: bool = False


class Operation(_Plain, frozen=True):
    """A custom query or mutation. An asynchronous last handler makes the result EventInvocationResponse."""

    name: str
    kind: OperationKind
    arguments: tuple[Field, ...] = ()
    returns: TypeRef | None = None
    rules: tuple[Rule, ...] = ()
    handlers: tuple[HandlerRef, ...] = ()

    @property
    def is_asynchronous(self) -> bool:
        """The last handler decides whether the caller waits for a result."""
        return bool(self.handlers) and self.handlers[-1].asynchronous


class EnumType(_Plain, frozen=True):
    name: str
    values: tuple[str, ...]


class CustomType(_Plain, frozen=True):
    """An object type. `used_as` says whether results, arguments or both need it; inputs are named `<name>Input`.

    A type that comes from an inline argument already carries its input name (`FooBarInput`) and is only "input".
    Every type that the schema names is an "output" at least, so `used_as == ("input",)` tells the two apart.
    """

    name: str
    fields: tuple[Field, ...]
    used_as: tuple[Literal["output", "input"], ...] = ("output",)

    @property
    def input_name(self) -> str:
        """`X` is `XInput` where it is an argument; a type made for an inline argument is named so already."""
        return self.name if self.used_as == ("input",) else f"{self.name}Input"


class DataAccess(_Plain, frozen=True):
    """Schema-level `allow.resource(function).to([...])`: the function may call the API itself."""

    function: str
    actions: tuple[Literal["query", "mutate"], ...] = ("query", "mutate")


class Data(_Plain, frozen=True):
    name: str = "amplifyData"
    default_mode: AuthMode = "userPool"
    api_key_expires_in_days: int | None = None
    operations: tuple[Operation, ...] = ()
    enums: tuple[EnumType, ...] = ()
    types: tuple[CustomType, ...] = ()
    access: tuple[DataAccess, ...] = ()
    introspection: bool = True


class RestRoute(_Plain, frozen=True):
    """What answers one method (`ANY`: every one that has no route of its own) of one resource of a REST API.

    `path` begins with a slash; a segment may be `{name}`, and the last one `{name+}` for all that follows.
    """

    path: str
    method: str
    function: str
    authorizer: RestAuthorizer = "userPool"


class RestApi(_Plain, frozen=True):
    """A REST API: routes to functions, behind one stage.

    A user pool's access token needs one of `scopes`. `id_tokens` says whose ID tokens are accepted: those that the
    backend's own client got, those of any client of the pool, or none. `allow_origins` are the web origins that a
    browser may call from.
    """

    name: str
    stage: str = "dev"
    routes: tuple[RestRoute, ...] = ()
    scopes: tuple[str, ...] = (SELF_SERVICE_SCOPE,)
    id_tokens: IdTokens = "own"
    allow_origins: tuple[str, ...] = ("*",)

    @property
    def root(self) -> str:
        """Where the API begins on a server that serves several. Admin Queries has the stage to itself, as at AWS."""
        return f"/{self.stage}" if self.name == ADMIN_QUERIES else f"/{self.name}/{self.stage}"


class Manifest(_Plain, frozen=True):
    """Everything about one backend."""

    version: int
    name: str = "app"
    auth: Auth | None = None
    functions: tuple[Function, ...] = ()
    data: Data | None = None
    rest_apis: tuple[RestApi, ...] = ()


def upper_snake(name: str) -> str:
    """`myCoolAuth2` -> `MY_COOL_AUTH_2`, the word split that Amplify uses for injected variables."""
    words: list[str] = []
    for index, char in enumerate(name):
        previous = name[index - 1] if index else ""
        following = name[index + 1] if index + 1 < len(name) else ""
        starts = not words or not char.isalnum() or not previous.isalnum()
        starts |= char.isupper() and (not previous.isupper() or following.islower())
        starts |= char.isdigit() != previous.isdigit()
        if not char.isalnum():
            continue
        if starts:
            words.append(char)
        else:
            words[-1] += char
    return "_".join(words).upper()


def encode(manifest: Manifest) -> bytes:
    """JSON bytes, stable for equal manifests."""
    return msgspec.json.encode(manifest, order="deterministic")


def decode(data: bytes) -> Manifest:
    """The inverse of `encode`; raises msgspec.ValidationError for anything else."""
    return msgspec.json.decode(data, type=Manifest)


def json_schema() -> dict[str, object]:
    """The documented JSON schema of the Manifest (docs/manifest.md is made from it)."""
    return msgspec.json.schema(Manifest)
