"""Admin Queries on a running server: people with tokens, calls by HTTP, and the same function under other settings."""

import itertools
import json
import os
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import httpx
from acceptance.world import World
from app.running import PASSWORD, Running

from poolhouse import telemetry
from poolhouse.app import clock
from poolhouse.client import Session, sign_in
from poolhouse.define.admin_queries_source import files
from poolhouse.functions import Functions, FunctionSpec, Invocation, RoleCredentials

FUNCTION = "AdminQueries1a2b3c4d"
NOT_AN_ADMIN = {"message": "User does not have permissions to perform administrative tasks"}
GROUPS = ["Owners", "Admins", "Support", "Editors"]
READS = ["getUser", "listUsers", "listGroups", "listGroupsForUser", "listUsersInGroup"]
WRITES = ["addUserToGroup", "removeUserFromGroup", "confirmUserSignUp", "disableUser", "enableUser"]
GENERATED = 'define_admin_queries(function="AdminQueries1a2b3c4d", group="Admins")'
EVERYTHING = """define_admin_queries(
    function="AdminQueries1a2b3c4d",
    groups=["Owners", "Admins", "Support"],
    route_groups={"disableUser": ["Owners"], "listGroups": ["Editors"]},
    assignable_groups=True,
    protected_groups=["Owners"],
    live_groups=True,
    extra_routes=["createUser", "deleteUser", "updateUserAttributes", "resetUserPassword", "setUserMfaPreference"],
    filter_users=True,
    hide_group_details=True,
)"""
_numbers = itertools.count(1)


def write_project(folder: Path, definition: str = GENERATED) -> Path:
    """The project that `add auth` leaves behind, with another definition where one is given."""
    texts = files(FUNCTION, ["Admins"])
    texts["amplify/api/AdminQueries/resource.py"] = texts["amplify/api/AdminQueries/resource.py"].replace(
        GENERATED, definition
    )
    texts["amplify/auth/resource.py"] = dedent(
        f"""
        from poolhouse import define_auth

        auth = define_auth(login_with={{"email": True}}, groups={GROUPS}, multifactor={{"mode": "OPTIONAL", "totp": True}})
        """
    )
    texts["amplify/backend.py"] = dedent(
        """
        from amplify.api.AdminQueries.resource import admin_queries
        from amplify.auth.resource import auth

        from poolhouse import define_backend

        backend = define_backend(auth=auth, admin_queries=admin_queries)
        """
    )
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


class Person:
    """Somebody with an account; signs in with SRP when a token is first wanted."""

    def __init__(self, stage: "Stage", email: str, sub: str) -> None:
        self._stage = stage
        self.email, self.sub = email, sub
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        if self._session is None:
            running = self._stage.running
            outputs = self._stage.world.outputs
            self._session = sign_in(outputs, self.email, PASSWORD, endpoint=running.url, http=running.http)
        return self._session

    @property
    def token(self) -> str:
        return self.session.access_token


class Stage:
    """One server with Admin Queries."""

    def __init__(self, running: Running, project: Path) -> None:
        self.running = running
        self.project = project
        self.world = World(running)
        self.pool = running.pool
        self._known: dict[tuple[str, ...], Person] = {}

    def person(self, *groups: str) -> Person:
        """A new, confirmed user."""
        email = f"user-{os.getpid()}-{next(_numbers)}@example.com"
        return Person(self, email, self.running.person(email, *groups))

    def member(self, *groups: str) -> Person:
        """A user of these groups whom no test changes."""
        return self._known.setdefault(groups, self._known.get(groups) or self.person(*groups))

    def invited(self, *groups: str) -> Person:
        """A user who never signed in."""
        email = f"user-{os.getpid()}-{next(_numbers)}@example.com"
        made = self.admin("AdminCreateUser", Username=email, MessageAction="SUPPRESS")
        for group in groups:
            self.admin("AdminAddUserToGroup", Username=email, GroupName=group)
        return Person(self, email, made["User"]["Username"])

    def get(self, who: Person | None, path: str, **query: str) -> httpx.Response:
        return self.send(who, "GET", path, params=query)

    def post(self, who: Person | None, path: str, body: Any = None, **more: Any) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"content-type": "application/json", **more.pop("headers", {})}
        return self.send(who, "POST", path, content=content, headers=headers, **more)

    def send(self, who: Person | None, method: str, path: str, **more: Any) -> httpx.Response:
        """To the API's root; a path that does not begin with a slash is a route's name."""
        headers = {**({"authorization": who.token} if who else {}), **(more.pop("headers", None) or {})}
        path = path if path.startswith("/") else f"/dev/{path}"
        return self.running.http.request(method, path, headers=headers, **more)

    def admin(self, operation: str, **request: Any) -> dict[str, Any]:
        return self.world.admin(operation, **request)

    def groups_of(self, person: Person) -> set[str]:
        return {group["GroupName"] for group in self.admin("AdminListGroupsForUser", Username=person.sub)["Groups"]}

    def user(self, person: Person) -> dict[str, Any]:
        return self.admin("AdminGetUser", Username=person.sub)

    def members(self, group: str) -> set[str]:
        return {user["Username"] for user in self.every("ListUsersInGroup", "Users", GroupName=group)}

    def every(self, operation: str, member: str, **request: Any) -> list[dict[str, Any]]:
        """All pages of a list."""
        name = "PaginationToken" if operation == "ListUsers" else "NextToken"
        found: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            page = self.admin(operation, Limit=60, **request, **token)
            found += page[member]
            if name not in page:
                return found
            token = {name: page[name]}

    def calls(self) -> float:
        """How many calls of the user pool were answered so far."""
        samples = [sample for metric in telemetry.CALLS.collect() for sample in metric.samples]
        return sum(
            one.value for one in samples if one.name.endswith("_total") and one.labels["operation"] in _OPERATIONS
        )

    def sign_up(self) -> str:
        """A user who signed up and has not confirmed."""
        email = f"user-{os.getpid()}-{next(_numbers)}@example.com"
        attributes = [{"Name": "email", "Value": email}]
        made = self.running.public(
            "SignUp", ClientId=self.running.client, Username=email, Password=PASSWORD, UserAttributes=attributes
        )
        assert made.status_code == 200, made.text
        return email


_OPERATIONS = frozenset(
    {"ListUsers", "ListGroups", "ListUsersInGroup", "AdminGetUser", "AdminListGroupsForUser", "AdminConfirmSignUp"}
    | {"AdminAddUserToGroup", "AdminRemoveUserFromGroup", "AdminDisableUser", "AdminEnableUser"}
    | {"AdminUserGlobalSignOut", "AdminCreateUser", "AdminDeleteUser", "AdminUpdateUserAttributes", "GetGroup"}
)


class Workers:
    """The same source in workers of the test's own, under settings that the test chooses."""

    def __init__(self, stage: Stage | None, project: Path, endpoint: str = "http://127.0.0.1:9") -> None:
        self.stage = stage
        self.lines: list[str] = []
        self.project = project
        server = stage.running.server if stage else None
        self._role = server.applied.function_roles[FUNCTION] if server and server.applied else ""
        self._functions = Functions(
            credentials=server._credentials if server else _nobody,
            endpoint_url=stage.running.url if stage else endpoint,
            region="us-east-1",
            account_id="000000000000",
            clock=clock,
            log=lambda _name, _id, line: self.lines.append(line),
            max_workers=1,
        )

    async def start(self, environment: Mapping[str, str]) -> None:
        pool = self.stage.pool if self.stage else "us-east-1_NONE"
        spec = FunctionSpec(
            name=FUNCTION,
            project=self.project,
            entry=f"amplify/backend/function/{FUNCTION}/src/app.py",
            role_arn=self._role,
            timeout_seconds=25,
            environment={"USERPOOL": pool, **environment},
        )
        await self._functions.start()
        await self._functions.apply([spec])

    async def stop(self) -> None:
        await self._functions.stop()

    async def invoke(self, event: Any) -> Invocation:
        return await self._functions.invoke(FUNCTION, json.dumps(event).encode())

    async def ask(self, event: Mapping[str, Any]) -> tuple[int, Any]:
        """The status and the decoded body of the reply."""
        done = await self.invoke(event)
        assert done.error is None, done.error
        reply = json.loads(done.payload)
        assert reply["headers"]["Content-Type"].startswith("application/json")
        return reply["statusCode"], json.loads(reply["body"])


def _nobody(_role: str, _name: str) -> RoleCredentials:
    """Keys that open nothing: the SDK wants some before it makes a client."""
    return RoleCredentials("ASIANOBODY", "nothing", "nobody", clock() + 3_600_000_000)


def claims(*groups: str, **more: str) -> dict[str, str]:
    """As API Gateway renders an access token."""
    return {"token_use": "access", "username": "somebody", "cognito:groups": ",".join(groups), **more}


def event(path: str, method: str = "GET", given: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """What the reference's own end-to-end tests send: a path, a method and claims."""
    authorizer = {"claims": claims("Admins") if given is None else given}
    return {"path": path, "httpMethod": method, "requestContext": {"authorizer": authorizer}, **more}
