"""A Manifest that uses every feature that AWS can hold, and the environment it is synthesised in."""

from poolhouse.define.grants import actions_of
from poolhouse.define.manifest import (
    ADMIN_QUERIES,
    VERSION,
    Attribute,
    Auth,
    CustomType,
    Data,
    DataAccess,
    Delegate,
    Delegation,
    EmailSender,
    EnumType,
    Field,
    Function,
    Grant,
    Group,
    HandlerRef,
    HostedSignIn,
    Manifest,
    Multifactor,
    Operation,
    Passkeys,
    Passwordless,
    RestApi,
    RestRoute,
    Rule,
    SecretRef,
    TypeRef,
    UserPoolId,
)
from poolhouse.deploy.context import Environment

ENVIRONMENT = Environment(name="prod", app="shop", python="3.13")
SECRET = "PAYMENT_KEY"


def grant(function: str, *names, groups=()) -> Grant:
    return Grant(function=function, names=names, actions=actions_of(names), groups=groups)


FUNCTIONS = (
    Function(
        name="add-user-to-group",
        entry="amplify/data/add_user_to_group/handler.py",
        environment={"LEVEL": "info", "KEY": SecretRef(name=SECRET), "OTHER_KEY": SecretRef(name=SECRET)},
    ),
    Function(name="addUserToGroup", entry="amplify/data/other/handler.py", memory_mb=1024, timeout_seconds=900),
    Function(name="post-confirmation", entry="amplify/auth/post/handler.py"),
    Function(name="custom message", entry="amplify/auth/message/handler.py"),
    Function(
        name="AdminQueries0a1b2c3d",
        entry="amplify/backend/function/AdminQueries0a1b2c3d/src/app.py",
        timeout_seconds=25,
        environment={"ENV": "prod", "GROUP": "ADMINS", "USERPOOL": UserPoolId(), "ADMIN_QUERIES": "{}"},
    ),
)

AUTH = Auth(
    name="shopAuth",
    login=("email", "phone_number"),
    preferred_username=True,
    hosted=HostedSignIn(
        callback_urls=("https://shop.example.com/",),
        logout_urls=("https://shop.example.com/bye",),
        domain_prefix="shop",
    ),
    email_sender=EmailSender(from_email="hello@example.com", from_name="Shop, Inc.", reply_to="help@example.com"),
    attributes=(
        Attribute(name="email", required=True),
        Attribute(name="phone_number", required=True),
        Attribute(name="custom:tenant", min_length=1, max_length=64),
        Attribute(name="custom:level", data_type="Number", min_value=0, max_value=9, mutable=False),
    ),
    account_recovery=("verified_phone_number", "verified_email"),
    multifactor=Multifactor(mode="OPTIONAL", totp=True, email=True, sms=True, sms_message="Code {####}"),
    passwordless=Passwordless(email_otp=True, sms_otp=True, passkeys=Passkeys(), preferred="WEB_AUTHN"),
    groups=(
        Group(name="ADMINS", precedence=0),
        Group(name="Ops&Co", precedence=1),
        Group(name="Ops-Co", precedence=2),
    ),
    grants=(
        grant("add-user-to-group", "addUserToGroup", groups=("Ops-Co",)),
        grant("add-user-to-group", "listUsers", "listUserPools"),
        grant("post-confirmation", "manageGroupMembership"),
        grant("AdminQueries0a1b2c3d", "listUsers", "getUser"),
    ),
    delegation=Delegation(
        delegates=(Delegate(group="Ops-Co", names=("getUser",), operations=("AdminGetUser",)),), protected=("ADMINS",)
    ),
    triggers={"custom_message": "custom message", "post_confirmation": "post-confirmation"},
)

TEXT = TypeRef(name="String", required=True)
ARGUMENTS = (Field(name="userId", type=TEXT), Field(name="groupName", type=TEXT))
ADD = (HandlerRef(function="add-user-to-group"),)


def rule(strategy: str, provider: str, *groups: str) -> Rule:
    return Rule(strategy=strategy, provider=provider, groups=groups)  # type: ignore[arg-type]


DATA = Data(
    default_mode="userPool",
    api_key_expires_in_days=30,
    operations=(
        Operation(
            name="addUserToGroup",
            kind="mutation",
            arguments=ARGUMENTS,
            returns=TypeRef(name="AWSJSON"),
            rules=(rule("groups", "userPools", "ADMINS", "Ops&Co"),),
            handlers=(*ADD, HandlerRef(function="addUserToGroup")),
        ),
        Operation(
            name="later",
            kind="mutation",
            rules=(rule("authenticated", "userPools"),),
            handlers=(HandlerRef(function="addUserToGroup", asynchronous=True),),
        ),
        Operation(
            name="hello",
            kind="query",
            arguments=(Field(name="who", type=TypeRef(name="Person", kind="custom")),),
            returns=TypeRef(name="Person", kind="custom", array=True),
            rules=(rule("guest", "identityPool"), rule("public", "apiKey")),
            handlers=(HandlerRef(function="addUserToGroup"),),
        ),
        Operation(
            name="mine",
            kind="query",
            returns=TypeRef(name="Mood", kind="enum"),
            rules=(rule("authenticated", "identityPool"),),
            handlers=(HandlerRef(function="addUserToGroup"),),
        ),
    ),
    enums=(EnumType(name="Mood", values=("GOOD", "BAD")),),
    types=(CustomType(name="Person", fields=(Field(name="name", type=TEXT),), used_as=("output", "input")),),
    access=(DataAccess(function="post-confirmation", actions=("mutate",)),),
)

RICH = Manifest(
    version=VERSION,
    name="shop",
    auth=AUTH,
    functions=FUNCTIONS,
    data=DATA,
    rest_apis=(
        RestApi(
            name=ADMIN_QUERIES,
            stage="prod",
            routes=(RestRoute(path="/{proxy+}", method="ANY", function="AdminQueries0a1b2c3d"),),
        ),
        RestApi(
            name="orders",
            stage="live",
            routes=(
                RestRoute(path="/orders/{id}", method="GET", function="addUserToGroup"),
                RestRoute(path="/health", method="GET", function="addUserToGroup", authorizer="none"),
            ),
            id_tokens="none",
            allow_origins=("https://shop.example.com",),
        ),
    ),
)
