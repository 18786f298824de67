"""The same under the event loop that the server runs on."""

import asyncio
import json

import uvloop

SOURCE = """
import os, time
def handler(event, context):
    if event == "crash": os._exit(1)
    if event == "sleep": time.sleep(9)
    print("seen", event)
    return event
"""


def test_everything_works_under_uvloop(tmp_path, make_house):
    """Results, logs, crashes, time limits, concurrency and the end are the same as under asyncio's own loop."""

    async def scenario():
        house = make_house(tmp_path)
        functions = await house.run(SOURCE, timeout_seconds=1)
        events = ["a", "crash", "b", "sleep", "c"]
        outcomes = await asyncio.gather(*(functions.invoke("work", json.dumps(event).encode()) for event in events))
        await house.close()
        return house, functions, outcomes

    house, functions, outcomes = uvloop.run(scenario())
    kinds = [outcome.error.type if outcome.error else json.loads(outcome.payload) for outcome in outcomes]
    assert kinds == ["a", "Runtime.ExitError", "b", "Sandbox.Timedout", "c"]
    assert ("work", outcomes[0].request_id, "seen a") in house.lines
    assert functions.pids() == []
