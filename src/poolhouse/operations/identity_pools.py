"""Identity pools themselves.

CreateIdentityPool, DescribeIdentityPool, ListIdentityPools, UpdateIdentityPool, DeleteIdentityPool, and their tags:
TagResource, UntagResource, ListTagsForResource. Logins are those of user pools of this server; other providers and
developer identities are refused by name.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from poolhouse.access.resources import identity_pool_arn
from poolhouse.crypto.codes import new_uuid
from poolhouse.errors import InvalidParameterException, LimitExceededException
from poolhouse.operations.context import Call
from poolhouse.operations.gate import Answer, operation
from poolhouse.service_model.structs import cognito_identity as wire
from poolhouse.service_model.structs.cognito_identity import (
    CreateIdentityPoolInput,
    DeleteIdentityPoolInput,
    DescribeIdentityPoolInput,
    ListIdentityPoolsInput,
    ListTagsForResourceInput,
    TagResourceInput,
    UntagResourceInput,
)
from poolhouse.store import clients, identities
from poolhouse.store.database import Transaction
from poolhouse.store.identities import IdentityPool, IdentityPoolSettings, Provider

from . import _tagging, paging
from ._not_served import refuse

_MOST_POOLS: Final = 1000
_POOL_ID: Final = re.compile(r"[a-z0-9-]+_[A-Za-z0-9]+")
_TOO_MANY_TAGS: Final = f"An identity pool can have at most {_tagging.MOST_TAGS} tags."


@operation("CreateIdentityPool", "write", service="cognito-identity")
async def create_identity_pool(ctx: Call, req: CreateIdentityPoolInput) -> Answer:
    if await identities.count_pools(ctx.tx) >= _MOST_POOLS:
        raise LimitExceededException(f"An account can have at most {_MOST_POOLS} identity pools.")
    settings = await _settings(ctx, req, IdentityPoolSettings(providers=(), allow_unauthenticated=False))
    settings = msgspec.structs.replace(settings, role_mappings={}, tags=_checked(req.IdentityPoolTags or {}))
    pool = IdentityPool(f"{ctx.region}:{new_uuid()}", req.IdentityPoolName, settings, ctx.now)
    await identities.put_pool(ctx.tx, pool)
    return _described(pool)


@operation("DescribeIdentityPool", "read", service="cognito-identity")
async def describe_identity_pool(ctx: Call, req: DescribeIdentityPoolInput) -> Answer:
    return _described(await own(ctx, req.IdentityPoolId))


@operation("ListIdentityPools", "read", service="cognito-identity")
async def list_identity_pools(ctx: Call, req: ListIdentityPoolsInput) -> Answer:
    """Those of the caller's region."""
    scope = (ctx.region,)
    after, _ = paging.opened(ctx, "ListIdentityPools", scope, req.NextToken)
    found = await identities.list_pools(ctx.tx, ctx.region, after, req.MaxResults + 1)
    shown = found[: req.MaxResults]
    answer: Answer = {"IdentityPools": [{"IdentityPoolId": pool.id, "IdentityPoolName": pool.name} for pool in shown]}
    if len(found) > len(shown):
        answer["NextToken"] = paging.sealed(ctx, "ListIdentityPools", scope, shown[-1].id)
    return answer


@operation("UpdateIdentityPool", "write", service="cognito-identity")
async def update_identity_pool(ctx: Call, req: wire.IdentityPool) -> Answer:
    """What the request leaves out goes back to its default, except for the tags; roles have their own operation."""
    pool = await own(ctx, req.IdentityPoolId, lock=True)
    settings = await _settings(ctx, req, pool.settings)
    if req.IdentityPoolTags is not None:
        settings = msgspec.structs.replace(settings, tags=_checked(req.IdentityPoolTags))
    changed = pool._replace(name=req.IdentityPoolName, settings=settings)
    await identities.put_pool(ctx.tx, changed)
    return _described(changed)


@operation("DeleteIdentityPool", "write", service="cognito-identity")
async def delete_identity_pool(ctx: Call, req: DeleteIdentityPoolInput) -> None:
    """With its identities; roles that trust it trust nobody from then on."""
    pool = await own(ctx, req.IdentityPoolId, lock=True)
    await identities.remove_pool(ctx.tx, pool.id)


async def own(ctx: Call, pool_id: str, *, lock: bool = False) -> IdentityPool:
    """An identity pool of the caller's region. Raises ResourceNotFoundException."""
    if not pool_id.startswith(f"{ctx.region}:"):
        raise identities.missing(pool_id)
    return await identities.get_pool(ctx.tx, pool_id, lock=lock)


async def _settings(
    ctx: Call, req: CreateIdentityPoolInput | wire.IdentityPool, before: IdentityPoolSettings
) -> IdentityPoolSettings:
    """Raises InvalidParameterException."""
    refuse("SupportedLoginProviders", bool(req.SupportedLoginProviders), "federation")
    refuse("DeveloperProviderName", req.DeveloperProviderName is not None, "developer identities")
    refuse("OpenIdConnectProviderARNs", bool(req.OpenIdConnectProviderARNs), "federation")
    refuse("SamlProviderARNs", bool(req.SamlProviderARNs), "federation")
    given = req.CognitoIdentityProviders or []
    providers = tuple([await _provider(ctx, ctx.tx, one) for one in given])
    if len({(one.pool_id, one.client_id) for one in providers}) < len(providers):
        raise InvalidParameterException("CognitoIdentityProviders names a client twice.")
    return msgspec.structs.replace(
        before,
        providers=providers,
        allow_unauthenticated=req.AllowUnauthenticatedIdentities,
        allow_classic=req.AllowClassicFlow,
    )


async def _provider(ctx: Call, tx: Transaction, given: wire.CognitoIdentityProvider) -> Provider:
    """A user pool by AWS's name or by our issuer, and a client that it has. Raises InvalidParameterException."""
    if given.ProviderName is None or given.ClientId is None:
        raise InvalidParameterException("CognitoIdentityProviders needs a ProviderName and a ClientId.")
    pool_id = given.ProviderName.rpartition("/")[2]
    provider = Provider(pool_id, given.ClientId, given.ProviderName, given.ServerSideTokenCheck)
    names = (provider.aws_name, ctx.services.settings.issuer(pool_id).partition("://")[2])
    if not _POOL_ID.fullmatch(pool_id) or given.ProviderName not in names:
        raise InvalidParameterException(f"{given.ProviderName} is not the provider name of a user pool of this server.")
    if await clients.find(tx, given.ClientId, pool_id) is None:
        raise InvalidParameterException(f"The user pool {pool_id} has no client {given.ClientId}.")
    return provider


def _described(pool: IdentityPool) -> Answer:
    settings = pool.settings
    answer: dict[str, Any] = {
        "IdentityPoolId": pool.id,
        "IdentityPoolName": pool.name,
        "AllowUnauthenticatedIdentities": settings.allow_unauthenticated,
        "CognitoIdentityProviders": [_shown(provider) for provider in settings.providers],
        "IdentityPoolTags": settings.tags,
    }
    return answer if settings.allow_classic is None else answer | {"AllowClassicFlow": settings.allow_classic}


def _shown(provider: Provider) -> dict[str, Any]:
    return {
        "ProviderName": provider.name or provider.aws_name,
        "ClientId": provider.client_id,
        "ServerSideTokenCheck": bool(provider.server_side_check),
    }


# --- tags --------------------------------------------------------------------------------------------------


@operation("TagResource", "write", service="cognito-identity")
async def tag_resource(ctx: Call, req: TagResourceInput) -> None:
    """Adds to the tags that are there; a key that is there gets the new value."""
    pool = await _tagged(ctx, req.ResourceArn)
    _checked(req.Tags)
    await _keep_tags(ctx, pool, _checked({**pool.settings.tags, **req.Tags}))


@operation("UntagResource", "write", service="cognito-identity")
async def untag_resource(ctx: Call, req: UntagResourceInput) -> None:
    """Keys that are not there are passed over."""
    pool = await _tagged(ctx, req.ResourceArn)
    await _keep_tags(ctx, pool, {key: value for key, value in pool.settings.tags.items() if key not in req.TagKeys})


@operation("ListTagsForResource", "read", service="cognito-identity")
async def list_tags_for_resource(ctx: Call, req: ListTagsForResourceInput) -> Answer:
    return {"Tags": (await _tagged(ctx, req.ResourceArn, lock=False)).settings.tags}


async def _tagged(ctx: Call, arn: str, *, lock: bool = True) -> IdentityPool:
    """The identity pool that an ARN names, for this account and region alone.

    Raises InvalidParameterException for another kind of ARN and ResourceNotFoundException for another place.
    """
    _, separator, pool_id = arn.partition(":identitypool/")
    if not separator:
        raise InvalidParameterException("ResourceArn must be the ARN of an identity pool.")
    if arn != identity_pool_arn(ctx.region, ctx.services.settings.account_id, pool_id):
        raise identities.missing(pool_id)
    return await own(ctx, pool_id, lock=lock)


async def _keep_tags(ctx: Call, pool: IdentityPool, tags: dict[str, str]) -> None:
    await identities.put_pool(ctx.tx, pool._replace(settings=msgspec.structs.replace(pool.settings, tags=tags)))


def _checked(tags: Mapping[str, str]) -> dict[str, str]:
    """Raises InvalidParameterException."""
    reason = _tagging.problem(tags)
    if reason is not None:
        raise InvalidParameterException(_TOO_MANY_TAGS if reason == _tagging.TOO_MANY else reason)
    return dict(tags)
