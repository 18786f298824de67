"""What the overview shows of a pool and of the server: counts that cost the same however many users there are.

Sign-ins and refusals are counted by the audit trail.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, Literal, NamedTuple, Protocol

from poolhouse.operations import audit
from poolhouse.operations.context import Services
from poolhouse.store import clients, growth, pools
from poolhouse.store.growth import Backlog
from poolhouse.store.sqlite import SqliteDatabase

DAY: Final = 86_400_000_000
_HOUR: Final = 3_600_000_000


class Day(NamedTuple):
    """`start` is its first microsecond (UTC), `added` the users who came on it and `users` all at its end, of those
    who are there now.
    """

    start: int
    added: int
    users: int


class People(NamedTuple):
    users: int
    groups: int
    clients: int
    days: tuple[Day, ...]


class Span(NamedTuple):
    """What happened from `start` on: sign-ins that worked, sign-ins that did not, and admin calls that were refused."""

    start: int
    signed_in: int
    failed: int
    refused: int


class Hour(Protocol):
    """A count of the audit trail; `hour` is epoch hours."""

    @property
    def hour(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def result(self) -> str: ...
    @property
    def events(self) -> int: ...


async def people(services: Services, pool_id: str, days: int) -> People:
    """The last `days` days, with today, oldest first."""
    today = services.clock() // DAY
    starts = [day * DAY for day in range(today - days + 1, today + 1)]
    async with services.database.read() as tx:
        counted = [await growth.added(tx, pool_id, start, start + DAY) for start in starts]
        users = await pools.count_users(tx, pool_id)
        found = (await growth.groups_of(tx, pool_id), await clients.count(tx, pool_id))
    listed: list[Day] = []
    later = 0
    for start, added in zip(reversed(starts), reversed(counted), strict=True):
        listed.append(Day(start, added, max(0, users - later)))
        later += added
    return People(users, *found, tuple(reversed(listed)))


async def backlog(services: Services) -> Backlog:
    """Messages that wait to be delivered, of all pools."""
    async with services.database.read() as tx:
        return await growth.backlog(tx)


def address(services: Services) -> str:
    """Where people sign in to the pool at AWS; "" where there is none."""
    return services.remote.pool.sign_in_url if services.remote.pool else ""


def size_on_disk(services: Services) -> int | None:
    """Bytes of the embedded database's file; None for PostgreSQL."""
    database = services.database
    return Path(database.path).stat().st_size if isinstance(database, SqliteDatabase) else None


def spans(hours: Iterable[Hour], now: int, days: int, by: Literal["hour", "day"]) -> list[Span]:
    """Every hour or day up to now, oldest first, those without events too."""
    length = _HOUR if by == "hour" else DAY
    first = since(now, days) * _HOUR // length
    found = {place: Span(place * length, 0, 0, 0) for place in range(first, now // length + 1)}
    for one in hours:
        place = one.hour * _HOUR // length
        if place in found:
            found[place] = _COUNTERS.get(one.kind, _refused)(found[place], one)
    return list(found.values())


def since(now: int, days: int) -> int:
    """The epoch hour in which the last `days` days begin: those before today, and today."""
    return (now // DAY - days + 1) * DAY // _HOUR


def _signed_in(span: Span, one: Hour) -> Span:
    if one.result == "ok":
        return span._replace(signed_in=span.signed_in + one.events)
    if one.result == audit.IN_PROGRESS:
        return span
    return span._replace(failed=span.failed + one.events)


def _refused(span: Span, one: Hour) -> Span:
    """What was sent to a pool at AWS counts when it is known what became of it."""
    return span if one.result in {audit.OK, audit.SENT} else span._replace(refused=span.refused + one.events)


_COUNTERS: Final[dict[str, Callable[[Span, Hour], Span]]] = {"sign-in": _signed_in}
