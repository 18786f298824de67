"""The icon that browsers show beside the title of every page: one drawing, light and dark, for all of them."""

import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_PATH: Final = "/favicon.svg"
_ASKED_UNBIDDEN: Final = "/favicon.ico"
"""Where browsers look that were told no address, because they show an answer that is no page."""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"


def routes() -> list[Route]:
    return [Route(path, _icon) for path in (_PATH, _ASKED_UNBIDDEN)]


@cache
def url() -> str:
    """Its address on this server, which changes with its content, so browsers may keep what they get there."""
    return f"{_PATH}?v={_version()}"


async def _icon(request: Request) -> Response:
    """A day is long enough for an address that stays while the drawing may change."""
    is_lasting = request.url.path == _PATH and request.query_params.get("v") == _version()
    headers = {
        "cache-control": "public, max-age=31536000, immutable" if is_lasting else "public, max-age=86400",
        "content-security-policy": _POLICY,
        "x-content-type-options": "nosniff",
    }
    return Response(_drawing(), headers=headers, media_type="image/svg+xml")


@cache
def _version() -> str:
    return hashlib.sha256(_drawing()).hexdigest()[:12]


@cache
def _drawing() -> bytes:
    return files("poolhouse.pages").joinpath("templates", "icon.svg").read_bytes()
