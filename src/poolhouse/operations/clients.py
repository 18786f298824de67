"""App clients.

CreateUserPoolClient, DescribeUserPoolClient, ListUserPoolClients, UpdateUserPoolClient, DeleteUserPoolClient.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from poolhouse.crypto import codes
from poolhouse.errors import InvalidParameterException, LimitExceededException
from poolhouse.service_model.structs import cognito_idp as wire
from poolhouse.service_model.structs.cognito_idp import (
    CreateUserPoolClientRequest,
    DeleteUserPoolClientRequest,
    DescribeUserPoolClientRequest,
    ListUserPoolClientsRequest,
    UpdateUserPoolClientRequest,
)
from poolhouse.store import clients, pools
from poolhouse.store.clients import Client
from poolhouse.store.settings import ClientSettings, PoolSettings, RefreshTokenRotationType, TokenValidityUnitsType

from . import client_secrets, paging, password_storage
from ._described import present
from ._not_served import refuse
from .attributes import check_client_lists
from .context import Call, seconds
from .gate import Answer, operation
from .oauth.settings import with_oauth

_LEGACY_FLOWS = {"ADMIN_NO_SRP_AUTH", "CUSTOM_AUTH_FLOW_ONLY", "USER_PASSWORD_AUTH"}
_FLOWS_NOT_SERVED = {"ALLOW_TOKEN_EXCHANGE_DELEGATION", "ALLOW_TOKEN_EXCHANGE_IMPERSONATION"}
# Settings that an update cannot name stay as they are.
_NEVER_ASKED = set(ClientSettings.__struct_fields__) - set(UpdateUserPoolClientRequest.__struct_fields__)
_REFRESH = "ALLOW_REFRESH_TOKEN_AUTH"
_MOST_CLIENTS = 10_000
_MINUTE, _DAY = 60, 86_400


@operation("CreateUserPoolClient", "write")
async def create_user_pool_client(ctx: Call, req: CreateUserPoolClientRequest) -> Answer:
    pool = await pools.lock(ctx.tx, req.UserPoolId)
    settings = _settings(req, pool.settings)
    if await clients.count(ctx.tx, pool.id) >= _MOST_CLIENTS:
        raise LimitExceededException(f"A user pool can have at most {_MOST_CLIENTS} clients.")
    secret = _secret(ctx, req)
    settings = await with_oauth(ctx.tx, pool.id, req, settings, has_secret=secret is not None)
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


@operation("UpdateUserPoolClient", "write")
async def update_user_pool_client(ctx: Call, req: UpdateUserPoolClientRequest) -> Answer:
    """Every member that the request leaves out goes back to its default, except for the name; the secret stays."""
    pool = await pools.lock(ctx.tx, req.UserPoolId)
    before = await clients.get(ctx.tx, req.ClientId, pool.id)
    name = req.ClientName or before.name
    settings = _settings(_as_new(req, name), pool.settings)
    settings = await with_oauth(ctx.tx, pool.id, req, settings, has_secret=before.secret is not None)
    kept = {field: getattr(before.settings, field) for field in _NEVER_ASKED}
    client = before._replace(name=name, settings=msgspec.structs.replace(settings, **kept), modified=ctx.now)
    await clients.change(ctx.tx, client)
    return {"UserPoolClient": _described(ctx, client)}


def _as_new(req: UpdateUserPoolClientRequest, name: str) -> CreateUserPoolClientRequest:
    """The request that would make the client as it is to be."""
    creation = CreateUserPoolClientRequest.__struct_fields__
    asked = {field: getattr(req, field) for field in req.__struct_fields__ if field in creation}
    return CreateUserPoolClientRequest(**(asked | {"ClientName": name}))


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
        ExplicitAuthFlows=_flows(req, pool),
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
        RefreshTokenRotation=rotation(req.RefreshTokenRotation, req.ExplicitAuthFlows or ()),
    )
    _check_lifetimes(settings)
    return settings


def _refuse_not_served(req: CreateUserPoolClientRequest) -> None:
    providers = req.SupportedIdentityProviders or []
    refuse("SupportedIdentityProviders", any(name != "COGNITO" for name in providers), "federation")
    refuse("AnalyticsConfiguration", req.AnalyticsConfiguration is not None)
    refuse("EnablePropagateAdditionalUserContextData", bool(req.EnablePropagateAdditionalUserContextData))
    for flow in req.ExplicitAuthFlows or ():
        refuse(f"ExplicitAuthFlows {flow}", flow in _FLOWS_NOT_SERVED)


def rotation(given: wire.RefreshTokenRotationType | None, flows: Sequence[str]) -> RefreshTokenRotationType | None:
    """Raises InvalidParameterException when the client also wants the flow in which refresh tokens stay the same."""
    if given is None:
        return None
    if given.Feature == "ENABLED" and _REFRESH in flows:
        raise InvalidParameterException(
            f"RefreshTokenRotation cannot be enabled together with {_REFRESH} in ExplicitAuthFlows."
        )
    return RefreshTokenRotationType(given.Feature, given.RetryGracePeriodSeconds or 0)


def _flows(req: CreateUserPoolClientRequest, pool: PoolSettings) -> tuple[str, ...]:
    """Those of a client that names none leave out the one that rotation excludes."""
    if not req.ExplicitAuthFlows:
        rotates = req.RefreshTokenRotation is not None and req.RefreshTokenRotation.Feature == "ENABLED"
        return tuple(flow for flow in password_storage.default_flows(pool) if flow != _REFRESH or not rotates)
    flows = tuple(dict.fromkeys(req.ExplicitAuthFlows))
    password_storage.check_flows(pool, flows)
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
    }
    if client.secret is not None:
        members["ClientSecret"] = client_secrets.open_secret(ctx.services.vault, client.secret)
    return members
