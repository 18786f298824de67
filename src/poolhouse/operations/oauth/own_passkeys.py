"""Passkeys that somebody makes for himself on our pages, where the browser's session stands for his access token."""

import json
from typing import Final

from poolhouse.errors import InvalidParameterException
from poolhouse.operations import passkeys
from poolhouse.operations.passkeys import Owner

from . import sessions
from .hosted import Asker
from .sessions import SignedIn

_LONGEST: Final = 20_000


async def begin(asker: Asker, who: SignedIn) -> str:
    """The options that the browser makes the passkey with, as JSON text. Raises ServiceError."""
    async with asker.services.database.read() as tx:
        options = await passkeys.begin(asker.call(), tx, Owner(asker.pool, asker.client, who.user))
    return json.dumps(options)


async def finish(asker: Asker, who: SignedIn, cookie: str | None, text: str) -> None:
    """`text` is what the browser made, as JSON; `cookie` is the session, which has to last until the end.

    Raises ServiceError.
    """
    try:
        credential = json.loads(text) if len(text) <= _LONGEST else None
    except (ValueError, RecursionError) as error:
        raise InvalidParameterException("Your browser sent no passkey.") from error
    owner = Owner(asker.pool, asker.client, who.user)
    await passkeys.finish(
        asker.call(), owner, credential, lambda tx: sessions.locked(asker.services, tx, asker.pool, cookie)
    )
