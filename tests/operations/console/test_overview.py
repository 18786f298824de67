"""The counts of the overview: users by day, what waits, sign-ins and refusals by hour and day."""

from typing import NamedTuple

from operations.stage import build

from poolhouse.operations.console import overview
from poolhouse.operations.console.overview import DAY, Span

HOUR = 3_600_000_000


class Counted(NamedTuple):
    hour: int
    kind: str
    result: str
    events: int


async def test_users_by_day(services, invoke, clock):
    """Added on the day in UTC, and how many there were at each day's end."""
    stage = await build(services, invoke)
    for number, days in enumerate([0, 1, 1, 2]):
        clock.advance(seconds=86_400 * (days - (0 if number == 0 else [0, 1, 1, 2][number - 1])))
        await stage.admin("AdminCreateUser", Username=f"u{number}@example.com", MessageAction="SUPPRESS")
    found = await overview.people(services, stage.pool, 4)
    assert [day.added for day in found.days] == [0, 1, 2, 1]
    assert [day.users for day in found.days] == [0, 1, 3, 4]
    assert (found.users, found.groups, found.clients) == (4, 0, 1)
    assert found.days[-1].start == services.clock() // DAY * DAY


async def test_users_of_before_are_in_every_day(services, invoke, clock):
    stage = await build(services, invoke)
    await stage.admin("AdminCreateUser", Username="u@example.com", MessageAction="SUPPRESS")
    clock.advance(seconds=86_400 * 40)
    found = await overview.people(services, stage.pool, 30)
    assert {day.users for day in found.days} == {1}
    assert not any(day.added for day in found.days)


async def test_what_waits_to_be_sent(services, invoke, clock):
    stage = await build(services, invoke)
    assert (await overview.backlog(services)).waiting == 0
    await stage.sign_up()
    clock.advance(seconds=60)
    found = await overview.backlog(services)
    assert (found.waiting, services.clock() - (found.oldest or 0)) == (1, 60_000_000)


def test_hours_without_events_are_there():
    """A chart must not hide that nothing happened."""
    now = 100 * DAY + 5 * HOUR
    found = overview.spans([Counted(100 * 24 + 4, "sign-in", "ok", 3)], now, 2, "hour")
    assert len(found) == 24 + 6
    assert found[0].start == 99 * DAY
    assert found[-2] == Span(100 * DAY + 4 * HOUR, 3, 0, 0)


def test_days_add_their_hours_up():
    """Failed sign-ins are told from refused calls; calls that worked are neither."""
    now = 100 * DAY + 23 * HOUR
    first = 100 * 24
    counted = [
        Counted(first, "sign-in", "ok", 3),
        Counted(first + 1, "sign-in", "ok", 4),
        Counted(first + 1, "sign-in", "NotAuthorizedException", 2),
        Counted(first + 2, "admin", "AccessDeniedException", 5),
        Counted(first + 2, "admin", "ok", 50),
        Counted(first + 3, "access", "AccessDenied", 1),
        Counted(first - 24 * 9, "sign-in", "ok", 9),
    ]
    assert overview.spans(counted, now, 2, "day") == [Span(99 * DAY, 0, 0, 0), Span(100 * DAY, 7, 2, 6)]
