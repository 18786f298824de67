"""The authenticator app of a user under test."""

import base64

from poolhouse.crypto import totp
from poolhouse.testing.moving import BackendClock


class Authenticator:
    """Shows codes by the backend's clock. A code is good once, so for the next one the clock moves on when it must."""

    def __init__(self, clock: BackendClock) -> None:
        self._clock = clock
        self._secret = b""
        self._used = 0

    @property
    def is_set_up(self) -> bool:
        return bool(self._secret)

    def take(self, secret: str) -> None:
        """The secret as the backend shows it, in base32."""
        self._secret = base64.b32decode(secret + "=" * (-len(secret) % 8))

    def code(self) -> str:
        """A code that was not shown before."""
        if totp.step_of(self._clock()) <= self._used:
            start = (self._used + 1) * totp.STEP_SECONDS
            self._clock.advance(seconds=start - self._clock.time())
        self._used = totp.step_of(self._clock())
        return totp.code(self._secret, self._used)
