"""Runs of functions are counted by their outcome."""

from poolhouse.telemetry import REGISTRY

SOURCE = "def handler(event, context):\n    return 1 / event['by']\n"


def counted(outcome, function="work"):
    labels = {"function": function, "outcome": outcome}
    return REGISTRY.get_sample_value("poolhouse_function_invocations_total", labels) or 0


async def test_runs_are_counted(house):
    """Those that end well, those that do not by the kind of their error, and those that could not begin."""
    functions = await house.run(SOURCE)
    before = [counted("ok"), counted("ZeroDivisionError"), counted("ResourceNotFoundException", "nowhere")]
    for by in (1, 2, 0):
        await functions.invoke("work", b'{"by": %d}' % by)
    await functions.invoke("nowhere", b"{}")
    after = [counted("ok"), counted("ZeroDivisionError"), counted("ResourceNotFoundException", "nowhere")]
    assert [new - old for new, old in zip(after, before, strict=True)] == [2, 1, 1]
