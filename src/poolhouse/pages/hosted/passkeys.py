"""The ways to sign in without a password: what the sign-in page offers, and the page that asks for a passkey.

A passkey is the one thing here that a browser does with a script alone; the script is ours, from our own address.
"""

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from poolhouse.crypto import passkeys as rules
from poolhouse.errors import WebAuthnConfigurationMissingException
from poolhouse.operations import passkeys_sealed
from poolhouse.operations.first_factor import CONTACTS, WEB_AUTHN

from .visit import Visit

ADD_PATH: Final = "/passkeys/add"
_SCRIPT_PATH: Final = "/login/passkey.js"
_LABELS: Final = {WEB_AUTHN: "Use a passkey", "EMAIL_OTP": "E-mail me a code", "SMS_OTP": "Text me a code"}


def ways(visit: Visit) -> list[tuple[str, str]]:
    """Name and label of what pool and app allow besides the password, the same for everybody who might sign in."""
    settings = visit.pool.settings
    if not settings.is_passwordless or "ALLOW_USER_AUTH" not in visit.client.settings.ExplicitAuthFlows:
        return []
    offered: dict[str, bool] = {factor: factor in settings.first_factors for factor in CONTACTS}
    offered[WEB_AUTHN] = WEB_AUTHN in settings.first_factors and is_home(visit)
    return [(name, label) for name, label in _LABELS.items() if offered[name]]


def is_home(visit: Visit) -> bool:
    """Whether browsers let this address use the passkeys of the pool."""
    try:
        terms = passkeys_sealed.terms(visit.services, visit.pool.settings)
    except WebAuthnConfigurationMissingException:
        return False
    url = visit.request.url
    origins = (f"{url.scheme}://{url.netloc}", visit.services.settings.public_url)
    return any(rules.is_allowed(origin, terms.relying_party) for origin in origins)


def form(visit: Visit, options: str, template: str = "passkey", **values: Any) -> Response:
    """`options` are the challenge's, as JSON text; the script has them answered and sends the form."""
    response = visit.page(template, options=options, script=_script_url(), **values)
    policy = response.headers["content-security-policy"]
    response.headers["content-security-policy"] = f"{policy}; script-src 'self'"
    return response


def routes() -> list[Route]:
    return [Route(_SCRIPT_PATH, _answer)]


async def _answer(_request: Request) -> Response:
    """Its address changes with its content, so browsers may keep it."""
    headers = {"cache-control": "public, max-age=31536000, immutable", "x-content-type-options": "nosniff"}
    return Response(_script(), headers=headers, media_type="text/javascript")


@cache
def _script() -> bytes:
    return files("poolhouse.pages").joinpath("templates", "hosted", "passkey.js").read_bytes()


@cache
def _script_url() -> str:
    return f"{_SCRIPT_PATH}?v={hashlib.sha256(_script()).hexdigest()[:12]}"
