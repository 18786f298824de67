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
from poolhouse.operations.bearer import is_dead
from poolhouse.operations.context import Services
from poolhouse.store import families, users
from poolhouse.store.database import Transaction
from poolhouse.store.sessions import is_used, use

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


def for_person(services: Services, pool_id: str, family_id: str, token_id: str, expires: int) -> Session:
    return Session(new_id(), "person", family_id, token_id, pool_id, expires, services.clock())


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
    async with services.database.read() as tx:
        if await is_used(tx, session.id):
            return None
        if session.kind == "person":
            return await _person(services, tx, session, request)
    if not hmac.compare_digest(session.bound, operator_key(services)):
        return None
    return SignedIn(session, Root(services.settings.account_id, services.settings.region), "Operator")


async def _person(services: Services, tx: Transaction, session: Session, request: Request) -> SignedIn | None:
    held = await families.holder(tx, session.bound)
    if held is None or is_dead(held) or held.family.expires <= services.clock() or held.pool.id != session.pool_id:
        return None
    person = Person(
        pool_id=held.pool.id,
        sub=held.user.sub,
        username=held.user.username,
        token_id=session.token_id,
        address=request.client.host if request.client else "",
        via="console",
        account_id=services.settings.account_id,
        region=held.pool.region,
    )
    return SignedIn(session, person, title(held.user.username, users.attributes_of(held.user)))


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
    now = services.clock()
    async with services.database.write() as tx:
        await use(tx, session.id, session.expires)
        if session.kind == "person":
            await families.revoke(tx, session.bound, now)


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
