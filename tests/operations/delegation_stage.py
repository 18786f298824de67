"""A pool with four ranks of administrators, customers and a delegation, on whose behalf operations are asked for."""

import dataclasses
from typing import Any

from operations.backend.world import World, manifest
from operations.stage import ROOT

from poolhouse import service_model
from poolhouse.access.policies import PolicySet, parse
from poolhouse.access.principals import CognitoIdentity, Person, Principal, RoleSession
from poolhouse.define.delegable import DELEGABLE
from poolhouse.define.manifest import Delegate, Delegation
from poolhouse.operations.context import Call
from poolhouse.operations.gate import call
from poolhouse.store import groups, pools, users

GROUPS = ("OWNERS", "ADMINS", "SUPPORT", "CUSTOMERS", "EDITORS")
EVERYTHING = PolicySet(
    [parse({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})]
)
ROLE = "arn:aws:iam::000000000000:role/poolhouse-app-fn-promote"


def delegate(group: str, *operations: str, **narrowed: tuple[str, ...]) -> Delegate:
    return Delegate(group=group, names=("manageUsers",), operations=operations or tuple(sorted(DELEGABLE)), **narrowed)


RULES = Delegation(
    delegates=(
        delegate("OWNERS"),
        delegate("ADMINS"),
        delegate("SUPPORT", "AdminGetUser", "AdminDisableUser", members_of=("CUSTOMERS",)),
        delegate("SUPPORT", "AdminAddUserToGroup", "AdminRemoveUserFromGroup", assigns=("CUSTOMERS",)),
    ),
    protected=("ADMINS",),
)


class Ranks:
    """Users are called by short names; `do` asks on behalf of one of them, `as_root` as nobody."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.services = world.services
        self.subs: dict[str, str] = {}

    @property
    def pool(self) -> str:
        return self.world.applied.pool_id

    async def apply(self, rules: Delegation | None = RULES, **more: Any) -> list[str]:
        return await self.world.apply(manifest(*GROUPS, auth={"delegation": rules, **more}))

    async def as_root(self, name: str, **request: Any) -> dict[str, Any]:
        return await self.world.invoke(name, {"UserPoolId": self.pool, **request})

    async def user(self, name: str, *joins: str) -> str:
        """A new user with these groups; his sub, which is his username."""
        address = f"{name}@example.com"
        attributes = [{"Name": "email", "Value": address}]
        made = await self.as_root(
            "AdminCreateUser", Username=address, UserAttributes=attributes, MessageAction="SUPPRESS"
        )
        self.subs[name] = made["User"]["Username"]
        for group in joins:
            await self.as_root("AdminAddUserToGroup", Username=self.subs[name], GroupName=group)
        return self.subs[name]

    def person(self, name: str, **changed: Any) -> Person:
        made = Person(
            pool_id=self.pool,
            sub=self.subs[name],
            username=self.subs[name],
            token_id="jti",
            address="192.0.2.1",
            via="graphql",
            account_id="000000000000",
            region="us-east-1",
        )
        return dataclasses.replace(made, **changed)

    def role(self, arn: str = ROLE) -> RoleSession:
        """The session of a function's role, whose policies allow everything."""
        return RoleSession(arn, arn.rpartition("/")[2], "promote", "000000000000", "us-east-1", EVERYTHING)

    def identity(self, name: str) -> RoleSession:
        """Credentials of the identity pool for a user, with a role that allows everything."""
        identity = CognitoIdentity(
            identity_id="us-east-1:1",
            identity_pool_id="us-east-1:2",
            auth_type="authenticated",
            pool_id=self.pool,
            sub=self.subs[name],
            username=self.subs[name],
        )
        return RoleSession(
            "arn:aws:iam::000000000000:role/member",
            "member",
            "s",
            "000000000000",
            "us-east-1",
            EVERYTHING,
            None,
            identity,
        )

    async def ask(
        self, operation: str, request: dict[str, Any], *, principal: Principal, person: Person | None = None
    ) -> dict[str, Any]:
        known = service_model.operation("cognito-idp", operation) or service_model.operation("sts", operation)
        assert known is not None, operation
        struct = service_model.from_params(known, request)
        return await call(self.services, principal, known, struct, request_id="test", person=person)

    async def do(self, name: str, operation: str, **request: Any) -> dict[str, Any]:
        """A function does it for this user."""
        full = {"UserPoolId": self.pool, **request}
        return await self.ask(operation, full, principal=self.role(), person=self.person(name))

    async def groups_of(self, name: str) -> list[str]:
        async with self.services.database.read() as tx:
            pool = await pools.get(tx, self.pool)
            user = await users.get(tx, pool, self.subs[name])
            return sorted(group.name for group in await groups.of_user(tx, user.id))

    async def state(self) -> list[Any]:
        """Users, groups and memberships, without what changes by looking."""
        answers = [await self.as_root("ListUsers"), await self.as_root("ListGroups")]
        names = [group["GroupName"] for group in answers[1]["Groups"]]
        return answers + [await self.as_root("ListUsersInGroup", GroupName=name) for name in names]

    def call_of(self, name: str, principal: Principal = ROOT) -> Call:
        return Call(
            services=self.services,
            principal=principal,
            now=self.services.clock(),
            request_id="test",
            person=self.person(name),
        )
