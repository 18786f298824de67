"""A running server whose pool delegates, people of every rank, and the ways on which they ask for the same thing."""

import asyncio
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
from acceptance.world import Person as Account
from acceptance.world import World as Acceptance
from app.running import JSON_TYPE, Running
from botocore.credentials import Credentials

from poolhouse import service_model
from poolhouse.access import credentials
from poolhouse.access.principals import CognitoIdentity, Person, Root
from poolhouse.app import clock
from poolhouse.errors import ServiceError, UserNotFoundException
from poolhouse.operations import audit
from poolhouse.operations.audit import Event
from poolhouse.operations.callers import sealed
from poolhouse.operations.gate import call

PROJECT = Path(__file__).parent / "project"
PERFORM = "mutation ($operation: String!, $request: AWSJSON!) {{ {field}(operation: $operation, request: $request) }}"
TRACE = "Root=1-00000000-000000000000000000000000;Sampled=0"
_numbers = itertools.count(1)


class Outcome(NamedTuple):
    """`ok`, or the code of a refusal and its words."""

    code: str
    message: str = ""


class Answers(Acceptance):
    """What the tests ask, and what became of it."""

    def __init__(self, running: Running) -> None:
        super().__init__(running)
        self.services = running.server.services
        self.pool: str = running.pool or ""
        self.root = Root(running.settings.account_id, running.settings.region)

    def wait(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.running.loop).result(30)

    # --- people ---

    def new(self, *groups: str) -> Account:
        """Somebody with these groups. He can sign in, with `acceptance.world`'s password."""
        return self.person(*groups)

    def target(self, *groups: str) -> str:
        """The name of somebody who never signs in."""
        address = f"target-{next(_numbers)}@example.com"
        attributes = [{"Name": "email", "Value": address}]
        return str(self.wait(self._made(address, attributes, groups)))

    async def _made(self, address: str, attributes: list[dict[str, str]], groups: tuple[str, ...]) -> str:
        who = {"UserPoolId": self.pool, "Username": address}
        request = {**who, "UserAttributes": attributes, "MessageAction": "SUPPRESS"}
        name: str = (await self._told("AdminCreateUser", request))["User"]["Username"]
        for group in groups:
            await self._call(self.root, "AdminAddUserToGroup", {**who, "GroupName": group})
        return name

    def state_of(self, username: str) -> list[Any] | None:
        """What somebody may have changed of a user; None when he is gone."""
        return self.wait(self._state(username))

    async def _state(self, username: str) -> list[Any] | None:
        name = {"UserPoolId": self.pool, "Username": username}
        try:
            told = await self._told("AdminGetUser", name)
        except UserNotFoundException:
            return None
        groups = (await self._told("AdminListGroupsForUser", name))["Groups"]
        kept = {name: told.get(name) for name in ("Enabled", "UserStatus", "UserAttributes")}
        return [kept, sorted(group["GroupName"] for group in groups)]

    async def _told(self, operation: str, request: dict[str, Any]) -> Any:
        """An answer of the operation, asked as root in the server's own loop: cheaper than a signed request."""
        answer = await self._call(self.root, operation, request)
        return msgspec.json.decode(msgspec.json.encode(answer))

    async def _call(self, principal: Person | Root, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        known = service_model.operation("cognito-idp", operation)
        assert known is not None
        struct = service_model.from_params(known, request)
        return await call(self.services, principal, known, struct, request_id="console", way="console")

    def groups(self) -> dict[str, Any]:
        return {
            one["GroupName"]: (one.get("Precedence"), one.get("RoleArn")) for one in self.admin("ListGroups")["Groups"]
        }

    def members(self, group: str) -> list[str]:
        return [user["Username"] for user in self.admin("ListUsersInGroup", GroupName=group)["Users"]]

    # --- ways ---

    def by_root(self, operation: str, request: dict[str, Any]) -> Outcome:
        return _of_answer(self.running.signed(operation, **request))

    def by_function_alone(self, operation: str, request: dict[str, Any]) -> Outcome:
        """With the role of a function that nobody called."""
        return _of_answer(self.running.signed(operation, key=self.function_key("administer"), **request))

    def by_sdk(self, who: Account, operation: str, request: dict[str, Any]) -> Outcome:
        """As the SDK in a function that he called."""
        role = self.applied.function_roles["administer"]
        token = sealed(self.services, self.as_person(who, "graphql"), role)
        return self.with_caller(token, operation, request)

    def with_caller(self, token: str, operation: str, request: dict[str, Any], function: str = "administer") -> Outcome:
        body = json.dumps(request).encode()
        headers = self.running.signature(operation, body, self.function_key(function))
        return _of_answer(self.running.post(None, body, {**headers, "X-Amzn-Trace-Id": f"{TRACE};Caller={token}"}))

    def by_credentials(self, who: Account, operation: str, request: dict[str, Any]) -> Outcome:
        """With identity-pool credentials whose role allows everything that the function's does."""
        identity = CognitoIdentity(
            identity_id="us-east-1:00000000-0000-0000-0000-000000000000",
            identity_pool_id=self.running.identity_pool or "",
            auth_type="authenticated",
            pool_id=self.pool,
            sub=who.sub,
            username=who.sub,
            issued=clock(),
        )
        grant = credentials.SessionGrant(self.applied.function_roles["administer"], "member", identity)
        made = credentials.issue(self.services.vault, grant, clock(), 600)
        key = Credentials(made.access_key_id, made.secret_access_key, made.session_token)
        return _of_answer(self.running.signed(operation, key=key, **request))

    def by_graphql(self, who: Account, operation: str, request: dict[str, Any], field: str = "administer") -> Outcome:
        asked = {"operation": operation, "request": json.dumps(request)}
        return _of_field(self.post(PERFORM.format(field=field), who.token, **asked), field)

    def by_identity_pool(self, who: Account, operation: str, request: dict[str, Any]) -> Outcome:
        """GraphQL in the mode `identityPool`."""
        asked = {"operation": operation, "request": json.dumps(request)}
        return _of_field(self.signed(PERFORM.format(field="administer"), who.key, **asked), "administer")

    def by_rest(self, who: Account, operation: str, request: dict[str, Any]) -> Outcome:
        told = self.running.http.post(
            "/people/dev/administer", json={"operation": operation, "request": request}, headers=who.token
        )
        assert told.status_code == 200, told.text
        return Outcome(**told.json())

    def by_console(self, who: Account, operation: str, request: dict[str, Any]) -> Outcome:
        return self.by_gate(self.as_person(who, "console"), operation, request)

    def by_gate(self, principal: Person | Root, operation: str, request: dict[str, Any]) -> Outcome:
        try:
            self.wait(self._call(principal, operation, request))
        except ServiceError as error:
            return Outcome(error.code, error.message)
        return Outcome("ok")

    def as_person(self, who: Account, via: Any) -> Person:
        settings = self.running.settings
        return Person(self.pool, who.sub, who.sub, "jti", "192.0.2.1", via, settings.account_id, settings.region)

    # --- the trail ---

    def last_event(self, **wanted: str) -> Event | None:
        return self.wait(self._last_event(**wanted))

    async def _last_event(self, **wanted: str) -> Event | None:
        found = await audit.events(self.services, pool_id=self.pool, kind="admin", limit=1, **wanted)
        return found[0] if found else None

    def told_of(self, username: str) -> tuple[list[Any] | None, Event | None]:
        """The state of a user, and the last thing that is on record about him."""

        async def both() -> tuple[list[Any] | None, Event | None]:
            event = await self._last_event(subject=username)  # before the question for his state can be the last
            return await self._state(username), event

        return self.wait(both())


Way = Callable[[Answers, Account, str, dict[str, Any]], Outcome]
WAYS: dict[str, Way] = {
    "sdk": Answers.by_sdk,
    "credentials": Answers.by_credentials,
    "graphql": Answers.by_graphql,
    "identity pool": Answers.by_identity_pool,
    "rest": Answers.by_rest,
    "console": Answers.by_console,
}


def _of_answer(answer: httpx.Response) -> Outcome:
    assert answer.headers["content-type"] == JSON_TYPE
    if answer.is_success:
        return Outcome("ok")
    told = answer.json()
    return Outcome(told["__type"], told["message"])


def _of_field(answer: httpx.Response, field: str) -> Outcome:
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert list(told) == ["data"], told
    return Outcome(**json.loads(told["data"][field]))
