"""The ways into the console and out of it: an operator's link, a person's sign-in on the pool's own pages."""

import base64
import hashlib
import hmac
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from poolhouse.access.principals import Person
from poolhouse.crypto.codes import new_uuid
from poolhouse.crypto.vault import BrokenSeal
from poolhouse.errors import OAuthError, PageRefusal, ServiceError
from poolhouse.operations.console import links, pools, sign_ins
from poolhouse.operations.context import Services
from poolhouse.operations.oauth import grants
from poolhouse.operations.oauth.asking import Asking
from poolhouse.operations.oauth.parameters import Parameters

from . import forms, render
from . import session as sessions
from .opening import open_visit
from .session import Session, SignedIn
from .visit import ConsoleVisit, World, address, redirect

Place = Callable[[World, Request], Awaitable[Response]]
_WAY: Final = "console-way"
_WAY_COOKIE: Final = "poolhouse-console-way"
_DOOR_COOKIE: Final = "poolhouse-console-door"
_SECOND: Final = 1_000_000
_WAY_SECONDS: Final = 900
_SCOPES: Final = "openid aws.cognito.signin.user.admin"
_OWN_PATH: Final = re.compile(r"/console/[^\\\s]*")


class Way(msgspec.Struct, frozen=True, array_like=True):
    """A sign-in that is under way on the pool's pages, kept in the browser that began it."""

    state: str
    verifier: str
    then: str
    expires: int


def needed(world: World, request: Request) -> Response:
    """Nobody is signed in: forms are refused, pages come after a sign-in."""
    del world
    if request.method == "POST":
        return render.problem("You are signed out", "Nothing was changed. Sign in and do it again.", status=403)
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return redirect(f"/console?{urlencode({'then': wanted})}")


def refused(visit: ConsoleVisit) -> Response:
    """Somebody who may do nothing here; he sees no data, and may sign out."""
    text = "Your account is in no group that may administer this pool. Ask somebody who runs it."
    return render.problem("This console is not open to you", text, status=403, visit=visit)


# --- the front door ----------------------------------------------------------------------------------------


async def _index(world: World, request: Request) -> Response:
    """The first page that the visitor may see, or how to sign in."""
    who = await sessions.current(world.services, request)
    if who is not None:
        return redirect(await _first(world, request, who))
    applied = world.applied()
    then = _own_path(forms.query(request).get("then", ""))
    start = f"/console/sign-in{'?' if then else ''}{urlencode({'then': then}) if then else ''}"
    return render.plain(
        "welcome",
        start=start if applied and applied.console_client_id else "",
        at_aws=world.services.remote.pool is not None,
    )


async def _first(world: World, request: Request, who: SignedIn) -> str:
    pool_id = who.session.pool_id or await _some_pool(world)
    if pool_id is None:
        return "/console/pools"
    visit = await open_visit(world, request, who, pool_id)
    return visit.navigation[0].href if visit.navigation else address(pool_id, "/users")


async def _some_pool(world: World) -> str | None:
    """The pool of the definitions, else any."""
    applied, services = world.applied(), world.services
    if applied is not None and applied.pool_id is not None:
        return applied.pool_id
    return await pools.some(services)


async def _pools(world: World, request: Request) -> Response:
    """Every pool of the server, for the operator to choose from."""
    who = await sessions.current(world.services, request)
    if who is None:
        return needed(world, request)
    if isinstance(who.principal, Person):
        raise PageRefusal("Not for you", "You administer one pool only.", status=403)
    after = forms.query(request).get("after", "")
    found = await pools.page(world.services, after, 51)
    rows: list[tuple[pools.Pool, str, int | None]] = [
        (pool, address(pool.id, "/users"), users) for pool, users in found[:50]
    ]
    if (remote := world.services.remote.pool) is not None and not after:
        rows.insert(0, (pools.stand_in(remote), address(remote.id, "/users"), None))
    following = f"/console/pools?{urlencode({'after': found[49].pool.id})}" if len(found) > 50 else ""
    csrf = sessions.form_proof(world.services, who.session.id)
    return render.plain("pools", rows=rows, following=following, csrf=csrf)


# --- the operator ------------------------------------------------------------------------------------------


async def _enter(world: World, request: Request) -> Response:
    """A button first, so that whatever opens links before people do uses none up."""
    services = world.services
    if request.method != "POST":
        door = sessions.new_id()
        token = forms.query(request).get("token", "")
        is_good = await links.is_good(services, token)
        response = render.plain(
            "enter", status=200 if is_good else 403, token=token, csrf=_door(services, door), is_good=is_good
        )
        sessions.set_cookie(services, response, _DOOR_COOKIE, door, _WAY_SECONDS)
        return response
    form = await forms.read(request, 8192)
    door = request.cookies.get(sessions.cookie_name(services, _DOOR_COOKIE), "")
    if not door or not hmac.compare_digest(form.get("csrf", "").encode(), _door(services, door).encode()):
        raise PageRefusal("This page was open for too long", "Open the link again.", status=403)
    caller = request.client.host if request.client else ""
    if not await links.use_up(services, form.get("token", ""), caller):
        raise PageRefusal(
            "This link does not work any more",
            "A link is good once and for five minutes. Make a new one with: poolhouse console-link",
            status=403,
        )
    return _in(world, sessions.for_operator(services), "/console", (_DOOR_COOKIE,))


def _door(services: Services, door: str) -> str:
    return sessions.form_proof(services, f"door {door}")


def _in(world: World, session: Session, then: str, spent: tuple[str, ...]) -> Response:
    response = redirect(then)
    for name in spent:
        sessions.set_cookie(world.services, response, name, "", 0)
    sessions.keep(world.services, response, session)
    return response


# --- people ------------------------------------------------------------------------------------------------


async def _start(world: World, request: Request) -> Response:
    """To the pool's sign-in page, from our public address, since the way back leads there."""
    services, client = world.services, _client(world)
    then = _own_path(forms.query(request).get("then", ""))
    public = services.settings.public_url
    if request.headers.get("host", "") != urlsplit(public).netloc and "again" not in request.query_params:
        return redirect(f"{public}/console/sign-in?{urlencode({'then': then, 'again': 1})}")
    verifier = base64.urlsafe_b64encode(os.urandom(48)).decode("ascii")
    way = Way(sessions.new_id(), verifier, then, services.clock() + _WAY_SECONDS * _SECOND)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode("ascii")
    asked = {
        "response_type": "code",
        "client_id": client,
        "redirect_uri": _callback_url(services),
        "scope": _SCOPES,
        "state": way.state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    response = redirect(f"/oauth2/authorize?{urlencode(asked)}")
    sessions.set_cookie(services, response, _WAY_COOKIE, services.vault.seal_token(_WAY, way), _WAY_SECONDS)
    return response


async def _callback(world: World, request: Request) -> Response:
    """The way back: the code becomes a sign-in of this pool, whose tokens stay on the server."""
    services, given = world.services, forms.query(request)
    way = _way(services, request)
    if way is None or not hmac.compare_digest(way.state.encode(), given.get("state", "").encode()):
        raise PageRefusal(
            "That sign-in was not begun here", "It took too long, or another page began it. Sign in again.", status=403
        )
    if "code" not in given:
        text = given.get("error_description") or "The sign-in page gave no reason."
        raise PageRefusal("You were not signed in", text, status=403)
    session = await _redeemed(world, request, given["code"], way)
    return _in(world, session, way.then or "/console", (_WAY_COOKIE,))


async def _redeemed(world: World, request: Request, code: str, way: Way) -> Session:
    services, client_id = world.services, _client(world)
    form = Parameters(
        grant_type="authorization_code",
        client_id=client_id,
        code=code,
        redirect_uri=_callback_url(services),
        code_verifier=way.verifier,
    )
    address_ = request.client.host if request.client else ""
    asking = Asking(services=services, form=form, authorization="", request_id=new_uuid(), source_ip=address_)
    try:
        tokens = await grants.token(asking)
        signed = await sign_ins.of_token(services, tokens["access_token"])
    except OAuthError as error:
        raise PageRefusal("You were not signed in", error.description, status=403) from error
    except ServiceError as error:
        raise PageRefusal("You were not signed in", error.message, status=403) from error
    return sessions.for_person(services, signed)


def _way(services: Services, request: Request) -> Way | None:
    sealed = request.cookies.get(sessions.cookie_name(services, _WAY_COOKIE), "")
    try:
        way = services.vault.open_token(_WAY, sealed, Way)
    except BrokenSeal:
        return None
    return way if way.expires > services.clock() else None


def _client(world: World) -> str:
    """Raises PageRefusal."""
    applied = world.applied()
    if (pool := world.services.remote.pool) is not None:
        text = (
            f"The user pool {pool.id} and its people are at AWS. Their sign-in pages lead back to the app's own "
            "addresses only, so the operator alone comes in here, with a link: poolhouse console-link"
        )
        raise PageRefusal("Nobody signs in here", text, status=404)
    if applied is None or applied.console_client_id is None:
        raise PageRefusal("Nobody signs in here", "The definitions delegate nothing to any group.", status=404)
    return applied.console_client_id


def _callback_url(services: Services) -> str:
    return f"{services.settings.public_url}/console/callback"


def _own_path(text: str) -> str:
    """A page of the console, or nothing: never an address that leads elsewhere."""
    return text if _OWN_PATH.fullmatch(text) and "//" not in text.partition("?")[0] and len(text) < 2000 else ""


# --- the way out -------------------------------------------------------------------------------------------


async def _sign_out(world: World, request: Request) -> Response:
    """People are signed out of the pool's own pages too, or one click would bring them back."""
    services = world.services
    if request.method != "POST":
        return redirect("/console")
    session = sessions.opened(services, request)
    if session is None:
        return redirect("/console")
    form, proof = await forms.read(request, 8192), sessions.form_proof(services, session.id)
    if not hmac.compare_digest(form.get("csrf", "").encode(), proof.encode()):
        raise PageRefusal("That form was refused", "Go back, load the page again and sign out once more.", status=403)
    await sessions.end(services, session)
    applied, target = world.applied(), "/console"
    if session.kind == "person" and applied and applied.console_client_id:
        public = services.settings.public_url
        back = {"client_id": applied.console_client_id, "logout_uri": f"{public}/console"}
        target = f"/logout?{urlencode(back)}"
    response = redirect(target)
    sessions.forget(services, response)
    return response


PLACES: Final[Mapping[str, Place]] = {
    "": _index,
    "/pools": _pools,
    "/enter": _enter,
    "/sign-in": _start,
    "/callback": _callback,
    "/sign-out": _sign_out,
}
