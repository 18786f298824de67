"""Pages of lists: the sealed marks that clients hand back, and the size of a page."""

from collections.abc import Sequence

from msgspec import Struct

from poolhouse.crypto.vault import BrokenSeal
from poolhouse.errors import InvalidParameterException

from .context import Call

LARGEST = 60
_LIFETIME = 3_600_000_000
_REFUSED = "Paging Marker is Invalid for Request"

After = tuple[str, int]


class Mark(Struct, frozen=True, array_like=True, gc=False):
    """Behind what the next page begins, for which list, and until when (epoch microseconds)."""

    scope: tuple[str, ...]
    key: str
    id: int
    expires: int


def size(limit: int | None) -> int:
    """Absent and 0 mean the largest page."""
    return limit or LARGEST


def opened(ctx: Call, operation: str, scope: Sequence[str], token: str | None) -> After:
    """Where to go on; ("", 0) without a token.

    `scope` is everything that the list depends on: pool, filter, what is shown. Raises InvalidParameterException for a
    token that is changed, older than an hour, or of another list.
    """
    if token is None:
        return "", 0
    try:
        mark = ctx.services.vault.open_token(f"page:{operation}", token, Mark)
    except BrokenSeal:
        raise InvalidParameterException(_REFUSED) from None
    if mark.scope != tuple(scope) or mark.expires <= ctx.now:
        raise InvalidParameterException(_REFUSED)
    return mark.key, mark.id


def sealed(ctx: Call, operation: str, scope: Sequence[str], key: str, row_id: int = 0) -> str:
    """The token of the page behind (key, row_id)."""
    mark = Mark(tuple(scope), key, row_id, ctx.now + _LIFETIME)
    return ctx.services.vault.seal_token(f"page:{operation}", mark)
