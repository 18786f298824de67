"""The console over a backend that definitions made: functions, grants, a GraphQL mutation, REST routes, delegation."""

from pathlib import Path
from typing import Any

import msgspec
from operations.backend.world import World
from operations.stage import Stage
from pages.console.console_world import Console
from starlette.routing import Router

from poolhouse.define.delegable import delegable
from poolhouse.define.grants import actions_of
from poolhouse.define.manifest import (
    VERSION,
    Auth,
    Data,
    DataAccess,
    Delegate,
    Delegation,
    Function,
    Grant,
    Group,
    HandlerRef,
    HostedSignIn,
    Manifest,
    Operation,
    RestApi,
    RestRoute,
    Rule,
    SecretRef,
    UserPoolId,
)
from poolhouse.operations.context import Services
from poolhouse.pages.console import console_routes
from poolhouse.pages.hosted import hosted_routes
from poolhouse.protocols.oauth import oauth_routes

ADMIN, SUPPORT, CUSTOMER = "admin@example.com", "support@example.com", "customer@example.com"
OUTSIDER = "outsider@example.com"
PEOPLE = {ADMIN: "ADMINS", SUPPORT: "SUPPORT", CUSTOMER: "CUSTOMERS", OUTSIDER: None}
PROMOTE = """
import boto3

def handler(event, context):
    boto3.client("cognito-idp").admin_add_user_to_group(**event["arguments"])
"""


def delegate(group: str, *names: str, **more: Any) -> Delegate:
    operations = tuple(dict.fromkeys(one for name in names for one in delegable(name)))  # type: ignore[arg-type]
    return Delegate(group=group, names=names, operations=operations, **more)


def _grant(function: str, *names: str, **more: Any) -> Grant:
    return Grant(function=function, names=names, actions=actions_of(names), **more)  # type: ignore[arg-type]


def _mutation(name: str, *rules: Rule, handler: str = "promote") -> Operation:
    return Operation(name=name, kind="mutation", rules=rules, handlers=(HandlerRef(function=handler),))


ADMINS_ONLY = Rule(strategy="groups", provider="userPools", groups=("ADMINS",))
SIGNED_IN = Rule(strategy="authenticated", provider="userPools")
IDENTITIES = Rule(strategy="authenticated", provider="identityPool")
GUESTS = Rule(strategy="guest", provider="identityPool")
ADMIN_QUERIES = Function(
    name="AdminQueries1f4e2a7c",
    entry="amplify/admin.py",
    environment={
        "GROUP": "ADMINS",
        "USERPOOL": UserPoolId(),
        "ADMIN_QUERIES": '{"groups":["ADMINS","SUPPORT"],"routes":{"listUsers":["SUPPORT"],"disableUser":[]}}',
    },
)
DEFINED = Manifest(
    version=VERSION,
    auth=Auth(
        hosted=HostedSignIn(callback_urls=("https://app.example.com/",), logout_urls=("https://app.example.com/",)),
        groups=tuple(
            Group(name=name, precedence=place) for place, name in enumerate(("ADMINS", "SUPPORT", "CUSTOMERS"))
        ),
        grants=(
            _grant("promote", "addUserToGroup", "listUsers", groups=("SUPPORT", "CUSTOMERS")),
            _grant("cleaner", "deleteUser", own_authority=True),
            _grant(ADMIN_QUERIES.name, "getUser"),
        ),
        delegation=Delegation(
            delegates=(
                delegate("ADMINS", "manageUsers", "manageGroupMembership", "listUsers", "listGroups", "getUser"),
                delegate(
                    "SUPPORT",
                    "getUser",
                    "listUsers",
                    "disableUser",
                    "listGroupsForUser",
                    "addUserToGroup",
                    members_of=("CUSTOMERS",),
                    assigns=("CUSTOMERS",),
                ),
            ),
            protected=("ADMINS",),
        ),
        triggers={"pre_sign_up": "cleaner"},
    ),
    functions=(
        Function(
            name="promote",
            entry="amplify/promote.py",
            environment={"LEVEL": "the-level-of-secrecy", "API_TOKEN": SecretRef(name="API_TOKEN")},
        ),
        Function(name="cleaner", entry="amplify/cleaner.py", timeout_seconds=9),
        ADMIN_QUERIES,
    ),
    data=Data(
        operations=(
            _mutation("promote", ADMINS_ONLY),
            _mutation("whoami", SIGNED_IN),
            _mutation("visit", IDENTITIES),
            _mutation("look", GUESTS),
            _mutation("inner"),
        ),
        access=(DataAccess(function="cleaner", actions=("mutate",)),),
    ),
    rest_apis=(
        RestApi(
            name="AdminQueries",
            routes=(RestRoute(path="/{proxy+}", method="ANY", function=ADMIN_QUERIES.name),),
        ),
        RestApi(
            name="reports",
            routes=(
                RestRoute(path="/open", method="GET", function="cleaner", authorizer="none"),
                RestRoute(path="/mine", method="GET", function="cleaner"),
            ),
        ),
        RestApi(
            name="narrow",
            scopes=("reports/read",),
            id_tokens="none",
            routes=(RestRoute(path="/all", method="GET", function="cleaner"),),
        ),
    ),
)


async def make_defined(services: Services, invoke: Any, *, manifest: Manifest = DEFINED) -> Console:
    """With one user of each kind."""
    world = World(services, invoke)
    await world.apply(msgspec.structs.replace(manifest, auth=_without_triggers(manifest)))
    stage: Stage = await world.stage()
    # Amplify's client allows no plain passwords; people are made by an administrator, and sign in on the pages.
    for email, group in PEOPLE.items():
        await stage.admin("AdminCreateUser", Username=email, MessageAction="SUPPRESS")
        await stage.admin("AdminSetUserPassword", Username=email, Password="Correct-Horse9", Permanent=True)
        if group is not None:
            await stage.admin("AdminAddUserToGroup", Username=email, GroupName=group)
    await world.apply(manifest)
    made = [world.applied]
    routes = [*oauth_routes(services), *hosted_routes(services), *console_routes(services, lambda: made[0])]
    return Console(stage, services, Router(routes), made)


def _without_triggers(manifest: Manifest) -> Auth:
    assert manifest.auth is not None
    return msgspec.structs.replace(manifest.auth, triggers={})


def write_sources(project: Path) -> None:
    """Handlers of the defined functions."""
    (project / "amplify").mkdir(parents=True, exist_ok=True)
    (project / "amplify" / "promote.py").write_text(PROMOTE)
    for name in ("cleaner", "admin"):
        (project / "amplify" / f"{name}.py").write_text("def handler(event, context):\n    return event\n")
