"""Tags of user pools: TagResource, UntagResource, ListTagsForResource. DescribeUserPool shows the same tags."""

from msgspec.structs import replace

from poolhouse.access.resources import user_pool_arn
from poolhouse.errors import InvalidParameterException
from poolhouse.service_model.structs.cognito_idp import (
    ListTagsForResourceRequest,
    TagResourceRequest,
    UntagResourceRequest,
)
from poolhouse.store import pools
from poolhouse.store.pools import Pool

from . import _tagging
from .context import Call
from .gate import Answer, operation


@operation("TagResource", "write")
async def tag_resource(ctx: Call, req: TagResourceRequest) -> None:
    """Adds to the tags that are there; a key that is there gets the new value."""
    reason = _tagging.problem(req.Tags)
    if reason is not None:
        raise InvalidParameterException(reason)
    pool = await pools.lock(ctx.tx, _pool_id(ctx, req.ResourceArn))
    tags = {**pool.settings.UserPoolTags, **req.Tags}
    if len(tags) > _tagging.MOST_TAGS:
        raise InvalidParameterException(_tagging.TOO_MANY)
    ctx.pool_id = pool.id
    await _keep(ctx, pool, tags)


@operation("UntagResource", "write")
async def untag_resource(ctx: Call, req: UntagResourceRequest) -> None:
    """Keys that are not there are passed over."""
    pool = await pools.lock(ctx.tx, _pool_id(ctx, req.ResourceArn))
    ctx.pool_id, gone = pool.id, frozenset(req.TagKeys)
    await _keep(ctx, pool, {key: value for key, value in pool.settings.UserPoolTags.items() if key not in gone})


@operation("ListTagsForResource", "read")
async def list_tags_for_resource(ctx: Call, req: ListTagsForResourceRequest) -> Answer:
    pool = await pools.get(ctx.tx, _pool_id(ctx, req.ResourceArn))
    return {"Tags": pool.settings.UserPoolTags}


async def _keep(ctx: Call, pool: Pool, tags: dict[str, str]) -> None:
    await pools.change(ctx.tx, pool._replace(settings=replace(pool.settings, UserPoolTags=tags)))


def _pool_id(ctx: Call, arn: str) -> str:
    """The pool that an ARN names, for this account and region alone: that is what the policies were asked about.

    Raises InvalidParameterException for another kind of ARN and ResourceNotFoundException for another place.
    """
    _, separator, pool_id = arn.partition(":userpool/")
    if not separator:
        raise InvalidParameterException("ResourceArn must be the ARN of a user pool.")
    here = arn == user_pool_arn(ctx.region, ctx.services.settings.account_id, pool_id)
    if not here or not pool_id.startswith(ctx.region + "_"):
        raise pools.missing(pool_id)
    return pool_id
