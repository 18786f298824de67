"""Two nodes that share nothing but the database: what one does holds on the other at once."""

import asyncio
import dataclasses

import pytest
from operations.stage import EMAIL, PASSWORD, Stage, build, refused

from poolhouse.crypto.vault import Vault
from poolhouse.store.database import open_database


@pytest.fixture
def database_url(postgresql_server):
    """SQLite serves one process: a second writer in this one would wait for the first, which could not go on."""
    return postgresql_server


@pytest.fixture
async def nodes(services, invoke, database_url):
    """The same pool, asked on two nodes with connections of their own."""
    first = await build(services, invoke)
    await first.person()
    other = open_database(database_url)
    await other.start()
    key = services.settings.master_key
    yield first, first.on(dataclasses.replace(services, database=other, vault=Vault(key)))
    await other.stop()


async def get_user(stage: Stage, tokens):
    return await stage.public("GetUser", AccessToken=tokens["AccessToken"])


async def renewed(stage: Stage, token):
    answer = await stage.public("GetTokensFromRefreshToken", ClientId=stage.client, RefreshToken=token)
    return answer["AuthenticationResult"]


async def test_a_lockout_holds_everywhere(nodes):
    """Guesses are counted together, however they are spread; together they have no more than one node would give."""
    first, second = nodes
    outcomes = await asyncio.gather(
        *(node.by_password(password="Wrong-Horse-1") for node in (first, second) for _ in range(10)),
        return_exceptions=True,
    )
    assert sum("Incorrect" in str(one) for one in outcomes) <= 6
    for node in nodes:
        assert "attempts exceeded" in (await refused(node.by_password(EMAIL, PASSWORD))).message


async def test_a_sign_out_holds_everywhere(nodes):
    """Tokens of one node are good on the other, and gone on both."""
    first, second = nodes
    tokens = await first.tokens()
    assert await get_user(second, tokens)
    await second.public("GlobalSignOut", AccessToken=tokens["AccessToken"])
    for node in nodes:
        assert (await refused(get_user(node, tokens))).code == "NotAuthorizedException"
        assert (await refused(renewed(node, tokens["RefreshToken"]))).code == "NotAuthorizedException"


async def test_a_rotated_token_is_good_once(nodes):
    """Of two nodes that are given the same refresh token at once, one renews it; a replay ends the whole sign-in."""
    first, second = nodes
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}
    flows = ["ALLOW_USER_PASSWORD_AUTH"]
    first.client = second.client = await first.new_client(ExplicitAuthFlows=flows, RefreshTokenRotation=rotation)
    token = (await first.tokens())["RefreshToken"]
    outcomes = await asyncio.gather(renewed(first, token), renewed(second, token), return_exceptions=True)
    won = [one for one in outcomes if isinstance(one, dict)]
    assert len(won) == 1
    assert (await refused(renewed(second, token))).code in {"RefreshTokenReuseException", "NotAuthorizedException"}
    assert (await refused(renewed(first, won[0]["RefreshToken"]))).code == "NotAuthorizedException"


async def test_a_challenge_is_answered_on_either_node_once(nodes):
    """A sign-in that began here goes on there; its answer is not good a second time."""
    first, second = nodes
    responses = await first.srp_responses()
    assert "AuthenticationResult" in await second.srp_end(responses)
    assert (await refused(first.srp_end(responses))).code == "NotAuthorizedException"


async def test_changes_of_the_pool_are_seen_at_once(nodes):
    """A disabled user, a changed password, a changed client: the other node's next call knows."""
    first, second = nodes
    assert await second.tokens()
    await first.admin("AdminSetUserPassword", Username=EMAIL, Password="Another-Horse-3", Permanent=True)
    assert await second.tokens(password="Another-Horse-3")
    await first.admin("AdminDisableUser", Username=EMAIL)
    assert (await refused(second.tokens(password="Another-Horse-3"))).code == "NotAuthorizedException"
    await first.admin("UpdateUserPoolClient", ClientId=first.client, ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"])
    assert (await refused(second.by_password())).code in {"InvalidParameterException", "NotAuthorizedException"}
