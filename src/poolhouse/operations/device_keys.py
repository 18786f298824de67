"""The secrets of devices: their group key, and the SRP verifier that a client leaves when it confirms one."""

import base64
from typing import Final

from poolhouse.crypto.group import SIZE, N
from poolhouse.crypto.srp import Verifier
from poolhouse.crypto.vault import BrokenSeal, Vault
from poolhouse.errors import InvalidParameterException
from poolhouse.store.devices import Device

_SEAL: Final = "device"
_LONGEST_SALT: Final = 65


def group_key(vault: Vault, device_key: str) -> str:
    """The pool name of the device's SRP, always the same for one device."""
    digest = vault.digest("device-group", device_key.encode())
    return "-" + base64.b32encode(digest).decode("ascii")[:9]


def verifier(password_verifier: str | None, salt: str | None) -> Verifier:
    """DeviceSecretVerifierConfig: both are base64 of a big-endian integer. Raises InvalidParameterException."""
    v, made_with = _decoded("PasswordVerifier", password_verifier), _decoded("Salt", salt)
    number = int.from_bytes(v, "big")
    if len(v) > SIZE + 1 or not 1 < number < N - 1 or len(made_with) > _LONGEST_SALT or not any(made_with):
        raise InvalidParameterException("DeviceSecretVerifierConfig holds no usable verifier.")
    return Verifier(made_with, number.to_bytes(SIZE, "big"))


def seal(vault: Vault, user_id: int, device_key: str, made: Verifier) -> bytes:
    """Together with whose it is, so that moving it to another row is noticed."""
    return vault.seal(_SEAL, _owner(user_id, device_key) + made.to_bytes())


def unseal(vault: Vault, device: Device) -> Verifier:
    """Raises BrokenSeal."""
    owner, plain = _owner(device.user_id, device.device_key), vault.open(_SEAL, device.verifier or b"")
    if not plain.startswith(owner):
        raise BrokenSeal("The verifier belongs to another device.")
    return Verifier.from_bytes(plain[len(owner) :])


def _owner(user_id: int, device_key: str) -> bytes:
    return f"{user_id}\0{device_key}\0".encode()


def _decoded(member: str, text: str | None) -> bytes:
    if not text:
        raise InvalidParameterException(f"Missing required parameter DeviceSecretVerifierConfig.{member}")
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise InvalidParameterException(f"DeviceSecretVerifierConfig.{member} is not base64.") from error
