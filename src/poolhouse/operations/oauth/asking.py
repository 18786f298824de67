"""Which client asks at the token and revocation endpoints, and how it proves that (RFC 6749 section 2.3.1)."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from poolhouse import service_model
from poolhouse.access.principals import Anonymous
from poolhouse.errors import OAuthError
from poolhouse.operations import protection
from poolhouse.operations.context import Services
from poolhouse.operations.gate import call
from poolhouse.store import clients, pools
from poolhouse.store.clients import Client
from poolhouse.store.pools import Pool

from . import parameters
from .parameters import Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One form that came in, with where it came from."""

    services: Services
    form: Parameters
    authorization: str
    request_id: str
    source_ip: str

    async def call(self, operation_name: str, **members: Any) -> dict[str, Any]:
        """An operation without a signature, through the gate. Raises ServiceError."""
        return await ask(self.services, operation_name, members, request_id=self.request_id, source_ip=self.source_ip)


async def ask(
    services: Services, name: str, members: Mapping[str, Any], *, request_id: str, source_ip: str
) -> dict[str, Any]:
    """Call a client's operation as anybody may; members that are None are left out. Raises ServiceError."""
    operation = service_model.operation("cognito-idp", name)
    assert operation is not None
    given = {member: value for member, value in members.items() if value is not None}
    request = service_model.from_params(operation, given)
    return await call(
        services, Anonymous(), operation, request, request_id=request_id, source_ip=source_ip, way="oauth"
    )


async def authenticate(asking: Asking) -> tuple[Pool, Client, str | None]:
    """The client that asks, its pool, and the secret that it proved. Raises OAuthError."""
    client_id, secret = _credentials(asking)
    async with asking.services.database.read() as tx:
        client = None if client_id is None else await clients.find(tx, client_id)
        if client is None or not protection.is_secret(asking.services.vault, client, secret):
            raise _invalid_client()
        return await pools.get(tx, client.pool_id), client, secret


def _credentials(asking: Asking) -> tuple[str | None, str | None]:
    """From the header or the form, but not from both."""
    client_id, secret = parameters.client_id(asking.form), asking.form.get("client_secret")
    if not asking.authorization:
        return client_id, secret
    scheme, _, encoded = asking.authorization.partition(" ")
    if scheme.lower() != "basic":
        raise OAuthError("invalid_request", "The Authorization header must be Basic.")
    try:
        named, _, proof = base64.b64decode(encoded.strip(), validate=True).decode("ascii").partition(":")
    except ValueError as error:
        raise _invalid_client() from error
    if secret is not None or asking.form.get("client_id", unquote(named)) != unquote(named):
        raise OAuthError("invalid_request", "The client identified itself twice.")
    return parameters.client_id({"client_id": unquote(named)}), unquote(proof) or None


def _invalid_client() -> OAuthError:
    return OAuthError("invalid_client", "Client authentication failed.")
