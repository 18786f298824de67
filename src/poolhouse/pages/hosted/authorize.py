"""Where apps send browsers: /oauth2/authorize and /logout. They show nothing unless the app is not known."""

from typing import Final

from starlette.responses import RedirectResponse, Response

from poolhouse.errors import OAuthError
from poolhouse.operations.oauth import authorization, hosted
from poolhouse.operations.oauth.redirects import escaped

from . import render
from .visit import Visit

_ANEW: Final = frozenset({"login", "select_account"})


async def authorize(visit: Visit) -> Response:
    """Straight back to the app for somebody who is signed in, else to the sign-in page."""
    asked = visit.asked
    assert asked is not None
    who = await visit.signed_in()
    now = visit.services.clock()
    is_recent = asked.max_age is None or (who is not None and now - who.auth_time <= asked.max_age * 1_000_000)
    if who is not None and is_recent and not asked.prompt & _ANEW:
        return go(await hosted.destination(visit.services, asked, who))
    if "none" in asked.prompt:
        raise asked.refusal("login_required", "Nobody is signed in.")
    return go(f"/login?{asked.query}")


async def logout(visit: Visit) -> Response:
    """Ends the browser's session; tokens that apps hold live on. To a registered address, or to the sign-in page."""
    uri = visit.query.get("logout_uri")
    if uri is not None:
        if uri not in (visit.client.settings.LogoutURLs or ()):
            raise authorization.mismatch("logout_uri", uri, visit.client.settings.LogoutURLs)
        target = escaped(uri)
    elif "redirect_uri" in visit.query:
        asked = visit.asked or await authorization.check(visit.services, visit.query)
        target = f"/login?{asked.query}"
    else:
        raise OAuthError("invalid_request", "logout_uri or redirect_uri is missing.")
    response = go(target)
    await visit.forget(response)
    return response


def go(target: str, status: int = 302) -> Response:
    """`target` is escaped; the address may hold a code, so nothing keeps it."""
    response = RedirectResponse(target, status, headers=render.HEADERS)
    response.headers["location"] = target
    return response
