"""One request to the console: who asks, of which pool, with which form, and what he may do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from poolhouse import service_model
from poolhouse.access.principals import Person, Root
from poolhouse.crypto.codes import new_uuid
from poolhouse.crypto.vault import BrokenSeal
from poolhouse.errors import PageRefusal, ServiceError
from poolhouse.operations import gate
from poolhouse.operations.backend import Applied
from poolhouse.operations.console.pools import Pool
from poolhouse.operations.context import Call, Services

from . import far_side
from . import session as sessions
from .forms import Form
from .session import Session

_NOTICE: Final = "console-notice"
_NOTICE_COOKIE: Final = "poolhouse-console-notice"
_NOTICE_SECONDS: Final = 60
# With "no-referrer" browsers would send forms with the origin "null", and nothing could be told from it.
HEADERS: Final = {
    "cache-control": "no-store",
    "pragma": "no-cache",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Notice(msgspec.Struct, frozen=True, array_like=True):
    """What the last form did, told once on the page behind it; `session` is whose it is."""

    session: str
    text: str
    href: str = ""
    link: str = ""


class Entry(msgspec.Struct, frozen=True):
    """A line of the navigation as it is shown."""

    label: str
    icon: str
    section: str
    href: str
    is_here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What outlives a request: the services, and what is applied, None until the first Manifest is."""

    services: Services
    applied: Callable[[], Applied | None]


@dataclass(slots=True, kw_only=True)
class ConsoleVisit:
    """`principal` is Root for the operator, the Person himself for a delegate; `chosen` the chosen pool's row. Of a
    pool at AWS, where `is_remote`, it has a name and settings on pages that ask for its description only.

    `allowed` are AWS's names of the operations that the visitor may perform at all; on whom is decided by each call.
    `who` is what people call him. `form` is empty unless a good form was posted.
    """

    world: World
    request: Request
    session: Session
    principal: Root | Person
    chosen: Pool
    is_remote: bool = False
    who: str
    allowed: frozenset[str]
    query: Form
    form: Form = field(default_factory=Form)
    navigation: list[Entry] = field(default_factory=list)
    notice: Notice | None = None
    request_id: str = field(default_factory=new_uuid)

    @property
    def services(self) -> Services:
        return self.world.services

    @property
    def applied(self) -> Applied | None:
        """What the definitions became: the Manifest and its ids."""
        return self.world.applied()

    @property
    def pool(self) -> str:
        """The id of the chosen pool."""
        return self.chosen.id

    @property
    def is_operator(self) -> bool:
        return isinstance(self.principal, Root)

    @property
    def person(self) -> Person | None:
        return self.principal if isinstance(self.principal, Person) else None

    @property
    def csrf(self) -> str:
        return sessions.form_proof(self.services, self.session.id)

    @property
    def source_ip(self) -> str:
        return self.request.client.host if self.request.client else ""

    @property
    def sections(self) -> list[str]:
        """Those of the navigation, in their order."""
        return list(dict.fromkeys(entry.section for entry in self.navigation))

    def may(self, *operations: str) -> bool:
        """Whether a button for any of these operations makes sense."""
        return not self.allowed.isdisjoint(operations)

    def url(self, path: str, **query: object) -> str:
        """The address of a page of this pool; members of the query that are None or "" are left out."""
        return address(self.pool, path, **query)

    # --- operations ---

    async def call(self, name: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """An operation of AWS's on behalf of the visitor, as plain data; times are epoch seconds.

        Raises ServiceError: what the model refuses, what he may not do, and what the operation itself says; PageRefusal
        for a change that did not get through to a pool at AWS, since the form's own page would ask there again.
        """
        try:
            return await self.attempt(name, params)
        except ServiceError as error:
            title = far_side.title(error) if self.is_remote and far_side.changes(name) else ""
            if not title:
                raise
            raise PageRefusal(title, error.message, status=far_side.status(error)) from error

    async def attempt(self, name: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The same, with every trouble as a ServiceError."""
        operation = service_model.operation("cognito-idp", name)
        assert operation is not None, name
        try:
            answer = await gate.call(
                self.services,
                self.principal,
                operation,
                service_model.from_params(operation, params or {}),
                request_id=self.request_id,
                source_ip=self.source_ip,
                way="console",
            )
        except ServiceError as error:
            error.message = far_side.told(error) if self.is_remote else error.message
            raise
        found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(answer))
        return found

    async def of_pool(self, name: str, **params: Any) -> dict[str, Any]:
        """The same, of the chosen pool; members that are None are left out."""
        given = {member: value for member, value in params.items() if value is not None}
        return await self.call(name, {"UserPoolId": self.pool, **given})

    async def attempt_of_pool(self, name: str, **params: Any) -> dict[str, Any]:
        given = {member: value for member, value in params.items() if value is not None}
        return await self.attempt(name, {"UserPoolId": self.pool, **given})

    def context(self, operation: str = "") -> Call:
        """A call of this moment, for what `operations.console` and `operations.delegation` ask for."""
        return Call(
            services=self.services,
            principal=self.principal,
            now=self.services.clock(),
            request_id=self.request_id,
            source_ip=self.source_ip,
            region=self.chosen.region,
            person=self.person,
            way="console",
            operation=operation,
        )

    # --- answers ---

    def go(self, path: str, **query: object) -> Response:
        """To another page of this pool, after a form was carried out."""
        return redirect(self.url(path, **query))

    def done(self, to: str, text: str, *, href: str = "", link: str = "") -> Response:
        """To the page at address `to`, where `text` says once what changed, with a link to it."""
        response = redirect(to)
        told = Notice(self.session.id, text[:1000], href, link)
        sealed = self.services.vault.seal_token(_NOTICE, told)
        sessions.set_cookie(self.services, response, _NOTICE_COOKIE, sealed, _NOTICE_SECONDS)
        return response


def take_notice(services: Services, request: Request, session: Session) -> Notice | None:
    """What the last form of this session did, if that was not told yet."""
    sealed = request.cookies.get(sessions.cookie_name(services, _NOTICE_COOKIE))
    try:
        notice = services.vault.open_token(_NOTICE, sealed or "", Notice)
    except BrokenSeal:
        return None
    return notice if notice.session == session.id else None


def forget_notice(services: Services, response: Response) -> None:
    sessions.set_cookie(services, response, _NOTICE_COOKIE, "", 0)


def address(pool_id: str, path: str, **query: object) -> str:
    given = {name: str(value) for name, value in query.items() if value not in (None, "")}
    return f"/console/{quote(pool_id, safe='')}{path}{'?' if given else ''}{urlencode(given)}"


def redirect(target: str, status: int = 303) -> Response:
    """`target` is escaped."""
    response = RedirectResponse(target, status, headers=HEADERS)
    response.headers["location"] = target
    return response
