"""External identity providers of a pool, as they are described. Signing in with them is not served.

CreateIdentityProvider, DescribeIdentityProvider, GetIdentityProviderByIdentifier, UpdateIdentityProvider,
DeleteIdentityProvider, ListIdentityProviders.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from poolhouse.errors import DuplicateProviderException, InvalidParameterException, LimitExceededException
from poolhouse.service_model.structs.cognito_idp import (
    CreateIdentityProviderRequest,
    DeleteIdentityProviderRequest,
    DescribeIdentityProviderRequest,
    GetIdentityProviderByIdentifierRequest,
    ListIdentityProvidersRequest,
    UpdateIdentityProviderRequest,
)
from poolhouse.store import identity_providers, pools
from poolhouse.store.identity_providers import Provider, ProviderSettings, ProviderType
from poolhouse.store.pools import Pool

from . import _identities, _provider_details, paging
from ._not_served import refuse
from .attributes import schema
from .context import Call, seconds
from .gate import Answer, operation

_MOST: Final = 300
_OWN: Final = "COGNITO"
_NOT_MAPPED: Final = frozenset({"sub", "identities"})
_SOCIAL: Final = _provider_details.RULES.keys() - {"SAML", "OIDC"}


@operation("CreateIdentityProvider", "write")
async def create_identity_provider(ctx: Call, req: CreateIdentityProviderRequest) -> Answer:
    pool = await pools.lock(ctx.tx, req.UserPoolId)
    refuse("AcrMapping", bool(req.AcrMapping))
    _check_name(req.ProviderType, req.ProviderName)
    _provider_details.check(req.ProviderType, req.ProviderDetails)
    settings = ProviderSettings(
        _mapping(pool, req.ProviderType, req.AttributeMapping or {}),
        await _identifiers(ctx, pool, req.ProviderName, req.IdpIdentifiers or ()),
    )
    if await identity_providers.count(ctx.tx, pool.id) >= _MOST:
        raise LimitExceededException(f"A user pool can have at most {_MOST} identity providers.")
    details = _provider_details.seal(ctx.services.vault, req.ProviderDetails)
    provider = Provider(pool.id, req.ProviderName, req.ProviderType, settings, details, ctx.now, ctx.now)
    if not await identity_providers.add(ctx.tx, provider):
        raise DuplicateProviderException(f"A provider with name {provider.name} already exists.")
    return {"IdentityProvider": _described(ctx, provider)}


@operation("DescribeIdentityProvider", "read")
async def describe_identity_provider(ctx: Call, req: DescribeIdentityProviderRequest) -> Answer:
    pool = await pools.get(ctx.tx, req.UserPoolId)
    return {"IdentityProvider": _described(ctx, await identity_providers.get(ctx.tx, pool.id, req.ProviderName))}


@operation("GetIdentityProviderByIdentifier", "read")
async def get_identity_provider_by_identifier(ctx: Call, req: GetIdentityProviderByIdentifierRequest) -> Answer:
    pool = await pools.get(ctx.tx, req.UserPoolId)
    provider = await identity_providers.by_identifier(ctx.tx, pool.id, req.IdpIdentifier)
    if provider is None:
        raise identity_providers.missing(req.IdpIdentifier)
    return {"IdentityProvider": _described(ctx, provider)}


@operation("UpdateIdentityProvider", "write")
async def update_identity_provider(ctx: Call, req: UpdateIdentityProviderRequest) -> Answer:
    """Changes what the request holds and nothing else; a private key that it leaves out stays."""
    pool = await pools.lock(ctx.tx, req.UserPoolId)
    refuse("AcrMapping", bool(req.AcrMapping))
    provider = await identity_providers.get(ctx.tx, pool.id, req.ProviderName)
    settings = provider.settings
    if req.AttributeMapping is not None:
        settings = ProviderSettings(_mapping(pool, provider.type, req.AttributeMapping), settings.IdpIdentifiers)
    if req.IdpIdentifiers is not None:
        identifiers = await _identifiers(ctx, pool, provider.name, req.IdpIdentifiers)
        settings = ProviderSettings(settings.AttributeMapping, identifiers)
    if req.ProviderDetails is not None:
        before = _provider_details.unseal(ctx.services.vault, provider.details)
        details = {name: before[name] for name in _provider_details.HIDDEN & before.keys()} | req.ProviderDetails
        _provider_details.check(provider.type, details)
        provider = provider._replace(details=_provider_details.seal(ctx.services.vault, details))
    provider = provider._replace(settings=settings, modified=ctx.now)
    await identity_providers.change(ctx.tx, provider)
    return {"IdentityProvider": _described(ctx, provider)}


@operation("DeleteIdentityProvider", "write")
async def delete_identity_provider(ctx: Call, req: DeleteIdentityProviderRequest) -> None:
    """With every link to it: a provider that gets the name later must not open the same accounts."""
    pool = await pools.lock(ctx.tx, req.UserPoolId)
    await identity_providers.remove(ctx.tx, pool.id, req.ProviderName)
    await _identities.forget_provider(ctx.tx, pool, req.ProviderName, ctx.now)


@operation("ListIdentityProviders", "read")
async def list_identity_providers(ctx: Call, req: ListIdentityProvidersRequest) -> Answer:
    pool = await pools.get(ctx.tx, req.UserPoolId)
    size, scope = paging.size(req.MaxResults), (pool.id,)
    after, _ = paging.opened(ctx, "ListIdentityProviders", scope, req.NextToken)
    found = await identity_providers.list_(ctx.tx, pool.id, after, size + 1)
    answer: Answer = {"Providers": [_summary(provider) for provider in found[:size]]}
    if len(found) > size:
        answer["NextToken"] = paging.sealed(ctx, "ListIdentityProviders", scope, found[size - 1].name)
    return answer


def _check_name(kind: ProviderType, name: str) -> None:
    """A social provider is called by its type, and no other one is; none is taken for the pool itself."""
    if kind in _SOCIAL and name != kind:
        raise InvalidParameterException(f"ProviderName must be {kind} for the provider type {kind}.")
    if kind not in _SOCIAL and (name in _SOCIAL or name.upper() == _OWN):
        raise InvalidParameterException(f"ProviderName {name} is reserved.")


def _mapping(pool: Pool, kind: ProviderType, given: Mapping[str, str]) -> dict[str, str]:
    """Pool attribute -> the provider's attribute. Users are told apart by the provider's subject and nothing else.

    Raises InvalidParameterException.
    """
    subject = _provider_details.RULES[kind].subject
    known = schema(pool.settings)
    for attribute, source in given.items():
        if attribute == "username":
            if source != subject:
                raise InvalidParameterException(
                    f"AttributeMapping: username is always the subject for the provider type {kind}."
                )
        elif attribute not in known or attribute in _NOT_MAPPED:
            raise InvalidParameterException(f"AttributeMapping: {attribute} is no attribute that can be mapped.")
        if not source or "\0" in source:
            raise InvalidParameterException(f"AttributeMapping: {attribute} needs an attribute of the provider.")
    return dict(given) | ({"username": subject} if subject else {})


async def _identifiers(ctx: Call, pool: Pool, name: str, given: Sequence[str]) -> tuple[str, ...]:
    """Raises InvalidParameterException for one that is given twice or that another provider has."""
    if len(set(given)) < len(given):
        raise InvalidParameterException("IdpIdentifiers: every identifier may occur once.")
    for identifier in given:
        owner = await identity_providers.by_identifier(ctx.tx, pool.id, identifier)
        if owner is not None and owner.name != name:
            raise InvalidParameterException(f"IdpIdentifiers: {identifier} belongs to another provider.")
    return tuple(given)


def _summary(provider: Provider) -> dict[str, Any]:
    return {
        "ProviderName": provider.name,
        "ProviderType": provider.type,
        "LastModifiedDate": seconds(provider.modified),
        "CreationDate": seconds(provider.created),
    }


def _described(ctx: Call, provider: Provider) -> dict[str, Any]:
    details = _provider_details.unseal(ctx.services.vault, provider.details)
    members = {
        "UserPoolId": provider.pool_id,
        **_summary(provider),
        "ProviderDetails": {name: value for name, value in details.items() if name not in _provider_details.HIDDEN},
        "AttributeMapping": provider.settings.AttributeMapping,
    }
    identifiers = list(provider.settings.IdpIdentifiers)
    return members | ({"IdpIdentifiers": identifiers} if identifiers else {})
