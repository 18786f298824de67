"""Forgets what mattered for a while: expired sign-ins, used sessions, old counters, what hung on deleted groups and
pools; nothing that a rule still reads.
"""

import time
from typing import Final

from poolhouse.store import attempts, bulk_runs, families, pools, removal, sessions

from .context import Services
from .signing_keys import KEPT

_RUNS_KEPT: Final = 30 * 86_400_000_000
_pace: Final = removal.Pace()


async def tidy(services: Services, pace: removal.Pace = _pace) -> int:
    """One short round, a few hundred rows of each kind; the number of rows. Call it again while it is not 0."""
    began = time.perf_counter()
    removed, others = await _round(services, pace.most)
    if removed:
        pace.took(time.perf_counter() - began)
    return removed + others


async def _round(services: Services, most: int) -> tuple[int, int]:
    """Rows of what was deleted with much hanging on it, and of everything else."""
    now = services.clock()
    async with services.database.write() as tx:
        removed = await removal.go_on(tx, most)
        others = await families.remove_expired(tx, now)
        others += await sessions.remove_expired(tx, now)
        others += await bulk_runs.remove_old(tx, now - _RUNS_KEPT)
        others += await pools.remove_replaced_keys(tx, now - KEPT)
        return removed, others + await attempts.remove_old(tx, now)
