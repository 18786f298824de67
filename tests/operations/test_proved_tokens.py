"""Tokens that were verified once: everything that can change about them is still asked every time."""

import base64

import pytest
from operations.stage import EMAIL, Stage, build, claims, refused, said

from poolhouse.crypto.tokens import SigningKey
from poolhouse.operations import signing_keys
from poolhouse.operations._signing import stored_keys
from poolhouse.operations.bearer import bearer
from poolhouse.operations.proved_tokens import LONGEST, Proved, ProvedTokens
from poolhouse.store import pools

INVALID = ("NotAuthorized", "Invalid Access Token")
REVOKED = ("NotAuthorized", "Access Token has been revoked")


def proof(kid: str = "k") -> Proved:
    return Proved("us-east-1_A", "access", kid, {"sub": "x"})


def test_bounded():
    """The first that was put in goes first, whatever was asked for since."""
    kept = ProvedTokens(most=2)
    for name in ("a", "b", "c"):
        kept.put(name, proof(name))
        kept.find("a")
    assert len(kept) == 2
    assert [kept.find(name) for name in ("a", "b", "c")] == [None, proof("b"), proof("c")]


def test_long_tokens_are_not_kept():
    kept = ProvedTokens()
    kept.put("a" * (LONGEST + 1), proof())
    assert len(kept) == 0
    kept.put("a" * LONGEST, proof())
    assert kept.find("a" * LONGEST) == proof()
    assert kept.find("a" * (LONGEST + 1)) is None


def test_only_the_very_text():
    kept = ProvedTokens()
    kept.put("abc", proof())
    assert [kept.find(text) for text in ("ab", "abcd", "aBc", "abc=", "abc\n", "\udc00")] == [None] * 6
    kept.drop("abc")
    kept.drop("abc")
    assert kept.find("abc") is None


@pytest.fixture
async def stage(services, invoke) -> Stage:
    stage = await build(services, invoke)
    await stage.person()
    return stage


@pytest.fixture
async def token(stage) -> str:
    """An access token that was used, so that it is known."""
    token = (await stage.tokens())["AccessToken"]
    assert await get_user(stage, token) == await get_user(stage, token)
    assert stage.services.proved.find(token) is not None
    return token


async def get_user(stage: Stage, token: str) -> dict:
    return await stage.public("GetUser", AccessToken=token)


async def test_forged_beside_a_known_one(stage, services, token):
    """The same payload with another signature or header is verified, and refused, as if nothing were known."""
    header, payload, signature = token.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    other = SigningKey.generate().sign(claims(token))
    known = len(services.proved)
    for forged in (
        f"{header}.{payload}.",
        f"{header}.{payload}.{'A' * len(signature)}",
        f"{none}.{payload}.{signature}",
        f"{none}.{payload}.",
        other,
        f"{header}.{payload}.{other.rsplit('.', 1)[1]}",
        token + "=",
    ):
        assert said(await refused(get_user(stage, forged))) == INVALID
    assert len(services.proved) == known
    assert await get_user(stage, token)


async def test_expired(stage, services, clock, token):
    """By the clock of the request; it is then forgotten."""
    clock.advance(seconds=3600)
    assert said(await refused(get_user(stage, token))) == ("NotAuthorized", "Access Token has expired")
    assert services.proved.find(token) is None


async def test_withdrawn_key(stage, services, clock, token):
    """Taken away by another process it is missed within a second, by this one at once."""
    await _new_keys(stage)
    clock.advance(seconds=1)
    assert said(await refused(get_user(stage, token))) == INVALID
    assert services.proved.find(token) is None
    fresh = (await stage.tokens())["AccessToken"]
    assert await get_user(stage, fresh)
    await _new_keys(stage)
    signing_keys.forget(stage.pool)
    assert said(await refused(get_user(stage, fresh))) == INVALID


async def _new_keys(stage: Stage) -> None:
    now = stage.services.clock()
    made = stored_keys(stage.services.vault, stage.pool, SigningKey.generate(), SigningKey.generate(), now + 1)
    async with stage.services.database.write() as tx:
        await pools.remove_older_keys(tx, stage.pool, now + 1)
        for key in made:
            await pools.add_key(tx, key)


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("AdminUserGlobalSignOut", {"Username": EMAIL}),
        ("AdminDisableUser", {"Username": EMAIL}),
        ("AdminDeleteUser", {"Username": EMAIL}),
        ("DeleteUserPoolClient", {"ClientId": "{client}"}),
        ("DeleteUserPool", {}),
    ],
)
async def test_what_ends_a_known_token(stage, clock, token, operation, request_):
    """At once, and still when the pool's keys are read again."""
    await stage.admin(operation, **{name: value.format(client=stage.client) for name, value in request_.items()})
    for _ in range(2):
        assert (await refused(get_user(stage, token))).code == "NotAuthorizedException"
        clock.advance(seconds=1)


async def test_revoked(stage):
    tokens = await stage.tokens()
    assert await get_user(stage, tokens["AccessToken"])
    await stage.public("RevokeToken", Token=tokens["RefreshToken"], ClientId=stage.client)
    assert said(await refused(get_user(stage, tokens["AccessToken"]))) == REVOKED


async def test_known_as_id_token_is_no_access_token(stage, services, clock):
    """And the scope, the pool and the groups are looked at each time."""
    tokens = await stage.tokens()
    for expected in ((), ("a",)):
        async with services.database.read() as tx:
            who = await bearer(services, tx, tokens["IdToken"], now=clock(), uses=("access", "id"))
            assert said(await refused(bearer(services, tx, tokens["IdToken"], now=clock(), pool_id="x"))) == INVALID
        assert who.groups == expected
        if not expected:
            await stage.group("a", None, "arn:aws:iam::000000000000:role/a")
    assert said(await refused(get_user(stage, tokens["IdToken"]))) == INVALID


async def test_claims_are_the_askers_own(stage, services, clock, token):
    async with services.database.read() as tx:
        who = await bearer(services, tx, token, now=clock())
        who.claims.clear()
        assert (await bearer(services, tx, token, now=clock())).claims == claims(token)
