"""Who called: handed to the runtime with the trace id of one invocation, and gone with it."""

import asyncio
import json

TRACE = "import os\ndef handler(event, context): return os.environ['_X_AMZN_TRACE_ID']"
TWICE = """
import os
def handler(event, context):
    print('SEEN ' + os.environ['_X_AMZN_TRACE_ID'][::-1], flush=True)
    raise ValueError
"""


def caller_in(trace: str) -> str | None:
    fields = dict(field.split("=", 1) for field in trace.split(";"))
    assert fields["Root"].startswith("1-")
    assert fields["Sampled"] == "0"
    return fields.get("Caller")


async def test_the_caller_of_each_invocation(house):
    """The next invocation of the same process has its own caller, or none."""
    functions = await house.run(TRACE)
    seen = []
    for caller in ("abc-_9", "", "A" * 1000):
        outcome = await functions.invoke("work", b"{}", caller=caller)
        seen.append(caller_in(json.loads(outcome.payload)))
    assert seen == ["abc-_9", None, "A" * 1000]


async def test_callers_that_wait_in_the_queue(house):
    functions = await house.run(TRACE)
    callers = [f"caller{nth}" for nth in range(5)]
    outcomes = await asyncio.gather(*(functions.invoke("work", b"{}", caller=caller) for caller in callers))
    assert [caller_in(json.loads(outcome.payload)) for outcome in outcomes] == callers


async def test_a_repeated_event_keeps_its_caller(house):
    """Asynchronous events run again after an error, for the same caller; its text backwards is no secret."""
    functions = await house.open(house.spec(TWICE), max_workers=2, retry_delays=(0.0,))
    await functions.invoke_async("work", b"{}", caller="again")
    async with asyncio.timeout(20):
        while not any("dropped" in line for line in house.texts()):
            await asyncio.sleep(0.01)
    seen = [line for line in house.texts() if "SEEN" in line]
    assert len(seen) == 2
    assert all(line.startswith(f"SEEN {';Caller=again'[::-1]}") for line in seen)
