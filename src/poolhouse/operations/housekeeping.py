"""Forgets what mattered for a while: expired sign-ins, used sessions, old counters, what hung on deleted groups and
pools; nothing that a rule still reads.
"""

from typing import Final

from poolhouse.store import attempts, bulk_runs, families, pools, removal, sessions

from .context import Services
from .signing_keys import KEPT

_RUNS_KEPT: Final = 30 * 86_400_000_000


async def tidy(services: Services) -> int:
    """One short round, a few hundred rows of each kind at most; the number of rows. Call it again while it is not 0."""
    now = services.clock()
    async with services.database.write() as tx:
        removed = await removal.go_on(tx)
        removed += await families.remove_expired(tx, now)
        removed += await sessions.remove_expired(tx, now)
        removed += await bulk_runs.remove_old(tx, now - _RUNS_KEPT)
        removed += await pools.remove_replaced_keys(tx, now - KEPT)
        return removed + await attempts.remove_old(tx, now)
