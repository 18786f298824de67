"""The triggers between a proved sign-in and its tokens. A refusal ends the sign-in before anybody has a token."""

from poolhouse.errors import ServiceError

from . import issuing, triggers
from .door import Door
from .issuing import Grant
from .triggers_tokens import Source


async def released(door: Door, granted: Grant, source: Source, *, new_device: bool) -> Grant:
    """PostAuthentication, then PreTokenGeneration, behind the commit that recorded the sign-in.

    Tokens of our own pages stay on the server: the app's are customised when it redeems its code. Raises the errors of
    triggers, and InvalidSession for a sign-in that was ended while they ran.
    """
    try:
        if triggers.configured(door.pool, "PostAuthentication") is not None:
            await _post_authentication(door, granted, new_device=new_device)
            await issuing.require_alive(door.ctx.services, granted)
        return granted if door.hosted else await issuing.customised(door.ctx.services, granted, source, door.metadata)
    except ServiceError:
        await issuing.ended(door.ctx.services, granted, door.ctx.now)
        raise


async def _post_authentication(door: Door, granted: Grant, *, new_device: bool) -> None:
    await triggers.run(
        door.ctx.services,
        door.pool,
        "PostAuthentication",
        "PostAuthentication_Authentication",
        client_id=door.client.id,
        username=granted.user.username,
        request={
            "userAttributes": triggers.attributes(door.pool, granted.user),
            "newDeviceUsed": new_device,
            "clientMetadata": door.metadata,
        },
        response={},
    )
