"""On whose behalf the function of a route runs."""

from protocols.gateway.world import ACCESS, Token

from poolhouse.operations.callers import Asker

ISSUER = "http://127.0.0.1:4500/us-east-1_Local0001"


async def test_the_holder_of_the_token(world):
    """By an access token and by an ID token, which name him differently."""
    facts = {"iss": ISSUER, "jti": "t-1"}
    expected = Asker("us-east-1_Local0001", "s", "alice", "t-1", "192.0.2.7", "rest")
    for claims in (ACCESS, {"sub": "s", "cognito:username": "alice", "token_use": "id", "aud": "client"}):
        world.tokens["good"] = Token({**claims, **facts})
        assert (await world.ask()).status == 200
        assert world.asker == expected


async def test_nobody_on_an_open_route(world):
    assert (await world.ask("/dev/open", token=None)).status == 200
    assert world.asker is None
