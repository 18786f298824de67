"""Which web origins may call an API: the preflight, and the headers without which a browser hides an answer.

Every answer carries them, the gateway's own refusals too; a 401 without them looks like a broken network.
"""

from typing import Final

from poolhouse.protocols.http import Header, Scope, header

_ALLOW: Final = b"access-control-allow-origin"
_EXPOSE: Final = b"access-control-expose-headers"
_EXPOSED: Final[Header] = (_EXPOSE, b"Date,x-amzn-RequestId,x-amzn-ErrorType,x-amz-apigw-id")
_VARY: Final[Header] = (b"vary", b"Origin")
_ASKED: Final[tuple[Header, ...]] = (
    (b"access-control-allow-methods", b"DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT"),
    (
        b"access-control-allow-headers",
        (
            b"Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token,X-Amz-User-Agent,"
            b"X-Amz-Content-Sha256,Cache-Control,Amz-Sdk-Invocation-Id,Amz-Sdk-Request"
        ),
    ),
    (b"access-control-max-age", b"86400"),
)


class Cors:
    """`origins` is `("*",)` or exact origins. Credentials mode is never allowed: tokens travel in headers."""

    def __init__(self, origins: tuple[str, ...]) -> None:
        self._any = origins == ("*",)
        self._origins = frozenset(origin.encode() for origin in origins)

    def preflight(self, scope: Scope) -> list[Header]:
        """What a browser asks before a call; answered without the function and without a token."""
        return [*self._allowed(scope), *_ASKED]

    def added(self, scope: Scope, headers: list[Header]) -> list[Header]:
        """An answer's headers with those of CORS.

        Where every origin may call, a function may still narrow that; where origins are listed, the list decides.
        """
        names = {name for name, _ in headers}
        exposed = () if _EXPOSE in names else (_EXPOSED,)
        if self._any and _ALLOW in names:
            return [*headers, *exposed]
        kept = [pair for pair in headers if pair[0] != _ALLOW]
        return [*kept, *self._allowed(scope), *exposed]

    def _allowed(self, scope: Scope) -> tuple[Header, ...]:
        if self._any:
            return ((_ALLOW, b"*"),)
        origin = header(scope, b"origin")
        return ((_ALLOW, origin), _VARY) if origin in self._origins else (_VARY,)
