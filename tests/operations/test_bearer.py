"""Whose token it is: every token that is none, and what is known of the holder of a good one."""

import base64

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from operations.stage import EMAIL, PASSWORD, Stage, build, claims, refused, said

from poolhouse.operations import signing_keys
from poolhouse.operations.bearer import bearer
from poolhouse.store import families, groups, pools, users
from poolhouse.store.database import open_database


@pytest.fixture
async def stage(services, invoke) -> Stage:
    return await build(services, invoke)


async def get_user(stage: Stage, token: str) -> dict:
    return await stage.public("GetUser", AccessToken=token)


@pytest.fixture
async def another_process(database_url, database):
    """The same database, as another server has it open."""
    other = open_database(database_url)
    await other.start()
    yield other
    await other.stop()


async def test_groups_are_those_of_this_moment(stage, services, another_process):
    """Strongest first, whatever their names hold, and as another process changed them."""
    sub = await stage.person()
    token = (await stage.tokens())["AccessToken"]

    async def seen():
        async with services.database.read() as tx:
            return (await bearer(services, tx, token, now=services.clock())).groups

    assert await seen() == ()
    for name, precedence in (("weak", None), ('"],["', 9), ("strong", 1)):
        await stage.admin("CreateGroup", GroupName=name, **({} if precedence is None else {"Precedence": precedence}))
        await stage.admin("AdminAddUserToGroup", GroupName=name, Username=sub)
    assert await seen() == ("strong", '"],["', "weak")
    async with another_process.write() as tx:
        group = await groups.get(tx, stage.pool, "strong")
        user = await users.get(tx, await pools.get(tx, stage.pool), sub)
        await groups.remove_member(tx, group.id, user.id)
    assert await seen() == ('"],["', "weak")


async def test_a_sign_in_that_another_process_ended(stage, services, another_process):
    """A token that was good a moment ago is refused at once."""
    sub = await stage.person()
    token = (await stage.tokens())["AccessToken"]
    assert await get_user(stage, token)
    async with another_process.write() as tx:
        user = await users.get(tx, await pools.get(tx, stage.pool), sub)
        await families.revoke_all(tx, user.id, services.clock())
    assert said(await refused(get_user(stage, token))) == ("NotAuthorized", "Access Token has been revoked")


async def test_id_token_as_access_token(stage):
    await stage.person()
    tokens = await stage.tokens()
    assert said(await refused(get_user(stage, tokens["IdToken"]))) == ("NotAuthorized", "Invalid Access Token")


async def test_access_token_expires(stage, clock):
    await stage.person()
    token = (await stage.tokens())["AccessToken"]
    clock.advance(seconds=3599)
    assert await get_user(stage, token)
    clock.advance(seconds=1)
    assert said(await refused(get_user(stage, token))) == ("NotAuthorized", "Access Token has expired")


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "http://127.0.0.1:4500/us-east-1_Other0000"},
        {"iss": "http://evil.example/{pool}"},
        {"iss": "http://127.0.0.1:4500/x/{pool}"},
        {"iss": 7},
        {"token_use": "id"},
        {"client_id": "1example23456789"},
        {"sub": "00000000-0000-4000-8000-000000000000"},
        {"scope": "openid"},
        {"scope": "xaws.cognito.signin.user.admin"},
    ],
)
async def test_claims_that_do_not_fit(stage, services, change):
    """Even under a good signature each claim is compared with what the database knows."""
    await stage.person()
    good = claims((await stage.tokens())["AccessToken"])
    changed = {n: v.format(pool=stage.pool) if isinstance(v, str) else v for n, v in change.items()}
    token = await _signed(services, stage, {**good, **changed})
    assert (await refused(get_user(stage, token))).code == "NotAuthorizedException"
    assert await get_user(stage, await _signed(services, stage, good))


async def _signed(services, stage: Stage, told: dict, use: str = "access") -> str:
    async with services.database.read() as tx:
        keys = await signing_keys.of_pool(tx, services.vault, stage.pool, services.clock())
    return keys.signing[use].sign(told)


async def test_key_of_the_other_use(stage, services):
    """An access token signed with the key for ID tokens is none."""
    await stage.person()
    good = claims((await stage.tokens())["AccessToken"])
    token = await _signed(services, stage, good, "id")
    assert said(await refused(get_user(stage, token))) == ("NotAuthorized", "Invalid Access Token")


async def test_key_of_another_pool(stage, services, invoke):
    other = await build(services, invoke, nth=1)
    await stage.person()
    good = claims((await stage.tokens())["AccessToken"])
    token = await _signed(services, other, good)
    assert said(await refused(get_user(stage, token))) == ("NotAuthorized", "Invalid Access Token")


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS512"])
async def test_other_algorithms(stage, algorithm):
    await stage.person()
    _, payload, signature = (await stage.tokens())["AccessToken"].split(".")
    forged = base64.urlsafe_b64encode(f'{{"alg":"{algorithm}"}}'.encode()).rstrip(b"=").decode()
    for token in (f"{forged}.{payload}.{signature}", f"{forged}.{payload}."):
        assert (await refused(get_user(stage, token))).code == "NotAuthorizedException"


ACCESS_TOKEN_OPERATIONS = {
    "GetUser": {},
    "GlobalSignOut": {},
    "DeleteUser": {},
    "ChangePassword": {"PreviousPassword": PASSWORD, "ProposedPassword": "Another-Horse9"},
    "UpdateUserAttributes": {"UserAttributes": [{"Name": "name", "Value": "Mallory"}]},
    "DeleteUserAttributes": {"UserAttributeNames": ["name"]},
    "GetUserAttributeVerificationCode": {"AttributeName": "email"},
    "VerifyUserAttribute": {"AttributeName": "email", "Code": "123456"},
}


@pytest.mark.parametrize("operation", ACCESS_TOKEN_OPERATIONS)
async def test_bad_tokens_everywhere(stage, services, clock, operation):
    """No operation takes a token of the wrong kind, key, user or time, and nothing changes."""
    await stage.person()
    tokens, before = await stage.tokens(), await stage.user()
    told = claims(tokens["AccessToken"])
    other_key = await _signed(services, stage, told, "id")
    unsigned = tokens["AccessToken"].rsplit(".", 1)[0] + "."
    await stage.admin("AdminUserGlobalSignOut", Username=EMAIL)
    for token in (tokens["IdToken"], other_key, unsigned, "garbage", tokens["AccessToken"]):
        error = await refused(stage.public(operation, AccessToken=token, **ACCESS_TOKEN_OPERATIONS[operation]))
        assert error.code == "NotAuthorizedException"
    after = await stage.user()
    assert after["attributes"] == before["attributes"]
    assert "AuthenticationResult" in await stage.by_password()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
async def test_tampered_access_token(stage, data):
    if not hasattr(stage, "token"):
        await stage.person()
        stage.token = (await stage.tokens())["AccessToken"]
    position = data.draw(st.integers(0, len(stage.token) - 1))
    letter = data.draw(st.sampled_from("ABYZabyz0189-_.").filter(lambda one: one != stage.token[position]))
    changed = stage.token[:position] + letter + stage.token[position + 1 :]
    assert said(await refused(get_user(stage, changed))) == ("NotAuthorized", "Invalid Access Token")


async def test_bearer_knows_live_groups(stage, services, clock):
    """The groups are those of now, not those that the token names."""
    await stage.person()
    await stage.group("a", None, "arn:aws:iam::000000000000:role/a")
    tokens = await stage.tokens()
    await stage.admin("AdminRemoveUserFromGroup", GroupName="a", Username=EMAIL)
    await stage.group("b", None, "arn:aws:iam::000000000000:role/b")
    async with services.database.read() as tx:
        who = await bearer(services, tx, tokens["IdToken"], now=clock(), uses=("access", "id"))
    assert who.groups == ("b",)
    assert who.token_use == "id"
    assert who.claims["cognito:groups"] == ["a"]
    assert (who.pool.id, who.client.id) == (stage.pool, stage.client)


async def test_bearer_of_a_given_pool(stage, services, invoke, clock):
    other = await build(services, invoke, nth=1)
    await stage.person()
    token = (await stage.tokens())["AccessToken"]
    async with services.database.read() as tx:
        assert await bearer(services, tx, token, now=clock(), pool_id=stage.pool)
        error = await refused(bearer(services, tx, token, now=clock(), pool_id=other.pool))
    assert error.message == "Invalid Access Token"


async def test_deleted_client(stage, services):
    await stage.person()
    token = (await stage.tokens())["AccessToken"]
    await stage.admin("DeleteUserPoolClient", ClientId=stage.client)
    assert (await refused(get_user(stage, token))).code == "NotAuthorizedException"
