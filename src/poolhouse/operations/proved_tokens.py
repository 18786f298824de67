"""Tokens whose signature was verified in this process, so that it is verified once and not at every request.

That a key signed a text does not change: what is kept is only that, the claims, and the key's id. Whether the key still
counts, whether the token has expired, and what became of the sign-in, its asker finds out every time.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from poolhouse.store.pools import KeyUse

MOST: Final = 4096
"""Tokens that are kept."""
LONGEST: Final = 2048
"""Characters of a token that is kept. With `MOST` that bounds the memory: to some 10 MB, or 40 at worst."""


class Proved(NamedTuple):
    """A token that the key `kid` of a pool signed for one use. Its claims belong to everybody: change none."""

    pool_id: str
    use: KeyUse
    kid: str
    claims: Mapping[str, Any]


class ProvedTokens:
    """By the SHA-256 of the whole token, so that no token lies in memory; the one that was put in first goes first.

    Only put in what was verified: nobody without a good token can drive out that of another.
    """

    __slots__ = ("_kept", "most")

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._kept: dict[bytes, Proved] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, token: str) -> Proved | None:
        """What was proved of exactly this text."""
        return self._kept.get(_digest(token)) if len(token) <= LONGEST else None

    def put(self, token: str, proved: Proved) -> None:
        if len(token) > LONGEST:
            return
        if len(self._kept) >= self.most:
            del self._kept[next(iter(self._kept))]
        self._kept[_digest(token)] = proved

    def drop(self, token: str) -> None:
        self._kept.pop(_digest(token), None)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
