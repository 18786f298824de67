"""Health, discovery and the inbox as JSON."""

import httpx
import pytest
from cases import each
from operations.stage import EMAIL, build
from starlette.routing import Router

from poolhouse.messages import inbox
from poolhouse.protocols.documents import discovery_routes, health_routes, inbox_routes


async def get(routes, path, **more):
    transport = httpx.ASGITransport(Router(routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        return await http.get(path, **more)


@pytest.mark.parametrize(("is_ready", "status"), [(True, 200), (False, 503)])
async def test_ready_and_live_are_two_things(is_ready, status):
    """A process that is starting is live and not ready."""

    async def ready():
        return is_ready

    assert (await get(health_routes(ready), "/health/ready")).status_code == status
    assert (await get(health_routes(ready), "/health/live")).json() == {"status": "live"}


async def test_the_keys_of_a_pool(services, invoke):
    """Public halves only, cacheable, for any origin."""
    stage = await build(services, invoke)
    answer = await get(discovery_routes(services), f"/{stage.pool}/.well-known/jwks.json")
    keys = answer.json()["keys"]
    assert len(keys) == 2
    assert all(set(key) == {"alg", "e", "kid", "kty", "n", "use"} for key in keys)
    assert "max-age" in answer.headers["cache-control"]
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_the_issuer_of_a_pool(services, invoke):
    """Discovery names the configured address, and its keys are where it says."""
    stage = await build(services, invoke)
    found = (await get(discovery_routes(services), f"/{stage.pool}/.well-known/openid-configuration")).json()
    assert found["issuer"] == f"http://127.0.0.1:4500/{stage.pool}"
    assert found["jwks_uri"] == f"{found['issuer']}/.well-known/jwks.json"


@each("name", ["us-east-1_Nobody1", "x", "%00", "..%2f..", "' OR 1=1 --"])
@each("document", ["jwks.json", "openid-configuration"])
async def test_an_unknown_pool(services, name, document):
    """404 in JSON, whatever the name is."""
    answer = await get(discovery_routes(services), f"/{name}/.well-known/{document}")
    assert answer.status_code == 404


async def test_the_inbox_is_filtered(services, invoke):
    """Messages oldest first, narrowed by user and destination."""
    stage = await build(services, invoke)
    for person in (EMAIL, "bob@example.com"):
        await stage.sign_up(person)
    await stage.mail()

    async def messages(wanted):
        return await inbox.messages(services.database, services.vault, destination=wanted.get("destination") or None)

    everything = (await get(inbox_routes(messages), "/inbox/messages")).json()
    assert [message["destination"] for message in everything] == [EMAIL, "bob@example.com"]
    assert set(everything[0]) == {
        "username",
        "destination",
        "pool",
        "medium",
        "purpose",
        "subject",
        "body",
        "code",
        "created",
    }
    found = await get(inbox_routes(messages), "/inbox/messages", params={"destination": "bob@example.com"})
    assert [message["destination"] for message in found.json()] == ["bob@example.com"]
