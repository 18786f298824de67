"""Where import jobs get their files: the address in `PreSignedUrl`, which takes one PUT as AWS's storage does.

The file is compressed as it comes, so that memory holds little of it, and one upload is taken at a time. Nothing that
comes compressed is ever unpacked.
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from functools import partial
from xml.sax.saxutils import escape

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from poolhouse.errors import NotAuthorizedException
from poolhouse.operations import import_jobs
from poolhouse.operations.context import Services
from poolhouse.telemetry import log
from poolhouse.telemetry.request_ids import new_request_id

_PIECE = 1_048_576
_PATIENCE_SECONDS = 20
"""Less than the server waits for a body of which it takes nothing."""
_PREFLIGHT = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "PUT,OPTIONS",
    "access-control-allow-headers": "content-type,x-amz-server-side-encryption",
    "access-control-max-age": "86400",
}
_OPEN = {"access-control-allow-origin": "*", "cache-control": "no-store"}


class _Refused(Exception):
    """What is wrong with an upload, in the words of AWS's storage."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class _Turn:
    """One upload at a time. Raises _Refused while a slow one lasts: clients of AWS's storage try again then."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._free = asyncio.Semaphore(1)

    async def __aenter__(self) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            raise _Refused(503, "SlowDown", "Another file is being uploaded. Try again in a minute.") from None

    async def __aexit__(self, *_: object) -> None:
        self._free.release()


def upload_routes(services: Services, patience: float = _PATIENCE_SECONDS) -> list[Route]:
    """`PUT /imports/{token}`; the token in it is sealed, so the address cannot be made up. `patience` is in seconds."""
    turn = _Turn(patience)
    return [
        Route(
            import_jobs.UPLOAD_PATH + "/{token:str}",
            partial(_answer, services, turn),
            methods=["PUT", "POST", "OPTIONS"],
        )
    ]


async def _answer(services: Services, turn: _Turn, request: Request) -> Response:
    if request.method == "OPTIONS":
        return Response(None, 204, _PREFLIGHT)
    try:
        if request.method != "PUT":
            raise _Refused(405, "MethodNotAllowed", "The file is uploaded with PUT.")
        await _take(services, turn, request)
    except NotAuthorizedException as error:
        return _refusal(_Refused(403, "AccessDenied", error.message))
    except _Refused as error:
        return _refusal(error)
    except ClientDisconnect:
        return Response(None, 400)
    except Exception:  # noqa: BLE001 - the edge: whatever escapes is our fault and must still be answered
        log.exception("fault", operation="upload")
        return _refusal(_Refused(500, "InternalError", "Something went wrong on our side."))
    return Response(None, 200, _OPEN)


async def _take(services: Services, turn: _Turn, request: Request) -> None:
    """Raises NotAuthorizedException, _Refused."""
    upload = import_jobs.opened_upload(services, request.path_params["token"])
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise _Refused(400, "InvalidArgument", "A content-encoding is not served: send the plain file.")
    async with turn:
        compressed, size = await _compressed(services.compute, request)
        await import_jobs.keep_file(services, upload, compressed, size)


async def _compressed(compute: Callable[..., Awaitable[bytes]], request: Request) -> tuple[bytes, int]:
    """The body, compressed, and its plain size. Raises _Refused."""
    packer = zlib.compressobj(level=3)
    parts, waiting, size = [], bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > import_jobs.LARGEST_FILE:
            raise _too_large()
        waiting += chunk
        if len(waiting) >= _PIECE:
            parts.append(await compute(packer.compress, bytes(waiting)))
            waiting.clear()
    parts.append(packer.compress(bytes(waiting)))
    parts.append(packer.flush())
    return b"".join(parts), size


def _too_large() -> _Refused:
    return _Refused(400, "EntityTooLarge", f"The file has more than {import_jobs.LARGEST_FILE} bytes.")


def _refusal(error: _Refused) -> Response:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{error.code}</Code><Message>{escape(str(error))}</Message>"
        f"<RequestId>{new_request_id()}</RequestId></Error>"
    )
    return Response(body, error.status, _OPEN, "application/xml")
