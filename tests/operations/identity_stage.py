"""An applied backend with people and its identity pool, for tests of identities, their roles and their tokens."""

import msgspec
import sqlalchemy
from operations.backend.world import World as Backend
from operations.backend.world import data, manifest, mutation, rule
from operations.stage import EMAIL, ROOT, refused

from poolhouse.access import credentials
from poolhouse.access.principals import Anonymous
from poolhouse.store import identities
from poolhouse.store.schema import identities as table
from poolhouse.store.schema import identity_pools
from poolhouse.store.statement import Statement

ALL = Statement(sqlalchemy.select(table))
POOLS = Statement(sqlalchemy.select(identity_pools))
OPEN = data(mutation("promote", rule("groups", "userPools", "ADMINS", "EDITORS")))


class Pool:
    """An applied backend with people, and its identity pool."""

    def __init__(self, world, stage) -> None:
        self.world = world
        self.stage = stage
        self.services = world.services

    @property
    def id(self) -> str:
        return self.world.applied.identity_pool_id

    @property
    def key(self) -> str:
        """The login key of the local issuer."""
        return f"127.0.0.1:4500/{self.stage.pool}"

    async def logins(self, email=EMAIL) -> dict[str, str]:
        return {self.key: (await self.stage.srp(email))["AuthenticationResult"]["IdToken"]}

    async def get_id(self, logins=None, pool=None) -> str:
        request = {"IdentityPoolId": pool or self.id} | ({"Logins": logins} if logins is not None else {})
        return (await self.call("GetId", request))["IdentityId"]

    async def credentials(self, identity, logins=None, **more):
        request = {"IdentityId": identity} | ({"Logins": logins} if logins is not None else {}) | more
        return await self.call("GetCredentialsForIdentity", request)

    async def admin(self, name, *, principal=ROOT, **request):
        """A signed call, on this identity pool unless the request names another resource."""
        named = {
            "IdentityPoolId",
            "IdentityId",
            "IdentityIdsToDelete",
            "ResourceArn",
            "IdentityPoolName",
        } & request.keys()
        request = request if named else {"IdentityPoolId": self.id, **request}
        return await self.world.invoke(name, request, service="cognito-identity", principal=principal)

    async def sts(self, name, *, principal=ROOT, **request):
        return await self.world.invoke(name, request, service="sts", principal=principal)

    async def call(self, name, request):
        return await self.world.invoke(name, request, service="cognito-identity", principal=Anonymous())

    def opened(self, answer):
        """The grant inside issued credentials."""
        token = answer["Credentials"]["SessionToken"]
        return credentials.open_session(self.services.vault, token, self.services.clock()).grant

    async def rows(self):
        async with self.services.database.read() as tx:
            found = [*await tx.all(ALL, {}), *await tx.all(POOLS, {})]
        return sorted(map(repr, found))

    async def identities(self):
        """Every identity there is."""
        async with self.services.database.read() as tx:
            return [identities.Identity._make(row) for row in await tx.all(ALL, {})]

    async def refuse(self, call):
        """The error of a call that must change nothing."""
        before = await self.rows()
        error = await refused(call)
        assert await self.rows() == before
        return error

    async def change(self, **settings):
        """Other settings of the identity pool."""
        async with self.services.database.write() as tx:
            pool = await identities.get_pool(tx, self.id)
            await identities.put_pool(tx, pool._replace(settings=msgspec.structs.replace(pool.settings, **settings)))

    async def role(self, kind):
        async with self.services.database.read() as tx:
            pool = await identities.get_pool(tx, self.id)
        return getattr(pool.settings, f"{kind}_role")


async def make(services, invoke, *people: str) -> Pool:
    world = Backend(services, invoke)
    await world.apply(manifest("ADMINS", "EDITORS", data=OPEN))
    return Pool(world, await world.stage(*(people or (EMAIL, "bob@example.com"))))
