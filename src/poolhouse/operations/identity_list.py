"""The identities of a pool, as its administrators see them: ListIdentities, DescribeIdentity, DeleteIdentities."""

from typing import Any

from poolhouse.operations.context import Call, seconds
from poolhouse.operations.gate import Answer, operation
from poolhouse.service_model.structs.cognito_identity import (
    DeleteIdentitiesInput,
    DescribeIdentityInput,
    ListIdentitiesInput,
)
from poolhouse.store import identities
from poolhouse.store.identities import Identity

from . import paging
from .identity_pools import own


@operation("ListIdentities", "read", service="cognito-identity")
async def list_identities(ctx: Call, req: ListIdentitiesInput) -> Answer:
    """None is ever disabled, so HideDisabled hides nothing."""
    pool = await own(ctx, req.IdentityPoolId)
    scope = (pool.id,)
    after, _ = paging.opened(ctx, "ListIdentities", scope, req.NextToken)
    found = await identities.list_(ctx.tx, pool.id, after, req.MaxResults + 1)
    shown = found[: req.MaxResults]
    answer: Answer = {"IdentityPoolId": pool.id, "Identities": [_described(identity) for identity in shown]}
    if len(found) > len(shown):
        answer["NextToken"] = paging.sealed(ctx, "ListIdentities", scope, shown[-1].id)
    return answer


@operation("DescribeIdentity", "read", service="cognito-identity")
async def describe_identity(ctx: Call, req: DescribeIdentityInput) -> Answer:
    identity = await identities.get(ctx.tx, req.IdentityId)
    await own(ctx, identity.identity_pool_id)
    return _described(identity)


@operation("DeleteIdentities", "write", service="cognito-identity")
async def delete_identities(ctx: Call, req: DeleteIdentitiesInput) -> Answer:
    """Those that are not there are gone already; those of another region are not the caller's."""
    foreign = [one for one in req.IdentityIdsToDelete if not one.startswith(f"{ctx.region}:")]
    for identity_id in req.IdentityIdsToDelete:
        if identity_id not in foreign:
            await identities.remove(ctx.tx, identity_id)
    return {"UnprocessedIdentityIds": [{"IdentityId": one, "ErrorCode": "AccessDenied"} for one in foreign]}


def _described(identity: Identity) -> dict[str, Any]:
    return {
        "IdentityId": identity.id,
        "Logins": [identity.provider] if identity.provider else [],
        "CreationDate": seconds(identity.created),
    }
