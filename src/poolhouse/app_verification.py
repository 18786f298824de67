"""What GraphQL and the REST gateway ask about a caller, wired to the operations: tokens, signatures, keys, groups."""

from hmac import compare_digest

from poolhouse.access.fields import Connection
from poolhouse.access.principals import CognitoIdentity, RoleSession, Root
from poolhouse.access.sigv4 import Request
from poolhouse.errors import CredentialsOfAws, UnrecognizedClientException
from poolhouse.operations.backend import Applied
from poolhouse.operations.bearer import Bearer, bearer
from poolhouse.operations.context import Services
from poolhouse.operations.live_groups import live_groups
from poolhouse.operations.principals import principal
from poolhouse.operations.remote.pool import RemoteBearer


class Verification:
    """One for each applied backend."""

    def __init__(self, services: Services, applied: Applied) -> None:
        self._services = services
        self._applied = applied

    async def verify_token(self, token: str) -> Bearer | RemoteBearer:
        """An access or ID token of this backend's pool."""
        if (pool := self._services.remote.pool) is not None:
            return await pool.bearer(token, live=self._services.settings.live_groups)
        async with self._services.database.read() as tx:
            now, pool_id = self._services.clock(), self._applied.pool_id or ""
            return await bearer(self._services, tx, token, now=now, uses=("access", "id"), pool_id=pool_id)

    async def verify_signature(self, request: Request) -> Root | RoleSession:
        """A request signed for service `appsync`. Raises CredentialsOfAws where the identity pool is at AWS."""
        try:
            return await principal(self._services, request, {"appsync"})
        except UnrecognizedClientException as error:
            if self._services.remote.pool is None:
                raise
            raise CredentialsOfAws from error

    def connection(self, address: str) -> Connection:
        """What policies may ask about a request of this moment."""
        services = self._services
        return Connection(services.clock(), address or None, services.settings.public_url.startswith("https://"))

    async def live_groups(self, identity: CognitoIdentity) -> tuple[str, ...]:
        return await live_groups(self._services, identity)

    async def api_key_valid(self, key: str) -> bool:
        known = self._applied.api_key
        return (
            known is not None
            and known.expires > self._services.clock()
            and compare_digest(known.value.encode(), key.encode())
        )
