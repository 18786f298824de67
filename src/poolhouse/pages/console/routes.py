"""The addresses of the console, and the edge around them: methods, sessions, forms, refusals, faults."""

import hmac
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from poolhouse.errors import PageNotFound, PageRefusal, ServiceError
from poolhouse.operations.backend import Applied
from poolhouse.operations.console import pools
from poolhouse.operations.context import Services
from poolhouse.telemetry import log

from . import far_side, forms, render, sign_in, views
from . import session as sessions
from .opening import open_visit
from .page import Page
from .registry import PAGES
from .visit import ConsoleVisit, World, forget_notice, redirect

_METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_SAME_PAGE: Final = frozenset({"", "same-origin", "none"})
_OPEN_TOO_LONG: Final = "This page was open for too long"


def console_routes(services: Services, applied: Callable[[], Applied | None]) -> list[Route]:
    """Every page, with the assets and the ways in and out."""
    world = World(services=services, applied=applied)
    own: list[tuple[str, Callable[[Request], Awaitable[Response]]]] = [
        (f"/console{path}", partial(function, world)) for path, function in sign_in.PLACES.items()
    ]
    own += [("/console/{pool}" + page.path, partial(_page, world, page)) for page in PAGES]
    made = [Route(path, partial(_answer, path, serve), methods=_METHODS) for path, serve in own]
    missing = Route("/console/{rest:path}", partial(_answer, "/console", partial(_missing, world)), methods=_METHODS)
    return [*render.routes(), *made, missing]


async def _answer(path: str, serve: Callable[[Request], Awaitable[Response]], request: Request) -> Response:
    try:
        if request.method not in {"GET", "HEAD", "POST"}:
            raise PageRefusal("Not this way", "This page cannot be asked for in this way.", status=405)
        if request.method == "POST" and not is_own(request):
            log.warning("refused", operation=path, why="a form of another site")
            raise PageRefusal("That form was refused", "It was sent by another site.", status=403)
        return await serve(request)
    except PageRefusal as refusal:
        return render.problem(refusal.title, refusal.text, status=refusal.status)
    except ClientDisconnect:
        return Response(None, 400)
    except Exception:  # noqa: BLE001 - the edge: whatever escapes is our fault and must still be answered
        log.exception("fault", operation=path)
        return render.problem("Something went wrong", "The mistake is ours. Please try again in a moment.", status=500)


def is_own(request: Request) -> bool:
    """Whether a form was sent by a page of this very origin, as far as the browser says."""
    if request.headers.get("sec-fetch-site", "") not in _SAME_PAGE:
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")


async def _page(world: World, page: Page, request: Request) -> Response:
    who = await sessions.current(world.services, request)
    if who is None:
        return sign_in.needed(world, request)
    visit = await open_visit(world, request, who, request.path_params["pool"])
    try:
        response = await _shown(visit, page) if visit.allowed else sign_in.refused(visit)
    except PageRefusal as refusal:
        response = render.problem(refusal.title, refusal.text, status=refusal.status, visit=visit)
    except ServiceError as error:
        log.info("refused", operation=page.path, code=error.code)
        title, text = "That was refused", error.message
        if visit.is_remote:
            title, text = far_side.title(error) or title, far_side.told(error)
        response = render.problem(title, text, status=views.status_of(error), visit=visit)
    sessions.renew(world.services, response, who.session)
    if visit.notice is not None and response.status_code == 200:
        forget_notice(world.services, response)
    return response


async def _shown(visit: ConsoleVisit, page: Page) -> Response:
    request = visit.request
    handler = page.posted if request.method == "POST" else page.shown
    if handler is None:
        raise PageRefusal("Not this way", "This page cannot be asked for in this way.", status=405)
    if request.method == "POST":
        form = await forms.read(request, page.most_bytes)
        if not hmac.compare_digest(form.get("csrf", "").encode(), visit.csrf.encode()):
            raise PageRefusal(_OPEN_TOO_LONG, "Go back, load it again, and send the form once more.", status=403)
        visit.form = form
    if not page.is_for(visit):
        raise PageRefusal("Not for you", "Your groups do not let you do anything on this page.", status=403)
    if visit.is_remote:
        await _look_there(visit, page)
    return await handler(visit)


async def _look_there(visit: ConsoleVisit, page: Page) -> None:
    """Of a pool at AWS: whether there is such a page, and what it has to know of the pool."""
    if page.elsewhere:
        raise PageRefusal("Not for a pool at AWS", page.elsewhere, status=404)
    if page.is_described:
        found = await visit.of_pool("DescribeUserPool")
        visit.chosen = pools.described(visit.services, visit.pool, found["UserPool"])


async def _missing(world: World, request: Request) -> Response:
    if request.url.path == "/console/":
        return redirect("/console")
    if await sessions.current(world.services, request) is None:
        return sign_in.needed(world, request)
    raise PageNotFound
