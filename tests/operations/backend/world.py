"""Manifests by hand, applied to the test's database."""

import json
from typing import Any

import msgspec
from operations.stage import EMAIL, Stage

from poolhouse.define.grants import actions_of
from poolhouse.define.manifest import Auth, Data, Function, Grant, Group, HandlerRef, Manifest, Operation, Rule
from poolhouse.operations import families  # noqa: F401 - registers every operation
from poolhouse.operations.backend import Applied, apply
from poolhouse.store import backend, groups, pools, roles, users
from poolhouse.store.roles import Role


def function(name: str = "promote", **more: Any) -> Function:
    return msgspec.convert(
        {"name": name, "entry": f"amplify/data/{name}/handler.py", "handler": "handler", **more}, Function
    )


def grant(*names: str, to: str = "promote") -> Grant:
    return Grant(function=to, names=names, actions=actions_of(names))


def rule(strategy: str, provider: str, *names: str) -> Rule:
    return Rule(strategy=strategy, provider=provider, groups=names)


def mutation(name: str = "promote", *rules: Rule) -> Operation:
    return Operation(name=name, kind="mutation", rules=rules, handlers=(HandlerRef(function="promote"),))


def manifest(*names: str, grants: tuple[Grant, ...] = (), auth: dict[str, Any] | None = None, **more: Any) -> Manifest:
    """A backend with these groups, one function and these grants."""
    listed = tuple(Group(name=name, precedence=place) for place, name in enumerate(names))
    made = {"version": 1, "functions": (function(),), **more}
    return Manifest(**{"auth": Auth(groups=listed, grants=grants, **(auth or {})), **made})


def without_auth(**more: Any) -> Manifest:
    return Manifest(version=1, functions=(function(),), **more)


def data(*operations: Operation, **more: Any) -> Data:
    return Data(operations=operations, **more)


class World:
    """Applies manifests and looks at what became of them."""

    def __init__(self, services, invoke) -> None:
        self.services = services
        self.invoke = invoke
        self.applied: Applied | None = None
        self.withheld: list[str] = []

    async def apply(self, wanted: Manifest, **options: Any) -> list[str]:
        """The changes that were made."""
        self.applied, made, withheld = await apply(self.services, wanted, **options)
        self.withheld = [str(change) for change in withheld]
        return [str(change) for change in made]

    async def stage(self, *people: str) -> Stage:
        """The applied pool, with these people in it."""
        stage = Stage(self.services, self.invoke, self.applied.pool_id)
        stage.client = self.applied.client_id
        for person in people:
            await stage.person(person)
        return stage

    async def join(self, group: str, person: str = EMAIL) -> None:
        await self.invoke(
            "AdminAddUserToGroup", {"UserPoolId": self.applied.pool_id, "Username": person, "GroupName": group}
        )

    async def rows(self) -> list[Any]:
        """What apply keeps, in full."""
        async with self.services.database.read() as tx:
            return [await backend.resources(tx, "app"), await roles.owned(tx, "app")]

    async def role(self, arn: str) -> Role | None:
        async with self.services.database.read() as tx:
            return await roles.find(tx, arn)

    async def statements(self, arn: str) -> list[dict[str, Any]]:
        """What a role is allowed."""
        role = await self.role(arn)
        return [statement for document in json.loads(role.policies) for statement in document["Statement"]]

    async def group(self, name: str):
        async with self.services.database.read() as tx:
            return await groups.find(tx, self.applied.pool_id, name)

    async def groups(self) -> dict[str, int | None]:
        answer = await self.invoke("ListGroups", {"UserPoolId": self.applied.pool_id})
        return {group["GroupName"]: group.get("Precedence") for group in answer["Groups"]}

    async def user(self, name: str = EMAIL):
        async with self.services.database.read() as tx:
            pool = await pools.get(tx, self.applied.pool_id)
            return await users.find(tx, pool, name)
