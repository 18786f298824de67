"""When the user pool fails, is busy or refuses the function itself: what callers hear, and what only the log does."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from admin_queries.stage import Workers, event

Open = Callable[..., Awaitable[Workers]]
ROUTES = """

@get("/broken")
def broken(request, caller):
    return {}["secret-key"]


@get("/teapot")
def teapot(request, caller):
    from aws_lambda_powertools.event_handler.exceptions import ServiceError

    raise ServiceError(418, "short and stout")
"""
ASK = event("/getUser", queryStringParameters={"username": "richard"})


class Busy(asyncio.Protocol):
    """A listener that gives every request one answer, and counts them."""

    def __init__(self, answer: bytes, requests: list[int]) -> None:
        self._answer, self._requests = answer, requests
        self._seen = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._seen += data
        head, _, body = self._seen.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: ([0-9]+)", head)
        if length and len(body) >= int(length[1]):
            self._seen = b""
            self._requests.append(len(body))
            self._transport.write(self._answer)


@asynccontextmanager
async def user_pool_that_says(status: int, code: str, message: str) -> AsyncIterator[tuple[str, list[int]]]:
    """Its address, and one entry for each request."""
    requests: list[int] = []
    body = json.dumps({"__type": code, "message": message}).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: {len(body)}\r\n\r\n"
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Busy(head.encode() + body, requests), "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", requests


@pytest.mark.parametrize(
    ("status", "code", "answer"),
    [
        (400, "TooManyRequestsException", (429, "Rate exceeded")),
        (400, "ThrottlingException", (429, "Rate exceeded")),
        (400, "InvalidParameterException", (400, "Rate exceeded")),
        (400, "LimitExceededException", (400, "Rate exceeded")),
        (500, "InternalErrorException", (500, "Internal server error")),
        (400, "InternalErrorException", (500, "Internal server error")),
        (503, "ServiceUnavailable", (500, "Internal server error")),
        (400, "AccessDeniedException", (500, "Internal server error")),
        (400, "UnrecognizedClientException", (500, "Internal server error")),
    ],
)
async def test_what_the_user_pool_says(workers: Open, status: int, code: str, answer: tuple[int, str]) -> None:
    """Check 53 and 54: busy is 429, a fault is 500 and told to the log alone."""
    async with user_pool_that_says(status, code, "Rate exceeded") as (address, requests):
        function = await workers({"GROUP": "Admins"}, endpoint=address)
        started = time.monotonic()
        told, body = await function.ask(ASK)
        assert (told, body) == (answer[0], {"message": answer[1]})
        assert len(requests) <= 2
        assert time.monotonic() - started < 10
        assert (answer[0] == 500) == any(code in line for line in function.lines)
        await function.stop()


async def test_no_user_pool_at_all(workers: Open) -> None:
    """A closed port is a fault of ours; the function lives on."""
    function = await workers({"GROUP": "Admins"})
    for _ in range(2):
        assert await function.ask(ASK) == (500, {"message": "Internal server error"})
    assert (await function.ask(event("/nope")))[0] == 404


async def test_a_mistake_in_a_route_is_told_to_the_log(workers: Open, tmp_path: Path) -> None:
    """A route of the user's own that raises: 500 in JSON for the caller, the traceback for the log; and one that
    refuses in the router's own words.
    """
    function = await workers({"GROUP": "Admins"})
    add_routes(tmp_path)
    await function.stop()
    changed = await workers_again(function)
    assert await changed.ask(event("/broken")) == (500, {"message": "Internal server error"})
    assert any("secret-key" in line for line in changed.lines)
    assert await changed.ask(event("/TEAPOT/")) == (418, {"message": "short and stout"})
    assert (await changed.ask(event("/broken", given={"cognito:groups": "Editors"})))[0] == 403
    await changed.stop()


def add_routes(project: Path) -> None:
    source = next(project.rglob("actions.py"))
    source.write_text(source.read_text() + ROUTES)


async def workers_again(function: Workers) -> Workers:
    """The same function, started anew."""
    made = Workers(None, function.project)
    await made.start({"GROUP": "Admins"})
    return made


async def test_the_log_tells_who_did_what(workers: Open) -> None:
    """Check 60: actor, action, target and outcome of every call, refused ones too; tokens and other claims never."""
    function = await workers({"GROUP": "Admins"})
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
    given = {"username": "alice", "sub": "11111111", "email": "alice@example.com", "cognito:groups": "Admins"}
    body = '{"username": "richard", "groupname": "Editors", "attributes": "private"}'
    asked = event("/addUserToGroup", "POST", given, body=body, headers={"Authorization": token})
    asked["requestContext"]["requestId"] = "request-1"
    await function.ask(asked)
    await function.ask(event("/nope", given={"username": "mallory"}, headers={"authorization": f"Bearer {token}"}))
    records = [json.loads(line) for line in function.lines if '"admin action"' in line]
    wanted = {
        "actor": "alice",
        "actor_sub": "11111111",
        "action": "POST /addUserToGroup",
        "target": "richard",
        "group": "Editors",
        "status": 500,
        "request_id": "request-1",
    }
    assert wanted.items() <= records[0].items()
    assert (records[1]["actor"], records[1]["action"], records[1]["status"]) == ("mallory", "GET /nope", 403)
    everything = "\n".join(function.lines)
    for secret in (token, token.split(".")[1], "alice@example.com", "private"):
        assert secret not in everything
