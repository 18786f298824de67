"""The mixed load: people who are made, changed, put into groups, signed in and deleted, each by one caller."""

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import msgspec

from .soak_ledger import Action, Ledger, Wrong
from .soak_site import HOST, ROOT
from .wire import call, post

GROUPS = ("soak-a", "soak-b")
_PEOPLE, _CLIENTS = 8, 2
_MUTATION = (
    "mutation Add($userId: String!, $groupName: String!) { addUserToGroup(userId: $userId, groupName: $groupName) }"
)


class Unanswered(Exception):
    """Nobody knows whether it was done: the connection broke, or the server said that it could not."""


class Answer(NamedTuple):
    status: int
    body: Any
    request_id: str


class Line:
    """One keep-alive connection, opened when it is needed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, request: bytes) -> Answer:
        """Raises Unanswered."""
        try:
            async with asyncio.timeout(30):
                if self._streams is None:
                    self._streams = await asyncio.open_connection(HOST, self._port)
                reader, writer = self._streams
                writer.write(request)
                return await _answer(reader)
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            self.close()
            raise Unanswered(repr(error)) from error

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None


async def _answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status, *lines = head.rstrip().split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(fields["content-length"]))
    return Answer(int(status.split()[1]), msgspec.json.decode(body or b"{}"), fields.get("x-amzn-requestid", ""))


class Target(NamedTuple):
    """The pool under load. `admin` is an access token of a member of ADMINS."""

    port: int
    pool_id: str
    client_id: str
    admin: str = ""

    def call(self, operation: str, **request: Any) -> bytes:
        return call(f"{HOST}:{self.port}", operation, {"UserPoolId": self.pool_id, **request}, ROOT)

    def public(self, operation: str, **request: Any) -> bytes:
        return call(f"{HOST}:{self.port}", operation, {"ClientId": self.client_id, **request})

    def mutation(self, name: str, group: str) -> bytes:
        headers = {"Content-Type": "application/json", "Authorization": self.admin}
        body = {"query": _MUTATION, "variables": {"userId": name, "groupName": group}}
        return post(f"{HOST}:{self.port}", "/graphql", headers, msgspec.json.encode(body))


Step = Callable[["Actor"], Awaitable[None]]
_numbers = itertools.count(1)


class Actor:
    """One caller, with people of its own, one request at a time."""

    def __init__(self, target: Target, ledger: Ledger, number: int) -> None:
        self.target = target
        self.ledger = ledger
        self.line = Line(target.port)
        self.errors: list[str] = []
        self.latencies: list[tuple[float, float]] = []
        self.number = number
        self.chance = random.Random(number)

    async def step(self) -> bool:
        """One action of the mix; False after one that was not answered as it should be."""
        steps, weights = zip(*_MIX, strict=True)
        began = time.perf_counter()
        try:
            await self.chance.choices(steps, weights)[0](self)
        except Unanswered as error:
            self.errors.append(str(error))
            return False
        self.latencies.append((began, time.perf_counter() - began))
        return True

    def people(self) -> list[str]:
        mark = f"p{self.number}-"
        return [key[1] for key in self.ledger.keys("user") if key[1].startswith(mark) and self.ledger.value(key)]

    def anybody(self) -> str | None:
        people = self.people()
        return self.chance.choice(people) if people else None

    async def act(self, action: Action, request: bytes) -> Answer:
        """Send it, and keep the books. Raises Unanswered; Wrong when a valid request is refused."""
        self.ledger.sent(action)
        try:
            answer = await self.line.send(request)
            if answer.status >= 500 or (isinstance(answer.body, dict) and answer.body.get("errors")):
                raise Unanswered(f"{action.operation} {answer.status}: {str(answer.body)[:300]}")
        except Unanswered:
            self.ledger.unanswered(action)
            raise
        if answer.status != 200:
            raise Wrong(f"{action.operation} of {action.name} was refused: {answer.status} {answer.body}")
        self.ledger.acknowledged(action, answer.request_id)
        return answer


async def create(actor: Actor) -> None:
    people = actor.people()
    if len(people) >= _PEOPLE:
        await delete(actor, people[0])
        return
    name = f"p{actor.number}-{next(_numbers)}@example.com"
    attributes = [{"Name": "email", "Value": name}, {"Name": "email_verified", "Value": "true"}]
    made = await actor.act(
        Action({("user", name): True}, "AdminCreateUser", name),
        actor.target.call("AdminCreateUser", Username=name, UserAttributes=attributes, MessageAction="SUPPRESS"),
    )
    actor.ledger.names[made.body["User"]["Username"]] = name


async def delete(actor: Actor, name: str) -> None:
    await actor.act(
        Action({("user", name): None}, "AdminDeleteUser", name), actor.target.call("AdminDeleteUser", Username=name)
    )
    for kind in ("user", "group", "nickname", "password", "refresh"):
        actor.ledger.forget(kind, name)


async def set_password(actor: Actor) -> None:
    if (name := actor.anybody()) is None:
        await create(actor)
        return
    password = f"Soak-Horse-{next(_numbers)}"
    actor.ledger.forget("refresh", name)
    await actor.act(
        Action({("password", name): password}, "AdminSetUserPassword", name),
        actor.target.call("AdminSetUserPassword", Username=name, Password=password, Permanent=True),
    )


async def rename(actor: Actor) -> None:
    if (name := actor.anybody()) is None:
        await create(actor)
        return
    nickname = f"n{next(_numbers)}"
    attributes = [{"Name": "nickname", "Value": nickname}]
    await actor.act(
        Action({("nickname", name): nickname}, "AdminUpdateUserAttributes", name),
        actor.target.call("AdminUpdateUserAttributes", Username=name, UserAttributes=attributes),
    )


async def move(actor: Actor) -> None:
    """Into a group, or out of it when he is there."""
    if (name := actor.anybody()) is None:
        await create(actor)
        return
    group = actor.chance.choice(GROUPS)
    is_member = actor.ledger.value(("group", name, group))
    operation = "AdminRemoveUserFromGroup" if is_member else "AdminAddUserToGroup"
    await actor.act(
        Action({("group", name, group): None if is_member else True}, operation, name),
        actor.target.call(operation, Username=name, GroupName=group),
    )


async def guarded(actor: Actor) -> None:
    """Into a group by way of the guarded mutation: the function's own call does it."""
    if (name := actor.anybody()) is None:
        await create(actor)
        return
    group = actor.chance.choice(GROUPS)
    if actor.ledger.value(("group", name, group)):
        await move(actor)
        return
    action = Action({("group", name, group): True}, "AdminAddUserToGroup", name, is_direct=False)
    await actor.act(action, actor.target.mutation(name, group))


async def sign_in(actor: Actor) -> None:
    name = actor.anybody()
    password = actor.ledger.value(("password", name)) if name else None
    if name is None or password is None:
        await set_password(actor)
        return
    answer = await actor.act(
        Action({}, "InitiateAuth", name),
        actor.target.public(
            "InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", AuthParameters={"USERNAME": name, "PASSWORD": password}
        ),
    )
    actor.ledger.possible["refresh", name] = {answer.body["AuthenticationResult"]["RefreshToken"]}


async def refresh(actor: Actor) -> None:
    name = actor.anybody()
    token = actor.ledger.value(("refresh", name)) if name else None
    if name is None or token is None:
        await sign_in(actor)
        return
    await actor.act(Action({}, "", name), actor.target.public("GetTokensFromRefreshToken", RefreshToken=token))


async def client(actor: Actor) -> None:
    """An app client with a secret; the oldest goes when there are enough."""
    mark = f"c{actor.number}-"
    mine = [key for key in actor.ledger.keys("client") if key[1].startswith(mark)]
    if len(mine) >= _CLIENTS:
        client_id, _ = actor.ledger.value(mine[0])
        await actor.act(
            Action({mine[0]: None}, "DeleteUserPoolClient", client_id),
            actor.target.call("DeleteUserPoolClient", ClientId=client_id),
        )
        actor.ledger.forget(*mine[0])
        return
    name = f"{mark}{next(_numbers)}"
    request = actor.target.call("CreateUserPoolClient", ClientName=name, GenerateSecret=True)
    answer = await actor.act(Action({("client", name): "?"}, "CreateUserPoolClient", name), request)
    made = answer.body["UserPoolClient"]
    actor.ledger.possible["client", name] = {(made["ClientId"], made["ClientSecret"])}


_MIX: tuple[tuple[Step, int], ...] = (
    (create, 20),
    (set_password, 8),
    (rename, 18),
    (move, 26),
    (guarded, 8),
    (sign_in, 10),
    (refresh, 8),
    (client, 2),
)
