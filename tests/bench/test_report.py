"""What the kit makes of its figures: arithmetic, words and charts."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from bench import aims, charts, report
from bench.load import Cpu, figures
from bench.report import Line, Run, Start

CPU = Cpu(server=0.5, workers=0.0, database=0.0, generator=0.25, machine=1.0)
NOTHING = Cpu(0.0, 0.0, 0.0, 0.0, 0.0)
SVG = "{http://www.w3.org/2000/svg}"


def measured(answers, took=2.0):
    """Latencies of 1, 2, 3 ... ms."""
    return figures([number / 1000 for number in range(answers, 0, -1)], took, (NOTHING, CPU), 50_000_000)


def line(subject, answers, scenario="admin-get-user", **members):
    got = None if answers is None else measured(answers)
    return Line(scenario=scenario, title=f"Title of {scenario}", subject=subject, figures=got, **members)


def run_of(*lines):
    return Run(
        about={"users": 50},
        milliseconds={"fsync": 0.1},
        machine={"bare uvicorn": 500.0, "SRP": 100.0},
        cpu_seconds={"bare uvicorn": 0.0005, "SRP": 0.001},
        lines=lines,
        starts=[Start(subject="poolhouse, sqlite", fresh_seconds=1.5, idle_mb=90, workers=2, workers_mb=100)],
        bare=measured(1000),
    )


def test_figures_of_latencies():
    got = measured(100)
    assert (got.answers, got.per_second) == (100, 50.0)
    assert (got.p50, got.p95, got.p99) == (0.051, 0.096, 0.1)
    assert got.cpu == CPU


def test_figures_of_nothing_are_refused():
    with pytest.raises(RuntimeError, match="used up every request"):
        figures([], 1.0, (NOTHING, CPU), 0)


def test_row_says_cpu_for_a_thousand_and_shares_of_a_core():
    text = report.table([line("poolhouse, sqlite", 100)], measured(1000))
    assert text.splitlines()[2].split(" | ")[2:] == [
        *("50", "51.00", "96.00", "100.00"),
        *("5.000", "0.000", "0.000"),
        *("10.0", "25%", "50", "12%", f"{0.25 / 2 / report.CPUS:.0%} |"),
    ]


@pytest.mark.parametrize(
    ("ours", "theirs", "is_reached"),
    [(3000, [1000, 300], True), (3000, [1000, 301], False), (2999, [1000], False), (3000, [1000], True), (1, [], True)],
)
def test_aim_at_peers(ours, theirs, is_reached):
    """Three times the best and ten times the next; a peer without a figure is not counted."""
    assert aims.of_peers(aims.Aim(3, 10), ours, theirs)[1] is is_reached


@pytest.mark.parametrize(("ours", "is_reached"), [(30, True), (29.9, False)])
def test_aim_at_the_machine(ours, is_reached):
    assert aims.of_machine("admin-get-user", ours, {"bare uvicorn": 100}) == (
        "30% of bare uvicorn alone (aim 30%)",
        is_reached,
    )


def test_no_aim_without_the_machines_figure():
    assert aims.of_machine("admin-get-user", 30, {}) is None
    assert aims.of_machine("mixed", 30, {"bare uvicorn": 100}) is None


def test_side_by_side_lists_what_a_peer_cannot_do():
    lines = [
        line("poolhouse, sqlite", 400),
        line("moto 1", 100),
        line("other 2", None, error="WrongAnswer: no such operation"),
        line("third 3", 20, error="with 16 callers it broke"),
    ]
    text = report.markdown(run_of(*lines))
    row = next(row for row in text.splitlines() if row.startswith("| Title of admin-get-user | 200 |"))
    assert row == "| Title of admin-get-user | 200 | 50 | - | 10 * | 4.0 (aim 3), 20.0 (aim 10): reached |"
    assert "| Title of admin-get-user | 1.250 | 5.000 | - | 25.000 |" in text
    assert "- other 2, Title of admin-get-user: WrongAnswer: no such operation" in text
    assert "- third 3, Title of admin-get-user: with 16 callers it broke" in text


def test_shares_of_the_machine_count_both_sides_of_srp():
    text = report.against_the_machine(run_of(line("poolhouse, sqlite", 100, "srp-sign-in"), line("moto 1", 9)))
    assert text.splitlines()[2:] == [
        "| Title of srp-sign-in | poolhouse, sqlite | 50% of SRP alone (aim 70%) | missed | 13% |"
    ]


def test_generator_is_shown_not_to_be_the_bottleneck():
    assert "500 requests a second with 12% of a core, which is 4,000 for a whole one, and used at most 12%" in (
        report.generator(run_of(line("poolhouse, sqlite", 100)))
    )


def test_json_holds_every_line(tmp_path):
    run = run_of(line("poolhouse, sqlite", 100), line("moto 1", None, error="no"))
    read = json.loads(report.write(run, tmp_path / "new" / "run.json").read_text())
    assert [found["figures"] and found["figures"]["per_second"] for found in read["lines"]] == [50.0, None]
    assert read["machine"]["SRP"] == 100.0
    assert read["bare"]["cpu"]["server"] == 0.5


def test_charts_are_images_with_every_figure(tmp_path):
    """Names that are markup elsewhere are text in them."""
    awkward = replace(line("a & <b>", 100), title='"<&>"')
    run = run_of(line("poolhouse, sqlite", 400), awkward, line("poolhouse, sqlite", 800, callers=64))
    written = charts.write(run, tmp_path)
    assert [path.name for path in written] == ["bench-rates.svg", "bench-callers.svg"]
    for path in written:
        drawn = ET.fromstring(path.read_text())
        assert drawn.tag == f"{SVG}svg"
    texts = [found.text for found in ET.fromstring(written[0].read_text()).iter(f"{SVG}text")]
    assert {"200", "50", "a & <b>", '"<&>"'} <= set(texts)


def test_bars_are_as_long_as_their_share_of_the_best():
    drawn = ET.fromstring(charts.bars("t", {"g": {"a": 10.0, "b": 100.0, "c": 1000.0}}, ["a", "b", "c"]))
    widths = [float(bar.get("width")) for bar in drawn.iter(f"{SVG}rect") if bar.get("height") == "12"]
    assert widths == pytest.approx([widths[2] / 100, widths[2] / 10, widths[2]], abs=0.1)


def test_lines_go_from_corner_to_corner():
    drawn = ET.fromstring(charts.lines("t", {"s": [(1.0, 10.0), (16.0, 1000.0)]}))
    points = drawn.find(f"{SVG}polyline").get("points")
    (x1, y1), (x2, y2) = (map(float, point.split(",")) for point in points.split())
    assert (x2 > x1, y2 < y1) == (True, True)
