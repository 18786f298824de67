"""Tests whose cases share one run: all of them are run, and a failure says which it was."""

import inspect

import pytest
from cases import each


def test_every_case_is_run_in_order():
    """Each gets its own values and the same fixtures."""
    seen = []

    @each("a, b", [(1, 2), (3, 4)])
    def table(shared, a, b):
        seen.append((shared, a, b))

    assert list(inspect.signature(table).parameters) == ["shared"]
    table(shared="s")
    assert seen == [("s", 1, 2), ("s", 3, 4)]


async def test_a_failure_names_its_case():
    """Whatever was raised; what came after it is not run."""
    seen = []

    @each("code", ["fine", "wrong", "never"])
    async def table(code):
        seen.append(code)
        assert code == "fine"

    with pytest.raises(AssertionError) as caught:
        await table()
    assert caught.value.__notes__ == ["The case: {'code': 'wrong'}"]
    assert seen == ["fine", "wrong"]


def test_a_row_of_another_length_is_no_case():
    """Nor is a table without rows a test."""
    with pytest.raises(ValueError, match="zip"):
        each("a, b", [(1, 2, 3)])
    with pytest.raises(AssertionError, match="without rows"):
        each("a", [])
