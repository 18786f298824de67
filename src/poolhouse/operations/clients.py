"""App clients: CreateUserPoolClient, DescribeUserPoolClient, ListUserPoolClients, DeleteUserPoolClient."""

from typing import Any

import msgspec

from poolhouse.crypto import codes
from poolhouse.errors import InvalidParameterException, LimitExceededException
from poolhouse.service_model.structs.cognito_idp import (
    CreateUserPoolClientRequest,
    DeleteUserPoolClientRequest,
    DescribeUserPoolClientRequest,
    ListUserPoolClientsRequest,
)
from poolhouse.store import clients, pools
from poolhouse.store.clients import Client
from poolhouse.store.settings import ClientSettings, PoolSettings, TokenValidityUnitsType

from . import client_secrets, paging
from ._described import present
from ._not_served import refuse
from .attributes import check_client_lists
from .context import Call, seconds
from .gate import Answer, operation

_LEGACY_FLOWS = {"ADMIN_NO_SRP_AUTH", "CUSTOM_AUTH_FLOW_ONLY", "USER_PASSWORD_AUTH"}
_FLOWS_NOT_SERVED = {"ALLOW_USER_AUTH", "ALLOW_TOKEN_EXCHANGE_DELEGATION", "ALLOW_TOKEN_EXCHANGE_IMPERSONATION"}
_OAUTH = [
    "CallbackURLs",
    "LogoutURLs",
    "DefaultRedirectURI",
    "AllowedOAuthFlows",
    "AllowedOAuthScopes",
    "AllowedOAuthFlowsUserPoolClient",
]
_MOST_CLIENTS = 10_000
_MINUTE, _DAY = 60, 86_400


@operation("CreateUserPoolClient", "write")
async def create_user_pool_client(ctx: Call, req: CreateUserPoolClientRequest) -> Answer:
    pool = await pools.lock(ctx.tx, req.UserPoolId)
    settings = _settings(req, pool.settings)
    if await clients.count(ctx.tx, pool.id) >= _MOST_CLIENTS:
        raise LimitExceededException(f"A user pool can have at most {_MOST_CLIENTS} clients.")
    secret = _secret(ctx, req)
    client = Client(codes.client_id(), pool.id, req.ClientName, settings, secret, ctx.now, ctx.now)
    await clients.add(ctx.tx, client)
    return {"UserPoolClient": _described(ctx, client)}


def _secret(ctx: Call, req: CreateUserPoolClientRequest) -> bytes | None:
    if req.GenerateSecret and req.ClientSecret is not None:
        raise InvalidParameterException("GenerateSecret and ClientSecret cannot be given together.")
    plain = codes.client_secret() if req.GenerateSecret else req.ClientSecret
    return None if plain is None else client_secrets.seal_secret(ctx.services.vault, plain)


@operation("DescribeUserPoolClient", "read")
async def describe_user_pool_client(ctx: Call, req: DescribeUserPoolClientRequest) -> Answer:
    pool = await pools.get(ctx.tx, req.UserPoolId)
    return {"UserPoolClient": _described(ctx, await clients.get(ctx.tx, req.ClientId, pool.id))}


@operation("ListUserPoolClients", "read")
async def list_user_pool_clients(ctx: Call, req: ListUserPoolClientsRequest) -> Answer:
    pool = await pools.get(ctx.tx, req.UserPoolId)
    size, scope = paging.size(req.MaxResults), (pool.id,)
    after, _ = paging.opened(ctx, "ListUserPoolClients", scope, req.NextToken)
    found = await clients.list_(ctx.tx, pool.id, after, size + 1)
    answer: Answer = {
        "UserPoolClients": [
            {"ClientId": client.id, "UserPoolId": pool.id, "ClientName": client.name} for client in found[:size]
        ]
    }
    if len(found) > size:
        answer["NextToken"] = paging.sealed(ctx, "ListUserPoolClients", scope, found[size - 1].id)
    return answer


@operation("DeleteUserPoolClient", "write")
async def delete_user_pool_client(ctx: Call, req: DeleteUserPoolClientRequest) -> None:
    """The client's sign-ins end with it, for their tokens name a client that does not exist."""
    pool = await pools.get(ctx.tx, req.UserPoolId)
    if not await clients.remove(ctx.tx, pool.id, req.ClientId):
        raise clients.missing(req.ClientId)


def _settings(req: CreateUserPoolClientRequest, pool: PoolSettings) -> ClientSettings:
    """Raises InvalidParameterException."""
    _refuse_not_served(req)
    check_client_lists(pool, req.ReadAttributes, req.WriteAttributes)
    given = req.TokenValidityUnits
    units = TokenValidityUnitsType(
        AccessToken=(given and given.AccessToken) or "hours",
        IdToken=(given and given.IdToken) or "hours",
        RefreshToken=(given and given.RefreshToken) or "days",
    )
    settings = ClientSettings(
        ExplicitAuthFlows=_flows(req),
        RefreshTokenValidity=req.RefreshTokenValidity or 30,
        AccessTokenValidity=req.AccessTokenValidity,
        IdTokenValidity=req.IdTokenValidity,
        TokenValidityUnits=units if req.RefreshTokenValidity else msgspec.structs.replace(units, RefreshToken="days"),
        ReadAttributes=None if req.ReadAttributes is None else tuple(req.ReadAttributes),
        WriteAttributes=None if req.WriteAttributes is None else tuple(req.WriteAttributes),
        SupportedIdentityProviders=("COGNITO",) if req.SupportedIdentityProviders else None,
        PreventUserExistenceErrors=req.PreventUserExistenceErrors or "LEGACY",
        EnableTokenRevocation=req.EnableTokenRevocation is not False,
        AuthSessionValidity=req.AuthSessionValidity or 3,
    )
    _check_lifetimes(settings)
    return settings


def _refuse_not_served(req: CreateUserPoolClientRequest) -> None:
    for name in _OAUTH:
        refuse(name, bool(getattr(req, name)), "OAuth 2.0")
    providers = req.SupportedIdentityProviders or []
    refuse("SupportedIdentityProviders", any(name != "COGNITO" for name in providers), "federation")
    refuse("AnalyticsConfiguration", req.AnalyticsConfiguration is not None)
    refuse("EnablePropagateAdditionalUserContextData", bool(req.EnablePropagateAdditionalUserContextData))
    rotation = req.RefreshTokenRotation
    refuse("RefreshTokenRotation", rotation is not None and rotation.Feature == "ENABLED")
    for flow in req.ExplicitAuthFlows or ():
        refuse(f"ExplicitAuthFlows {flow}", flow in _FLOWS_NOT_SERVED)


def _flows(req: CreateUserPoolClientRequest) -> tuple[str, ...]:
    if not req.ExplicitAuthFlows:
        return ClientSettings().ExplicitAuthFlows
    flows = tuple(dict.fromkeys(req.ExplicitAuthFlows))
    legacy = _LEGACY_FLOWS.intersection(flows)
    if legacy and len(legacy) != len(flows):
        raise InvalidParameterException(
            "ExplicitAuthFlows: the older names (ADMIN_NO_SRP_AUTH, CUSTOM_AUTH_FLOW_ONLY, USER_PASSWORD_AUTH) cannot "
            "be used together with those that begin with ALLOW_."
        )
    return flows


def _check_lifetimes(settings: ClientSettings) -> None:
    if not 60 * _MINUTE <= settings.refresh_seconds <= 3650 * _DAY:
        raise InvalidParameterException(
            "Invalid range for token validity: RefreshToken must be 60 minutes to 10 years."
        )
    for name, lifetime in (("AccessToken", settings.access_seconds), ("IdToken", settings.id_seconds)):
        if not 5 * _MINUTE <= lifetime <= _DAY:
            raise InvalidParameterException(f"Invalid range for token validity: {name} must be 5 minutes to 1 day.")
        if lifetime > settings.refresh_seconds:
            raise InvalidParameterException(f"{name} must not be valid for longer than RefreshToken.")


def _described(ctx: Call, client: Client) -> dict[str, Any]:
    members = {
        "UserPoolId": client.pool_id,
        "ClientName": client.name,
        "ClientId": client.id,
        "LastModifiedDate": seconds(client.modified),
        "CreationDate": seconds(client.created),
        **present(msgspec.to_builtins(client.settings)),
        "AllowedOAuthFlowsUserPoolClient": False,
    }
    if client.secret is not None:
        members["ClientSecret"] = client_secrets.open_secret(ctx.services.vault, client.secret)
    return members
