"""The keys of a pool at AWS: read when they are needed, seldom however many strangers ask, kept while AWS is away."""

import asyncio
import json

import pytest

from poolhouse.crypto.tokens import BadToken, SigningKey, UnknownKey
from poolhouse.errors import AwsUnreachable
from poolhouse.operations.remote.keys import OLD, PAUSE, Keys, read

PAUSED = PAUSE / 1_000_000


@pytest.fixture(scope="module")
def signing():
    return [SigningKey.generate() for _ in range(3)]


class Document:
    """What is published at the moment, and how often it was fetched."""

    def __init__(self, *keys):
        self.publish(*keys)
        self.fetched = 0

    def publish(self, *keys):
        self.body = json.dumps({"keys": [key.public_jwk() for key in keys]}).encode()

    async def fetch(self):
        self.fetched += 1
        await asyncio.sleep(0)
        if self.body is None:
            raise AwsUnreachable("away")
        return self.body


async def test_many_at_once_fetch_once(signing, clock):
    document = Document(signing[0])
    keys = Keys(document.fetch, clock)
    token = signing[0].sign({"sub": "a"})
    assert await asyncio.gather(*(keys.claims(token) for _ in range(20))) == [{"sub": "a"}] * 20
    assert document.fetched == 1


async def test_a_new_key(signing, clock):
    """Is read when a token names it, but not before a pause is over."""
    document = Document(signing[0])
    keys = Keys(document.fetch, clock)
    await keys.claims(signing[0].sign({}))
    document.publish(signing[1])
    with pytest.raises(UnknownKey):
        await keys.claims(signing[1].sign({}))
    clock.advance(seconds=PAUSED)
    assert await keys.claims(signing[1].sign({"new": True})) == {"new": True}
    with pytest.raises(UnknownKey):
        await keys.claims(signing[0].sign({}))
    assert document.fetched == 2


async def test_strangers_who_make_up_names(signing, clock):
    """Cost one fetch for each pause."""
    document = Document(signing[0])
    keys = Keys(document.fetch, clock)
    await keys.claims(signing[0].sign({}))
    for _ in range(10):
        clock.advance(seconds=PAUSED / 5)
        with pytest.raises(BadToken):
            await keys.claims(signing[2].sign({}))
    assert document.fetched == 3


@pytest.mark.parametrize(
    "body", [None, b"<html>", b'{"keys": []}', b'{"keys": [{"kid": "x", "kty": "RSA", "n": "AQAB"}]}']
)
async def test_keys_are_kept(signing, clock, body):
    """While AWS is away, and while something else stands in their place."""
    document = Document(signing[0])
    keys = Keys(document.fetch, clock)
    await keys.claims(signing[0].sign({}))
    document.body = body
    clock.advance(seconds=2 * OLD / 1_000_000)
    assert await keys.claims(signing[0].sign({"still": 1})) == {"still": 1}
    for _ in range(4):
        await asyncio.sleep(0)
    clock.advance(seconds=PAUSED)
    with pytest.raises(UnknownKey):
        await keys.claims(signing[1].sign({}))
    assert document.fetched == 3


async def test_old_keys_are_read_again(signing, clock):
    """A key that is not published any more is gone after a while, although nobody asked for another one."""
    document = Document(signing[0])
    keys = Keys(document.fetch, clock)
    await keys.claims(signing[0].sign({}))
    document.publish(signing[1])
    clock.advance(seconds=OLD / 1_000_000 + 1)
    await keys.claims(signing[0].sign({}))
    for _ in range(4):
        await asyncio.sleep(0)
    with pytest.raises(UnknownKey):
        await keys.claims(signing[0].sign({}))


async def test_without_any_key(signing, clock):
    """No token can be verified, and AWS is asked again soon."""
    document = Document(signing[0])
    document.body = None
    keys = Keys(document.fetch, clock)
    for _ in range(3):
        with pytest.raises(AwsUnreachable, match="no token can be verified"):
            await keys.claims(signing[0].sign({}))
    assert document.fetched == 1
    document.publish(signing[0])
    clock.advance(seconds=PAUSED / 10)
    assert await keys.claims(signing[0].sign({})) == {}


@pytest.mark.parametrize(
    "changed", [{"kty": "oct"}, {"alg": "HS256"}, {"use": "enc"}, {"n": "AQAB"}, {"n": "!"}, {"e": "AA"}, {"n": ""}]
)
def test_what_is_no_key(signing, changed):
    """Too short, not RSA, not for signatures, not base64url."""
    document = json.dumps({"keys": [{**signing[0].public_jwk(), **changed}]}).encode()
    with pytest.raises(AwsUnreachable):
        read(document)


def test_names_are_those_of_the_document(signing):
    """AWS names its keys as it likes."""
    document = json.dumps({"keys": [{**signing[0].public_jwk(), "kid": "any"}]}).encode()
    assert list(read(document)) == ["any"]
