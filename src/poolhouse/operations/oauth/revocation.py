"""The revocation endpoint (RFC 7009): a refresh token ends with all the tokens that came from it."""

from typing import Final

from poolhouse.crypto.vault import BrokenSeal
from poolhouse.errors import OAuthError, UnsupportedOperationException, UnsupportedTokenTypeException
from poolhouse.operations import issuing

from .asking import Asking, authenticate

_UNSUPPORTED: Final = "Only refresh tokens can be revoked."


async def revoke(asking: Asking) -> None:
    """Silent about tokens that are unknown or were revoked before. Raises OAuthError."""
    form = asking.form.once()
    try:
        _, client, secret = await authenticate(asking)
    except OAuthError as error:
        raise OAuthError(
            error.error, error.description, status=401 if error.error == "invalid_client" else 400
        ) from error
    text = form.get("token")
    if text is None:
        raise OAuthError("invalid_request", "token is missing.")
    if text.count(".") == 2:
        raise OAuthError("unsupported_token_type", _UNSUPPORTED)
    if not _is_own(asking, client.id, text):
        return
    sent = {"ClientId": client.id, "Token": text, "ClientSecret": secret}
    try:
        await asking.call("RevokeToken", **sent)
    except UnsupportedTokenTypeException as error:
        raise OAuthError("unsupported_token_type", _UNSUPPORTED) from error
    except UnsupportedOperationException as error:
        raise OAuthError("invalid_request", error.message) from error


def _is_own(asking: Asking, client_id: str, text: str) -> bool:
    try:
        return issuing.open_refresh_token(asking.services, text).client == client_id
    except BrokenSeal:
        return False
