"""`poolhouse generate outputs --format`: which there are, and what happens when one is misspelt."""

from cli.command import run

from poolhouse.outputs import FORMATS


def test_they_are_listed(tmp_path):
    """One line each, with its file; no project is needed for that."""
    result = run("generate", "outputs", "--list", cwd=tmp_path)
    assert result.returncode == 0
    lines = [line.split()[:2] for line in result.stdout.splitlines()]
    assert lines == [[name, one.file] for name, one in FORMATS.items()]


def test_a_misspelt_one(project):
    """The nearest is named, and nothing is written or started."""
    for asked, told in (("json-mobil", "Did you mean json-mobile?"), ("xyz", "Choose from: json, js,")):
        result = run("generate", "outputs", "--format", asked, "--out-dir", "out", cwd=project)
        assert (result.returncode, told in result.stderr) == (1, True), result.stderr
        assert "Traceback" not in result.stderr
    assert not (project / "out").exists()
    assert not (project / ".poolhouse").exists()
