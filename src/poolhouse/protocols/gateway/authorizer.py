"""The Cognito authorizer: is there a token of the user pool that this API accepts? (spec/admin-queries.md 2.2)"""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from poolhouse.define.manifest import RestApi
from poolhouse.errors import AccessTokenExpired, InternalErrorException, ServiceError
from poolhouse.protocols.http import Scope

from .claims import rendered
from .refusals import expired, unauthorized


class Bearer(Protocol):
    """A verified token and the names of the groups that its user is in now."""

    @property
    def claims(self) -> Mapping[str, Any]: ...
    @property
    def groups(self) -> tuple[str, ...]: ...
    @property
    def token_use(self) -> Literal["access", "id"]: ...


class Verification(Protocol):
    """What `app.py` wires to the operations."""

    async def verify_token(self, token: str) -> Bearer:
        """An access or ID token of this backend's pool, whose sign-in still holds; else a ServiceError."""
        ...


class Authorizer:
    """Asks for a token. `client_id` is the backend's own app client."""

    def __init__(self, verification: Verification, client_id: str, *, live_groups: bool) -> None:
        self._verification = verification
        self._client_id = client_id
        self._live_groups = live_groups

    async def claims(self, api: RestApi, scope: Scope) -> dict[str, str]:
        """The claims for the function; raises a Refusal."""
        token = _token(scope)
        try:
            bearer = await self._verification.verify_token(token)
        except InternalErrorException:
            raise
        except AccessTokenExpired as error:
            raise expired() from error
        except ServiceError as error:
            raise unauthorized() from error
        if not self._is_accepted(api, bearer):
            raise unauthorized()
        return rendered(bearer.claims, bearer.groups if self._live_groups else None)

    def _is_accepted(self, api: RestApi, bearer: Bearer) -> bool:
        """An access token by its scopes; an ID token by the client that it was made for."""
        use = bearer.token_use
        if use == "access":
            return not set(str(bearer.claims.get("scope", "")).split()).isdisjoint(api.scopes)
        return api.id_tokens == "pool" or (api.id_tokens == "own" and bearer.claims.get("aud") == self._client_id)


def _token(scope: Scope) -> str:
    """Raw, as Amplify's clients send it, or after `Bearer`. Several headers must agree, else none is believed."""
    given = {bytes(value).strip() for name, value in scope["headers"] if name == b"authorization"}
    if len(given) != 1:
        raise unauthorized()
    text = given.pop().decode("latin-1")
    scheme, _, rest = text.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else text
