"""`/inbox`: what the development server would have sent, newest first, with the code ready to copy."""

import html
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from . import icon

if TYPE_CHECKING:
    from jinja2 import Template

Inbox = Callable[[Mapping[str, str]], Awaitable[list[dict[str, Any]]]]

_HREF = re.compile(r'<a href="(https?://[^"]+)">')
# The page runs no script and loads its icon alone; a message's text is shown, never interpreted.
_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def inbox_page(messages: Inbox) -> Route:
    """The page; `?username=`, `?destination=` and `?pool=` narrow it down."""

    async def page(request: Request) -> Response:
        found = await messages(request.query_params)
        text = await _template().render_async(
            messages=list(reversed(found)),
            destination=request.query_params.get("destination", ""),
            icon_url=icon.url(),
        )
        return HTMLResponse(text, headers=_HEADERS)

    return Route("/inbox", page)


@cache
def _template() -> "Template":
    """Made for the first visitor, since most servers have none."""
    from jinja2 import Environment, PackageLoader, select_autoescape

    environment = Environment(
        loader=PackageLoader("poolhouse.pages"), autoescape=select_autoescape(), enable_async=True
    )
    environment.filters["moment"] = _moment
    environment.filters["link"] = _link
    return environment.get_template("inbox.html")


def _link(body: str) -> str:
    """Where the first link of a message leads, if that is a page of a server; "" otherwise."""
    found = _HREF.search(body)
    return html.unescape(found[1]) if found else ""


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
