"""A running server seen from outside: people who sign in, and GraphQL requests under every mode."""

import asyncio
import itertools
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from app.running import EXAMPLE, PASSWORD, Running
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from poolhouse.access import credentials
from poolhouse.app import clock
from poolhouse.client import Outputs, Session, sign_in
from poolhouse.crypto.tokens import SigningKey, claims_unverified
from poolhouse.operations.signing_keys import of_pool
from poolhouse.outputs.amplify_outputs import Applied, amplify_outputs

PROJECTS = {"world": Path(__file__).parent / "project", "as_aws": EXAMPLE}
MUT = (
    "mutation ($userId: String!, $groupName: String!) {\n  addUserToGroup(userId: $userId, groupName: $groupName)\n}\n"
)
JSON = "application/json; charset=UTF-8"
_numbers = itertools.count(1)


class Person:
    """Somebody with an account. `session` signs in with SRP when it is first asked for."""

    def __init__(self, world: "World", email: str, sub: str) -> None:
        self._world = world
        self.email = email
        self.sub = sub
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        if self._session is None:
            self._session = self._world.sign_in(self.email)
        return self._session

    @property
    def token(self) -> dict[str, str]:
        """The headers of aws-amplify: the access token as it is."""
        return {"authorization": self.session.access_token}

    @property
    def key(self) -> Credentials:
        """Credentials of the identity pool."""
        made = self.session.credentials()
        return Credentials(made.access_key_id, made.secret_access_key, made.session_token)


class World:
    """One server. Every test makes its own people, so tests may share it."""

    def __init__(self, running: Running) -> None:
        self.running = running
        applied = running.server.applied
        assert applied is not None
        self.applied = applied
        self.outputs = amplify_outputs(
            applied.manifest,
            Applied(
                region="us-east-1",
                user_pool_id=running.pool,
                user_pool_client_id=running.client,
                identity_pool_id=running.identity_pool,
                base_url=running.url,
                api_key=applied.api_key.value if applied.api_key else None,
            ),
        )

    # --- people ---

    def person(self, *groups: str) -> Person:
        email = f"person-{os.getpid()}-{next(_numbers)}@example.com"
        return Person(self, email, self.running.person(email, *groups))

    def sign_in(self, email: str) -> Session:
        return sign_in(Outputs.read(self.outputs), email, PASSWORD, http=self.running.http)

    def admin(self, operation: str, **request: Any) -> dict[str, Any]:
        """As root, on the pool of the definitions."""
        answer = self.running.signed(operation, **{"UserPoolId": self.running.pool, **request})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def groups_of(self, person: Person) -> list[str]:
        found = self.admin("AdminListGroupsForUser", Username=person.sub)["Groups"]
        return [group["GroupName"] for group in found]

    def exists(self, person: Person) -> bool:
        return self.running.signed("AdminGetUser", UserPoolId=self.running.pool, Username=person.sub).is_success

    def state(self, person: Person) -> list[Any]:
        """What a refused request must not have changed; page tokens differ each time and are left out."""
        answers = [*self.running.state(), self.admin("AdminGetUser", Username=person.sub), self.groups_of(person)]
        for answer in answers[:-1]:
            answer.pop("NextToken", None)
            answer.pop("PaginationToken", None)
        return answers

    def group(self, name: str) -> None:
        """A group besides those of the definitions."""
        if name not in {group["GroupName"] for group in self.admin("ListGroups")["Groups"]}:
            self.admin("CreateGroup", GroupName=name)

    # --- keys ---

    def guest(self) -> Credentials:
        def ask(operation: str, **request: Any) -> dict[str, Any]:
            return dict(self.running.public(operation, "AWSCognitoIdentityService", **request).json())

        identity = ask("GetId", IdentityPoolId=self.running.identity_pool)["IdentityId"]
        made = ask("GetCredentialsForIdentity", IdentityId=identity)["Credentials"]
        return Credentials(made["AccessKeyId"], made["SecretKey"], made["SessionToken"])

    def function_key(self, name: str) -> Credentials:
        """What the function's own process signs with."""
        grant = credentials.SessionGrant(self.applied.function_roles[name], name)
        made = credentials.issue(self.running.server.services.vault, grant, clock(), 600)
        return Credentials(made.access_key_id, made.secret_access_key, made.session_token)

    def signing_key(self, use: str) -> SigningKey:
        """The private key with which the pool signs its tokens."""

        async def ask() -> SigningKey:
            services = self.running.server.services
            async with services.database.read() as tx:
                return (await of_pool(tx, services.vault, self.running.pool, clock())).signing[use]

        return asyncio.run_coroutine_threadsafe(ask(), self.running.loop).result(10)

    # --- GraphQL ---

    def post(self, query: str, headers: Mapping[str, str] | None = None, **variables: Any) -> httpx.Response:
        return self.send(json.dumps({"query": query, "variables": variables}).encode(), headers)

    def send(self, body: bytes, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return self.running.http.post("/graphql", content=body, headers={"content-type": JSON, **(headers or {})})

    def signature(self, body: bytes, key: Credentials, service: str = "appsync") -> dict[str, str]:
        request = AWSRequest("POST", f"{self.running.url}/graphql", {"content-type": JSON}, body)
        SigV4Auth(key, service, "us-east-1").add_auth(request)
        return {name: value for name, value in request.headers.items() if name.lower() != "content-length"}

    def signed(self, query: str, key: Credentials, **variables: Any) -> httpx.Response:
        body = json.dumps({"query": query, "variables": variables}).encode()
        return self.send(body, self.signature(body, key))

    def add(self, who: Mapping[str, str] | Credentials, user: Person, group: str = "ADMINS") -> httpx.Response:
        """The document of the JavaScript client, under a token or under credentials."""
        variables = {"userId": user.sub, "groupName": group}
        if isinstance(who, Credentials):
            return self.signed(MUT, who, **variables)
        return self.post(MUT, who, **variables)


def claims_of(token: str) -> dict[str, Any]:
    return dict(claims_unverified(token))


def refused(answer: httpx.Response, message: str, *, status: int = 401, kind: str = "UnauthorizedException") -> bool:
    """A refusal of the whole request: status, type in the exposed header, and text."""
    assert answer.status_code == status, answer.text
    assert answer.headers["x-amzn-errortype"] == kind
    assert "x-amzn-errortype" in answer.headers["access-control-expose-headers"].lower()
    body = answer.json()
    assert "data" not in body
    assert [(one["errorType"], one["message"]) for one in body["errors"]] == [(kind, message)]
    return True


def denied(answer: httpx.Response, field: str = "addUserToGroup") -> bool:
    """E8 to the letter; the hint of the development server aside."""
    assert answer.status_code == 200, answer.text
    body = answer.json()
    body["errors"][0].pop("extensions", None)
    assert body == {
        "data": {field: None},
        "errors": [
            {
                "path": [field],
                "data": None,
                "errorType": "Unauthorized",
                "errorInfo": None,
                "locations": [{"line": 2, "column": 3, "sourceName": None}],
                "message": f"Not Authorized to access {field} on type Mutation",
            }
        ],
    }
    return True


def succeeded(answer: httpx.Response, field: str = "addUserToGroup") -> Any:
    """The decoded text of an AWSJSON field."""
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert list(body) == ["data"], body
    assert isinstance(body["data"][field], str), body
    return json.loads(body["data"][field])
