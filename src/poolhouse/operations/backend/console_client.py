"""The app client by which people sign in to the console: there as long as the pool delegates something to them.

Derived from the Manifest and the server's address like the roles, so no plan lists it and no client file names it.
"""

from typing import Final

from poolhouse.config import Settings
from poolhouse.crypto.codes import client_id
from poolhouse.define.manifest import Manifest
from poolhouse.operations.backend.state import CONSOLE, POOL, only
from poolhouse.store import backend, clients
from poolhouse.store import settings as rows
from poolhouse.store.backend import Resource
from poolhouse.store.clients import Client
from poolhouse.store.database import Transaction
from poolhouse.store.settings import ClientSettings, TokenValidityUnitsType

NAME: Final = "Poolhouse console"
HOURS: Final = 8
"""A person's session in the console ends after a working day, like an operator's."""


def client_settings(server: Settings) -> ClientSettings:
    """A public client: the code flow with PKCE back to the console, and nothing else."""
    return ClientSettings(
        ExplicitAuthFlows=("ALLOW_REFRESH_TOKEN_AUTH",),
        RefreshTokenValidity=HOURS,
        TokenValidityUnits=TokenValidityUnitsType(RefreshToken="hours"),
        SupportedIdentityProviders=("COGNITO",),
        CallbackURLs=(f"{server.public_url}/console/callback",),
        LogoutURLs=(f"{server.public_url}/console",),
        AllowedOAuthFlows=("code",),
        AllowedOAuthScopes=("openid", "aws.cognito.signin.user.admin"),
        AllowedOAuthFlowsUserPoolClient=True,
        PreventUserExistenceErrors="ENABLED",
    )


async def keep(tx: Transaction, manifest: Manifest, server: Settings, now: int) -> None:
    """Make it, change it or take it away, as the Manifest and the address of the server are now."""
    found = await backend.resources(tx, manifest.name)
    pool, resource = only(found, POOL), only(found, CONSOLE)
    existing = None if resource is None else await clients.find(tx, resource.resource_id)
    if pool is None or manifest.auth is None or manifest.auth.reference or manifest.auth.delegation is None:
        if existing is not None:
            await clients.remove(tx, existing.pool_id, existing.id)
        if resource is not None:
            await backend.remove(tx, resource)
        return
    wanted = client_settings(server)
    if existing is None:
        existing = Client(client_id(), pool.resource_id, NAME, wanted, None, now, now)
        await clients.add(tx, existing)
        await backend.put(tx, Resource(manifest.name, CONSOLE, NAME, existing.id, "", now))
    elif rows.encode(existing.settings) != rows.encode(wanted):
        await clients.change(tx, existing._replace(settings=wanted, modified=now))
