"""The yardstick: uvicorn as the server runs it, and an application that does nothing. `python -m bench.bare PORT`.

`/page/BYTES` answers that many bytes: the bare transfer of a page.
"""

import sys
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from typing import Any

import uvicorn

Message = MutableMapping[str, Any]
ANSWER = b'{"answer":"bare"}'


def _head(size: int) -> Message:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(size).encode())]
    return {"type": "http.response.start", "status": 200, "headers": headers}


_HEAD = _head(len(ANSWER))


@lru_cache
def _page(size: int) -> tuple[Message, bytes]:
    return _head(size), b"x" * size


async def application(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    if scope["type"] == "http":
        await receive()
        head, body = _HEAD, ANSWER
        if scope["path"].startswith("/page/"):
            head, body = _page(int(scope["path"][6:]))
        await send(head)
        await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    uvicorn.run(
        application,
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        server_header=False,
        log_level="warning",
    )
