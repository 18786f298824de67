"""Signing keys that were made for earlier tests: making one takes 50 ms of arithmetic, and every pool has two."""

from collections.abc import Callable
from typing import Any

from poolhouse.crypto.tokens import SigningKey
from poolhouse.operations.cpu_threads import CpuThreads


class KeptKeys(CpuThreads):
    """The server's threads, except that a test's nth new key is the same as the nth of every other test.

    Within a test no two keys are the same, whichever pool, use or server they are for. They come from a thread, as new
    ones do, so that whoever asks at the same time has his turn meanwhile.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._kept: dict[int, SigningKey] = {}
        self._given = 0

    def begin(self) -> None:
        """Another test: its pools know nothing of those before."""
        self._given = 0

    async def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if function != SigningKey.generate:
            return await super().run(function, *args, **kwargs)
        nth, self._given = self._given, self._given + 1
        return await super().run(self._key, nth)

    def _key(self, nth: int) -> SigningKey:
        if nth not in self._kept:
            self._kept[nth] = SigningKey.generate()
        return self._kept[nth]
