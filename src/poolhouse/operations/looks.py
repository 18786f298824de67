"""The look of the hosted pages: SetUICustomization, GetUICustomization. A pool's own, or one of its client's."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from poolhouse.errors import InvalidParameterException
from poolhouse.service_model.structs.cognito_idp import GetUICustomizationRequest, SetUICustomizationRequest
from poolhouse.store import clients, domains, looks, pools
from poolhouse.store.looks import ALL, Look, Shown

from . import style_sheets
from .context import Call, Services, seconds
from .gate import Answer, operation

__all__ = ["Look", "Shown", "find", "get_ui_customization", "image_path", "set_ui_customization", "shown", "style_path"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PNG: Final = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
_JPEG: Final = b"\xff\xd8\xff"
_LARGEST_SIDE: Final = 4096
_NO_DOMAIN: Final = "There has to be an existing domain associated with this user pool"


@operation("SetUICustomization", "write")
async def set_ui_customization(ctx: Call, req: SetUICustomizationRequest) -> Answer:
    """A member that is left out stays what it was, an empty one is removed."""
    pool = await pools.lock(ctx.tx, req.UserPoolId)
    client_id = await _client_id(ctx, pool.id, req.ClientId)
    if await domains.of_pool(ctx.tx, pool.id) is None:
        raise InvalidParameterException(_NO_DOMAIN)
    before = await looks.find(ctx.tx, pool.id, client_id)
    look = before or Look(pool.id, client_id, None, None, None, None, ctx.now, ctx.now)
    look = look._replace(modified=ctx.now)
    if req.CSS is not None:
        look = look._replace(css=_checked(req.CSS), css_version=_version(ctx.now) if req.CSS else None)
    if req.ImageFile is not None:
        look = look._replace(image=req.ImageFile or None, image_type=_image_type(req.ImageFile))
    if look.css is None and look.image is None:
        await looks.remove(ctx.tx, pool.id, client_id)
        return {"UICustomization": {"UserPoolId": pool.id, "ClientId": client_id}}
    await looks.put(ctx.tx, look)
    return {"UICustomization": _described(ctx.services, look)}


@operation("GetUICustomization", "read")
async def get_ui_customization(ctx: Call, req: GetUICustomizationRequest) -> Answer:
    """What the pages of the client look like: its own look, else the pool's, else nothing."""
    pool = await pools.get(ctx.tx, req.UserPoolId)
    look = await looks.of_client(ctx.tx, pool.id, await _client_id(ctx, pool.id, req.ClientId))
    return {"UICustomization": {} if look is None else _described(ctx.services, look)}


async def shown(services: Services, pool_id: str, client_id: str) -> Shown | None:
    """What the pages of a client refer to: its own look, else the pool's."""
    async with services.database.read() as tx:
        return await looks.shown(tx, pool_id, client_id)


async def find(services: Services, pool_id: str, client_id: str) -> Look | None:
    """The style sheet and the logo themselves, of exactly this client, or of the pool where it is `ALL`."""
    async with services.database.read() as tx:
        return await looks.find(tx, pool_id, client_id)


def image_path(look: Look | Shown) -> str:
    """Where browsers find the logo. Paths change with every change, so browsers may keep what they got."""
    return f"/login/look/{look.pool_id}/{look.client_id}/logo?v={look.modified}"


def style_path(look: Look | Shown) -> str:
    return f"/login/look/{look.pool_id}/{look.client_id}/style.css?v={look.modified}"


async def _client_id(ctx: Call, pool_id: str, given: str | None) -> str:
    """Raises ResourceNotFoundException."""
    if given is None or given == ALL:
        return ALL
    return (await clients.get(ctx.tx, given, pool_id)).id


def _checked(css: str) -> str | None:
    """Raises InvalidParameterException."""
    try:
        style_sheets.parse(css)
    except ValueError as error:
        raise InvalidParameterException(str(error)) from error
    return css or None


def _image_type(image: bytes) -> str | None:
    """By what the file holds, whatever it is called. Raises InvalidParameterException."""
    if not image:
        return None
    if image.startswith(_PNG) and image.endswith(b"IEND\xaeB`\x82"):
        sides = (int.from_bytes(image[16:20], "big"), int.from_bytes(image[20:24], "big"))
        if all(1 <= side <= _LARGEST_SIDE for side in sides):
            return "image/png"
    elif image.startswith(_JPEG) and image.endswith(b"\xff\xd9"):
        return "image/jpeg"
    raise InvalidParameterException(f"ImageFile must be a PNG or JPEG file of at most {_LARGEST_SIDE} pixels a side.")


def _version(now: int) -> str:
    return (_EPOCH + timedelta(microseconds=now)).strftime("%Y%m%d%H%M%S")


def _described(services: Services, look: Look) -> dict[str, Any]:
    members = {
        "UserPoolId": look.pool_id,
        "ClientId": look.client_id,
        "ImageUrl": f"{services.settings.public_url}{image_path(look)}" if look.image else None,
        "CSS": look.css,
        "CSSVersion": look.css_version,
        "LastModifiedDate": seconds(look.modified),
        "CreationDate": seconds(look.created),
    }
    return {name: value for name, value in members.items() if value is not None}
