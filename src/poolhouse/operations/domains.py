"""The domain of a pool's sign-in pages.

CreateUserPoolDomain, DescribeUserPoolDomain, UpdateUserPoolDomain, DeleteUserPoolDomain.
A domain is recorded: it is the pool's alone and is shown. Domains of one's own, with a certificate, are not served.
"""

from typing import Any, Final

from poolhouse.errors import FeatureUnavailableInTierException, InvalidParameterException
from poolhouse.service_model.structs.cognito_idp import (
    CreateUserPoolDomainRequest,
    DeleteUserPoolDomainRequest,
    DescribeUserPoolDomainRequest,
    UpdateUserPoolDomainRequest,
)
from poolhouse.store import domains, pools
from poolhouse.store.domains import Domain, DomainSettings
from poolhouse.store.pools import Pool

from ._not_served import refuse
from .context import Call
from .gate import Answer, operation

_RESERVED: Final = ("aws", "amazon", "cognito")
_MISSING: Final = "No such domain or user pool exists."


@operation("CreateUserPoolDomain", "write")
async def create_user_pool_domain(ctx: Call, req: CreateUserPoolDomainRequest) -> Answer:
    pool = await pools.lock(ctx.tx, req.UserPoolId)
    settings = _settings(req, pool)
    for word in _RESERVED:
        if word in req.Domain:
            raise InvalidParameterException(f"Domain cannot contain reserved word: {word}")
    if await domains.of_pool(ctx.tx, pool.id) is not None:
        raise InvalidParameterException("User pool already has a domain configured.")
    if not await domains.add(ctx.tx, Domain(req.Domain, pool.id, "prefix", settings, ctx.now)):
        raise InvalidParameterException("Domain already exists.")
    return {"ManagedLoginVersion": settings.ManagedLoginVersion}


@operation("DescribeUserPoolDomain", "read")
async def describe_user_pool_domain(ctx: Call, req: DescribeUserPoolDomainRequest) -> Answer:
    """An unknown domain is described by nothing, and so is one of another region."""
    domain = await domains.find(ctx.tx, req.Domain)
    if domain is None or not domain.pool_id.startswith(ctx.region + "_"):
        return {"DomainDescription": {}}
    return {"DomainDescription": _described(ctx, domain)}


@operation("UpdateUserPoolDomain", "write")
async def update_user_pool_domain(ctx: Call, req: UpdateUserPoolDomainRequest) -> Answer:
    pool = await pools.lock(ctx.tx, req.UserPoolId)
    domain = await _own(ctx, pool, req.Domain)
    settings = _settings(req, pool)
    await domains.change(ctx.tx, domain._replace(settings=settings))
    return {"ManagedLoginVersion": settings.ManagedLoginVersion}


@operation("DeleteUserPoolDomain", "write")
async def delete_user_pool_domain(ctx: Call, req: DeleteUserPoolDomainRequest) -> None:
    pool = await pools.lock(ctx.tx, req.UserPoolId)
    domain = await _own(ctx, pool, req.Domain)
    await domains.remove(ctx.tx, domain.domain)


async def _own(ctx: Call, pool: Pool, name: str) -> Domain:
    """Raises InvalidParameterException, also for a domain of another pool."""
    domain = await domains.of_pool(ctx.tx, pool.id)
    if domain is None or domain.domain != name:
        raise InvalidParameterException(_MISSING)
    return domain


def _settings(req: CreateUserPoolDomainRequest | UpdateUserPoolDomainRequest, pool: Pool) -> DomainSettings:
    """Raises InvalidParameterException or FeatureUnavailableInTierException."""
    refuse("CustomDomainConfig", req.CustomDomainConfig is not None, "domains with a certificate of their own")
    refuse("Routing", req.Routing is not None, "failover to another region")
    version = 1 if req.ManagedLoginVersion is None else req.ManagedLoginVersion
    if version not in {1, 2}:
        raise InvalidParameterException("ManagedLoginVersion must be 1 or 2.")
    if version == 2 and pool.settings.UserPoolTier == "LITE":
        raise FeatureUnavailableInTierException("Managed login is not available in the LITE tier.")
    return DomainSettings(version)


def _described(ctx: Call, domain: Domain) -> dict[str, Any]:
    return {
        "UserPoolId": domain.pool_id,
        "AWSAccountId": ctx.services.settings.account_id,
        "Domain": domain.domain,
        "Status": "ACTIVE",
        "ManagedLoginVersion": domain.settings.ManagedLoginVersion,
    }
