"""Time, memory, crashes and broken modules: the invocation fails clearly, the next one works."""

import asyncio
import json
import os
import signal

import pytest

BAD_MODULES = [
    ("import nothing_like_this", "Runtime.ImportModuleError", "No module named 'nothing_like_this'"),
    ("def handler(:", "Runtime.UserCodeSyntaxError", "Syntax error in module 'amplify/data/work/handler'"),
    ("x = 1", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'amplify/data/work/handler'"),
    ("raise ValueError('not today')", "ValueError", "not today"),
    (
        "import threading; threading.Thread(target=threading.Event().wait).start(); 1 / 0",
        "ZeroDivisionError",
        "division by zero",
    ),
    ("import sys; sys.exit(3)", "Runtime.ExitError", "exit status 3"),
    ("import os; os.kill(os.getpid(), 11)", "Runtime.ExitError", "signal: Segmentation fault"),
]

CRASHES = [
    ("os._exit(3)", "Runtime.ExitError", "Runtime exited with error: exit status 3"),
    ("os._exit(0)", "Runtime.ExitError", "Runtime exited without providing a reason"),
    ("os.kill(os.getpid(), 11)", "Runtime.ExitError", "Runtime exited with error: signal: Segmentation fault"),
    ("os.kill(os.getpid(), 9)", "Runtime.OutOfMemory", "Runtime exited with error: signal: killed"),
    ("bytearray(600 << 20)", "Runtime.OutOfMemory", "The function used more than its 128 MB of memory."),
]


async def test_a_handler_that_sleeps_past_its_limit_is_ended(house, alive):
    """F10: Lambda's words after the time limit, and a new worker for the next call."""
    functions = await house.run("import time\ndef handler(event, context): time.sleep(event)", timeout_seconds=1)
    await functions.invoke("work", b"0")
    (pid,) = functions.pids()
    outcome = await functions.invoke("work", b"30")
    assert outcome.error.type == "Sandbox.Timedout"
    assert outcome.error.message.endswith(f"Z {outcome.request_id} Task timed out after 1.00 seconds")
    assert 900_000 < outcome.duration_us < 3_000_000
    assert not alive(pid)
    assert (await functions.invoke("work", b"0")).error is None


@pytest.mark.parametrize(("code", "kind", "text"), CRASHES)
async def test_a_crash_is_reported_and_the_next_call_works(house, code, kind, text):
    """Exit, signal and lack of memory fail one invocation only."""
    functions = await house.run(
        f"import os\ndef handler(event, context):\n    if event: {code}\n    return 'fine'", memory_mb=128
    )
    outcome = await functions.invoke("work", b"1")
    assert (outcome.error.type, outcome.error.message) == (kind, text)
    assert (await functions.invoke("work", b"0")).payload == b'"fine"'


@pytest.mark.parametrize(("source", "kind", "text"), BAD_MODULES)
async def test_a_module_that_does_not_load_fails_the_invocation(house, source, kind, text):
    """The caller gets the reason, and gets it again at once while nothing has changed."""
    functions = await house.run(source)
    for _ in range(3):
        outcome = await functions.invoke("work", b"{}")
        assert outcome.error.type == kind
        assert text in outcome.error.message


async def test_a_broken_module_does_not_start_again_and_again(house):
    """Between attempts there is a growing pause in which calls fail without a process."""
    functions = await house.run("open('starts', 'a').write('x')\nraise ValueError('no')")
    told = ["No worker is started for 0.5 s: no", "No worker is started for 1 s: no"]
    async with asyncio.timeout(60):
        while told[1] not in house.texts():
            assert (await functions.invoke("work", b"{}")).error.message == "no"
            await asyncio.sleep(0.01)
    assert [text for text in house.texts() if text.startswith("No worker")] == told
    assert (house.project / "starts").read_text() == "xx"


async def test_a_mended_module_works_at_once(house):
    """New source means new workers, without a pause."""
    functions = await house.run("raise ValueError('no')", revision="1")
    assert (await functions.invoke("work", b"{}")).error.message == "no"
    await functions.apply([house.spec("def handler(event, context): return 'fixed'", revision="2")])
    assert (await functions.invoke("work", b"{}")).payload == b'"fixed"'


async def test_a_project_that_is_gone_is_a_clear_failure(house):
    """A worker that cannot even be started says why."""
    spec = house.spec("def handler(event, context): return 1").__class__("work", house.project / "gone", "handler.py")
    functions = await house.open(spec)
    outcome = await functions.invoke("work", b"{}")
    assert outcome.error.type == "Runtime.StartError"
    assert "gone" in outcome.error.message


async def test_boto3_fits_into_the_smallest_function(house):
    """128 MB are enough for a handler that makes a client."""
    functions = await house.run(
        "import boto3\nclient = boto3.client('cognito-idp')\ndef handler(event, context): return client.meta.region_name",
        memory_mb=128,
        timeout_seconds=20,
    )
    assert json.loads((await functions.invoke("work", b"{}")).payload) == "eu-test-1"


async def test_a_killed_idle_worker_is_replaced_on_the_next_call(house, alive):
    """A worker that dies between invocations costs the next caller a start and nothing else."""
    functions = await house.run(
        "import os, threading\ndef handler(event, context): threading.Timer(0.02, os._exit, (1,)).start()"
    )
    await functions.invoke("work", b"{}")
    async with asyncio.timeout(30):
        while functions.pids():
            await asyncio.sleep(0.02)
    assert (await functions.invoke("work", b"{}")).error is None


CRASHING = """
import os
open("starts", "a").write("x")
def handler(event, context):
    if event: os._exit(3)
    return "fine"
"""


async def test_a_function_that_crashes_in_every_call_is_not_started_for_each(house):
    """After some crashes in a row calls fail at once with the same error, and the log says for how long."""
    functions = await house.run(CRASHING)
    outcomes = [await functions.invoke("work", b"1") for _ in range(12)]
    assert {outcome.error.message for outcome in outcomes} == {"Runtime exited with error: exit status 3"}
    assert len((house.project / "starts").read_text()) < 12
    assert "No worker is started for 0.5 s: Runtime exited with error: exit status 3" in house.texts()


async def test_it_is_tried_again(house):
    """The pause ends; a call that is answered ends the count, and so does another source."""
    functions = await house.run(CRASHING)
    for _ in range(4):
        assert (await functions.invoke("work", b"1")).error
    async with asyncio.timeout(60):
        while (await functions.invoke("work", b"0")).error:
            await asyncio.sleep(0.05)
    for _ in range(3):
        assert (await functions.invoke("work", b"1")).error
        assert (await functions.invoke("work", b"0")).payload == b'"fine"'
    for _ in range(4):
        assert (await functions.invoke("work", b"1")).error
    await functions.apply([house.spec("def handler(event, context): return 'mended'", revision="2")])
    assert (await functions.invoke("work", b"1")).payload == b'"mended"'


async def test_time_limits_are_no_crashes(house):
    """A function that hangs is held up by its own limit already."""
    spec = house.spec("import time\ndef handler(event, context): time.sleep(event)", timeout_seconds=1)
    functions = await house.open(spec, max_workers=4)
    outcomes = await asyncio.gather(*(functions.invoke("work", b"9") for _ in range(4)))
    assert {outcome.error.type for outcome in outcomes} == {"Sandbox.Timedout"}
    assert (await functions.invoke("work", b"0")).error is None


async def test_a_worker_that_starts_anew_reads_the_source_that_is_there(house, alive):
    """Where the files changed under a server that was not told, the old worker goes on, and the next one has them."""
    functions = await house.run("def handler(event, context): return 'old'")
    assert (await functions.invoke("work", b"{}")).payload == b'"old"'
    house.write("def handler(event, context): return 'new'")
    assert (await functions.invoke("work", b"{}")).payload == b'"old"'
    (pid,) = functions.pids()
    os.kill(pid, signal.SIGKILL)
    async with asyncio.timeout(30):
        while alive(pid) or functions.pids():
            await asyncio.sleep(0.02)
    assert (await functions.invoke("work", b"{}")).payload == b'"new"'
