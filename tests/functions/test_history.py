"""What is remembered of runs: their outcome, their last lines, and never more than a bound."""

from poolhouse.functions.history import LONGEST_LINE, MOST_LINES, MOST_RUNS, History
from poolhouse.functions.invocations import Invocation, InvocationError

SOURCE = """
def handler(event, context):
    print("hello", event.get("name"))
    if event.get("fail"):
        raise ValueError("no luck")
    return {}
"""


async def test_runs_are_remembered_newest_first(house):
    """Outcome, duration, and a cold start for the first run of a worker only."""
    functions = await house.run(SOURCE)
    first = await functions.invoke("work", b"{}")
    second = await functions.invoke("work", b'{"fail":1}')
    newest, oldest = functions.history.runs("work")
    assert (newest.request_id, oldest.request_id) == (second.request_id, first.request_id)
    assert (newest.error, newest.message, oldest.error) == ("ValueError", "no luck", "")
    assert oldest.init_us
    assert newest.init_us is None
    assert (newest.duration_us, oldest.duration_us) == (second.duration_us, first.duration_us)


async def test_a_run_has_its_own_lines(house):
    """START to REPORT, and nothing of another run."""
    functions = await house.run(SOURCE)
    ada, bob = [await functions.invoke("work", b'{"name":"%s"}' % name) for name in (b"ada", b"bob")]
    run = functions.history.run("work", ada.request_id)
    assert run is not None
    assert run.lines[0].startswith("START")
    assert "hello ada" in run.lines
    assert run.lines[-1].startswith("REPORT")
    assert not any("bob" in line for line in run.lines)
    assert functions.history.run("work", bob.request_id) is not run


async def test_secrets_are_hidden_in_remembered_lines(house):
    """The ring holds what the log holds: after the redactor."""
    source = (
        "import os\ndef handler(event, context):\n    print(os.environ['KEY'])\n    raise ValueError(os.environ['KEY'])"
    )
    functions = await house.run(source, environment={"KEY": "s3cr3t-value"}, secret_names=frozenset({"KEY"}))
    outcome = await functions.invoke("work", b"{}")
    run = functions.history.run("work", outcome.request_id)
    assert run is not None
    assert run.message == "[hidden]"
    assert "[hidden]" in run.lines
    assert not any("s3cr3t" in line for line in run.lines)


async def test_the_callers_token_is_hidden(house):
    """It is in the handler's environment for the length of one invocation, and in no line and no error of it."""
    source = "import os\ndef handler(event, context):\n    print(os.environ['_X_AMZN_TRACE_ID'])\n    raise ValueError(os.environ['_X_AMZN_TRACE_ID'])"
    functions = await house.run(source)
    outcome = await functions.invoke("work", b"{}", caller="sealed-token-of-the-caller")
    run = functions.history.run("work", outcome.request_id)
    assert run is not None
    assert "Caller=[hidden]" in run.message
    assert outcome.error is not None
    assert "sealed-token" not in f"{outcome.error} {run.lines} {house.lines}"


async def test_an_invocation_that_never_ran_is_remembered(house):
    """A worker that cannot start fails the invocation; what the import wrote is kept beside the runs."""
    functions = await house.run("print('importing')\nraise RuntimeError('bad import')")
    outcome = await functions.invoke("work", b"{}")
    assert outcome.error is not None
    (run,) = functions.history.runs("work")
    assert (run.ran, run.error, run.is_running) == (False, "RuntimeError", False)
    assert "importing" in functions.history.outside("work")


async def test_a_removed_function_is_forgotten(house):
    functions = await house.run(SOURCE)
    await functions.invoke("work", b"{}")
    await functions.apply([])
    assert functions.history.runs("work") == []
    assert (await functions.invoke("work", b"{}")).error
    assert functions.history.runs("work") == []


def test_memory_is_bounded():
    """So many runs, so many lines of each, so many characters of a line."""
    history = History()
    history.keep(["f"])
    for number in range(MOST_RUNS + 5):
        history.began("f", str(number), number, None)
        for line in range(MOST_LINES + 3):
            history.line("f", str(number), f"{line} {'x' * LONGEST_LINE}")
        history.ended("f", str(number), None, 7)
    runs = history.runs("f")
    assert (len(runs), runs[0].request_id) == (MOST_RUNS, str(MOST_RUNS + 4))
    assert (len(runs[0].lines), runs[0].dropped) == (MOST_LINES, 3)
    assert all(len(line) <= LONGEST_LINE + 3 for line in runs[0].lines)


def test_a_repeated_event_shows_its_last_attempt():
    """Asynchronous events keep their id; the newest run of an id is the one that is found."""
    history = History()
    history.began("f", "r", 1, None)
    history.ended("f", "r", InvocationError("E", "first"), 5)
    history.began("f", "r", 2, None)
    again = history.run("f", "r")
    assert again is not None
    assert (again.started, again.is_running, again.failed) == (2, True, False)


def test_only_failures_that_never_ran_are_refusals():
    """An outcome of a run is told by its worker and not told twice."""
    history = History()
    history.keep(["f"])
    history.refused("f", Invocation(b"{}", None, "a", 0), 1)
    history.refused("f", Invocation(b"", InvocationError("E", "m"), "b", 12), 1)
    history.refused("gone", Invocation(b"", InvocationError("E", "m"), "c", 0), 1)
    assert (history.runs("f"), history.runs("gone")) == ([], [])
