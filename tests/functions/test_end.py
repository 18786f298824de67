"""No worker outlives its server, however the server ends."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from textwrap import dedent

GRANDCHILD = "import subprocess\ndef handler(event, context): return subprocess.Popen(['sleep', '60']).pid"

SERVER = """
import asyncio, sys
from pathlib import Path
from poolhouse.functions import Functions, FunctionSpec

async def main():
    project = Path(sys.argv[1])
    functions = Functions(credentials=None, endpoint_url="", region="r", account_id="1", clock=lambda: 0, log=print)
    await functions.start()
    await functions.apply([FunctionSpec("work", project, "amplify/data/work/handler.py", timeout_seconds=60)])
    child = (await functions.invoke("work", b"0")).payload.decode()
    busy = asyncio.create_task(functions.invoke("work", b"1"))
    await asyncio.sleep(0.2)
    print("PIDS", *functions.pids(), child, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""

AT_A_SIGN = """
import time
from pathlib import Path
def handler(event, context):
    Path(f"{event}.begun").touch()
    while not Path(f"{event}.ends").exists(): time.sleep(0.005)
"""

STUBBORN = """
import signal, subprocess, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
def handler(event, context):
    if event:
        while True: pass
    return subprocess.Popen(["sleep", "60"]).pid
"""


async def gone(pids, alive, seconds=3.0):
    until = time.monotonic() + seconds
    while any(map(alive, pids)):
        assert time.monotonic() < until
        await asyncio.sleep(0.01)


async def test_stop_ends_workers_and_what_they_started(house, alive):
    """Processes that a handler left running end with its worker."""
    functions = await house.run(GRANDCHILD)
    child = int((await functions.invoke("work", b"{}")).payload)
    pids = [child, *functions.pids()]
    assert all(map(alive, pids))
    await functions.stop()
    await gone(pids, alive)


async def test_stop_waits_for_running_calls_then_ends_them(house):
    """A call within the grace succeeds, one beyond it fails, and new ones are refused."""
    functions = await house.open(house.spec(AT_A_SIGN, timeout_seconds=60), max_workers=2)
    calls = [asyncio.create_task(functions.invoke("work", event)) for event in (b'"short"', b'"long"')]
    async with asyncio.timeout(30):
        while len(list(house.project.glob("*.begun"))) < 2:
            await asyncio.sleep(0.005)
    stopping = asyncio.create_task(functions.stop(grace_seconds=2))
    await asyncio.sleep(0)
    (house.project / "short.ends").touch()
    await stopping
    short, long = [await call for call in calls]
    assert short.error is None
    assert (long.error.type, long.error.message) == ("ServiceException", "The server is stopping.")
    assert (await functions.invoke("work", b"0")).error.type == "ServiceException"


async def test_a_worker_that_ignores_the_polite_signal_is_killed(house, alive):
    """Stopping takes the time of one warning, not more."""
    functions = await house.run(STUBBORN)
    await functions.invoke("work", b"0")
    pids = functions.pids()
    started = time.monotonic()
    await functions.stop()
    assert time.monotonic() - started < 3
    await gone(pids, alive)


async def test_workers_end_when_the_server_is_killed(house, alive):
    """kill -9 of the server ends busy workers that ignore signals, and what they started."""
    house.write(STUBBORN)
    script = house.project / "server.py"
    script.write_text(dedent(SERVER))
    server = await asyncio.create_subprocess_exec(sys.executable, script, house.project, stdout=subprocess.PIPE)
    while not (line := (await server.stdout.readline()).decode()).startswith("PIDS"):
        assert line
    pids = [int(pid) for pid in line.split()[1:]]
    assert len(pids) == 2
    assert all(map(alive, pids))
    os.kill(server.pid, signal.SIGKILL)
    await gone(pids, alive)
    await server.wait()


async def test_stopping_at_once_leaves_nothing(house):
    """A stop right after the start ends workers that were about to come."""
    functions = await house.open(house.spec(GRANDCHILD, "one"), house.spec(GRANDCHILD, "two"))
    await functions.stop()
    assert functions.pids() == []
