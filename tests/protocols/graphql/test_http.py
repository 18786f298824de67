"""How the endpoint speaks HTTP: methods, CORS, content types, request ids (Q17; attack 42)."""

import pytest
from protocols.graphql.world import ARGUMENTS, MUT, World, seed

from poolhouse.access.fields import Guard
from poolhouse.define.manifest import Manifest
from poolhouse.protocols.graphql.endpoint import GraphQLEndpoint

ASKED = "authorization,content-type,x-amz-date,x-amz-security-token,x-amz-user-agent,x-api-key"


async def test_q17_preflight(seeded: World) -> None:
    """Any origin may ask with the headers of the JavaScript client; credentials mode is never allowed."""
    headers = {"origin": "http://localhost:5173", "access-control-request-headers": ASKED}
    answer = await seeded.send(b"", headers, "OPTIONS")
    assert answer.status in (200, 204)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert set(ASKED.split(",")) <= set(answer.headers["access-control-allow-headers"].split(","))
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in answer.headers


async def test_cors_on_every_answer(seeded: World) -> None:
    """Good answers, refusals and faults can all be read by a browser, error type included."""
    seeded.tokens["fault"] = RuntimeError("x")
    answers = [
        await seeded.post(headers=seeded.user("admin", "ADMINS")),
        await seeded.post(),
        await seeded.post(headers={"authorization": "fault"}),
        await seeded.send(b"", {}, "GET"),
        await seeded.send(b"", seeded.user("bob")),
    ]
    assert [answer.status for answer in answers] == [200, 401, 500, 405, 400]
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "x-amzn-errortype" in answer.headers["access-control-expose-headers"].lower()
        assert answer.headers["x-amzn-requestid"].startswith("request-")
        assert answer.headers["content-type"] == "application/json;charset=UTF-8"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
async def test_other_methods(seeded: World, method: str) -> None:
    """Only POST; the answer says so in JSON."""
    answer = await seeded.send(b"", seeded.user("admin", "ADMINS"), method)
    assert (answer.status, answer.headers["allow"]) == (405, "POST, OPTIONS")
    assert answer.error["errorType"] == "MethodNotAllowedException"


@pytest.mark.parametrize(
    "headers",
    [
        {"content-encoding": "gzip"},
        {"content-encoding": "br, identity"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/xml"},
    ],
)
async def test_bodies_in_other_forms(seeded: World, headers: dict[str, str]) -> None:
    """Compressed and foreign bodies are refused before anything else is done."""
    answer = await seeded.post(headers={**seeded.user("admin", "ADMINS"), **headers})
    assert (answer.status, answer.error["errorType"]) == (415, "UnsupportedMediaTypeException")
    assert seeded.events == []


@pytest.mark.parametrize("media", ["application/json", "application/graphql", "Application/JSON ; charset=utf-8"])
async def test_content_types(seeded: World, media: str) -> None:
    """JSON under the names that AWS's examples use."""
    assert (await seeded.post(headers={**seeded.user("admin", "ADMINS"), "Content-Type": media})).status == 200


async def test_backend_without_data(world: World) -> None:
    """There is no API to call, and the answer says so."""
    world.serve(Manifest(version=1))
    answer = await world.post(headers=world.user("bob"))
    assert (answer.status, answer.error["message"]) == (404, "This backend defines no data.")


async def test_client_that_hangs_up(seeded: World) -> None:
    """Nothing is sent to a client that has gone."""

    async def receive() -> dict:
        return {"type": "http.disconnect"}

    async def send(message: dict) -> None:
        raise AssertionError(message)

    scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": []}
    assert seeded.endpoint
    await seeded.endpoint(scope, receive, send)


async def test_reload_during_a_request(world: World) -> None:
    """A request under way finishes with the schema that it began with."""

    def swap(event: dict) -> dict:
        world.endpoint.reload(Manifest(version=1))
        return {"done": True}

    world.functions["fn"] = swap
    world.serve(seed())
    headers = world.user("admin", "ADMINS")
    assert (await world.post(MUT, headers, variables=ARGUMENTS)).data == {"addUserToGroup": '{"done":true}'}
    assert (await world.post(MUT, headers)).status == 404


async def test_nothing_is_served_before_the_first_manifest(seeded: World) -> None:
    """An endpoint without a Manifest answers like one without data, until the first reload."""
    known = {"verification": seeded, "invoker": seeded, "guard": Guard(api_id="local"), "log": seeded.log}
    seeded.endpoint = GraphQLEndpoint(None, **known)
    assert (await seeded.post(headers=seeded.user("admin", "ADMINS"))).status == 404
    seeded.endpoint.reload(seed())
    assert (await seeded.post(headers=seeded.user("admin", "ADMINS"))).status == 200
