"""Templates and headers of the hosted pages. What a page says is handed in."""

import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from poolhouse.operations.looks import Shown, image_path, style_path
from poolhouse.pages import icon

if TYPE_CHECKING:
    from jinja2 import Environment

STYLE_PATH = "/login/style.css"
HEADERS = {
    "cache-control": "no-store",
    "pragma": "no-cache",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


def page(template: str, *, status: int = 200, leads_to: str = "", look: Shown | None = None, **values: Any) -> Response:
    """`leads_to` is the source expression of where the page's forms may end besides ourselves; `look` is the pool's."""
    own = {
        "icon_url": icon.url(),
        "style": _style_url(),
        "own_style": style_path(look) if look and look.css_version else "",
        "logo": image_path(look) if look and look.image_type else "",
    }
    html = _environment().get_template(f"hosted/{template}.html").render(**own, **values)
    return HTMLResponse(html, status, HEADERS | {"content-security-policy": _policy(leads_to)})


def problem(title: str, text: str, *, status: int = 400) -> Response:
    """A page with nothing to do on it."""
    return page("message", status=status, title=title, text=text, kind="error")


def _policy(leads_to: str) -> str:
    return (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {leads_to}".strip()
    )


async def style(_request: Request) -> Response:
    """The style sheet; its address changes with its content, so browsers may keep it."""
    headers = {"cache-control": "public, max-age=31536000, immutable", "x-content-type-options": "nosniff"}
    return Response(_style(), headers=headers, media_type="text/css")


@cache
def _style() -> bytes:
    return files("poolhouse.pages").joinpath("templates", "hosted", "style.css").read_bytes()


@cache
def _style_url() -> str:
    return f"{STYLE_PATH}?v={hashlib.sha256(_style()).hexdigest()[:12]}"


@cache
def _environment() -> "Environment":
    """Made for the first visitor, since many servers have none."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("poolhouse.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
