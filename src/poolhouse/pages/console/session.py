"""Who is signed in to the console: the sealed cookie, and what has to be true of it at every single request."""

import base64
import hmac
import os
from typing import Final, Literal, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from poolhouse.access.principals import Person, Root
from poolhouse.crypto.vault import BrokenSeal
from poolhouse.operations.console import sign_ins
from poolhouse.operations.console.sign_ins import Signed
from poolhouse.operations.context import Services

from .naming import title

_SECOND: Final = 1_000_000
IDLE: Final = 1800 * _SECOND
"""A session that asks for nothing ends after half an hour."""
LONGEST: Final = 8 * 3600 * _SECOND
"""An operator's session ends after a working day, whatever he does."""
_RENEWED: Final = 60 * _SECOND
_SEAL: Final = "console-session"
_FORM: Final = "console-form"
_COOKIE: Final = "poolhouse-console"


class Session(msgspec.Struct, frozen=True, array_like=True):
    """Times are epoch microseconds. `bound` is the operator's key, as a digest, or the person's token family.

    `token_id` is the jti of the token that a person came with; it is what the audit trail names.
    """

    id: str
    kind: Literal["operator", "person"]
    bound: str
    token_id: str
    pool_id: str
    expires: int
    seen: int


class SignedIn(NamedTuple):
    """A session that stands, who it is, and what people call him."""

    session: Session
    principal: Root | Person
    title: str


def for_operator(services: Services) -> Session:
    """A new session of whoever came with a link."""
    now = services.clock()
    return Session(new_id(), "operator", operator_key(services), "", "", now + LONGEST, now)


def for_person(services: Services, signed: Signed) -> Session:
    now = services.clock()
    return Session(new_id(), "person", signed.family_id, signed.token_id, signed.pool_id, signed.expires, now)


def operator_key(services: Services) -> str:
    """A new root key ends the sessions that began under the old one."""
    settings = services.settings
    key = f"{settings.root_access_key_id}\n{settings.root_secret_access_key}".encode()
    return base64.urlsafe_b64encode(services.vault.digest(_SEAL, key)).decode("ascii")


async def current(services: Services, request: Request) -> SignedIn | None:
    """Nobody once the session is old, idle or ended, or when the sign-in behind it is over."""
    session = opened(services, request)
    now = services.clock()
    if session is None or session.expires <= now or session.seen + IDLE <= now:
        return None
    if session.kind == "person":
        return await _person(services, session, request)
    is_ours = hmac.compare_digest(session.bound, operator_key(services))
    if not is_ours or await sign_ins.is_over(services, session.id):
        return None
    return SignedIn(session, Root(services.settings.account_id, services.settings.region), "Operator")


async def _person(services: Services, session: Session, request: Request) -> SignedIn | None:
    found = await sign_ins.person(services, session.id, session.bound)
    if found is None or found.pool_id != session.pool_id:
        return None
    user = found.user
    person = Person(
        pool_id=found.pool_id,
        sub=user.sub,
        username=user.username,
        token_id=session.token_id,
        address=request.client.host if request.client else "",
        via="console",
        account_id=services.settings.account_id,
        region=found.region,
    )
    return SignedIn(session, person, title(user.username, user.attributes))


def opened(services: Services, request: Request) -> Session | None:
    try:
        return services.vault.open_token(_SEAL, request.cookies.get(cookie_name(services, _COOKIE), ""), Session)
    except BrokenSeal:
        return None


def keep(services: Services, response: Response, session: Session) -> None:
    """Put the session into the browser."""
    sealed = services.vault.seal_token(_SEAL, session)
    set_cookie(services, response, _COOKIE, sealed, (session.expires - services.clock()) // _SECOND)


def renew(services: Services, response: Response, session: Session) -> None:
    """Note that the session is in use; once a minute is often enough."""
    now = services.clock()
    if session.seen + _RENEWED <= now:
        keep(services, response, msgspec.structs.replace(session, seen=now))


async def end(services: Services, session: Session) -> None:
    """A copy of the cookie is worth nothing from now on; a person's tokens neither."""
    await sign_ins.end(services, session.id, session.expires, session.bound if session.kind == "person" else "")


def forget(services: Services, response: Response) -> None:
    set_cookie(services, response, _COOKIE, "", 0)


def form_proof(services: Services, session_id: str) -> str:
    """What every form of this session carries."""
    return base64.urlsafe_b64encode(services.vault.digest(_FORM, session_id.encode())).rstrip(b"=").decode("ascii")


def new_id() -> str:
    return base64.urlsafe_b64encode(os.urandom(18)).decode("ascii")


# --- cookies -----------------------------------------------------------------------------------------------


def cookie_name(services: Services, name: str) -> str:
    """Browsers take a cookie with the prefix from this host alone, and over TLS alone."""
    return f"__Host-{name}" if _is_secure(services) else name


def set_cookie(services: Services, response: Response, name: str, value: str, max_age: int) -> None:
    """0 takes it away."""
    response.set_cookie(
        cookie_name(services, name),
        value,
        max_age=max_age,
        path="/",
        secure=_is_secure(services),
        httponly=True,
        samesite="lax",
    )


def _is_secure(services: Services) -> bool:
    return services.settings.public_url.startswith("https://")
