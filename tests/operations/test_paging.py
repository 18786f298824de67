"""Pages of every list while it changes: what was there throughout is shown once, and nothing is shown twice."""

import itertools
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import strategies as st
from operations.every_operation import OIDC, ROLE
from operations.stage import PASSWORD, Stage, build
from pool_rows import examples

from poolhouse.access.principals import Anonymous
from poolhouse.store import devices, passkeys, pools, users
from poolhouse.store.devices import Device
from poolhouse.store.passkeys import Passkey, State

Make = Callable[[str], Awaitable[str]]
Drop = Callable[[str], Awaitable[Any]]


@dataclass
class Listed:
    """A list, and how something gets onto it under a name and, by the key that the list shows, off it again."""

    operation: str
    request: dict[str, Any]
    members: tuple[str, str]
    add: Make
    remove: Drop | None
    size: str = "MaxResults"
    token: str = "NextToken"
    service: str = "cognito-idp"


class Lists:
    """Every list of one pool, one user and one group."""

    def __init__(self, stage: Stage, user_id: int, tokens: dict[str, str], identity_pool: str) -> None:
        self.stage = stage
        self.user_id = user_id
        self.access = tokens["AccessToken"]
        self.identity_pool = identity_pool

    def every(self) -> dict[str, Listed]:
        pool, access = {"UserPoolId": self.stage.pool}, {"AccessToken": self.access}
        by_limit = {"size": "Limit"}
        by_page = {"token": "PaginationToken"}
        user, group = {**pool, "Username": "ada"}, {**pool, "GroupName": "everybody"}
        people = {"add": self.user, "remove": self.no_user, **by_limit}
        owned = {"add": self.device, "remove": self.no_device, **by_limit, **by_page}
        found = [
            Listed("ListUsers", pool, ("Users", "Username"), **people, **by_page),
            Listed("ListUsersInGroup", group, ("Users", "Username"), **people),
            Listed("ListGroups", pool, ("Groups", "GroupName"), self.group, self.no_group, **by_limit),
            Listed("AdminListGroupsForUser", user, ("Groups", "GroupName"), self.group, self.no_group, **by_limit),
            Listed("ListUserPoolClients", pool, ("UserPoolClients", "ClientId"), self.client, self.no_client),
            Listed("ListResourceServers", pool, ("ResourceServers", "Identifier"), self.server, self.no_server),
            Listed("ListIdentityProviders", pool, ("Providers", "ProviderName"), self.provider, self.no_provider),
            Listed("ListDevices", access, ("Devices", "DeviceKey"), **owned),
            Listed("AdminListDevices", user, ("Devices", "DeviceKey"), **owned),
            Listed("ListWebAuthnCredentials", access, ("Credentials", "CredentialId"), self.passkey, self.no_passkey),
            Listed("ListUserImportJobs", pool, ("UserImportJobs", "JobId"), self.job, None, **by_page),
            Listed("ListUserPools", {}, ("UserPools", "Id"), self.pool, self.no_pool),
            Listed(
                "ListIdentities",
                {"IdentityPoolId": self.identity_pool},
                ("Identities", "IdentityId"),
                self.identity,
                self.no_identity,
                service="cognito-identity",
            ),
        ]
        return {each.operation: each for each in found}

    async def user(self, name: str) -> str:
        async with self.stage.services.database.write() as tx:
            pool = await pools.get(tx, self.stage.pool)
            sub = str(uuid.uuid4())
            await users.add(tx, pool, username=name, sub=sub, status="CONFIRMED", attributes={}, credential=None, now=1)
        await self.stage.admin("AdminAddUserToGroup", GroupName="everybody", Username=name)
        return name

    async def no_user(self, name: str) -> None:
        await self.stage.admin("AdminDeleteUser", Username=name)

    async def group(self, name: str) -> str:
        await self.stage.admin("CreateGroup", GroupName=name, Precedence=len(name) % 3)
        await self.stage.admin("AdminAddUserToGroup", GroupName=name, Username="ada")
        return name

    async def no_group(self, name: str) -> None:
        await self.stage.admin("DeleteGroup", GroupName=name)

    async def client(self, name: str) -> str:
        return (await self.stage.admin("CreateUserPoolClient", ClientName=name))["UserPoolClient"]["ClientId"]

    async def no_client(self, key: str) -> None:
        await self.stage.admin("DeleteUserPoolClient", ClientId=key)

    async def server(self, name: str) -> str:
        await self.stage.admin("CreateResourceServer", Identifier=name, Name="api")
        return name

    async def no_server(self, name: str) -> None:
        await self.stage.admin("DeleteResourceServer", Identifier=name)

    async def provider(self, name: str) -> str:
        made = {"ProviderName": f"{name}-partner", "ProviderType": "OIDC", "ProviderDetails": OIDC}
        await self.stage.admin("CreateIdentityProvider", **made)
        return made["ProviderName"]

    async def no_provider(self, name: str) -> None:
        await self.stage.admin("DeleteIdentityProvider", ProviderName=name)

    async def device(self, name: str) -> str:
        key = f"us-east-1_{uuid.uuid4()}"
        async with self.stage.services.database.write() as tx:
            assert await devices.add(tx, Device(self.user_id, key, name, None, 0, "[]", 1, 1, 1))
        return key

    async def no_device(self, key: str) -> None:
        await self.stage.admin("AdminForgetDevice", Username="ada", DeviceKey=key)

    async def passkey(self, name: str) -> str:
        made = Passkey(self.stage.pool, name, self.user_id, name, "localhost", b"", 0, State(), len(name) % 3)
        async with self.stage.services.database.write() as tx:
            assert await passkeys.add(tx, made)
        return name

    async def no_passkey(self, key: str) -> None:
        await self.stage.public("DeleteWebAuthnCredential", AccessToken=self.access, CredentialId=key)

    async def job(self, name: str) -> str:
        made = await self.stage.admin("CreateUserImportJob", JobName=name, CloudWatchLogsRoleArn=ROLE)
        return made["UserImportJob"]["JobId"]

    async def pool(self, name: str) -> str:
        """Without the signing keys, which take long to make."""
        async with self.stage.services.database.write() as tx:
            own = await pools.get(tx, self.stage.pool)
            await pools.add(tx, own._replace(id=f"us-east-1_{name}", name=name))
        return f"us-east-1_{name}"

    async def no_pool(self, key: str) -> None:
        await self.stage.invoke("DeleteUserPool", {"UserPoolId": key})

    async def identity(self, _name: str) -> str:
        request = {"IdentityPoolId": self.identity_pool}
        answer = await self.stage.invoke("GetId", request, service="cognito-identity", principal=Anonymous())
        return answer["IdentityId"]

    async def no_identity(self, key: str) -> None:
        await self.stage.invoke("DeleteIdentities", {"IdentityIdsToDelete": [key]}, service="cognito-identity")


@pytest.fixture
async def lists(services, invoke) -> Lists:
    settings = {"DeviceConfiguration": {"ChallengeRequiredOnNewDevice": True}}
    stage = await build(services, invoke, AutoVerifiedAttributes=["email"], **settings)
    await stage.admin(
        "SetUserPoolMfaConfig", WebAuthnConfiguration={"RelyingPartyId": "localhost"}, MfaConfiguration="OFF"
    )
    await stage.admin("AdminCreateUser", Username="ada", MessageAction="SUPPRESS")
    await stage.admin("AdminSetUserPassword", Username="ada", Password=PASSWORD, Permanent=True)
    await stage.admin("CreateGroup", GroupName="everybody")
    pool = {"IdentityPoolName": "app", "AllowUnauthenticatedIdentities": True}
    made = await invoke("CreateIdentityPool", pool, service="cognito-identity")
    async with services.database.read() as tx:
        ada = await users.get(tx, await pools.get(tx, stage.pool), "ada")
    return Lists(stage, ada.id, await stage.tokens("ada"), made["IdentityPoolId"])


OPERATIONS = list(Lists(Stage(None, None, ""), 0, {"AccessToken": ""}, "").every())
STEP = st.tuples(st.integers(1, 4), st.lists(st.text("aAzZ09", min_size=1, max_size=4), max_size=2), st.integers(0, 99))
"""The size of a page; the names of what is added behind it; which of the others is removed."""
LAST: tuple[int, list[str], int] = (4, [], 0)
SCENARIO = st.tuples(st.lists(st.text("bByY19", max_size=4), min_size=3, max_size=7), st.lists(STEP, max_size=8))


async def page(lists: Lists, listed: Listed, size: int, token: str | None) -> tuple[list[str], str | None]:
    request = listed.request | {listed.size: size} | ({listed.token: token} if token else {})
    principal = {"principal": Anonymous()} if "AccessToken" in request else {}
    answer = await lists.stage.invoke(listed.operation, request, service=listed.service, **principal)
    outer, inner = listed.members
    shown = [each[inner] for each in answer.get(outer, [])]
    assert len(shown) <= size
    return shown, answer.get(listed.token)


async def everything(lists: Lists, listed: Listed) -> list[str]:
    found, token = await page(lists, listed, 20, None)
    while token:
        more, token = await page(lists, listed, 20, token)
        found += more
    return found


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_lists_that_change_between_their_pages(lists, operation):
    """Nothing that was there from the first page to the last is skipped or doubled, whatever comes and goes."""
    listed = lists.every()[operation]
    own, number = set(await everything(lists, listed)), itertools.count()
    for names, steps in examples(SCENARIO, 5):
        for name in names:
            await listed.add(f"{name}{next(number)}")
        stayed = there = set(await everything(lists, listed))
        seen, token = await page(lists, listed, 1, None)
        for size, added, which in [*steps, *[LAST] * len(there)]:
            there = there | {await listed.add(f"{name}{next(number)}") for name in added}
            if added and listed.remove and (removable := sorted(there - own)):
                gone = removable[which % len(removable)]
                await listed.remove(gone)
                stayed, there = stayed - {gone}, there - {gone}
            if token is None:
                break
            more, token = await page(lists, listed, size, token)
            seen += more
        assert token is None
        assert len(seen) == len(set(seen))
        assert stayed - set(seen) == set()
        for key in there - own if listed.remove else ():
            await listed.remove(key)
