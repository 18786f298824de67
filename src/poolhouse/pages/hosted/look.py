"""A pool's own style sheet and logo, as browsers get them: from this origin, and only ever as what they are."""

import re
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from poolhouse.operations import looks, style_sheets
from poolhouse.operations.context import Services
from poolhouse.operations.looks import Look

_ID: Final = re.compile(r"[A-Za-z0-9_+-]{1,128}")
_HEADERS: Final = {
    "cache-control": "public, max-age=31536000, immutable",
    "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
}
# AWS's pages are light, and so is what was written for them; links take the color of the text around them, since ours
# would be out of place.
_GROUND: Final = ":root:root{color-scheme:only light}\n:root:root :is(a,button.link){color:inherit}\n"


def routes(services: Services) -> list[Route]:
    """Where `operations.looks` says that they are."""

    def serve(made: Callable[[Look], Response | None]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            look = await _find(services, request.path_params["pool_id"], request.path_params["client_id"])
            return (made(look) if look else None) or Response(None, 404, {"cache-control": "no-store"})

        return endpoint

    base = "/login/look/{pool_id:str}/{client_id:str}"
    return [Route(f"{base}/style.css", serve(_style)), Route(f"{base}/logo", serve(_logo))]


async def _find(services: Services, pool_id: str, client_id: str) -> Look | None:
    if not (_ID.fullmatch(pool_id) and _ID.fullmatch(client_id)):
        return None
    return await looks.find(services, pool_id, client_id)


def _style(look: Look) -> Response | None:
    if look.css is None:
        return None
    sheet = _GROUND + style_sheets.written(style_sheets.parse(look.css))
    return Response(sheet, headers=_HEADERS, media_type="text/css")


def _logo(look: Look) -> Response | None:
    if look.image is None:
        return None
    return Response(look.image, headers=_HEADERS, media_type=look.image_type)
