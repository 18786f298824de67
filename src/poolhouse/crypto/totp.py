"""Time-based one-time passwords (RFC 6238): SHA-1, six digits, 30 seconds. It remembers no secret and no used step."""

import base64
import hmac
import os
from typing import Final

STEP_SECONDS: Final = 30
WINDOW: Final = 1
"""Steps before and after the present one whose codes are accepted: clocks differ, and people type slowly."""
_DIGITS: Final = 6
_SECRET_SIZE: Final = 20


def new_secret() -> bytes:
    """160 bits, the length of the hash, as RFC 4226 recommends."""
    return os.urandom(_SECRET_SIZE)


def secret_text(secret: bytes) -> str:
    """The secret as authenticator apps take it: base32 without padding."""
    return base64.b32encode(secret).decode("ascii").rstrip("=")


def step_of(now: int) -> int:
    """The number of the 30 seconds that `now`, epoch microseconds, lies in."""
    return now // (STEP_SECONDS * 1_000_000)


def code(secret: bytes, step: int) -> str:
    """RFC 4226's HOTP value of the step."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}d}"


def matching_step(secret: bytes, given: str, now: int) -> int | None:
    """The latest step near `now` whose code was given, None for a wrong code. Takes the same time for every answer."""
    typed, found = given.encode("utf-8", "replace"), None
    present = step_of(now)
    for step in range(present - WINDOW, present + WINDOW + 1):
        if hmac.compare_digest(code(secret, step).encode("ascii"), typed):
            found = step
    return found
