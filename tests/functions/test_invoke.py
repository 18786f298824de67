"""One invocation: what the handler receives, what its caller gets back."""

import asyncio
import json

import pytest

from poolhouse.functions.invocations import REQUEST_LIMIT, RESPONSE_LIMIT

EVENT = b'{"typeName": "Mutation", "arguments": {"name": "\xc3\xa4"}}'


async def test_the_handler_receives_the_event(house):
    """The event arrives as the JSON that was sent, and the result comes back as JSON."""
    functions = await house.run("def handler(event, context): return event")
    outcome = await functions.invoke("work", EVENT)
    assert outcome.error is None
    assert json.loads(outcome.payload) == json.loads(EVENT)
    assert outcome.duration_us > 0


@pytest.mark.parametrize("value", [{"a": 1}, [1, 2], True, 1, None, "text", 1.5, {}, ""])
async def test_plain_results_keep_their_shape(house, value):
    """Q10: dict, list, bool, number, text and None travel unchanged."""
    functions = await house.run(f"def handler(event, context): return {value!r}")
    outcome = await functions.invoke("work", b"{}")
    assert json.loads(outcome.payload) == value


async def test_the_context_is_lambdas(house):
    """The context carries name, memory, ARN, request id and the time that is left."""
    functions = await house.run(
        """
        def handler(event, context):
            return [context.function_name, context.memory_limit_in_mb, context.invoked_function_arn,
                    context.aws_request_id, context.get_remaining_time_in_millis()]
        """,
        timeout_seconds=7,
        memory_mb=256,
    )
    outcome = await functions.invoke("work", b"{}")
    name, memory, arn, request_id, left = json.loads(outcome.payload)
    assert (name, memory) == ("work", "256")
    assert arn == "arn:aws:lambda:eu-test-1:123456789012:function:work"
    assert request_id == outcome.request_id
    assert 5000 < left <= 7000


async def test_an_exception_is_the_error(house):
    """Q8: the exception's class, text and stack are the invocation's error, and the worker lives on."""
    functions = await house.run("class Odd(Exception): ...\ndef handler(event, context): raise Odd('boom')")
    pids = None
    for _ in range(2):
        outcome = await functions.invoke("work", b"{}")
        assert (outcome.error.type, outcome.error.message, outcome.payload) == ("Odd", "boom", b"")
        assert "raise Odd('boom')" in "".join(outcome.error.stack)
        assert pids in (None, functions.pids())
        pids = functions.pids()


async def test_an_unknown_function_is_an_error(house):
    """A name that no spec has is answered, not raised."""
    functions = await house.open()
    outcome = await functions.invoke("nobody", b"{}")
    assert outcome.error.type == "ResourceNotFoundException"
    assert outcome.error.message.endswith(":function:nobody")


async def test_a_problem_is_told_and_nothing_runs(house):
    """F6: an unset secret fails each invocation with its name; once it is set the function works."""
    spec = house.spec("def handler(event, context): return 1", problem="The secret X is not set.")
    functions = await house.open(spec)
    outcome = await functions.invoke("work", b"{}")
    assert (outcome.error.type, outcome.error.message) == ("Function.ConfigurationError", "The secret X is not set.")
    assert functions.pids() == []
    await functions.apply([house.spec("def handler(event, context): return 1")])
    assert (await functions.invoke("work", b"{}")).payload == b"1"


async def test_an_event_may_have_6_mb_and_not_more(house):
    """The largest event arrives; one more byte is refused before it reaches a worker."""
    functions = await house.run("def handler(event, context): return len(event)")
    outcome = await functions.invoke("work", b'"' + b"x" * (REQUEST_LIMIT - 2) + b'"')
    assert outcome.payload == str(REQUEST_LIMIT - 2).encode()
    outcome = await functions.invoke("work", b'"' + b"x" * (REQUEST_LIMIT - 1) + b'"')
    assert outcome.error.type == "RequestTooLargeException"


async def test_a_result_may_have_6_mb_and_not_more(house):
    """The largest result arrives; a larger one is an error, and the worker lives on."""
    functions = await house.run("def handler(event, context): return 'x' * event")
    outcome = await functions.invoke("work", str(RESPONSE_LIMIT - 2).encode())
    assert len(outcome.payload) == RESPONSE_LIMIT
    pids = functions.pids()
    outcome = await functions.invoke("work", b"30000000")
    assert outcome.error.type == "Function.ResponseSizeTooLarge"
    assert "(30000002 bytes)" in outcome.error.message
    assert (await functions.invoke("work", b"1")).payload == b'"x"'
    assert functions.pids() == pids


async def test_an_event_that_is_not_json_is_an_error(house):
    """The runtime client's own words say what is wrong with the event."""
    functions = await house.run("def handler(event, context): return 1")
    outcome = await functions.invoke("work", b"{")
    assert outcome.error.type == "Runtime.UnmarshalError"


async def test_a_cancelled_caller_leaves_the_worker_usable(house):
    """A caller that goes away does not stop the handler, nor disturb the next call."""
    functions = await house.run(
        """
        import time
        done = []
        def handler(event, context):
            time.sleep(event)
            done.append(event)
            return done
        """
    )
    await functions.invoke("work", b"0")
    await house.rested(functions)
    call = asyncio.create_task(functions.invoke("work", b"0.2"))
    await asyncio.sleep(0)
    call.cancel()
    assert json.loads((await functions.invoke("work", b"0.1")).payload) == [0, 0.2, 0.1]


async def test_a_cancelled_caller_in_the_queue_is_forgotten(house):
    """What nobody waits for any more does not start."""
    functions = await house.run("done = []\ndef handler(event, context):\n    done.append(event)\n    return done")
    call = asyncio.create_task(functions.invoke("work", b"1"))
    await asyncio.sleep(0)
    call.cancel()
    assert json.loads((await functions.invoke("work", b"2")).payload) == [2]
