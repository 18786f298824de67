"""Forgets what mattered for a while: expired sign-ins, used sessions, old counters; nothing that a rule still reads."""

from poolhouse.store import attempts, families, sessions

from .context import Services


async def tidy(services: Services) -> int:
    """One short round, a few hundred rows of each kind at most; the number of rows. Call it again while it is not 0."""
    now = services.clock()
    async with services.database.write() as tx:
        removed = await families.remove_expired(tx, now)
        removed += await sessions.remove_expired(tx, now)
        return removed + await attempts.remove_old(tx, now)
