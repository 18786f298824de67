"""From a signed request to who it is: policies are those of the moment."""

import json

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from operations.stage import EMAIL, build, refused

from poolhouse.access import credentials
from poolhouse.access.principals import CognitoIdentity, RoleSession, Root
from poolhouse.access.sigv4 import Request
from poolhouse.operations.principals import principal
from poolhouse.store import roles
from poolhouse.store.database import open_database
from poolhouse.store.roles import Role
from poolhouse.testing.clock import Clock

ARN = "arn:aws:iam::000000000000:role/r"
ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "cognito-idp:*", "Resource": "*"}]}


@pytest.fixture
def clock():
    """botocore signs with the real time, so this test's clock stands near it."""
    import time

    return Clock(time.time_ns() // 1000)


def signed(key, *, region="us-east-1", service="cognito-idp"):
    request = AWSRequest("POST", "http://127.0.0.1:4500/", {"content-type": "application/x-amz-json-1.1"}, b"{}")
    SigV4Auth(key, service, region).add_auth(request)
    headers = [(name.lower().encode(), str(value).encode()) for name, value in request.headers.items()]
    return Request(method="POST", path=b"/", query=b"", headers=[*headers, (b"host", b"127.0.0.1:4500")], body=b"{}")


async def put(services, *policies):
    async with services.database.write() as tx:
        await roles.put(tx, Role(ARN, "r", "app", "{}", json.dumps(policies), services.clock()))


def session(services, identity=None):
    grant = credentials.SessionGrant(ARN, "session", identity)
    made = credentials.issue(services.vault, grant, services.clock(), 900)
    return Credentials(made.access_key_id, made.secret_access_key, made.session_token)


async def test_root_is_root_in_any_region_of_dev(services, settings):
    """The region is that of the signature's scope."""
    key = Credentials(settings.root_access_key_id, settings.root_secret_access_key)
    found = await principal(services, signed(key, region="eu-west-1"))
    assert isinstance(found, Root)
    assert found.region == "eu-west-1"


async def test_a_roles_policies_are_read_now(services):
    """What is taken from a role is taken from credentials that it gave out before."""
    await put(services, ALLOW)
    key = session(services)
    first = await principal(services, signed(key))
    await put(services)
    second = await principal(services, signed(key))
    assert isinstance(first, RoleSession)
    assert first.arn == "arn:aws:sts::000000000000:assumed-role/r/session"
    assert first.policies != second.policies


async def test_a_role_that_is_gone_is_nobody(services):
    """Credentials of a removed role are unknown."""
    await put(services, ALLOW)
    key = session(services)
    async with services.database.write() as tx:
        await roles.remove(tx, ARN)
    assert (await refused(principal(services, signed(key)))).code == "UnrecognizedClientException"


async def test_a_role_that_another_process_removes(services, database_url):
    """Credentials that were good a moment ago, so that all is known of their token, are nobody's at once."""
    await put(services, ALLOW)
    key = session(services)
    assert await principal(services, signed(key))
    other = open_database(database_url)
    await other.start()
    try:
        async with other.write() as tx:
            await roles.put(tx, Role(ARN, "r", "app", "{}", "[]", services.clock()))
        narrowed = await principal(services, signed(key))
        assert isinstance(narrowed, RoleSession)
        assert not narrowed.policies.settled("cognito-idp:AdminGetUser", "*").allowed
        async with other.write() as tx:
            await roles.remove(tx, ARN)
    finally:
        await other.stop()
    assert (await refused(principal(services, signed(key)))).code == "UnrecognizedClientException"


async def test_the_end_of_a_session(services, clock):
    """Nine hundred seconds are not nine hundred and one."""
    await put(services, ALLOW)
    key = session(services)
    clock.advance(seconds=-899)
    old = session(services)
    clock.advance(seconds=899)
    assert await principal(services, signed(old))
    clock.advance(seconds=2)
    assert (await refused(principal(services, signed(old)))).code == "ExpiredTokenException"
    assert await principal(services, signed(key))


async def test_only_named_services_are_accepted(services, settings):
    """A signature for appsync is for GraphQL only, and the reverse."""
    key = Credentials(settings.root_access_key_id, settings.root_secret_access_key)
    assert (await refused(principal(services, signed(key, service="appsync")))).code == "InvalidSignatureException"
    assert (await refused(principal(services, signed(key), {"appsync"}))).code == "InvalidSignatureException"
    assert await principal(services, signed(key, service="appsync"), {"appsync"})


@pytest.mark.parametrize("ending", ["AdminUserGlobalSignOut", "AdminDisableUser", "AdminDeleteUser"])
async def test_credentials_of_a_user_who_was_signed_out(services, invoke, clock, ending):
    """Credentials of an identity end with the user's sign-ins, whatever they allowed."""
    stage = await build(services, invoke)
    sub = await stage.person()
    await put(services, ALLOW)
    one = CognitoIdentity("id", "pool", "authenticated", "", stage.pool, sub, sub, (), clock())
    key = session(services, one)
    assert (await principal(services, signed(key))).identity == one
    clock.advance(seconds=1)
    await stage.admin(ending, Username=EMAIL)
    assert (await refused(principal(services, signed(key)))).code == "ExpiredTokenException"


async def test_credentials_of_a_guest(services):
    """Nobody can sign a guest out."""
    await put(services, ALLOW)
    guest = CognitoIdentity("id", "pool", "unauthenticated")
    assert (await principal(services, signed(session(services, guest)))).identity == guest


async def test_a_name_like_a_sub_of_a_user_who_is_gone(services, invoke, clock):
    """Whoever takes a deleted user's sub for an alias is not that user."""
    stage = await build(services, invoke, AliasAttributes=["preferred_username"])
    sub = (await stage.sign_up("ada"))["UserSub"]
    await put(services, ALLOW)
    one = CognitoIdentity("id", "pool", "authenticated", "", stage.pool, sub, "ada", (), clock())
    await stage.admin("AdminDeleteUser", Username="ada")
    alias = [{"Name": "preferred_username", "Value": sub}]
    await stage.admin("AdminCreateUser", Username="eve", UserAttributes=alias, MessageAction="SUPPRESS")
    key = session(services, one)
    assert (await refused(principal(services, signed(key)))).code == "ExpiredTokenException"
