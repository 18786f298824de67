"""The operator's link into the console: sealed, for five minutes, good once."""

from typing import Final

import msgspec

from poolhouse.access.principals import Root
from poolhouse.crypto.codes import new_uuid
from poolhouse.crypto.vault import BrokenSeal, Vault
from poolhouse.operations import audit
from poolhouse.operations.context import Services
from poolhouse.store.sessions import is_used, use

_SEAL: Final = "console-link"
_SECOND: Final = 1_000_000
SECONDS: Final = 300


class Ticket(msgspec.Struct, frozen=True, array_like=True):
    """`expires` in epoch microseconds."""

    id: str
    expires: int


def link(vault: Vault, public_url: str, now: int) -> str:
    """A new link; who has it within five minutes is the operator."""
    token = vault.seal_token(_SEAL, Ticket(f"console {new_uuid()}", now + SECONDS * _SECOND))
    return f"{public_url}/console/enter?token={token}"


async def is_good(services: Services, token: str) -> bool:
    """Whether `use_up` would take it now."""
    ticket = _opened(services, token)
    if ticket is None:
        return False
    async with services.database.read() as tx:
        return not await is_used(tx, ticket.id)


async def use_up(services: Services, token: str, address: str) -> bool:
    """True once, for one of all processes; who came in, and from where, is on record then."""
    ticket, settings = _opened(services, token), services.settings
    if ticket is None:
        return False
    root = Root(settings.account_id, settings.region)
    async with services.database.write() as tx:
        if not await use(tx, ticket.id, ticket.expires):
            return False
        await audit.operator_did(
            tx,
            services.vault,
            services.clock(),
            principal=root.arn,
            operation="EnterConsole",
            way="console",
            request={"address": address},
        )
    return True


def _opened(services: Services, token: str) -> Ticket | None:
    try:
        ticket = services.vault.open_token(_SEAL, token, Ticket)
    except BrokenSeal:
        return None
    return ticket if ticket.expires > services.clock() else None
