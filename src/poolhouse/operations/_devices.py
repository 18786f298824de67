"""How a device is described: the wire list that its row holds, and what answers make of it."""

from typing import Any, Final

import msgspec

from poolhouse.store.devices import Device

from .context import seconds

_ADDRESS: Final = "last_ip_used"


def attributes(name: str | None, address: str) -> str:
    """JSON text, for the row."""
    values = {"device_status": "valid", "device_name": name, _ADDRESS: address}
    return _text({key: value for key, value in values.items() if value})


def with_address(text: str, address: str) -> str:
    known = {each["Name"]: each["Value"] for each in msgspec.json.decode(text)}
    return _text(known | ({_ADDRESS: address} if address else {}))


def described(device: Device, *, admin: bool) -> dict[str, Any]:
    """A DeviceType. Administrators see more, under names that begin with `dev:`."""
    shown = msgspec.json.decode(device.attributes)
    if admin:
        status = "remembered" if device.remembered else "not_remembered"
        shown.append({"Name": "dev:device_remembered_status", "Value": status})
    return {
        "DeviceKey": device.device_key,
        "DeviceAttributes": shown,
        "DeviceCreateDate": seconds(device.created),
        "DeviceLastModifiedDate": seconds(device.modified),
        "DeviceLastAuthenticatedDate": seconds(device.authenticated),
    }


def _text(values: dict[str, str | None]) -> str:
    return msgspec.json.encode([{"Name": name, "Value": value} for name, value in values.items()]).decode()
