"""One request to a hosted page: the checked query, the cookies, and the proof that a form came from our own page."""

import base64
import hmac
import os
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from poolhouse.crypto.codes import new_uuid
from poolhouse.crypto.vault import BrokenSeal
from poolhouse.errors import OAuthError
from poolhouse.operations import looks
from poolhouse.operations.context import Services
from poolhouse.operations.looks import Shown
from poolhouse.operations.oauth import authorization, parameters, redirects, sessions
from poolhouse.operations.oauth.authorization import Authorization
from poolhouse.operations.oauth.hosted import Asker, Client, Pool
from poolhouse.operations.oauth.parameters import Parameters
from poolhouse.operations.oauth.sessions import SignedIn

from . import render

_FORM_SEAL: Final = "hosted-form"
PASSKEY: Final = "passkey"
_SECOND: Final = 1_000_000
_FORM_LIFETIME: Final = 3600 * _SECOND
_SAME_PAGE: Final = frozenset({"", "same-origin", "none"})


class FormProof(msgspec.Struct, frozen=True, array_like=True):
    """The hidden member of every form: for which browser and client it was made, and until when."""

    visitor: str
    client: str
    expires: int


@dataclass(slots=True, kw_only=True)
class Visit:
    """`asked` is None on pages that a link of a message opens. `form` is empty unless a good form was posted."""

    services: Services
    request: Request
    pool: Pool
    client: Client
    query: Parameters
    asked: Authorization | None
    visitor: str
    is_new: bool
    look: Shown | None = None
    form: Parameters = field(default_factory=Parameters)

    @property
    def asker(self) -> Asker:
        caller = self.request.client
        return Asker(
            services=self.services,
            pool=self.pool,
            client=self.client,
            request_id=new_uuid(),
            source_ip=caller.host if caller else "",
        )

    @property
    def carried(self) -> str:
        """The query of every link and form on the page."""
        if self.asked is None:
            return f"client_id={self.client.id}"
        return self.asked.query + (f"&then={PASSKEY}" if self.is_for_passkey else "")

    @property
    def is_for_passkey(self) -> bool:
        """Whether the sign-in leads on to the page where a passkey is made, and not straight back to the app."""
        return self.query.get("then") == PASSKEY

    def page(self, template: str, **values: Any) -> Response:
        """A page with a form, or with links back into the flow."""
        leads_to = redirects.form_source(self.asked.redirect_uri) if self.asked else ""
        members = {"error": "", "notice": "", "app": self.client.name, "has_request": self.asked is not None}
        response = render.page(
            template,
            leads_to=leads_to,
            look=self.look,
            query=self.carried,
            proof=self._proof(),
            **{**members, **values},
        )
        if self.is_new:
            self._set(response, "visit", self.visitor, None)
        return response

    def _proof(self) -> str:
        made = FormProof(self.visitor, self.client.id, self.services.clock() + _FORM_LIFETIME)
        return self.services.vault.seal_token(_FORM_SEAL, made)

    def is_own_form(self, form: Parameters) -> bool:
        """Whether the form was made for this browser, and another site did not send it."""
        if self.request.headers.get("sec-fetch-site", "") not in _SAME_PAGE or self.is_new:
            return False
        try:
            made = self.services.vault.open_token(_FORM_SEAL, form.get("proof", ""), FormProof)
        except BrokenSeal:
            return False
        fits = hmac.compare_digest(made.visitor, self.visitor) and made.client == self.client.id
        return fits and made.expires > self.services.clock()

    # --- cookies ---

    async def signed_in(self) -> SignedIn | None:
        return await sessions.current(self.services, self.pool, self.session)

    @property
    def session(self) -> str | None:
        return self.request.cookies.get(cookie_name(self.services, "session", self.pool))

    def remember(self, response: Response, who: SignedIn) -> None:
        """Begin a hosted session; forms that were made before it are worth nothing after it."""
        self._set(response, "session", sessions.begin(self.services, self.pool, who), sessions.SECONDS)
        self._set(response, "visit", new_visitor(), None)

    async def forget(self, response: Response) -> None:
        await sessions.end(self.services, self.pool, self.session)
        for kind in ("session", "visit"):
            self._set(response, kind, "", 0)

    def _set(self, response: Response, kind: str, value: str, max_age: int | None) -> None:
        response.set_cookie(
            cookie_name(self.services, kind, self.pool),
            value,
            max_age=max_age,
            path="/",
            secure=_is_secure(self.services),
            httponly=True,
            samesite="lax",
        )


async def open_visit(
    services: Services, request: Request, *, needs_request: bool, every_app: bool = False, is_account: bool = False
) -> Visit:
    """Raises OAuthError, or RedirectedOAuthError for an authorization request that its client has to hear about."""
    query, asked = parameters.parse(request.url.query), None
    if needs_request or "response_type" in query:
        asked = await authorization.check(services, query, is_account=is_account)
    if asked is not None:
        pool, client = asked.pool, asked.client
    else:
        query.once()
        pool, client = await authorization.find_client(services, parameters.client_id(query))
        if not (every_app or client.settings.AllowedOAuthFlowsUserPoolClient):
            raise OAuthError("unauthorized_client", "This app may not use these pages.")
    known = request.cookies.get(cookie_name(services, "visit", pool), "")
    return Visit(
        services=services,
        request=request,
        pool=pool,
        client=client,
        query=query,
        asked=asked,
        visitor=known or new_visitor(),
        is_new=not known,
        look=await looks.shown(services, pool.id, client.id),
    )


def new_visitor() -> str:
    return base64.urlsafe_b64encode(os.urandom(18)).decode("ascii")


def cookie_name(services: Services, kind: str, pool: Pool) -> str:
    """Browsers take a cookie with the prefix from this host alone, and over TLS alone."""
    return f"{'__Host-' if _is_secure(services) else ''}poolhouse-{kind}-{pool.id}"


def _is_secure(services: Services) -> bool:
    return services.settings.public_url.startswith("https://")
