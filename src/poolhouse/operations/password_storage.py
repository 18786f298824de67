"""Which credential a pool keeps of its passwords, and what that means for its app clients. AWS has no such setting.

A change is carried out at each user's next sign-in with a plain password, which is when the server sees it.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from poolhouse.errors import InvalidParameterException
from poolhouse.store import clients, pools
from poolhouse.store.clients import Client
from poolhouse.store.database import Transaction
from poolhouse.store.pools import Pool
from poolhouse.store.settings import ClientSettings, PasswordKind, PoolSettings

_SRP: Final = "ALLOW_USER_SRP_AUTH"
_PLAIN: Final = "ALLOW_USER_PASSWORD_AUTH"
_PAGE: Final = 200


def check_flows(pool: PoolSettings, flows: Sequence[str]) -> None:
    """Raises InvalidParameterException for a flow that the pool's credentials cannot answer."""
    if not pool.keeps_verifiers and _SRP in flows:
        raise InvalidParameterException(
            f"ExplicitAuthFlows {_SRP}: this user pool keeps passwords as argon2id hashes and serves no SRP. "
            f"Use {_PLAIN}."
        )


def default_flows(pool: PoolSettings) -> tuple[str, ...]:
    """Of a client that names none: AWS's, with plain passwords in the place of SRP where there is none."""
    return served_flows(pool, ClientSettings().ExplicitAuthFlows)


def served_flows(pool: PoolSettings, flows: Sequence[str]) -> tuple[str, ...]:
    if pool.keeps_verifiers:
        return tuple(flows)
    return tuple(dict.fromkeys(_PLAIN if flow == _SRP else flow for flow in flows))


async def srp_clients(tx: Transaction, pool_id: str) -> list[Client]:
    """The app clients of a pool that name SRP among their flows."""
    found: list[Client] = []
    page = await clients.list_(tx, pool_id, "", _PAGE)
    while page:
        found += [client for client in page if _SRP in client.settings.ExplicitAuthFlows]
        page = await clients.list_(tx, pool_id, page[-1].id, _PAGE)
    return found


async def change(tx: Transaction, pool_id: str, kind: PasswordKind, now: int) -> Pool:
    """The pool with its new setting. Clients that named SRP get plain passwords where SRP is served no more.

    Raises ResourceNotFoundException.
    """
    pool = await pools.lock(tx, pool_id)
    changed = pool._replace(settings=msgspec.structs.replace(pool.settings, PasswordStorage=kind), modified=now)
    await pools.change(tx, changed)
    for client in () if changed.settings.keeps_verifiers else await srp_clients(tx, pool_id):
        flows = served_flows(changed.settings, client.settings.ExplicitAuthFlows)
        settings = msgspec.structs.replace(client.settings, ExplicitAuthFlows=flows)
        await clients.change(tx, client._replace(settings=settings, modified=now))
    return changed
