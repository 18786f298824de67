"""The app clients of a pool: the list, and a new one."""

from typing import Any, Final

from starlette.responses import Response

from poolhouse.errors import ServiceError
from poolhouse.operations import password_storage
from poolhouse.operations.console import owned

from . import far_side, render
from .page import Nav, Page
from .visit import ConsoleVisit

SEES: Final = ("ListUserPoolClients", "DescribeUserPoolClient")
FLOWS: Final = (
    ("ALLOW_USER_SRP_AUTH", "Password, proved without sending it (SRP)"),
    ("ALLOW_USER_PASSWORD_AUTH", "Password, sent over TLS"),
    ("ALLOW_ADMIN_USER_PASSWORD_AUTH", "Password, sent by a server with AWS credentials"),
    ("ALLOW_USER_AUTH", "A choice of first factors: codes, passkeys, password"),
    ("ALLOW_CUSTOM_AUTH", "Challenges of the pool's own functions"),
    ("ALLOW_REFRESH_TOKEN_AUTH", "New tokens with a refresh token"),
)
"""Ways to sign in, in the order of the form, with what they mean."""
_LIMIT: Final = 50
_LIFETIMES: Final = (
    ("AccessToken", "access", "1", "hours"),
    ("IdToken", "id", "1", "hours"),
    ("RefreshToken", "refresh", "30", "days"),
)
_SCOPES: Final = ["openid", "email", "profile"]


async def shown(visit: ConsoleVisit) -> Response:
    """Who may only look at a client he knows names it."""
    after = visit.query.get("after") or None
    found: dict[str, Any] = {"UserPoolClients": []}
    if visit.may("ListUserPoolClients"):
        found = await visit.of_pool("ListUserPoolClients", MaxResults=_LIMIT, NextToken=after)
    rows = [
        {
            "name": client["ClientName"],
            "id": client["ClientId"],
            "defined": await _is_defined(visit, client["ClientId"]),
            "accepted": visit.is_remote and visit.applied is not None and visit.applied.client_id == client["ClientId"],
        }
        for client in found["UserPoolClients"]
    ]
    return render.page(
        "clients",
        visit,
        rows=rows,
        where=owned.WHERE,
        following=visit.url("/clients", after=found["NextToken"]) if "NextToken" in found else "",
        first=visit.url("/clients") if after else "",
    )


async def _is_defined(visit: ConsoleVisit, client_id: str) -> bool:
    return await owned.is_client(visit.services, client_id)


# --- a new one ---------------------------------------------------------------------------------------------


async def new_shown(visit: ConsoleVisit) -> Response:
    return _form(visit)


async def new_posted(visit: ConsoleVisit) -> Response:
    try:
        made = (await visit.of_pool("CreateUserPoolClient", **_values(visit)))["UserPoolClient"]
    except ServiceError as error:
        return _form(visit, error=error)
    secret = " It has a secret, which its page shows when you ask for it." if "ClientSecret" in made else ""
    to = visit.url("/client", id=made["ClientId"])
    return visit.done(to, f"The app client {made['ClientName']} was created.{secret}")


def _values(visit: ConsoleVisit) -> dict[str, Any]:
    form = visit.form
    values: dict[str, Any] = {
        "ClientName": form.text("name"),
        "GenerateSecret": form.get("secret") == "yes",
        "ExplicitAuthFlows": form.every("flow"),
        "PreventUserExistenceErrors": "ENABLED" if form.get("hides") == "yes" else "LEGACY",
        "TokenValidityUnits": {token: form.get(f"{name}-unit", "") for token, name, _, _ in _LIFETIMES},
        **{f"{token}Validity": _number(form.text(name)) for token, name, _, _ in _LIFETIMES},
    }
    back, out = _addresses(form.get("callbacks", "")), _addresses(form.get("logouts", ""))
    if back or out:
        values |= {
            "AllowedOAuthFlowsUserPoolClient": True,
            "AllowedOAuthFlows": ["code"],
            "AllowedOAuthScopes": _SCOPES,
            "SupportedIdentityProviders": ["COGNITO"],
            "CallbackURLs": back,
            **({"LogoutURLs": out} if out else {}),
        }
    return values


def _addresses(text: str) -> list[str]:
    """One in each line."""
    return [line.strip() for line in text.split("\n") if line.strip()]


def _number(text: str) -> int | str:
    """What is no number stays what it is, for the model to refuse."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def _form(visit: ConsoleVisit, *, error: ServiceError | None = None) -> Response:
    form, is_first = visit.form, error is None
    usual = password_storage.default_flows(visit.chosen.settings)
    return render.page(
        "client_new",
        visit,
        **far_side.refusal(error),
        flows=FLOWS,
        chosen=usual if is_first else form.every("flow"),
        lifetimes=[
            (token, name, form.get(name, number), form.get(f"{name}-unit", unit))
            for token, name, number, unit in _LIFETIMES
        ],
        name=form.get("name", ""),
        wants_secret=form.get("secret") == "yes",
        hides=is_first or form.get("hides") == "yes",
        callbacks=form.get("callbacks", ""),
        logouts=form.get("logouts", ""),
    )


ELSEWHERE: Final = (
    "The app clients of this user pool are at AWS, and this server only shows them: change them in AWS's console, or "
    "with aws cognito-idp create-user-pool-client, update-user-pool-client and delete-user-pool-client."
)
PAGES: Final = (
    Page("/clients", shown, operations=SEES, nav=Nav("App clients", "clients", "Pool")),
    Page(
        "/clients/new",
        new_shown,
        new_posted,
        operations=("CreateUserPoolClient",),
        operator_only=True,
        elsewhere=ELSEWHERE,
    ),
)
