"""A table of cases in one test: for those that cost next to nothing and leave what they share as they found it.

A test of its own opens a database, signs people up and goes through every plugin, a thousand times the case's cost.
"""

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

Test = Callable[..., Any]


def each(names: str, rows: Iterable[Any]) -> Callable[[Test], Test]:
    """Like `pytest.mark.parametrize`, in one test: the fixtures are made once, and a failure names its case."""
    wanted = [name.strip() for name in names.split(",")]
    cases = [dict(zip(wanted, row if len(wanted) > 1 else (row,), strict=True)) for row in rows]
    assert cases, "a table without rows tests nothing"

    def decorate(test: Test) -> Test:
        run = _awaiting(test, cases) if inspect.iscoroutinefunction(test) else _calling(test, cases)
        kept = [parameter for name, parameter in inspect.signature(test).parameters.items() if name not in wanted]
        run.__signature__ = inspect.Signature(kept)  # type: ignore[attr-defined]  # pytest reads it
        return run

    return decorate


def _calling(test: Test, cases: list[dict[str, Any]]) -> Test:
    @functools.wraps(test)
    def run(**fixtures: Any) -> None:
        for case in cases:
            with named(case):
                test(**fixtures, **case)

    return run


def _awaiting(test: Test, cases: list[dict[str, Any]]) -> Test:
    @functools.wraps(test)
    async def run(**fixtures: Any) -> None:
        for case in cases:
            with named(case):
                await test(**fixtures, **case)

    return run


@contextmanager
def named(case: Any) -> Iterator[None]:
    """Whatever fails inside says in which case."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"The case: {case!r}")
        raise
