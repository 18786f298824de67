"""The connections of a process: never more than allowed, given on in turn, never given to anybody in a bad state."""

import asyncio

import asyncpg
import pytest

from poolhouse.store.connecting import Route
from poolhouse.store.connections import Connections

SLEEPS = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'"


@pytest.fixture
async def few(postgresql_server):
    """Two at most; whoever waits for one does not give up."""
    made = Connections(Route(postgresql_server), 2, patience=60)
    await made.start()
    yield made
    await made.stop()


async def pid(connection):
    return await connection.fetchval("SELECT pg_backend_pid()")


async def use(connections):
    """Which server process answered."""
    connection = await connections.acquire()
    try:
        return await pid(connection)
    finally:
        connections.release(connection)


async def waiting(connections, number):
    while len(connections._waiting) < number:
        await asyncio.sleep(0)


async def test_two_serve_many_in_turn(few):
    """Each gets one, in the order in which they came, and no third is made."""
    held = [await few.acquire() for _ in range(2)]
    order = []

    async def work(number):
        connection = await few.acquire()
        order.append(number)
        few.release(connection)

    tasks = []
    for number in range(5):
        tasks.append(asyncio.create_task(work(number)))
        await waiting(few, number + 1)
    for connection in held:
        few.release(connection)
    await asyncio.gather(*tasks)
    assert order == [0, 1, 2, 3, 4]
    assert len({await use(few) for _ in range(10)}) == 1
    assert few._open == len(few._free) == 2


async def test_who_gives_up_takes_nothing_along(few):
    """A caller who is cancelled while he waits, or in the moment in which he is given one."""
    held = [await few.acquire() for _ in range(2)]
    early, late = asyncio.create_task(few.acquire()), asyncio.create_task(few.acquire())
    await waiting(few, 2)
    early.cancel()
    few.release(held[0])
    late.cancel()
    few.release(held[1])
    assert [type(one) for one in await asyncio.gather(early, late, return_exceptions=True)] == [
        asyncio.CancelledError
    ] * 2
    again = [await few.acquire() for _ in range(2)]
    for connection in again:
        few.release(connection)
    assert (few._open, len(few._free), few._used) == (2, 2, {})


async def test_nobody_waits_for_ever(postgresql_server):
    impatient = Connections(Route(postgresql_server), 1, patience=0.05)
    while True:  # making the first one may take longer than that
        try:
            held = await impatient.acquire()
            break
        except TimeoutError:
            pass
    with pytest.raises(TimeoutError):
        await impatient.acquire()
    impatient.release(held)
    impatient.release(await impatient.acquire())
    await impatient.stop()


async def test_what_is_closed_or_in_a_transaction_is_not_given_on(few):
    first = await few.acquire()
    await first.execute("BEGIN")
    few.release(first)
    second = await few.acquire()
    assert second is not first
    assert not second.is_in_transaction()
    second.terminate()
    few.release(second)
    assert (few._open, few._free) == (0, [])
    assert await use(few)


async def test_what_broke_while_it_lay_idle_is_replaced(few, postgresql_server):
    """Noticed at once where the end of the connection has arrived, and left out once somebody says that one was lost."""
    before = await use(few)
    other = await asyncpg.connect(postgresql_server)
    await other.execute("SELECT pg_terminate_backend($1)", before)
    await other.close()
    kept = await few.acquire()
    few.expire()
    few.release(kept)
    assert kept.is_closed()
    assert await use(few) != before


async def test_a_query_that_is_given_up_leaves_a_good_connection(few):
    """PostgreSQL is told to stop; the next user of that connection gets his own answer."""
    connection = await few.acquire()
    number, other = await pid(connection), await few.acquire()
    query = asyncio.create_task(connection.fetchval("SELECT pg_sleep(60)"))
    async with asyncio.timeout(30):
        while not await other.fetchval(SLEEPS, number):
            await asyncio.sleep(0.005)
    few.release(other)
    query.cancel()
    await asyncio.gather(query, return_exceptions=True)
    few.release(connection)
    answers = await asyncio.wait_for(asyncio.gather(*(use(few) for _ in range(6))), 50)
    assert all(isinstance(answer, int) for answer in answers)


async def test_idle_ones_are_closed_but_one(postgresql_server):
    quick = Connections(Route(postgresql_server), 3, idle_seconds=0.0)
    held = [await quick.acquire() for _ in range(3)]
    for connection in held:
        quick.release(connection)
    assert (quick._open, len(quick._free)) == (1, 1)
    await quick.stop()
    assert all(connection.is_closed() for connection in held)
    with pytest.raises(asyncpg.InterfaceError):
        await quick.acquire()


async def test_a_failure_to_connect_lets_the_next_one_try(tmp_path):
    nowhere = Connections(Route(f"postgresql:///x?host={tmp_path}"), 1)
    outcomes = await asyncio.gather(*(nowhere.acquire() for _ in range(4)), return_exceptions=True)
    assert {type(one) for one in outcomes} <= {FileNotFoundError, ConnectionRefusedError}
    assert nowhere._open == 0
    await nowhere.stop()


async def test_an_end_waits_for_those_in_use(few):
    """Work under way is finished on its connection, which is closed after that; who waits for one is told."""
    held = [await few.acquire() for _ in range(2)]
    late = asyncio.create_task(few.acquire())
    await waiting(few, 1)
    ending = asyncio.create_task(few.stop())
    assert [await pid(connection) > 0 for connection in held] == [True, True]
    assert not ending.done()
    for connection in held:
        few.release(connection)
    await ending
    assert all(connection.is_closed() for connection in held)
    with pytest.raises(asyncpg.InterfaceError):
        await late
