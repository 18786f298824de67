"""Devices that users confirmed: what they prove themselves with, and whether they are remembered."""

from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, null, select, update

from .database import Transaction
from .schema import devices, token_families
from .statement import InsertBuilder, Statement


class Device(NamedTuple):
    """A row of `devices`. `verifier` is sealed, `attributes` the wire list as JSON text, `remembered` 0 or 1."""

    user_id: int
    device_key: str
    group_key: str
    verifier: bytes | None
    remembered: int
    attributes: str
    created: int
    modified: int
    authenticated: int


def _add(insert: InsertBuilder) -> Any:
    return insert(devices).values({name: bindparam(name) for name in Device._fields}).on_conflict_do_nothing()


_ONE = (devices.c.user_id == bindparam("user"), devices.c.device_key == bindparam("key"))
_ADD = Statement(_add)
_FIND = Statement(select(devices).where(*_ONE))
_PAGE = Statement(
    select(devices)
    .where(devices.c.user_id == bindparam("user"), devices.c.device_key > bindparam("after"))
    .order_by(devices.c.device_key)
    .limit(bindparam("limit"))
)
_REMEMBER = Statement(
    update(devices).where(*_ONE).values(remembered=bindparam("remembered"), modified=bindparam("modified"))
)
_SEEN = Statement(
    update(devices).where(*_ONE).values(authenticated=bindparam("now"), attributes=bindparam("attributes"))
)
_REMOVE = Statement(delete(devices).where(*_ONE))
_RELEASE = Statement(
    update(token_families)
    .values(device_key=null())
    .where(token_families.c.user_id == bindparam("user"), token_families.c.device_key == bindparam("key"))
)


async def add(tx: Transaction, device: Device) -> bool:
    """False when the user has a device of this key."""
    return await tx.run(_ADD, device._asdict()) == 1


async def find(tx: Transaction, user_id: int, device_key: str) -> Device | None:
    row = await tx.one(_FIND, {"user": user_id, "key": device_key})
    return None if row is None else Device._make(row)


async def page(tx: Transaction, user_id: int, after: str, limit: int) -> list[Device]:
    """The user's devices by key, those behind `after`; "" is the beginning."""
    rows = await tx.all(_PAGE, {"user": user_id, "after": after, "limit": limit})
    return [Device._make(row) for row in rows]


async def remember(tx: Transaction, user_id: int, device_key: str, remembered: bool, now: int) -> bool:
    """False when there is no such device."""
    values = {"user": user_id, "key": device_key, "remembered": int(remembered), "modified": now}
    return await tx.run(_REMEMBER, values) == 1


async def seen(tx: Transaction, device: Device, attributes: str, now: int) -> None:
    """The device has just proved itself."""
    values = {"user": device.user_id, "key": device.device_key, "attributes": attributes, "now": now}
    await tx.run(_SEEN, values)


async def forget(tx: Transaction, user_id: int, device_key: str) -> bool:
    """False when there is no such device. No sign-in may confirm it again."""
    await tx.run(_RELEASE, {"user": user_id, "key": device_key})
    return await tx.run(_REMOVE, {"user": user_id, "key": device_key}) == 1
