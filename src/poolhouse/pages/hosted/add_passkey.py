"""/passkeys/add: somebody who is signed in on these pages makes a passkey, and goes back to the app."""

from starlette.responses import Response

from poolhouse.errors import InvalidSession, OAuthError, ServiceError
from poolhouse.operations.first_factor import WEB_AUTHN
from poolhouse.operations.oauth import own_passkeys
from poolhouse.operations.oauth.authorization import Authorization
from poolhouse.operations.oauth.redirects import escaped
from poolhouse.operations.oauth.sessions import SignedIn

from . import passkeys, words
from .authorize import go
from .visit import PASSKEY, Visit


async def shown(visit: Visit) -> Response:
    """Whoever is not signed in does that first, and comes here behind it."""
    asked = _asked(visit)
    who = await visit.signed_in()
    return await _form(visit, asked, who) if who else _sign_in(asked)


async def posted(visit: Visit) -> Response:
    asked = _asked(visit)
    who = await visit.signed_in()
    if who is None:
        return _sign_in(asked)
    try:
        await own_passkeys.finish(visit.asker, who, visit.session, visit.form.get("credential", ""))
    except InvalidSession:
        return _sign_in(asked)
    except ServiceError as error:
        return await _form(visit, asked, who, error=words.explain(error), status=words.status(error))
    return go(escaped(asked.redirect_uri), 303)


def _asked(visit: Visit) -> Authorization:
    """Raises OAuthError where no passkey can be made."""
    assert visit.asked is not None
    if WEB_AUTHN not in visit.pool.settings.first_factors:
        raise OAuthError("invalid_request", "This app does not use passkeys.")
    if not passkeys.is_home(visit):
        raise OAuthError("invalid_request", "Passkeys of this app cannot be made at this address.")
    return visit.asked


def _sign_in(asked: Authorization) -> Response:
    return go(f"/login?{asked.query}&then={PASSKEY}", 303)


async def _form(visit: Visit, asked: Authorization, who: SignedIn, *, error: str = "", status: int = 200) -> Response:
    """With new options at every time, since those of a refused passkey are used up."""
    values = {"typed": who.typed, "back": escaped(asked.redirect_uri)}
    try:
        options = await own_passkeys.begin(visit.asker, who)
    except ServiceError as full:
        return visit.page("add_passkey", options="", error=words.explain(full), status=words.status(full), **values)
    return passkeys.form(visit, options, "add_passkey", error=error, status=status, **values)
