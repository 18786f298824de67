"""Templates, assets and headers of the console. What a page says is handed in; every value is escaped."""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from poolhouse.pages import icon

from .naming import label
from .visit import HEADERS, ConsoleVisit

if TYPE_CHECKING:
    from jinja2 import Environment

_ASSETS: Final = {"style.css": "text/css", "console.js": "text/javascript"}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_GROWS: Final = "<!-- grows -->"


def page(template: str, visit: ConsoleVisit, *, status: int = 200, error: str = "", **values: Any) -> Response:
    """`console/<template>.html`; `error` is why what was asked for did not happen, in words for the visitor."""
    html = _template(template).render(visit=visit, error=error, **_own(), **values)
    return _answer(html, status)


def plain(template: str, *, status: int = 200, **values: Any) -> Response:
    """A page for somebody who is not signed in. Behind it the other pages are made ready: he is about to see them."""
    answer = _answer(_template(template).render(visit=None, **_own(), **({"error": ""} | values)), status)
    answer.background = BackgroundTask(_prepare)
    return answer


def growing(template: str, visit: ConsoleVisit, pieces: AsyncGenerator[str, None], **values: Any) -> Response:
    """A page that is sent while it comes about: the pieces stand where its template says so."""
    whole = page(template, visit, **values)
    head = {name: value for name, value in whole.headers.items() if name != "content-length"}
    return StreamingResponse(_grown(bytes(whole.body).decode(), pieces), headers=head, media_type="text/html")


async def _grown(html: str, pieces: AsyncGenerator[str, None]) -> AsyncIterator[str]:
    before, _, behind = html.partition(_GROWS)
    yield before
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece
    yield behind


def part(template: str, **values: Any) -> str:
    """A piece of a page that grows."""
    return str(_template(template).render(visit=None, **values))


def problem(
    title: str, text: str, *, status: int = 400, visit: ConsoleVisit | None = None, back: str = "/console"
) -> Response:
    """A page with nothing to do on it but to go back."""
    html = _template("problem").render(visit=visit, error="", title=title, text=text, back=back, **_own())
    return _answer(html, status)


def _answer(html: str, status: int) -> Response:
    return HTMLResponse(html, status, HEADERS | {"content-security-policy": _POLICY})


def _own() -> dict[str, str]:
    return {"style": _url("style.css"), "script": _url("console.js"), "icon_url": icon.url()}


def routes() -> list[Route]:
    """The assets; their addresses change with their content, so browsers may keep them."""
    return [Route(f"/console/{name}", _asset) for name in _ASSETS]


async def _asset(request: Request) -> Response:
    name = request.url.path.rpartition("/")[2]
    headers = {"cache-control": "public, max-age=31536000, immutable", "x-content-type-options": "nosniff"}
    return Response(_content(name), headers=headers, media_type=_ASSETS[name])


@cache
def _content(name: str) -> bytes:
    return files("poolhouse.pages").joinpath("templates", "console", name).read_bytes()


@cache
def _url(name: str) -> str:
    return f"/console/{name}?v={hashlib.sha256(_content(name)).hexdigest()[:12]}"


@cache
def _template(name: str) -> Any:
    return _environment().get_template(f"console/{name}.html")


@cache
def _prepare() -> None:
    """Compile every page, once in a process; each would otherwise be compiled for the first who asks for it."""
    for name in _environment().list_templates(filter_func=lambda name: name.startswith("console/")):
        if name.endswith(".html"):
            _template(name.removeprefix("console/").removesuffix(".html"))


@cache
def _environment() -> "Environment":
    """Made for the first visitor, since many servers have none."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("poolhouse.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["moment"] = moment
    environment.filters["iso"] = iso
    environment.filters["number"] = number
    environment.filters["label"] = label
    return environment


def moment(seconds: float | None) -> str:
    """Epoch seconds for people; "never" for none."""
    if seconds is None:
        return "never"
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, ValueError, OSError):
        return "unknown"


def iso(seconds: float | None) -> str:
    """Epoch seconds as the `datetime` of a <time>."""
    try:
        return datetime.fromtimestamp(seconds or 0, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return ""


def number(value: int) -> str:
    """With separators for thousands."""
    return f"{value:,}"
