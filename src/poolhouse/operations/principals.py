"""From a signed request to a principal: the signature is verified, the role's policies are those of this moment."""

import json
from collections.abc import Container
from functools import lru_cache

from poolhouse.access import sigv4
from poolhouse.access.policies import PolicySet, parse
from poolhouse.access.principals import RoleSession, Root
from poolhouse.errors import ExpiredTokenException, UnrecognizedClientException
from poolhouse.operations.context import Services
from poolhouse.store import roles

from .live_groups import stands

AWS_SERVICES = frozenset({"cognito-idp", "cognito-identity", "sts"})


async def principal(
    services: Services, request: sigv4.Request, allowed: Container[str] = AWS_SERVICES
) -> Root | RoleSession:
    """Who signed the request. Raises the refusals of `sigv4.authenticate`.

    Credentials of a user who was signed out, disabled or deleted since they were issued are past.
    In dev every region exists and is kept apart; in serve only the configured one is accepted.
    """
    settings = services.settings
    signed = sigv4.authenticate(
        request,
        services.clock(),
        root=_root(settings.root_access_key_id, settings.root_secret_access_key, settings.account_id),
        vault=services.vault,
        services=allowed,
        regions=sigv4.any_region if settings.development else sigv4.only_region(settings.region),
        window_seconds=settings.signature_window,
    )
    if isinstance(signed, Root):
        return signed
    async with services.database.read() as tx:
        role = await roles.find(tx, signed.session.grant.role_arn)
    if role is None:
        raise UnrecognizedClientException
    identity = signed.session.grant.identity
    if identity is not None and not await stands(services, identity):
        raise ExpiredTokenException
    return signed.principal(policy_set(role.policies))


_root = lru_cache(maxsize=8)(sigv4.RootKey)


@lru_cache(maxsize=1024)
def policy_set(documents: str) -> PolicySet:
    """The parsed policies of a role; equal text shares one set and its cached decisions."""
    return PolicySet(parse(document) for document in json.loads(documents))
