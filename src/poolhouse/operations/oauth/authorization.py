"""Authorization requests (RFC 6749 section 4.1.1, RFC 7636): which client asks for what, and where the answer goes.

An error is told to the client only at a redirect URI that is registered; before that it is shown to the person.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from poolhouse.errors import OAuthError, RedirectedOAuthError
from poolhouse.operations.context import Services
from poolhouse.operations.scopes import OPENID
from poolhouse.store import clients, pools
from poolhouse.store.clients import Client
from poolhouse.store.pools import Pool

from . import parameters
from .parameters import Parameters
from .redirects import location

COGNITO: Final = "COGNITO"
_FLOWS: Final = {"code": "code", "token": "implicit"}
_NEED_OPENID: Final = frozenset({"email", "phone", "profile"})
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_LONGEST_AGE: Final = 10
_LONGEST_SHOWN: Final = 200
_LONGEST_LIST: Final = 1000
_CARRIED: Final = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "identity_provider",
    "prompt",
    "max_age",
    "login_hint",
    "lang",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """A checked request. `max_age` is seconds; `query` are its parameters again, for links and forms of our pages."""

    pool: Pool
    client: Client
    redirect_uri: str
    response_type: str
    scopes: tuple[str, ...]
    state: str | None
    nonce: str | None
    challenge: str | None
    prompt: frozenset[str]
    max_age: int | None
    login_hint: str
    query: str

    @property
    def is_implicit(self) -> bool:
        return self.response_type == "token"

    @property
    def scope(self) -> str:
        return " ".join(self.scopes)

    def answer(self, **values: str | None) -> str:
        """Where the browser goes with an answer."""
        return location(self.redirect_uri, {**values, "state": self.state}, in_fragment=self.is_implicit)

    def refusal(self, error: str, description: str, *, hint: str = "") -> RedirectedOAuthError:
        target = self.answer(error=error, error_description=description)
        return RedirectedOAuthError(error, description, target, hint=hint)


async def find_client(services: Services, client_id: str | None) -> tuple[Pool, Client]:
    """The client of a request to our pages and its pool. Raises OAuthError, to be shown and not to be redirected."""
    async with services.database.read() as tx:
        client = None if client_id is None else await clients.find(tx, client_id)
        if client is None:
            raise OAuthError("invalid_client", "The app that sent you here is not known.")
        return await pools.get(tx, client.pool_id), client


async def check(services: Services, given: Parameters, *, is_account: bool = False) -> Authorization:
    """`is_account` for a page of somebody's account, whose link names nothing but the app and the way back.

    Raises OAuthError for what must not be redirected, RedirectedOAuthError for everything else.
    """
    pool, client = await find_client(services, None if "client_id" in given.repeated else parameters.client_id(given))
    if not client.settings.AllowedOAuthFlowsUserPoolClient:
        raise OAuthError("unauthorized_client", "This app may not use these pages.")
    redirect_uri = _redirect_uri(client, given)
    if is_account:
        is_code = "code" in (client.settings.AllowedOAuthFlows or ())
        given.setdefault("response_type", "code" if is_code else "token")
    return _checked(pool, client, redirect_uri, given)


def _redirect_uri(client: Client, given: Parameters) -> str:
    """To the letter one of the registered ones; the client's default when none is sent."""
    wanted = given.get("redirect_uri") or client.settings.DefaultRedirectURI
    if "redirect_uri" in given.repeated or wanted is None or wanted not in (client.settings.CallbackURLs or ()):
        raise mismatch("redirect_uri", wanted, client.settings.CallbackURLs)
    return wanted


def mismatch(parameter: str, wanted: str | None, registered: Sequence[str] | None) -> OAuthError:
    """The page does not repeat what a link says; the log does, beside what would have been right."""
    sent = "was not sent" if wanted is None else f"was {wanted[:_LONGEST_SHOWN]!r}"
    known = ", ".join(registered or ()) or "nothing"
    return OAuthError(
        "redirect_mismatch",
        "The address to return to is not registered for this app.",
        hint=f"{parameter} {sent}; registered, and compared to the letter: {known[:_LONGEST_LIST]}",
    )


def _checked(pool: Pool, client: Client, redirect_uri: str, given: Parameters) -> Authorization:
    """The refusals need the state, so the request is put together before its parts are judged."""
    asked = Authorization(
        pool=pool,
        client=client,
        redirect_uri=redirect_uri,
        response_type=given.get("response_type", ""),
        scopes=_scopes(client, given),
        state=given.get("state"),
        nonce=given.get("nonce"),
        challenge=given.get("code_challenge"),
        prompt=frozenset(given.get("prompt", "").split()),
        max_age=_age(given),
        login_hint=given.get("login_hint", "")[:128],
        query=urlencode({name: given[name] for name in _CARRIED if name in given}),
    )
    if given.repeated:
        raise asked.refusal("invalid_request", "A parameter is repeated.")
    _check_flow(asked)
    _check_scopes(asked)
    _check_challenge(asked, given)
    _check_provider(asked, given)
    _check_prompt(asked, given)
    return asked


def _scopes(client: Client, given: Parameters) -> tuple[str, ...]:
    allowed = client.settings.AllowedOAuthScopes or ()
    return tuple(dict.fromkeys(given["scope"].split(" "))) if "scope" in given else allowed


def _age(given: Parameters) -> int | None:
    text = given.get("max_age", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < _LONGEST_AGE else None


def _check_flow(asked: Authorization) -> None:
    flow = _FLOWS.get(asked.response_type)
    if flow is None:
        raise asked.refusal("invalid_request", "response_type must be code or token.")
    if flow not in (asked.client.settings.AllowedOAuthFlows or ()):
        flows = " and ".join(asked.client.settings.AllowedOAuthFlows or ()) or "none"
        hint = f"response_type={asked.response_type} is the flow {flow}; the client's AllowedOAuthFlows: {flows}"
        raise asked.refusal("unauthorized_client", "The client may not use this response_type.", hint=hint)


def _check_scopes(asked: Authorization) -> None:
    allowed = asked.client.settings.AllowedOAuthScopes or ()
    if not asked.scopes or any(scope not in allowed for scope in asked.scopes):
        hint = f"asked for: {' '.join(asked.scopes)[:_LONGEST_SHOWN]}; allowed: {' '.join(allowed)[:_LONGEST_LIST]}"
        raise asked.refusal("invalid_scope", "A scope is unknown or not allowed for this client.", hint=hint)
    if _NEED_OPENID.intersection(asked.scopes) and OPENID not in asked.scopes:
        raise asked.refusal("invalid_scope", "email, phone and profile need openid.")


def _check_challenge(asked: Authorization, given: Parameters) -> None:
    """S256 only: a challenge without a method would mean `plain`."""
    method = given.get("code_challenge_method")
    if asked.challenge is None and method is None:
        return
    if method != "S256":
        raise asked.refusal("invalid_request", "code_challenge_method must be S256.")
    if asked.challenge is None or not _CHALLENGE.fullmatch(asked.challenge):
        raise asked.refusal("invalid_request", "code_challenge must be the base64url form of a SHA-256 digest.")


def _check_provider(asked: Authorization, given: Parameters) -> None:
    if given.get("identity_provider", COGNITO) != COGNITO or "idp_identifier" in given:
        raise asked.refusal("invalid_request", "Signing in with this identity provider is not served.")
    if COGNITO not in (asked.client.settings.SupportedIdentityProviders or ()):
        raise asked.refusal("unauthorized_client", "No identity provider is enabled for this client.")


def _check_prompt(asked: Authorization, given: Parameters) -> None:
    if not asked.prompt <= {"none", "login", "select_account", "consent"}:
        raise asked.refusal("invalid_request", "prompt must be none, login, select_account or consent.")
    if "none" in asked.prompt and len(asked.prompt) > 1:
        raise asked.refusal("invalid_request", "prompt=none cannot be combined.")
    if "max_age" in given and asked.max_age is None:
        raise asked.refusal("invalid_request", "max_age must be a number of seconds.")
