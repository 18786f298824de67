"""A gateway with its neighbours played by plain objects: tokens and functions are given."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from poolhouse.define.manifest import RestApi, RestRoute
from poolhouse.errors import AccessTokenExpired, InvalidAccessToken
from poolhouse.operations.callers import Asker
from poolhouse.protocols.gateway.authorizer import Authorizer
from poolhouse.protocols.gateway.endpoint import Gateway
from poolhouse.protocols.gateway.events import Place

NOW = 1_680_633_579_123_456
ACCESS = {"sub": "s", "username": "alice", "token_use": "access", "scope": "aws.cognito.signin.user.admin"}
ROUTES = (
    RestRoute(path="/{proxy+}", method="ANY", function="all"),
    RestRoute(path="/open", method="GET", function="open", authorizer="none"),
    RestRoute(path="/open/{name}", method="GET", function="open", authorizer="none"),
    RestRoute(path="/own", method="OPTIONS", function="open", authorizer="none"),
)


@dataclass(frozen=True)
class Error:
    type: str
    message: str = ""
    stack: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    payload: bytes = b""
    error: Error | None = None


@dataclass(frozen=True)
class Token:
    claims: dict[str, Any]
    groups: tuple[str, ...] = ()

    @property
    def token_use(self) -> Any:
        return self.claims["token_use"]


@dataclass
class Answer:
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key == name]
        assert len(found) < 2 or name in {"set-cookie", "vary"}, found
        return found[0] if found else None


class World:
    """`tokens` by text; `result` is what every function gives; `events` is what the functions were given."""

    def __init__(self, api: RestApi | None = None, *, live_groups: bool = True, seconds: float = 29.0) -> None:
        self.tokens: dict[str, Token] = {"good": Token(ACCESS)}
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.logged: list[tuple[str, dict[str, Any]]] = []
        self.result = Outcome(b'{"statusCode":200,"body":"{}"}')
        api = api or RestApi(name="AdminQueries", routes=ROUTES)
        self.gateway = Gateway(
            [Place(api=api, api_id="abcdefghij", account_id="000000000000", public_url="https://api.example.com")],
            authorizer=Authorizer(self, "client", live_groups=live_groups),
            invoker=self,
            clock=lambda: NOW,
            log=lambda event, **facts: self.logged.append((event, facts)),
            seconds=seconds,
        )

    async def verify_token(self, token: str) -> Token:
        if token == "old":
            raise AccessTokenExpired
        if token not in self.tokens:
            raise InvalidAccessToken
        return self.tokens[token]

    async def invoke(self, name: str, event: bytes, *, asker: Asker | None = None) -> Outcome:
        self.asker = asker
        self.events.append((name, json.loads(event)))
        return self.result

    def returns(self, **reply: Any) -> None:
        self.result = Outcome(json.dumps(reply).encode())

    async def ask(
        self,
        path: str | bytes = "/dev/listUsers",
        method: str = "GET",
        headers: list[tuple[str, str]] | None = None,
        body: bytes = b"",
        query: bytes = b"",
        token: str | None = "good",
    ) -> Answer:
        raw = path if isinstance(path, bytes) else path.encode()
        given = [(name.encode(), value.encode("latin-1")) for name, value in headers or []]
        if token is not None:
            given.append((b"authorization", token.encode()))
        scope = {
            "type": "http",
            "method": method,
            "path": unquote(raw.decode("utf-8", "replace")),
            "raw_path": raw,
            "query_string": query,
            "headers": given,
            "client": ("192.0.2.7", 1234),
        }
        answer = Answer()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = [(name.decode(), value.decode("latin-1")) for name, value in message["headers"]]
            else:
                answer.body += message["body"]

        assert self.gateway.covers(scope["path"])
        await self.gateway(scope, receive, send)
        return answer

    @property
    def event(self) -> dict[str, Any]:
        return self.events[-1][1]
