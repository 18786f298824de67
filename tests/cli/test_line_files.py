"""What commands for files of lines share: the file, the report of every line, and the summary."""

import json
from pathlib import Path

import pytest

from poolhouse.cli.line_files import LineFile, Summary
from poolhouse.errors import UserError
from poolhouse.operations.member_files import LineOutcome
from poolhouse.store.import_jobs import RowOutcome


def test_every_line_is_counted_and_told(tmp_path):
    """What was read comes piece by piece; the report has a line for each, in AWS's words and without controls."""
    file, report = tmp_path / "names.txt", tmp_path / "report.txt"
    file.write_bytes(b"ada\ngrace\n")
    with LineFile(file, report, "Adding", done="Changed") as lines:
        assert b"".join(lines.chunks()) == b"ada\ngrace\n"
        lines.settled([LineOutcome(1, "Changed", "Added."), LineOutcome(2, "Failed", "No\x1b[2J")])
        lines.settled([LineOutcome(3, "Skipped", "There already.")])
    assert lines.summary.counts == {"Changed": 1, "Skipped": 1, "Failed": 1}
    assert report.read_text().splitlines() == [
        "[SUCCEEDED] Line Number 1 - Added.",
        "[FAILED] Line Number 2 - No\\u001b[2J",
        "[SKIPPED] Line Number 3 - There already.",
    ]


def test_of_many_failures_the_first_are_shown(capsys):
    """On standard error, with where the others are; JSON holds as many."""
    summary = Summary("Imported")
    for number in range(1, 24):
        summary.count(RowOutcome(number, "Failed", f"Refused {number}."))
    summary.show("Imported 0", {"imported": 0}, as_json=False)
    printed = capsys.readouterr()
    assert printed.out == "Imported 0, skipped 0, failed 23.\n"
    lines = printed.err.splitlines()
    assert lines[19:] == ["  line 20: Refused 20.", "  ... and more; --report FILE names them all."]
    summary.show("Imported 0", {"imported": 0}, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert list(told) == ["imported", "skipped", "failed", "failures"]
    assert (told["failed"], len(told["failures"])) == (23, 20)
    assert told["failures"][0] == {"line": 1, "outcome": "Failed", "message": "Refused 1."}


@pytest.mark.parametrize(
    ("file", "report", "told"),
    [("none.txt", None, "cannot be read"), ("there.txt", "no/such/report.txt", "cannot be written")],
)
def test_a_file_that_cannot_be_had_is_told(tmp_path, file, report, told):
    """Before a line is settled."""
    (tmp_path / "there.txt").touch()
    place = None if report is None else Path(tmp_path, report)
    with pytest.raises(UserError, match=told), LineFile(tmp_path / file, place, "Adding", done="Changed"):
        pytest.fail("the lines would have been settled")
