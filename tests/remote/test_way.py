"""The way to AWS when it is cut, slow or barred: what is answered, and what is on record."""

import asyncio
import dataclasses
import json
from contextlib import asynccontextmanager

import pytest
from acceptance.conftest import SETTINGS
from acceptance.world import claims_of
from remote.relay import Relay
from remote.world import configured, pool_of

from poolhouse.access.principals import Root
from poolhouse.crypto.vault import Vault
from poolhouse.define.manifest import ReferencedAuth
from poolhouse.errors import (
    AccessTokenRevoked,
    AwsCredentialsRefused,
    AwsPermissionMissing,
    AwsUnreachable,
    InvalidAccessToken,
    SettingError,
    TooManyRequestsException,
)
from poolhouse.operations import audit
from poolhouse.operations.console import keys
from poolhouse.operations.context import Call, Services
from poolhouse.operations.cpu_threads import CpuThreads
from poolhouse.operations.gate import call
from poolhouse.operations.remote.aws import LIMITS, Limits
from poolhouse.operations.remote.pool import Remote
from poolhouse.service_model import from_params, operation
from poolhouse.testing.clock import MovedClock
from poolhouse.testing.process import wall

ROOT = Root(account_id="000000000000", region="us-east-1")
SHORT = Limits(change=1)
FEW = Limits(read=0.3, tries=1, threads=2, waiting=2)


class Stage:
    """The services of a server in front of the pool, without the server."""

    def __init__(self, services, far):
        self.services = services
        self.pool = services.remote.pool
        self.far = far

    async def do(self, name, **request):
        known = operation("cognito-idp", name)
        struct = from_params(known, {"UserPoolId": self.pool.id, **request})
        return await call(self.services, ROOT, known, struct, request_id="1", way="test")

    async def results(self, name):
        """Of the audit trail, the oldest first."""
        found = await audit.events(self.services, operation=name, pool_id=self.pool.id)
        return [event.result for event in reversed(found)]

    async def at_aws(self, name, **request):
        return await asyncio.to_thread(self.far.admin, name, **request)

    async def token(self, who, use="access"):
        """In AWS's name, as the relay's own address is not the issuer's."""
        session = await asyncio.to_thread(lambda: who.session)
        given = claims_of(session.access_token if use == "access" else session.id_token)
        issuer = f"https://cognito-idp.us-east-1.amazonaws.com/{self.pool.id}"
        return (await asyncio.to_thread(self.far.signing_key, use)).sign(given | {"iss": issuer})


@pytest.fixture
def later():
    return MovedClock(wall)


@pytest.fixture
async def relay(far):
    async with Relay(far.running.url).running() as made:
        yield made


@pytest.fixture
def opened(far, database, later):
    """`async with opened(url) as stage`."""

    @asynccontextmanager
    async def opened(url, key=None, limits=LIMITS, public_url="http://127.0.0.1:1"):
        settings = dataclasses.replace(SETTINGS, public_url=public_url)
        with CpuThreads(1) as cpu:
            services = Services(
                settings=settings,
                database=database,
                vault=Vault(SETTINGS.master_key),
                clock=later,
                cpu=cpu,
                remote=Remote(limits),
            )
            reference = ReferencedAuth(
                region="us-east-1",
                auth_role_arn="arn:aws:iam::000000000000:role/a",
                unauth_role_arn="",
                **pool_of(far.running),
            )
            try:
                with configured(url, key):
                    await services.remote.refer(reference, settings, None, later)
                yield Stage(services, far)
            finally:
                services.remote.close()

    return opened


@pytest.fixture
async def stage(opened, relay):
    async with opened(relay.url, limits=SHORT) as made:
        yield made


@pytest.mark.parametrize("mode", ["cut", "broken", "silent"])
async def test_a_change_without_an_answer(stage, relay, far, mode):
    """Is on record as announced, and as of unknown end; it is tried once, as it may have been done."""
    user = await asyncio.to_thread(far.person)
    relay.mode = mode
    with pytest.raises(AwsUnreachable, match="whether it did it is not known"):
        await stage.do("AdminDisableUser", Username=user.sub)
    assert relay.requests == 1
    assert await stage.results("AdminDisableUser") == ["sent", "Unknown"]
    assert (await stage.at_aws("AdminGetUser", Username=user.sub))["Enabled"]
    relay.mode = "up"
    await stage.do("AdminDisableUser", Username=user.sub)
    assert (await stage.results("AdminDisableUser"))[2:] == ["sent", "ok"]
    assert not (await stage.at_aws("AdminGetUser", Username=user.sub))["Enabled"]


async def test_a_look_is_tried_again(stage, relay):
    relay.mode = "broken"
    with pytest.raises(AwsUnreachable):
        await stage.do("AdminGetUser", Username="anybody")
    assert relay.requests == SHORT.tries


async def test_nobody_listens(opened):
    """Nothing was sent, so nothing was done."""
    async with opened("http://127.0.0.1:2") as stage:
        with pytest.raises(AwsUnreachable, match="nothing was done"):
            await stage.do("AdminDisableUser", Username="anybody")
        assert await stage.results("AdminDisableUser") == ["sent", "InternalErrorException"]


async def test_what_cannot_be_recorded_is_not_sent(stage, relay):
    """AWS does not hear of it."""
    await stage.services.database.stop()
    with pytest.raises(Exception) as caught:
        await stage.do("AdminDisableUser", Username="anybody")
    await stage.services.database.start()
    assert not isinstance(caught.value, AwsUnreachable)
    assert relay.requests == 0


async def test_too_many_at_once(opened, relay):
    """Beyond those that wait, calls are refused at once."""
    relay.mode = "silent"
    async with opened(relay.url, limits=FEW) as stage:
        asked = [stage.do("AdminGetUser", Username="anybody") for _ in range(8)]
        told = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(error) for error in told].count(TooManyRequestsException) == 4
    assert [type(error) for error in told].count(AwsUnreachable) == 4


async def test_whoever_asked_goes_away(stage, relay, far):
    """A change that was announced is carried on, and its end recorded."""
    user = await asyncio.to_thread(far.person)
    relay.mode = "held"
    asked = asyncio.create_task(stage.do("AdminDisableUser", Username=user.sub))
    while relay.requests == 0:
        await asyncio.sleep(0.01)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    relay.released.set()
    for _ in range(200):
        if await stage.results("AdminDisableUser") == ["sent", "ok"]:
            break
        await asyncio.sleep(0.01)
    assert await stage.results("AdminDisableUser") == ["sent", "ok"]


async def test_tokens_while_aws_is_away(stage, relay, far):
    """The keys are kept; whether somebody still is who he was cannot be learnt, so nobody passes."""
    admin = await asyncio.to_thread(far.person, "ADMINS")
    token = await stage.token(admin, "id")
    assert (await stage.pool.bearer(token, live=True)).groups == ("ADMINS",)
    relay.mode = "broken"
    stage.pool.members.forget()
    assert (await stage.pool.bearer(token, live=False)).claims["sub"] == admin.sub
    with pytest.raises(AwsUnreachable):
        await stage.pool.bearer(token, live=True)


async def test_no_key_was_ever_read(stage, relay, far):
    admin = await asyncio.to_thread(far.person)
    token = await stage.token(admin)
    relay.mode = "broken"
    with pytest.raises(AwsUnreachable, match="no token can be verified"):
        await stage.pool.bearer(token, live=False)


async def test_a_group_is_believed_for_a_moment(stage, later, far):
    """Five seconds unless the setting says otherwise; a sign-out too."""
    admin = await asyncio.to_thread(far.person, "ADMINS")
    identity = await stage.token(admin, "id")
    assert (await stage.pool.bearer(identity, live=True)).groups == ("ADMINS",)
    await stage.at_aws("AdminRemoveUserFromGroup", Username=admin.sub, GroupName="ADMINS")
    await stage.at_aws("AdminDisableUser", Username=admin.sub)
    later.move(4)
    assert (await stage.pool.bearer(identity, live=True)).groups == ("ADMINS",)
    later.move(1.1)
    with pytest.raises(AccessTokenRevoked):
        await stage.pool.bearer(identity, live=True)


async def test_keys_that_change(stage, later, far):
    """A token of a new key opens, and one of a key that was replaced does not."""
    admin = await asyncio.to_thread(far.person)
    old = await stage.token(admin)
    await stage.pool.bearer(old, live=False)
    await asyncio.to_thread(_replace_keys, far)
    new = await stage.token(admin)
    with pytest.raises(InvalidAccessToken):
        await stage.pool.bearer(new, live=False)
    later.move(11)
    assert (await stage.pool.bearer(new, live=False)).claims["sub"] == admin.sub
    with pytest.raises(InvalidAccessToken):
        await stage.pool.bearer(old, live=False)


def _replace_keys(far):
    running = far.running
    services = running.server.services
    ctx = Call(services=services, principal=ROOT, now=services.clock(), request_id="1", region="us-east-1")
    asyncio.run_coroutine_threadsafe(keys.replace(ctx, running.pool), running.loop).result(30)


async def test_a_wrong_secret(opened, far):
    """Is this server's mistake, and no word of it is a client's."""
    async with opened(far.running.url, (SETTINGS.root_access_key_id, "wrong-secret-wrong-secret", "")) as stage:
        with pytest.raises(AwsCredentialsRefused, match="InvalidSignatureException"):
            await stage.do("ListUsers")


async def test_no_credentials(opened, far):
    async with opened(far.running.url, ("", "", "")) as stage:
        with pytest.raises(AwsCredentialsRefused, match="no usable AWS credentials"):
            await stage.do("AdminDisableUser", Username="anybody")
        assert await stage.results("AdminDisableUser") == ["sent", "InternalErrorException"]


async def test_a_missing_permission(opened, far, capsys):
    """Is named, with the resource; what AWS said is in the log."""
    key = far.function_key("add-user-to-group")
    async with opened(far.running.url, (key.access_key, key.secret_key, key.token)) as stage:
        user = await asyncio.to_thread(far.person)
        await stage.do("AdminAddUserToGroup", Username=user.sub, GroupName="EDITORS")
        with pytest.raises(AwsPermissionMissing) as caught:
            await stage.do("AdminDisableUser", Username=user.sub)
        arn = f"arn:aws:cognito-idp:us-east-1:000000000000:userpool/{stage.pool.id}"
        assert f"the IAM permission cognito-idp:AdminDisableUser on {arn}" in caught.value.message
        assert (await stage.at_aws("AdminGetUser", Username=user.sub))["Enabled"]
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if "denies" in line]
    lines = [line for line in lines if line["operation"] == "AdminDisableUser"]
    assert "is not authorized to perform: cognito-idp:AdminDisableUser" in lines[0]["why"]


async def test_a_permission_to_look_that_is_missing(opened, far):
    """Nobody passes, and it is not the token's fault."""
    key = far.function_key("add-user-to-group")
    admin = await asyncio.to_thread(far.person, "ADMINS")
    async with opened(far.running.url, (key.access_key, key.secret_key, key.token)) as stage:
        with pytest.raises(AwsUnreachable, match="AccessDeniedException"):
            await stage.pool.bearer(await stage.token(admin, "id"), live=True)


async def test_a_way_that_leads_back(opened, far):
    """The server would forward to itself for ever."""
    with pytest.raises(SettingError, match="names this server itself"):
        async with opened(far.running.url, public_url=far.running.url):
            raise AssertionError("opened")
