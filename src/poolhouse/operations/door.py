"""Where a sign-in comes in: the pool and app client, public or signed, and the parameters that came along."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from poolhouse.crypto.vault import Vault
from poolhouse.errors import InvalidParameterException
from poolhouse.store import clients, pools
from poolhouse.store.clients import Client
from poolhouse.store.pools import Pool

from .context import Call

_LONGEST_NAME: Final = 128
_LONGEST_KEY: Final = 55


@dataclass(frozen=True, slots=True)
class Door:
    """`admin` is True for the operations that need an AWS signature.

    `metadata` is the ClientMetadata that the triggers behind an answer are shown. `hosted` says that our own pages ask:
    the tokens never leave the server, and the app's own are made, and customised, when it redeems its code.
    """

    ctx: Call
    pool: Pool
    client: Client
    admin: bool
    metadata: Mapping[str, str] = field(default_factory=dict)
    hosted: bool = False

    @property
    def vault(self) -> Vault:
        return self.ctx.services.vault

    @property
    def hides_unknown_users(self) -> bool:
        return self.client.settings.hides_unknown_users


async def open_door(
    ctx: Call,
    client_id: str,
    pool_id: str | None = None,
    *,
    metadata: Mapping[str, str] | None = None,
    hosted: bool = False,
) -> Door:
    """A client is found by its id alone, or in the pool of an administrator's request.

    Raises ResourceNotFoundException.
    """
    async with ctx.services.database.read() as tx:
        if pool_id is not None:
            pool = await pools.get(tx, pool_id)
            client = await clients.get(tx, client_id, pool_id)
        else:
            client, pool = await clients.get_with_pool(tx, client_id)
    return Door(ctx, pool, client, admin=pool_id is not None, metadata=metadata or {}, hosted=hosted)


def required(parameters: Mapping[str, str], name: str) -> str:
    """Raises InvalidParameterException."""
    value = parameters.get(name)
    if not value:
        raise InvalidParameterException(f"Missing required parameter {name}")
    return value


def device_key(parameters: Mapping[str, str]) -> str:
    """DEVICE_KEY, "" when the client named no device. Raises InvalidParameterException."""
    key = parameters.get("DEVICE_KEY", "")
    if len(key) > _LONGEST_KEY:
        raise InvalidParameterException("Invalid device key given.")
    return key


def username(parameters: Mapping[str, str]) -> str:
    """No user has a name longer than a request's Username may be. Raises InvalidParameterException."""
    name = required(parameters, "USERNAME")
    if len(name) > _LONGEST_NAME:
        raise InvalidParameterException(
            "1 validation error detected: Value at 'username' failed to satisfy constraint: "
            f"Member must have length less than or equal to {_LONGEST_NAME}"
        )
    return name
