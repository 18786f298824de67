"""What a pool keeps of its passwords: SRP verifiers, argon2id hashes, and what users bring along from elsewhere."""

import asyncio
import time

import bcrypt
import msgspec
import pytest
from argon2 import PasswordHasher
from operations.stage import EMAIL, PASSWORD, Stage, build, refused, said

from poolhouse.crypto import srp
from poolhouse.crypto.srp import Verifier
from poolhouse.crypto.vault import BrokenSeal
from poolhouse.operations import credentials, password_storage
from poolhouse.operations.credentials import Hash, MovedVerifier
from poolhouse.store import pools, users

INCORRECT = ("NotAuthorized", "Incorrect username or password.")
BCRYPT = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
ELSEWHERE = {"bcrypt": BCRYPT, "argon2id": PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD)}
PLAIN = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]


@pytest.fixture
async def stage(services, invoke) -> Stage:
    return await build(services, invoke)


async def keep(stage: Stage, kind: str) -> None:
    """Change what the pool keeps."""
    async with stage.services.database.write() as tx:
        await password_storage.change(tx, stage.pool, kind, stage.services.clock())


async def found(stage: Stage, name: str = EMAIL):
    """The pool and the user as they are stored."""
    async with stage.services.database.read() as tx:
        pool = await pools.get(tx, stage.pool)
        return pool, await users.get(tx, pool, name)


async def kept(stage: Stage, name: str = EMAIL):
    """What is kept of the user's password."""
    return credentials.unseal(stage.services.vault, (await found(stage, name))[1])


async def bring(stage: Stage, credential) -> None:
    """Give the user a credential from elsewhere."""
    pool, user = await found(stage)
    sealed = credentials.seal(stage.services.vault, user.sub, credential)
    async with stage.services.database.write() as tx:
        await users.change(tx, pool, user, 1, credential=sealed)


async def test_pool_of_hashes(stage):
    """A user of an argon2id pool has a hash of OWASP's cost and signs in with it, also after every way to set one."""
    await keep(stage, "argon2id")
    await stage.person()
    assert (await kept(stage)).text.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    token = (await stage.tokens())["AccessToken"]
    assert said(await refused(stage.by_password(password="Wrong-Horse9"))) == INCORRECT
    other = {"PreviousPassword": PASSWORD, "ProposedPassword": "Another-Horse9"}
    await stage.public("ChangePassword", AccessToken=token, **other)
    assert said(await refused(stage.by_password())) == INCORRECT
    await stage.tokens(password="Another-Horse9")
    await stage.admin("AdminSetUserPassword", Username=EMAIL, Password=PASSWORD, Permanent=True)
    assert isinstance(await kept(stage), Hash)
    assert await stage.tokens()


async def test_no_srp_without_verifiers(stage):
    """SRP is refused by name, at the start and for an exchange that had begun before the pool was changed."""
    await stage.person()
    responses = await stage.srp_responses()
    pool, _ = await found(stage)
    settings = msgspec.structs.replace(pool.settings, PasswordStorage="argon2id")
    async with stage.services.database.write() as tx:
        await pools.change(tx, pool._replace(settings=settings))
    for error in (await refused(stage.srp_end(responses)), await refused(stage.srp_start())):
        assert error.code == "InvalidParameterException"
        assert "SRP is not served by this user pool" in error.message


async def test_clients_of_a_pool_of_hashes(stage):
    """SRP is refused for a new and for a changed client; who names no flow gets plain passwords in its place."""
    await keep(stage, "argon2id")
    asked = {"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]}
    for call in (
        stage.admin("CreateUserPoolClient", ClientName="app", **asked),
        stage.admin("UpdateUserPoolClient", ClientId=stage.client, **asked),
    ):
        error = await refused(call)
        assert error.code == "InvalidParameterException"
        assert "ALLOW_USER_SRP_AUTH" in error.message
    listed = (await stage.admin("ListUserPoolClients"))["UserPoolClients"]
    assert [client["ClientId"] for client in listed] == [stage.client]
    made = (await stage.admin("CreateUserPoolClient", ClientName="app"))["UserPoolClient"]
    assert set(made["ExplicitAuthFlows"]) == {*PLAIN, "ALLOW_CUSTOM_AUTH"}


async def test_changing_the_pool_changes_its_clients(stage):
    """A client that named SRP takes plain passwords from then on; nothing else of it changes."""
    await stage.new_client(ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    await keep(stage, "argon2id")
    client = (await stage.admin("DescribeUserPoolClient", ClientId=stage.client))["UserPoolClient"]
    assert set(client["ExplicitAuthFlows"]) == set(PLAIN)


async def test_aws_does_not_see_the_setting(stage):
    """DescribeUserPool does not show it and UpdateUserPool leaves it alone."""
    await keep(stage, "argon2id")
    assert "PasswordStorage" not in (await stage.admin("DescribeUserPool"))["UserPool"]
    await stage.admin("UpdateUserPool", AutoVerifiedAttributes=["email"])
    pool = await stage.admin("DescribeUserPool")
    assert "PasswordStorage" not in pool["UserPool"]
    await stage.person()
    assert isinstance(await kept(stage), Hash)


@pytest.mark.parametrize(("before", "after", "kind"), [("srp", "argon2id", Hash), ("argon2id", "srp", Verifier)])
async def test_conversion(stage, before, after, kind):
    """After a change the next right password, and no wrong one, is kept in the new kind; the user is as he was."""
    await keep(stage, before)
    await stage.person()
    await keep(stage, after)
    shown = await stage.user()
    assert said(await refused(stage.by_password(password="Wrong-Horse9"))) == INCORRECT
    assert not isinstance(await kept(stage), kind)
    assert "AccessToken" in await stage.tokens()
    assert isinstance(await kept(stage), kind)
    assert await stage.user() == shown
    assert "AccessToken" in await stage.tokens()


async def test_srp_after_conversion(stage):
    """A user whose hash became a verifier by a plain sign-in can use SRP from then on, and could not before."""
    await keep(stage, "argon2id")
    await stage.person()
    await keep(stage, "srp")
    await stage.new_client()
    assert said(await refused(stage.srp())) == INCORRECT
    await stage.tokens()
    assert "AuthenticationResult" in await stage.srp()


@pytest.mark.parametrize("name", ["bcrypt", "argon2id"])
@pytest.mark.parametrize("kind", ["srp", "argon2id"])
async def test_hash_from_elsewhere(stage, name, kind):
    """It is good for the right password only, once: then the pool's own kind is in its place."""
    text = ELSEWHERE[name]
    await stage.person()
    await keep(stage, kind)
    await bring(stage, Hash(text))
    assert said(await refused(stage.by_password(password="Wrong-Horse9"))) == INCORRECT
    assert (await kept(stage)).text == text
    await stage.tokens()
    own = await kept(stage)
    assert own.text.startswith("$argon2id$v=19$m=19456") if kind == "argon2id" else isinstance(own, Verifier)
    assert await stage.tokens()


async def test_srp_with_a_hash_from_elsewhere(stage):
    """SRP cannot work: the answer is that of a wrong password, and guessing is counted."""
    await stage.person()
    await bring(stage, Hash(BCRYPT))
    for _ in range(5):
        assert said(await refused(stage.srp())) == INCORRECT
    assert said(await refused(stage.by_password())) == ("NotAuthorized", "Password attempts exceeded")
    assert await kept(stage) == Hash(BCRYPT)


async def test_verifier_of_another_pool(stage):
    """It is good for the plain password and becomes one of this pool, with which SRP works."""
    await stage.person()
    verifier = srp.make_verifier("Elsewhere", "ada", PASSWORD, srp.new_salt())
    await bring(stage, MovedVerifier(verifier, "Elsewhere", "ada"))
    assert said(await refused(stage.srp())) == INCORRECT
    await stage.tokens()
    assert "AuthenticationResult" in await stage.srp()


async def test_password_change_over_a_hash_from_elsewhere(stage):
    """ChangePassword checks it like every other credential."""
    await stage.person()
    token = (await stage.tokens())["AccessToken"]
    await bring(stage, Hash(BCRYPT))
    wanted = {"AccessToken": token, "ProposedPassword": "Another-Horse9"}
    error = await refused(stage.public("ChangePassword", PreviousPassword="Wrong-Horse9", **wanted))
    assert said(error) == INCORRECT
    await stage.public("ChangePassword", PreviousPassword=PASSWORD, **wanted)
    assert isinstance(await kept(stage), Verifier)


async def test_disabled_user_is_not_converted(stage):
    """Only a sign-in that succeeds converts."""
    await stage.person()
    await bring(stage, Hash(BCRYPT))
    await stage.admin("AdminDisableUser", Username=EMAIL)
    assert said(await refused(stage.by_password())) == ("NotAuthorized", "User is disabled.")
    assert await kept(stage) == Hash(BCRYPT)


async def test_a_second_factor_after_conversion(stage):
    """The session of the next challenge belongs to the converted credential."""
    await stage.person()
    await bring(stage, Hash(BCRYPT))
    await stage.admin("AdminSetUserPassword", Username=EMAIL, Password=PASSWORD, Permanent=False)
    await bring(stage, Hash(BCRYPT))
    challenge = await stage.by_password()
    assert challenge["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    responses = {"USERNAME": EMAIL, "NEW_PASSWORD": "Another-Horse9"}
    answer = await stage.public(
        "RespondToAuthChallenge",
        ClientId=stage.client,
        ChallengeName=challenge["ChallengeName"],
        Session=challenge["Session"],
        ChallengeResponses=responses,
    )
    assert "AuthenticationResult" in answer


async def test_sealed_with_the_sub(stage):
    """A hash that is moved to another user's row is noticed."""
    await keep(stage, "argon2id")
    await stage.person()
    await stage.person("eve@example.com")
    _, ada = await found(stage)
    _, eve = await found(stage, "eve@example.com")
    with pytest.raises(BrokenSeal):
        credentials.unseal(stage.services.vault, eve._replace(credential=ada.credential))
    assert "secret" in repr(credentials.unseal(stage.services.vault, ada))


async def test_hashes_take_turns(stage):
    """No more hashes are computed at a time than memory is meant for, and all of them in the end."""
    await keep(stage, "argon2id")
    await stage.person()
    pool, user = await found(stage)
    checks = [credentials.check(stage.services, pool, user, PASSWORD) for _ in range(8)]
    work = asyncio.gather(*checks)
    while not stage.services.hashing.locked():
        await asyncio.sleep(0)
    assert [check.fits for check in await work] == [True] * 8
    assert not stage.services.hashing.locked()


async def test_unknown_user_costs_a_hash(stage, clock):
    """Where the client hides who exists, the answer to an unknown name comes after the arithmetic of a real one."""
    await keep(stage, "argon2id")
    await stage.new_client(ExplicitAuthFlows=PLAIN, PreventUserExistenceErrors="ENABLED")
    await stage.person()

    async def computed(name: str) -> float:
        """CPU seconds of this process, which other processes do not lengthen."""
        begun = time.process_time()
        assert said(await refused(stage.by_password(name, "Wrong-Horse9"))) == INCORRECT
        return time.process_time() - begun

    known = min([await computed(EMAIL) for _ in range(4)])
    unknown = min([await computed("nobody@example.com") for _ in range(4)])
    assert 0.5 < known / unknown < 2
    assert min(known, unknown) > 0.004
