"""The Cognito authorizer: is there a token of the user pool that this API accepts? (spec/admin-queries.md 2.2)"""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from poolhouse.access.routes import accepts
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
        """The claims for the function; raises a Refusal.

        Those of a good token stay in the scope, also when this API does not accept it: the audit trail names him.
        """
        token = _token(scope)
        try:
            bearer = await self._verification.verify_token(token)
        except InternalErrorException:
            raise
        except AccessTokenExpired as error:
            raise expired() from error
        except ServiceError as error:
            raise unauthorized() from error
        scope["claims"] = claims = rendered(bearer.claims, bearer.groups if self._live_groups else None)
        if not accepts(api, bearer.token_use, bearer.claims, self._client_id):
            raise unauthorized()
        return claims


def _token(scope: Scope) -> str:
    """Raw, as Amplify's clients send it, or after `Bearer`. Several headers must agree, else none is believed."""
    given = {bytes(value).strip() for name, value in scope["headers"] if name == b"authorization"}
    if len(given) != 1:
        raise unauthorized()
    text = given.pop().decode("latin-1")
    scheme, _, rest = text.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else text
