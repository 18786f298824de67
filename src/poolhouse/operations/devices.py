"""The devices that users sign in from: confirmed by the client, remembered, listed, forgotten.

ConfirmDevice, GetDevice, ListDevices, UpdateDeviceStatus, ForgetDevice, and their twins for administrators.
"""

from typing import Final

from poolhouse.errors import (
    DeviceKeyExistsException,
    DeviceNotFound,
    InvalidParameterException,
    InvalidUserPoolConfigurationException,
    ResourceNotFoundException,
    UserNotFoundException,
)
from poolhouse.service_model.structs.cognito_idp import (
    AdminForgetDeviceRequest,
    AdminGetDeviceRequest,
    AdminListDevicesRequest,
    AdminUpdateDeviceStatusRequest,
    ConfirmDeviceRequest,
    DeviceSecretVerifierConfigType,
    ForgetDeviceRequest,
    GetDeviceRequest,
    ListDevicesRequest,
    UpdateDeviceStatusRequest,
)
from poolhouse.store import devices, families, pools, users
from poolhouse.store.database import Transaction
from poolhouse.store.devices import Device
from poolhouse.store.pools import Pool
from poolhouse.store.settings import DeviceConfigurationType
from poolhouse.store.users import User

from . import device_keys, paging
from ._devices import attributes, described
from .bearer import SELF_SERVICE, Bearer, bearer, still
from .context import Call
from .gate import Answer, operation

_OFF: Final = "Device tracking is not enabled for this user pool."
_NO_VERIFIER: Final = DeviceSecretVerifierConfigType()


@operation("ConfirmDevice")
async def confirm_device(ctx: Call, req: ConfirmDeviceRequest) -> Answer:
    """Only the key that came with these very tokens. It is remembered at once unless the pool leaves that to users."""
    who = await _who(ctx, req.AccessToken)
    asks = _tracking(who.pool).DeviceOnlyRememberedOnUserPrompt
    given = req.DeviceSecretVerifierConfig or _NO_VERIFIER
    made = device_keys.verifier(given.PasswordVerifier, given.Salt)
    vault, now, key = ctx.services.vault, ctx.now, req.DeviceKey
    device = Device(
        user_id=who.user.id,
        device_key=key,
        group_key=device_keys.group_key(vault, key),
        verifier=device_keys.seal(vault, who.user.id, key, made),
        remembered=int(not asks),
        attributes=attributes(req.DeviceName, ctx.source_ip),
        created=now,
        modified=now,
        authenticated=now,
    )
    async with ctx.services.database.write() as tx:
        await still(tx, who)
        family = await families.find(tx, who.family_id)
        if family is None or family.device_key != key:
            raise InvalidParameterException("Invalid device key given.")
        if not await devices.add(tx, device):
            raise DeviceKeyExistsException
    return {"UserConfirmationNecessary": asks}


# --- by their users ----------------------------------------------------------------------------------------


@operation("GetDevice")
async def get_device(ctx: Call, req: GetDeviceRequest) -> Answer:
    who = await _who(ctx, req.AccessToken)
    async with ctx.services.database.read() as tx:
        return {"Device": described(await _device(tx, who.user, req.DeviceKey), admin=False)}


@operation("ListDevices")
async def list_devices(ctx: Call, req: ListDevicesRequest) -> Answer:
    who = await _who(ctx, req.AccessToken)
    async with ctx.services.database.read() as tx:
        return await _page(ctx, tx, who.user, req, admin=False)


@operation("UpdateDeviceStatus")
async def update_device_status(ctx: Call, req: UpdateDeviceStatusRequest) -> Answer:
    who = await _who(ctx, req.AccessToken)
    async with ctx.services.database.write() as tx:
        await _update(ctx, tx, await still(tx, who), req)
    return {}


@operation("ForgetDevice")
async def forget_device(ctx: Call, req: ForgetDeviceRequest) -> None:
    who = await _who(ctx, req.AccessToken)
    async with ctx.services.database.write() as tx:
        await _forget(tx, await still(tx, who), req.DeviceKey)


# --- by administrators -------------------------------------------------------------------------------------


@operation("AdminGetDevice", "read")
async def admin_get_device(ctx: Call, req: AdminGetDeviceRequest) -> Answer:
    user = ctx.about(await _read_user(ctx.tx, req.UserPoolId, req.Username))
    return {"Device": described(await _device(ctx.tx, user, req.DeviceKey), admin=True)}


@operation("AdminListDevices", "read")
async def admin_list_devices(ctx: Call, req: AdminListDevicesRequest) -> Answer:
    user = ctx.about(await _read_user(ctx.tx, req.UserPoolId, req.Username))
    return await _page(ctx, ctx.tx, user, req, admin=True)


@operation("AdminUpdateDeviceStatus", "write")
async def admin_update_device_status(ctx: Call, req: AdminUpdateDeviceStatusRequest) -> Answer:
    user = ctx.about(await _locked_user(ctx.tx, req.UserPoolId, req.Username))
    await _update(ctx, ctx.tx, user, req)
    return {}


@operation("AdminForgetDevice", "write")
async def admin_forget_device(ctx: Call, req: AdminForgetDeviceRequest) -> None:
    user = ctx.about(await _locked_user(ctx.tx, req.UserPoolId, req.Username))
    await _forget(ctx.tx, user, req.DeviceKey)


# --- shared ------------------------------------------------------------------------------------------------


async def _who(ctx: Call, token: str | None) -> Bearer:
    if token is None:
        raise InvalidParameterException("Missing required parameter AccessToken")
    async with ctx.services.database.read() as tx:
        who = await bearer(ctx.services, tx, token, now=ctx.now, scope=SELF_SERVICE)
    _tracking(who.pool)
    return who


def _tracking(pool: Pool) -> DeviceConfigurationType:
    """Raises InvalidUserPoolConfigurationException."""
    if pool.settings.DeviceConfiguration is None:
        raise InvalidUserPoolConfigurationException(_OFF)
    return pool.settings.DeviceConfiguration


async def _read_user(tx: Transaction, pool_id: str, name: str) -> User:
    """AWS declares no UserNotFoundException for reading devices."""
    pool = await pools.get(tx, pool_id)
    _tracking(pool)
    try:
        return await users.get(tx, pool, name)
    except UserNotFoundException as error:
        raise ResourceNotFoundException(error.message) from error


async def _locked_user(tx: Transaction, pool_id: str, name: str) -> User:
    pool = await pools.get(tx, pool_id)
    _tracking(pool)
    return await users.get(tx, pool, name, lock=True)


async def _device(tx: Transaction, user: User, key: str) -> Device:
    device = await devices.find(tx, user.id, key)
    if device is None:
        raise DeviceNotFound
    return device


async def _page(
    ctx: Call, tx: Transaction, user: User, req: ListDevicesRequest | AdminListDevicesRequest, *, admin: bool
) -> Answer:
    scope = (user.pool_id, str(user.id), str(admin))
    after, _ = paging.opened(ctx, "ListDevices", scope, req.PaginationToken)
    size = paging.size(req.Limit)
    found = await devices.page(tx, user.id, after, size + 1)
    answer: Answer = {"Devices": [described(device, admin=admin) for device in found[:size]]}
    if len(found) > size:
        answer["PaginationToken"] = paging.sealed(ctx, "ListDevices", scope, found[size - 1].device_key)
    return answer


async def _update(
    ctx: Call, tx: Transaction, user: User, req: UpdateDeviceStatusRequest | AdminUpdateDeviceStatusRequest
) -> None:
    if req.DeviceRememberedStatus is None:
        raise InvalidParameterException("Missing required parameter DeviceRememberedStatus")
    remembered = req.DeviceRememberedStatus == "remembered"
    if not await devices.remember(tx, user.id, req.DeviceKey, remembered, ctx.now):
        raise DeviceNotFound


async def _forget(tx: Transaction, user: User, key: str) -> None:
    if not await devices.forget(tx, user.id, key):
        raise DeviceNotFound
