"""/keys: the keys that sign a pool's tokens, and their rotation. For the operator."""

from typing import Any, Final

from starlette.responses import Response

from poolhouse.errors import ServiceError
from poolhouse.operations.console import keys
from poolhouse.operations.console.keys import Key

from . import render
from .page import Nav, Page
from .visit import ConsoleVisit

_USES: Final = {"access": "Access tokens", "id": "ID tokens"}
_EFFECT: Final = (
    "Two new keys are made, one for access tokens and one for ID tokens.",
    "Every server of this backend signs with them within a second.",
    "The keys that sign today stay in the key set for 25 hours, so that tokens that are out there stay good.",
    "Nobody is signed out.",
    "Apps that keep the key set for longer than they should refuse new tokens until they fetch it again.",
)


async def shown(visit: ConsoleVisit) -> Response:
    return await _page(visit)


async def rotate_shown(visit: ConsoleVisit) -> Response:
    return render.page("keys_rotate", visit, effect=_EFFECT)


async def rotate_posted(visit: ConsoleVisit) -> Response:
    try:
        made = await keys.rotate(visit.context(keys.OPERATION), visit.pool)
    except ServiceError as error:
        return await _page(visit, error=error.message, status=error.status)
    signing = sum(key.signs for key in made)
    text = f"{signing} new keys sign from now on. The old ones verify for 25 more hours."
    return visit.done(visit.url("/keys"), text)


async def replace_shown(visit: ConsoleVisit) -> Response:
    return _replacement(visit)


async def replace_posted(visit: ConsoleVisit) -> Response:
    if visit.form.text("confirm") != visit.chosen.name.strip():
        return _replacement(visit, error="The name that you typed is not the user pool's name.", status=400)
    try:
        made = await keys.replace(visit.context(keys.REPLACE), visit.pool)
    except ServiceError as error:
        return _replacement(visit, error=error.message, status=error.status)
    text = f"{len(made)} new keys sign from now on. The old ones are gone, and their tokens are refused."
    return visit.done(visit.url("/keys"), text)


def _replacement(visit: ConsoleVisit, *, error: str = "", status: int = 200) -> Response:
    return render.page("keys_replace", visit, status=status, error=error, effect=keys.REPLACEMENT)


async def _page(visit: ConsoleVisit, *, error: str = "", status: int = 200) -> Response:
    found = await keys.of_pool(visit.services, visit.pool)
    issuer = visit.services.settings.issuer(visit.pool)
    return render.page(
        "keys",
        visit,
        status=status,
        error=error,
        keys=[_row(key) for key in found],
        address=f"{issuer}/.well-known/jwks.json",
        most=keys.MOST_KEYS,
    )


def _row(key: Key) -> dict[str, Any]:
    """Times are epoch seconds."""
    until = None if key.until is None else key.until / 1e6
    return {"kid": key.kid, "use": _USES[key.use], "created": key.created / 1e6, "signs": key.signs, "until": until}


_ELSEWHERE: Final = (
    "The tokens of this user pool are signed at AWS, with keys that AWS keeps and changes. There are none here."
)
PAGES: Final = (
    Page("/keys", shown, operator_only=True, nav=Nav("Keys", "keys", "Pool"), elsewhere=_ELSEWHERE),
    Page("/keys/rotate", rotate_shown, rotate_posted, operator_only=True, elsewhere=_ELSEWHERE),
    Page("/keys/replace", replace_shown, replace_posted, operator_only=True, elsewhere=_ELSEWHERE),
)
