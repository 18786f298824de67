"""Many invocations, changing definitions, asynchronous events."""

import asyncio
import json
import time

import pytest

from poolhouse.errors import RequestEntityTooLargeException, ResourceNotFoundException, TooManyRequestsException
from poolhouse.functions.invocations import REQUEST_LIMIT

SLEEP = "import os, time\ndef handler(event, context):\n    time.sleep(event)\n    return os.getpid()"
APPEND = """
def handler(event, context):
    with open("calls", "a") as file:
        file.write(f"{event} {context.aws_request_id}\\n")
    if event == "bad": raise ValueError("again")
"""


async def eventually(condition, seconds=5.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        await asyncio.sleep(0.01)


async def test_calls_at_once_get_workers_up_to_the_bound(house):
    """Six slow calls with three workers run in three processes."""
    functions = await house.open(house.spec(SLEEP), max_workers=3)
    outcomes = await asyncio.gather(*(functions.invoke("work", b"0.3") for _ in range(6)))
    assert {outcome.error for outcome in outcomes} == {None}
    assert len({outcome.payload for outcome in outcomes}) == len(functions.pids()) == 3


async def test_surplus_workers_go_after_idling(house):
    """One worker stays warm."""
    functions = await house.open(house.spec(SLEEP), max_workers=3, idle_seconds=0.2)
    await asyncio.gather(*(functions.invoke("work", b"0.2") for _ in range(3)))
    assert len(functions.pids()) > 1
    await eventually(lambda: len(functions.pids()) == 1)
    assert (await functions.invoke("work", b"0")).error is None


async def test_a_full_queue_refuses(house):
    """What neither runs nor fits the queue is told so at once."""
    functions = await house.open(house.spec(SLEEP), max_workers=1, queue_limit=2)
    await functions.invoke("work", b"0")
    await house.rested(functions)
    outcomes = await asyncio.gather(*(functions.invoke("work", b"0.1") for _ in range(5)))
    errors = [(outcome.error.type, outcome.error.message) for outcome in outcomes if outcome.error]
    assert errors == [("TooManyRequestsException", "Rate Exceeded.")] * 2


async def test_waiting_calls_run_in_order(house):
    """One worker serves its callers first come, first served."""
    functions = await house.open(house.spec(APPEND), max_workers=1)
    await asyncio.gather(*(functions.invoke("work", str(number).encode()) for number in range(20)))
    lines = (house.project / "calls").read_text().splitlines()
    assert [int(line.split()[0]) for line in lines] == list(range(20))


async def test_a_slow_function_does_not_hold_up_another(house):
    """Each function has workers and a queue of its own."""
    functions = await house.open(house.spec(SLEEP, "slow"), house.spec(SLEEP, "fast"), max_workers=1)
    await functions.invoke("fast", b"0")
    slow = asyncio.gather(*(functions.invoke("slow", b"0.4") for _ in range(2)))
    assert (await functions.invoke("fast", b"0")).duration_us < 700_000
    assert not slow.done()
    await slow


async def test_the_first_worker_is_warm_before_the_first_call(house):
    """Workers start with the definitions, not with the first caller, and nobody waits for them."""
    started = time.monotonic()
    functions = await house.run("import time\ntime.sleep(2)\ndef handler(event, context): ...")
    assert time.monotonic() - started < 1.9
    await eventually(lambda: len(functions.pids()) == 1)


async def test_unchanged_functions_keep_their_workers(house):
    """Applying equal specs changes no process; another revision makes a new one."""
    one, two = house.spec(SLEEP, "one", revision="1"), house.spec(SLEEP, "two", revision="1")
    functions = await house.open(one, two, max_workers=1)
    before = [(await functions.invoke(name, b"0")).payload for name in ("one", "two")]
    await functions.apply([house.spec(SLEEP, "one", revision="1"), house.spec(SLEEP, "two", revision="2")])
    after = [(await functions.invoke(name, b"0")).payload for name in ("one", "two")]
    assert before[0] == after[0]
    assert before[1] != after[1]


async def test_a_change_drops_nothing(house):
    """A running call ends in the old code, waiting and later ones run in the new."""
    old = "import time\ndef handler(event, context):\n    open('started', 'w')\n    time.sleep(0.4)\n    return 'old'"
    functions = await house.open(house.spec(old, revision="1"), max_workers=1)
    running = asyncio.create_task(functions.invoke("work", b"0"))
    await eventually((house.project / "started").exists)
    waiting = asyncio.create_task(functions.invoke("work", b"0"))
    await asyncio.sleep(0)
    await functions.apply([house.spec("def handler(event, context): return 'new'", revision="2")])
    later = functions.invoke("work", b"0")
    payloads = [outcome.payload for outcome in await asyncio.gather(running, waiting, later)]
    assert payloads == [b'"old"', b'"new"', b'"new"']
    await eventually(lambda: len(functions.pids()) == 1)


async def test_a_removed_function_is_gone(house):
    """Its workers end, and calls are answered as for a function that never was."""
    functions = await house.open(house.spec(SLEEP))
    await functions.invoke("work", b"0")
    await functions.apply([])
    await eventually(lambda: functions.pids() == [])
    assert (await functions.invoke("work", b"0")).error.type == "ResourceNotFoundException"


async def test_an_asynchronous_event_runs_later(house):
    """Q14: the request id comes back at once and the handler runs under it."""
    functions = await house.open(house.spec(APPEND))
    request_id = await functions.invoke_async("work", b'"good"')
    assert not (house.project / "calls").exists()
    await eventually((house.project / "calls").exists)
    await eventually(lambda: (house.project / "calls").read_text() == f"good {request_id}\n")


async def test_a_failed_event_is_tried_twice_more(house):
    """Three attempts under one request id, then a line in the log."""
    functions = await house.open(house.spec(APPEND), retry_delays=(0.05, 0.05))
    request_id = await functions.invoke_async("work", b'"bad"')
    await eventually(lambda: any("dropped after its last attempt: again" in line for line in house.texts()))
    assert (house.project / "calls").read_text() == f"bad {request_id}\n" * 3


async def test_events_that_cannot_be_queued_are_refused(house):
    """Unknown function, too large an event and a full queue raise."""
    functions = await house.open(house.spec(SLEEP), queue_limit=1)
    with pytest.raises(ResourceNotFoundException):
        await functions.invoke_async("nobody", b"{}")
    with pytest.raises(RequestEntityTooLargeException):
        await functions.invoke_async("work", b"x" * (REQUEST_LIMIT + 1))
    await functions.invoke_async("work", b"0.1")
    with pytest.raises(TooManyRequestsException):
        await functions.invoke_async("work", b"0.1")


async def test_events_leave_a_worker_to_callers(house):
    """Many slow events do not keep a caller waiting behind all of them."""
    functions = await house.open(house.spec(SLEEP), max_workers=2)
    for _ in range(10):
        await functions.invoke_async("work", b"0.3")
    started = time.monotonic()
    assert json.loads((await functions.invoke("work", b"0")).payload) > 0
    assert time.monotonic() - started < 1.0
