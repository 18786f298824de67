"""The geometry of charts: round axes, bars that fit, medians."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.pages.console import charts
from poolhouse.pages.console.charts import Point, Series

SERIES = (Series("worked", 1), Series("failed", 2))


@pytest.mark.parametrize(
    ("value", "top"), [(0, 2), (1, 2), (2, 2), (3, 4), (5, 10), (11, 20), (99, 100), (101, 200), (2345, 4000)]
)
def test_axes_end_at_round_numbers(value, top):
    assert charts.ceiling(value) == top


@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**7)), max_size=60))
def test_bars_stay_in_the_drawing(values):
    """Nothing is drawn outside of 100 by 100, and only what is not zero is drawn."""
    chart = charts.bars("c", "t", "s", SERIES, [Point("p", pair) for pair in values])
    assert len(chart.bars) == sum(bool(value) for pair in values for value in pair)
    for bar in chart.bars:
        assert -0.01 <= bar.x <= bar.x + bar.width <= 100.01
        assert -0.01 <= bar.y <= bar.y + bar.height <= 100.01


def test_bars_stand_upon_one_another():
    chart = charts.bars("c", "t", "s", SERIES, [Point("mon", (1, 1))])
    lower, upper = chart.bars
    assert (lower.y, lower.height, upper.y, upper.height) == (50, 50, 0, 50)
    assert (lower.text, upper.text) == ("mon: 1 worked", "mon: 1 failed")


def test_a_line_goes_from_edge_to_edge():
    chart = charts.line("c", "t", "s", SERIES[:1], [Point("a", (0,)), Point("b", (1,)), Point("c", (2,))])
    assert chart.lines == ((1, "0,100 50,50 100,0"),)
    assert chart.ticks == ("2", "1", "0")


def test_labels_are_first_middle_and_last():
    points = [Point(str(day), (day,)) for day in range(9)]
    assert charts.line("c", "t", "s", SERIES[:1], points).labels == ("0", "4", "8")


def test_the_table_says_what_the_drawing_says():
    chart = charts.bars("c", "t", "s", SERIES, [Point("a", (1234.0, 0.25))], unit="ms", levels=[("p50", 2.5, 3)])
    assert chart.rows() == [("a", ("1,234 ms", "0.2 ms"))]
    assert chart.levels[0].text == "p50 2.5 ms"


@pytest.mark.parametrize(("share", "found"), [(0.5, 5), (0.95, 10), (1, 10), (0.01, 1)])
def test_percentiles_are_values_that_were_there(share, found):
    assert charts.percentile([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], share) == found


def test_nothing_is_empty():
    assert charts.bars("c", "t", "s", SERIES, []).is_empty
    assert charts.line("c", "t", "s", SERIES, [Point("a", (0, 0))]).is_empty
    assert charts.percentile([], 0.5) == 0
