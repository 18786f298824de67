"""The devices of users: confirmed once, by the sign-in that they came with; remembered, listed and forgotten."""

import base64
import re

import pytest
from cases import each
from operations.factors_stage import Device, from_device, new_device
from operations.stage import EMAIL, EMAIL_POOL, Stage, build, claims, refused, said

from poolhouse.crypto.group import N
from poolhouse.crypto.srp import pad

ALWAYS = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}
ON_PROMPT = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": True}
MISSING = ("ResourceNotFound", "Device does not exist.")
OFF = ("InvalidUserPoolConfiguration", "Device tracking is not enabled for this user pool.")
KEY = "us-east-1_12345678-1234-4123-8123-123456789abc"


async def tracking(services, invoke, configured: dict) -> Stage:
    stage = await build(services, invoke, **EMAIL_POOL, DeviceConfiguration=configured)
    await stage.person()
    return stage


@pytest.fixture
async def stage(services, invoke) -> Stage:
    return await tracking(services, invoke, ALWAYS)


def remembered(device: dict) -> str:
    return {each["Name"]: each["Value"] for each in device["DeviceAttributes"]}["dev:device_remembered_status"]


async def seen(stage: Stage, key: str) -> dict:
    return (await stage.admin("AdminGetDevice", Username=EMAIL, DeviceKey=key))["Device"]


async def keys(stage: Stage) -> list[str]:
    return [each["DeviceKey"] for each in (await stage.admin("AdminListDevices", Username=EMAIL))["Devices"]]


async def test_tracking_is_described(stage):
    described = (await stage.admin("DescribeUserPool"))["UserPool"]
    assert described["DeviceConfiguration"] == ALWAYS


@pytest.mark.parametrize("way", ["by_password", "srp"])
async def test_a_sign_in_brings_a_key(stage, way):
    """A new one every time, named in the access token; nothing is stored until the device is confirmed."""
    first, second = [(await getattr(stage, way)())["AuthenticationResult"] for _ in range(2)]
    key = first["NewDeviceMetadata"]["DeviceKey"]
    assert re.fullmatch(r"us-east-1_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", key)
    assert claims(first["AccessToken"])["device_key"] == key
    assert "device_key" not in claims(first["IdToken"])
    assert second["NewDeviceMetadata"]["DeviceKey"] != key
    assert first["NewDeviceMetadata"]["DeviceGroupKey"].startswith("-")
    assert await keys(stage) == []


async def test_pool_without_tracking(services, invoke):
    """No keys are given out, one that is sent says nothing, and there is nothing to manage."""
    stage = await build(services, invoke)
    await stage.person()
    tokens = (await from_device(stage, DEVICE_KEY=KEY))["AuthenticationResult"]
    assert "NewDeviceMetadata" not in tokens
    assert "device_key" not in claims(tokens["AccessToken"])
    access = tokens["AccessToken"]
    for call in (
        Device({"DeviceKey": KEY, "DeviceGroupKey": "-x"}).confirm(stage, access),
        stage.public("ListDevices", AccessToken=access),
        stage.admin("AdminListDevices", Username=EMAIL),
        stage.admin("AdminForgetDevice", Username=EMAIL, DeviceKey=KEY),
    ):
        assert said(await refused(call)) == OFF


async def test_confirm(stage):
    """Remembered at once, where the pool does not leave it to users."""
    tokens = await stage.tokens()
    device = Device(tokens["NewDeviceMetadata"])
    assert await device.confirm(stage, tokens["AccessToken"]) == {"UserConfirmationNecessary": False}
    found = await seen(stage, device.key)
    shown = {each["Name"]: each["Value"] for each in found["DeviceAttributes"]}
    assert shown == {
        "device_status": "valid",
        "device_name": "browser",
        "last_ip_used": "127.0.0.1",
        "dev:device_remembered_status": "remembered",
    }
    now = stage.services.clock() / 1e6
    assert {found[f"Device{what}Date"] for what in ("Create", "LastModified", "LastAuthenticated")} == {now}


async def test_confirm_where_users_decide(services, invoke):
    stage = await tracking(services, invoke, ON_PROMPT)
    tokens = await stage.tokens()
    device = Device(tokens["NewDeviceMetadata"])
    assert await device.confirm(stage, tokens["AccessToken"]) == {"UserConfirmationNecessary": True}
    assert remembered(await seen(stage, device.key)) == "not_remembered"
    status = {"DeviceKey": device.key, "DeviceRememberedStatus": "remembered"}
    assert await stage.public("UpdateDeviceStatus", AccessToken=tokens["AccessToken"], **status) == {}
    assert remembered(await seen(stage, device.key)) == "remembered"


async def test_confirm_twice(stage):
    device, tokens = await new_device(stage)
    error = await refused(device.confirm(stage, tokens["AccessToken"], DeviceName="other"))
    assert error.code == "DeviceKeyExistsException"
    assert (await seen(stage, device.key))["DeviceAttributes"][1]["Value"] == "browser"


async def test_confirm_another_key(stage):
    """A client cannot choose its key, nor confirm that of another sign-in."""
    first, second = await stage.tokens(), await stage.tokens()
    for metadata in (second["NewDeviceMetadata"], {"DeviceKey": KEY, "DeviceGroupKey": "-x"}):
        error = await refused(Device(metadata).confirm(stage, first["AccessToken"]))
        assert said(error) == ("InvalidParameter", "Invalid device key given.")
    assert await keys(stage) == []


def config(verifier: int | bytes = 2, salt: bytes = b"\x01" * 16) -> dict:
    made = pad(verifier) if isinstance(verifier, int) else verifier
    return {"PasswordVerifier": base64.b64encode(made).decode(), "Salt": base64.b64encode(salt).decode()}


@each(
    "given",
    [
        None,
        {},
        {"Salt": config()["Salt"]},
        {"PasswordVerifier": config()["PasswordVerifier"]},
        {**config(), "PasswordVerifier": "not base64!"},
        {**config(), "Salt": "ünsalted"},
        config(0),
        config(1),
        config(N - 1),
        config(N),
        config(2 * N),
        config(b"\x02" * 500),
        config(salt=b""),
        config(salt=b"\0" * 16),
        config(salt=b"\x01" * 66),
    ],
)
async def test_confirm_with_an_unusable_verifier(stage, given):
    """Nothing that any password would fit, or none."""
    tokens = await stage.tokens()
    more = {} if given is None else {"DeviceSecretVerifierConfig": given}
    key = tokens["NewDeviceMetadata"]["DeviceKey"]
    error = await refused(
        stage.public("ConfirmDevice", AccessToken=tokens["AccessToken"], DeviceKey=key, **more),
    )
    assert error.code == "InvalidParameterException"
    assert await keys(stage) == []


async def test_forget(stage):
    """The device is gone, by whichever way, and the tokens that brought it cannot confirm it again."""
    for forget in ("ForgetDevice", "AdminForgetDevice"):
        device, tokens = await new_device(stage)
        access = {"AccessToken": tokens["AccessToken"]}
        if forget == "ForgetDevice":
            assert await stage.public(forget, DeviceKey=device.key, **access) == {}
        else:
            assert await stage.admin(forget, Username=EMAIL, DeviceKey=device.key) == {}
        assert said(await refused(seen(stage, device.key))) == MISSING
        error = await refused(device.confirm(stage, tokens["AccessToken"]))
        assert said(error) == ("InvalidParameter", "Invalid device key given.")
        assert await keys(stage) == []


async def test_what_users_see(stage):
    """The same device without what is for administrators."""
    device, tokens = await new_device(stage)
    found = (await stage.public("GetDevice", AccessToken=tokens["AccessToken"], DeviceKey=device.key))["Device"]
    assert found["DeviceKey"] == device.key
    assert [each["Name"] for each in found["DeviceAttributes"]] == ["device_status", "device_name", "last_ip_used"]
    listed = await stage.public("ListDevices", AccessToken=tokens["AccessToken"])
    assert listed == {"Devices": [found]}


async def test_pages(stage):
    """Every device once, in pages of any size; a token is good for its own list only."""
    made = sorted([(await new_device(stage))[0].key for _ in range(5)])
    tokens = await stage.tokens()
    access = {"AccessToken": tokens["AccessToken"]}
    for limit, pages in ((1, 5), (2, 3), (5, 1), (0, 1), (60, 1)):
        found, mark = [], {}
        for page in range(pages):
            answer = await stage.public("ListDevices", Limit=limit, **access, **mark)
            found += [each["DeviceKey"] for each in answer["Devices"]]
            mark = {"PaginationToken": answer["PaginationToken"]} if page < pages - 1 else {}
        assert "PaginationToken" not in answer
        assert found == made
    answer = await stage.public("ListDevices", Limit=2, **access)
    token = answer["PaginationToken"]
    for call in (
        stage.admin("AdminListDevices", Username=EMAIL, PaginationToken=token),
        stage.public("ListDevices", PaginationToken=token[:-2] + "AA", **access),
    ):
        assert said(await refused(call)) == ("InvalidParameter", "Paging Marker is Invalid for Request")
    assert (await refused(stage.public("ListDevices", Limit=61, **access))).code == "InvalidParameterException"


async def test_device_of_somebody_else(stage):
    """Devices are found under their own user only."""
    device, _ = await new_device(stage)
    await stage.person("eve@example.com")
    access = {"AccessToken": (await stage.tokens("eve@example.com"))["AccessToken"], "DeviceKey": device.key}
    status = {"DeviceRememberedStatus": "not_remembered"}
    for call in (
        stage.public("GetDevice", **access),
        stage.public("UpdateDeviceStatus", **access, **status),
        stage.public("ForgetDevice", **access),
        stage.admin("AdminGetDevice", Username="eve@example.com", DeviceKey=device.key),
        stage.admin("AdminUpdateDeviceStatus", Username="eve@example.com", DeviceKey=device.key, **status),
        stage.admin("AdminForgetDevice", Username="eve@example.com", DeviceKey=device.key),
    ):
        assert said(await refused(call)) == MISSING
    assert remembered(await seen(stage, device.key)) == "remembered"
    assert (await stage.public("ListDevices", AccessToken=access["AccessToken"]))["Devices"] == []


async def test_status_by_an_administrator(stage):
    device, _ = await new_device(stage)
    for status in ("not_remembered", "remembered"):
        request = {"DeviceKey": device.key, "DeviceRememberedStatus": status}
        assert await stage.admin("AdminUpdateDeviceStatus", Username=EMAIL, **request) == {}
        assert remembered(await seen(stage, device.key)) == status
    error = await refused(stage.admin("AdminUpdateDeviceStatus", Username=EMAIL, DeviceKey=device.key))
    assert said(error) == ("InvalidParameter", "Missing required parameter DeviceRememberedStatus")


@each(
    "name, code",
    [
        ("AdminGetDevice", "ResourceNotFoundException"),
        ("AdminListDevices", "ResourceNotFoundException"),
        ("AdminUpdateDeviceStatus", "UserNotFoundException"),
        ("AdminForgetDevice", "UserNotFoundException"),
    ],
)
async def test_devices_of_nobody(stage, name, code):
    """As AWS declares it: reading knows no UserNotFoundException."""
    more = {} if name == "AdminListDevices" else {"DeviceKey": KEY}
    error = await refused(stage.admin(name, Username="nobody@example.com", **more))
    assert (error.code, error.message) == (code, "User does not exist.")


@pytest.mark.parametrize("name", ["GetDevice", "ForgetDevice"])
async def test_missing_token(stage, name):
    """The model calls it optional, and nobody's device can be meant without it."""
    error = await refused(stage.public(name, DeviceKey=KEY))
    assert said(error) == ("InvalidParameter", "Missing required parameter AccessToken")
    assert (await refused(stage.public(name, DeviceKey=KEY, AccessToken="a.b.c"))).code == "NotAuthorizedException"


async def test_devices_go_with_their_user(stage):
    device, tokens = await new_device(stage)
    await stage.admin("AdminDeleteUser", Username=EMAIL)
    error = await refused(stage.public("GetDevice", AccessToken=tokens["AccessToken"], DeviceKey=device.key))
    assert error.code == "NotAuthorizedException"
    await stage.person()
    assert await keys(stage) == []
