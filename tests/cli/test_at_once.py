"""Coroutines that begin where they are called behave as tasks do."""

import asyncio
from contextvars import ContextVar

import pytest
import uvloop

from poolhouse.cli.at_once import begin

NAME = ContextVar("NAME", default="outside")


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def loop(request):
    loop = request.param()
    yield loop
    loop.close()


class Begun:
    """Coroutines as the loop began them in one turn; `so_far` is what had happened when that turn was over."""

    def __init__(self, loop, *works):
        self.tasks, self.raised = [], []
        self.happened = []
        loop.call_soon(self._begin, loop, [work(self.happened.append) for work in works])

    def _begin(self, loop, works):
        for work in works:
            try:
                self.tasks.append(begin(loop, work))
            except ValueError as error:
                self.raised.append(error)
        self.so_far = list(self.happened)

    async def outcomes(self):
        await asyncio.sleep(0)
        return await asyncio.gather(*filter(None, self.tasks), return_exceptions=True)


def test_what_waits_for_nothing_is_done_at_once(loop):
    async def work(say):
        say(asyncio.current_task() is not None)

    begun = Begun(loop, work)
    assert loop.run_until_complete(begun.outcomes()) == []
    assert (begun.tasks, begun.so_far) == ([None], [True])


def test_what_it_raises_before_it_waits_is_raised_where_it_begins(loop):
    async def work(_say):
        raise ValueError("early")

    begun = Begun(loop, work)
    loop.run_until_complete(begun.outcomes())
    assert [str(error) for error in begun.raised] == ["early"]
    assert asyncio.current_task(loop) is None


@pytest.mark.parametrize("seconds", [0, 0.001])
def test_the_rest_is_a_task(loop, seconds):
    async def work(say):
        say("first")
        await asyncio.sleep(seconds)
        say("second")
        await asyncio.sleep(seconds)
        say(asyncio.current_task())

    begun = Begun(loop, work)
    assert loop.run_until_complete(begun.outcomes()) == [None]
    assert begun.so_far == ["first"]
    assert begun.happened == ["first", "second", begun.tasks[0]]


def test_many_wait_for_one_future(loop):
    """Also one that begins before the first one's rest does."""
    shared = loop.create_future()

    async def work(say):
        say(await shared)

    begun = Begun(loop, work, work, work)
    loop.call_later(0.001, shared.set_result, "done")
    assert loop.run_until_complete(begun.outcomes()) == [None] * 3
    assert begun.happened == ["done"] * 3


@pytest.mark.parametrize("settle", [lambda f: f.set_result("done"), lambda f: f.set_exception(KeyError("why"))])
def test_a_future_that_is_done_before_the_rest_begins(loop, settle):
    future = loop.create_future()

    async def work(say):
        try:
            say(await future)
        except KeyError as error:
            say(error)

    begun = Begun(loop, work)
    loop.call_soon(settle, future)
    assert loop.run_until_complete(begun.outcomes()) == [None]
    assert begun.happened == [future.exception() or "done"]


def test_a_time_limit_that_was_set_in_the_first_part_ends_the_rest(loop):
    async def work(say):
        async with asyncio.timeout(0.01):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                say("ended")
                raise

    begun = Begun(loop, work)
    assert [type(one) for one in loop.run_until_complete(begun.outcomes())] == [TimeoutError]
    assert begun.happened == ["ended"]
    assert not begun.tasks[0].cancelled()


def test_a_time_limit_in_the_first_part_that_is_kept_changes_nothing(loop):
    async def work(say):
        async with asyncio.timeout(60):
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        say(asyncio.current_task().cancelling())

    begun = Begun(loop, work)
    assert loop.run_until_complete(begun.outcomes()) == [None]
    assert begun.happened == [0]


def test_a_group_of_tasks_that_was_opened_in_the_first_part(loop):
    async def child(say):
        await asyncio.sleep(0)
        say("child")
        raise ValueError("child")

    async def work(say):
        async with asyncio.TaskGroup() as group:
            group.create_task(child(say))
            await asyncio.sleep(60)

    begun = Begun(loop, work)
    [error] = loop.run_until_complete(begun.outcomes())
    assert [str(one) for one in error.exceptions] == ["child"]


@pytest.mark.parametrize("turns", [0, 3], ids=["before its first step", "later"])
def test_a_rest_that_is_cancelled_can_put_things_in_order(loop, turns):
    async def work(say):
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            say("in order")

    begun = Begun(loop, work)

    async def cancel():
        if turns == 0:
            begun.tasks[0].cancel()
        else:
            for _ in range(turns):
                await asyncio.sleep(0)
            begun.tasks[0].cancel()
        return await begun.outcomes()

    [outcome] = loop.run_until_complete(cancel())
    assert isinstance(outcome, asyncio.CancelledError)
    assert begun.tasks[0].cancelled()
    assert begun.happened == ["in order"]


def test_context_variables_are_its_own(loop):
    async def work(say):
        say(NAME.get())
        NAME.set("inside")
        await asyncio.sleep(0)
        say(NAME.get())

    begun = Begun(loop, work, work)
    loop.run_until_complete(begun.outcomes())
    assert begun.happened == ["outside", "outside", "inside", "inside"]
    assert NAME.get() == "outside"
