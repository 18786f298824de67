"""A GraphQL endpoint with its neighbours played by plain objects: tokens, signatures, keys and functions are given."""

import itertools
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from poolhouse.access.fields import Connection, Guard
from poolhouse.access.policies import PolicySet, parse
from poolhouse.access.principals import CognitoIdentity, RoleSession, Root
from poolhouse.define.manifest import (
    CustomType,
    Data,
    EnumType,
    Field,
    HandlerRef,
    Manifest,
    Operation,
    Rule,
    TypeRef,
)
from poolhouse.errors import InvalidAccessToken, ServiceError, UnrecognizedClientException
from poolhouse.operations.callers import Asker, Handed
from poolhouse.protocols.graphql.documents import Limits
from poolhouse.protocols.graphql.endpoint import GraphQLEndpoint

MUT = (
    "mutation ($userId: String!, $groupName: String!) {\n  addUserToGroup(userId: $userId, groupName: $groupName)\n}\n"
)
ARGUMENTS = {"userId": "bobsub", "groupName": "ADMINS"}
ISSUER = "http://127.0.0.1:4500/us-east-1_Local0001"


@dataclass(frozen=True)
class Error:
    type: str
    message: str
    stack: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    payload: bytes | None
    error: Error | None = None


@dataclass(frozen=True)
class Token:
    claims: dict[str, Any]
    groups: tuple[str, ...]


def group(*names: str) -> Rule:
    return Rule(strategy="groups", provider="userPools", groups=names)


GUEST = Rule(strategy="guest", provider="identityPool")
USERS = Rule(strategy="authenticated", provider="userPools")
IDENTITIES = Rule(strategy="authenticated", provider="identityPool")
KEY = Rule(strategy="public", provider="apiKey")


def operation(
    name: str = "op", kind: str = "query", *, rules: tuple[Rule, ...] = (USERS,), **members: Any
) -> Operation:
    members.setdefault("returns", TypeRef(name="AWSJSON"))
    members.setdefault("handlers", (HandlerRef(function="fn"),))
    members["arguments"] = tuple(Field(name=n, type=t) for n, t in members.pop("arguments", {}).items())
    return Operation(name=name, kind=kind, rules=rules, **members)


def manifest(*operations: Operation, **members: Any) -> Manifest:
    return Manifest(version=1, data=Data(operations=operations, **members))


def seed(*, required: bool = False, **members: Any) -> Manifest:
    text = TypeRef(name="String", required=True)
    add = operation(
        "addUserToGroup",
        "mutation",
        rules=members.pop("rules", (group("ADMINS"),)),
        arguments={"userId": text, "groupName": text},
        returns=TypeRef(name="AWSJSON", required=required),
    )
    return manifest(add, default_mode="identityPool", **members)


def cognito_session(*groups: str, guest: bool = False, role: str = "authRole") -> RoleSession:
    identity = CognitoIdentity(
        identity_id="us-east-1:00000000-0000-0000-0000-000000000001",
        identity_pool_id="us-east-1:00000000-0000-0000-0000-000000000000",
        auth_type="unauthenticated" if guest else "authenticated",
        provider="" if guest else '"iss","iss:CognitoSignIn:adminsub"',
        sub=None if guest else "adminsub",
        username=None if guest else "adminsub",
        groups=groups,
    )
    return session(role, identity=identity)


def session(role: str, *, allowed: str | None = None, identity: CognitoIdentity | None = None) -> RoleSession:
    statement = {"Effect": "Allow", "Action": "appsync:GraphQL", "Resource": allowed}
    policies = [parse({"Version": "2012-10-17", "Statement": [statement]})] if allowed else []
    return RoleSession(
        role_arn=f"arn:aws:iam::000000000000:role/{role}",
        role_name=role,
        session_name="CognitoIdentityCredentials" if identity else "session",
        account_id="000000000000",
        region="us-east-1",
        policies=PolicySet(policies),
        identity=identity,
    )


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def data(self) -> Any:
        return self.json["data"]

    @property
    def error(self) -> Any:
        return self.json["errors"][0]


@dataclass
class World:
    """Who is known, what functions do, and what was seen. Callers name themselves: `as_user`, `as_iam`, `as_key`."""

    tokens: dict[str, Token | ServiceError] = field(default_factory=dict)
    signers: dict[str, Any] = field(default_factory=dict)
    members: dict[str, tuple[str, ...]] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    logged: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    functions: dict[str, Any] = field(default_factory=dict)
    live_groups_on: bool = True
    development: bool = False
    limits: Limits = field(default_factory=Limits)
    refuse_later: ServiceError | None = None
    endpoint: GraphQLEndpoint | None = None
    asker: Asker | Handed | None = None

    async def verify_token(self, token: str) -> Token:
        found = self.tokens.get(token, InvalidAccessToken())
        if isinstance(found, Exception):
            raise found
        return found

    async def verify_signature(self, request: Any) -> Any:
        text = next(value for name, value in request.headers if name == b"authorization").decode()
        found = self.signers.get(text.partition("Credential=")[2], UnrecognizedClientException())
        if isinstance(found, Exception):
            raise found
        return found

    def connection(self, address: str) -> Connection:
        return Connection(0, address, secure=True)

    async def live_groups(self, identity: CognitoIdentity) -> tuple[str, ...]:
        return self.members.get(identity.sub or "", ())

    async def api_key_valid(self, key: str) -> bool:
        return key in self.keys

    async def invoke(self, name: str, event: bytes, *, asker: Asker | Handed | None = None) -> Outcome:
        self.asker = asker
        self.events.append((name, json.loads(event)))
        found = self.functions.get(name, {"ok": True})
        found = found(json.loads(event)) if callable(found) else found
        found = await found if isinstance(found, Awaitable) else found
        if isinstance(found, Outcome):
            return found
        return Outcome(None, found) if isinstance(found, Error) else Outcome(json.dumps(found).encode())

    async def invoke_async(self, name: str, event: bytes, *, asker: Asker | Handed | None = None) -> str:
        self.asker = asker
        if self.refuse_later:
            raise self.refuse_later
        self.later.append(name)
        return "request"

    def log(self, event: str, **facts: Any) -> None:
        self.logged.append((event, facts))

    def serve(self, described: Manifest) -> "World":
        ids = itertools.count(1)
        self.endpoint = GraphQLEndpoint(
            described,
            verification=self,
            invoker=self,
            guard=Guard(api_id="local", live_groups=self.live_groups_on),
            log=self.log,
            development=self.development,
            limits=self.limits,
            new_id=lambda: f"request-{next(ids)}",
        )
        return self

    def user(self, name: str, *groups: str, live: tuple[str, ...] | None = None, **claims: Any) -> dict[str, str]:
        """Headers of a signed-in user; `groups` are the token's, `live` those of now."""
        facts = {"sub": f"{name}sub", "username": name, "iss": ISSUER, "token_use": "access", **claims}
        if groups:
            facts["cognito:groups"] = list(groups)
        self.tokens[f"token-{name}"] = Token(facts, groups if live is None else live)
        return {"authorization": f"token-{name}"}

    def signed(self, principal: Any, live: tuple[str, ...] = ()) -> dict[str, str]:
        """Headers of a signed request of a principal, or of one whose signature is refused with an error."""
        name = f"KEY{len(self.signers)}"
        self.signers[name] = principal
        self.members["adminsub"] = live
        return {"authorization": f"AWS4-HMAC-SHA256 Credential={name}"}

    async def post(self, query: str = MUT, headers: dict[str, str] | None = None, **members: Any) -> Answer:
        body = {"query": query, "variables": members.pop("variables", ARGUMENTS if query == MUT else {}), **members}
        return await self.send(json.dumps(body).encode(), headers or {})

    async def send(self, body: bytes, headers: dict[str, str], method: str = "POST") -> Answer:
        sent: list[Any] = []
        incoming = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            return incoming.pop()

        async def collect(message: Any) -> None:
            sent.append(message)

        given = {"host": "127.0.0.1:4500", "Content-Type": "application/json; charset=UTF-8", **headers}
        scope = {
            "type": "http",
            "method": method,
            "path": "/graphql",
            "raw_path": b"/graphql",
            "query_string": b"",
            "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in given.items()],
            "client": ("203.0.113.9", 50000),
        }
        assert self.endpoint
        await self.endpoint(scope, receive, collect)
        found = {k.decode().lower(): v.decode() for k, v in sent[0]["headers"]}
        return Answer(sent[0]["status"], found, b"".join(part["body"] for part in sent[1:]))


ROOT = Root(account_id="000000000000", region="us-east-1")
Handler = Callable[[dict[str, Any]], Any]
ENUM = EnumType(name="Color", values=("RED", "BLUE"))
POINT = CustomType(
    name="Point",
    fields=(
        Field(name="x", type=TypeRef(name="Int", required=True)),
        Field(name="label", type=TypeRef(name="String")),
        Field(name="next", type=TypeRef(name="Point", kind="custom")),
    ),
    used_as=("output", "input"),
)
