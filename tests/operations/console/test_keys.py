"""Signing keys: rotation keeps old tokens good for as long as they can live, in every process."""

import asyncio

import pytest
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet
from operations.stage import ROOT, build, refused, signing_keys

from poolhouse.access.principals import Person
from poolhouse.operations import audit, discovery
from poolhouse.operations import signing_keys as kept
from poolhouse.operations._signing import stored_keys
from poolhouse.operations.bearer import bearer
from poolhouse.operations.console import keys
from poolhouse.operations.context import Call
from poolhouse.operations.housekeeping import tidy
from poolhouse.store import pools

DAY = 24 * 3600


@pytest.fixture
async def stage(services, invoke):
    made = await build(services, invoke)
    await made.person()
    return made


@pytest.fixture
def rotate(services, stage):
    async def rotate(principal=None):
        return await keys.rotate(call(services, principal or ROOT), stage.pool)

    return rotate


@pytest.fixture
def replace(services, stage):
    async def replace(principal=None):
        return await keys.replace(call(services, principal or ROOT), stage.pool)

    return replace


def call(services, principal) -> Call:
    return Call(services=services, principal=principal, now=services.clock(), request_id="r", way="console")


async def verified(services, stage, token: str) -> dict:
    """The claims, as a library verifies a token by the pool's published keys and nothing else."""
    published = await discovery.jwks(services, stage.pool)
    return dict(jwt.decode(token, KeySet.import_key_set(published), algorithms=["RS256"]).claims)


async def accepts(services, stage, token: str) -> bool:
    """Whether the server itself takes the token."""
    async with services.database.read() as tx:
        found = await bearer(services, tx, token, now=services.clock(), uses=("access", "id"), pool_id=stage.pool)
    return found.pool.id == stage.pool


async def test_a_new_key_signs_and_the_old_one_verifies(services, stage, rotate):
    """Tokens of both keys pass a verifier that knows the key set only, and the server."""
    before = await stage.tokens()
    made = await rotate()
    after = await stage.tokens()
    for use in ("AccessToken", "IdToken"):
        for token in (before[use], after[use]):
            assert (await verified(services, stage, token))["iss"].endswith(stage.pool)
            assert await accepts(services, stage, token)
        assert before[use].partition(".")[0] != after[use].partition(".")[0]
    assert [(key.use, key.signs) for key in made] == [("access", True), ("access", False), ("id", True), ("id", False)]
    assert [key.until is None for key in made] == [True, False, True, False]


async def test_sign_ins_go_on_during_a_rotation(services, stage, rotate):
    """Whichever key signs, every token that was handed out verifies, refreshed ones too."""
    signed, _, more = await asyncio.gather(stage.tokens(), rotate(), stage.tokens())
    again = await stage.public(
        "InitiateAuth",
        ClientId=stage.client,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": signed["RefreshToken"]},
    )
    for tokens in (signed, more, again["AuthenticationResult"]):
        assert await verified(services, stage, tokens["AccessToken"])
        assert await accepts(services, stage, tokens["IdToken"])


async def test_another_process_takes_a_new_key_over(services, stage, clock):
    """What it signs verifies at once; what this process signs is the new key's within a second."""
    old = (await stage.tokens())["AccessToken"]
    async with services.database.write() as tx:
        for key in stored_keys(services.vault, stage.pool, *signing_keys(1), services.clock() + 1):
            await pools.add_key(tx, key)
    claims = await verified(services, stage, old)
    assert await accepts(services, stage, signing_keys(1)[1].sign(claims))
    clock.advance(seconds=1)
    assert await accepts(services, stage, old)
    assert (await stage.tokens())["AccessToken"].partition(".")[0] != old.partition(".")[0]


async def test_a_replaced_key_goes_when_no_token_of_it_can_live(services, stage, rotate, clock):
    """A day and an hour after it was replaced, and not before; then its tokens are nobody's."""
    old = (await stage.tokens())["AccessToken"]
    await rotate()
    clock.advance(seconds=DAY + 3599)
    while await tidy(services):
        pass
    assert len(await keys.of_pool(services, stage.pool)) == 4
    clock.advance(seconds=2)
    while await tidy(services):
        pass
    left = await keys.of_pool(services, stage.pool)
    assert [key.signs for key in left] == [True, True]
    assert len((await discovery.jwks(services, stage.pool))["keys"]) == 2
    with pytest.raises(InvalidKeyIdError):
        await verified(services, stage, old)


async def test_replaced_keys_are_gone_within_a_second(services, stage, replace, clock):
    """Here at once; in a process that had just read the keys a second later, which is what that process remembers."""
    old = await stage.tokens()
    seen = dict(kept._kept)
    made = await replace()
    assert [(key.use, key.signs) for key in made] == [("access", True), ("id", True)]
    for use in ("AccessToken", "IdToken"):
        assert (await refused(accepts(services, stage, old[use]))).code == "NotAuthorizedException"
        with pytest.raises(InvalidKeyIdError):
            await verified(services, stage, old[use])
    kept._kept.update(seen)
    assert await accepts(services, stage, old["AccessToken"])
    clock.advance(seconds=1)
    assert (await refused(accepts(services, stage, old["AccessToken"]))).code == "NotAuthorizedException"
    assert await accepts(services, stage, (await stage.tokens())["AccessToken"])


async def test_a_replacement_ends_no_sign_in(services, stage, rotate, replace):
    """Keys of an earlier rotation go too; a refresh token brings tokens that verify."""
    signed = await stage.tokens()
    await rotate()
    await replace()
    asked = {"REFRESH_TOKEN": signed["RefreshToken"]}
    again = await stage.public(
        "InitiateAuth", ClientId=stage.client, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=asked
    )
    assert await verified(services, stage, again["AuthenticationResult"]["IdToken"])
    assert await accepts(services, stage, again["AuthenticationResult"]["AccessToken"])
    assert len(await keys.of_pool(services, stage.pool)) == 2


async def test_a_replacement_touches_no_other_pool(services, stage, replace, invoke):
    other = await build(services, invoke, nth=2)
    await other.person()
    token = (await other.tokens())["AccessToken"]
    await replace()
    assert await accepts(services, other, token)
    assert (await audit.events(services, operation=keys.REPLACE))[0].pool_id == stage.pool


async def test_only_the_operator_replaces(services, stage, replace):
    """A person is refused whatever the delegation says, and the keys stay."""
    before = await keys.of_pool(services, stage.pool)
    person = Person(stage.pool, "sub", "ada", "t", "", "console", "000000000000", "us-east-1")
    assert (await refused(replace(person))).code == "AccessDeniedException"
    assert await keys.of_pool(services, stage.pool) == before
    assert (await refused(keys.replace(call(services, ROOT), "us-east-1_nobody"))).code == "ResourceNotFoundException"


async def test_a_key_that_nothing_replaced_stays(services, stage, clock):
    clock.advance(seconds=400 * DAY)
    while await tidy(services):
        pass
    assert len(await keys.of_pool(services, stage.pool)) == 2


async def test_only_the_operator_rotates(services, stage, rotate):
    """A person is refused whatever the delegation says, and nothing is made."""
    person = Person(stage.pool, "sub", "ada", "t", "", "console", "000000000000", "us-east-1")
    assert (await refused(rotate(person))).code == "AccessDeniedException"
    assert len(await keys.of_pool(services, stage.pool)) == 2


async def fill(services, pool: str) -> None:
    """As many keys as a pool may have; nothing is signed with them."""
    async with services.database.write() as tx:
        for number in range(1, keys.MOST_KEYS):
            for use in ("id", "access"):
                await pools.add_key(tx, pools.StoredKey(f"{use}{number}", pool, use, "{}", b"", number))


async def test_key_sets_stay_small(services, stage, rotate):
    """Rotations without end are refused until old keys have gone; the refused one makes nothing."""
    await fill(services, stage.pool)
    assert (await refused(rotate())).code == "LimitExceededException"
    assert len(await keys.of_pool(services, stage.pool)) == 2 * keys.MOST_KEYS


async def test_a_clock_that_is_behind_changes_nothing(services, stage, rotate):
    """The newest key is the one that was made last, even where the clocks of two processes disagree."""
    async with services.database.write() as tx:
        for key in stored_keys(services.vault, stage.pool, *signing_keys(1), services.clock() + 60_000_000):
            await pools.add_key(tx, key)
    made = await rotate()
    token = (await stage.tokens())["AccessToken"]
    assert await verified(services, stage, token)
    async with services.database.read() as tx:
        found = await kept.of_pool(tx, services.vault, stage.pool, services.clock())
    assert {key.kid for key in made if key.signs} == {key.kid for key in found.signing.values()}


async def test_unknown_pools_have_no_keys(services, stage, rotate):
    assert (await refused(keys.of_pool(services, "us-east-1_nobody"))).code == "ResourceNotFoundException"
