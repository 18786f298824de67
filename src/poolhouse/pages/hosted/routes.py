"""The addresses of the hosted pages, and the edge around them: methods, forms, refusals, faults."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from poolhouse.errors import OAuthError, RedirectedOAuthError
from poolhouse.operations.context import Services
from poolhouse.operations.oauth import hosted, parameters
from poolhouse.operations.oauth.parameters import Parameters
from poolhouse.telemetry import log

from . import add_passkey, look, passkeys, recovery, render, sign_in, sign_up
from .authorize import authorize, go, logout
from .visit import Visit, open_visit

Handler = Callable[[Visit], Awaitable[Response]]
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_FORM = "application/x-www-form-urlencoded"


class Page(NamedTuple):
    """`needs_request` where the page makes sense on the way to an app only; `operation` where one has to be served.

    `every_app` where a message leads to it, also for the users of apps that do not sign in with these pages;
    `is_account` where somebody who is signed in changes his account.
    """

    path: str
    shown: Handler | None
    posted: Handler | None = None
    needs_request: bool = True
    operation: str = "InitiateAuth"
    every_app: bool = False
    is_account: bool = False


_PAGES = (
    Page("/oauth2/authorize", authorize),
    Page("/login", sign_in.shown, sign_in.posted),
    Page("/signup", sign_up.shown, sign_up.posted),
    Page("/confirmUser", sign_up.confirm_shown, sign_up.confirm_posted, needs_request=False, every_app=True),
    Page("/resendcode", None, sign_up.resend_posted, needs_request=False, every_app=True),
    Page("/forgotPassword", recovery.shown, recovery.posted, needs_request=False, operation="ForgotPassword"),
    Page(
        "/confirmForgotPassword",
        recovery.reset_shown,
        recovery.reset_posted,
        needs_request=False,
        operation="ConfirmForgotPassword",
    ),
    Page(
        passkeys.ADD_PATH,
        add_passkey.shown,
        add_passkey.posted,
        operation="CompleteWebAuthnRegistration",
        is_account=True,
    ),
    Page("/logout", logout, needs_request=False),
)


def hosted_routes(services: Services) -> list[Route]:
    """Every page, with the style sheet; /error is where old links to failures lead."""
    pages = [Route(page.path, partial(_answer, services, page), methods=_METHODS) for page in _PAGES]
    return [
        *pages,
        Route("/error", _error),
        Route(render.STYLE_PATH, render.style),
        *look.routes(services),
        *passkeys.routes(),
    ]


async def _answer(services: Services, page: Page, request: Request) -> Response:
    try:
        return await _served(services, page, request)
    except RedirectedOAuthError as error:
        log.info("refused", operation=page.path, **error.facts)
        return go(error.location)
    except OAuthError as error:
        log.info("refused", operation=page.path, **error.facts)
        return render.problem("This link does not work", error.description, status=error.status)
    except ClientDisconnect:
        return Response(None, 400)
    except Exception:  # noqa: BLE001 - the edge: whatever escapes is our fault and must still be answered
        log.exception("fault", operation=page.path)
        return render.problem("Something went wrong", "The mistake is ours. Please try again in a moment.", status=500)


async def _served(services: Services, page: Page, request: Request) -> Response:
    """Raises OAuthError."""
    handler = page.posted if request.method == "POST" else page.shown
    if handler is None or request.method not in {"GET", "HEAD", "POST"}:
        raise OAuthError("invalid_request", "This page cannot be asked for in this way.", status=405)
    if not hosted.is_served(page.operation):
        raise OAuthError("invalid_request", "This page is not served.", status=404)
    visit = await open_visit(
        services,
        request,
        needs_request=page.needs_request,
        every_app=page.every_app,
        is_account=page.is_account,
    )
    if request.method != "POST":
        return await handler(visit)
    form = await _form(request)
    if not visit.is_own_form(form):
        if visit.asked is None:
            return render.problem("This page was open for too long", "Open the link again.", status=403)
        if page.is_account:
            return go(f"{page.path}?{visit.carried}", 303)
        return sign_in.form(visit, error="This page was open for too long. Please try again.", status=403)
    visit.form = form
    return await handler(visit)


async def _form(request: Request) -> Parameters:
    """Raises OAuthError."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise OAuthError("invalid_request", "The form cannot be read.", status=415)
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > parameters.MOST_BYTES:
            raise OAuthError("invalid_request", "The form is too large.", status=413)
    return parameters.parse(body).once()


async def _error(_request: Request) -> Response:
    """Says nothing that the address says."""
    return render.problem("This link does not work", "Go back to the app and try again.")
