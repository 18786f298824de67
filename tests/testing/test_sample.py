"""A user's project with thirty tests over the plugin: quick, and the same in any order and in parallel."""

import resource
from pathlib import Path

import pytest
from testing.child import pytest_in

SAMPLE = Path(__file__).with_name("sample")
TESTS = 30
# Seconds of CPU, all processes together: three times what it takes, because a busy machine counts cache misses too.
BUDGET = 12.0


@pytest.fixture
def sample(project: Path) -> Path:
    (project / "tests").mkdir()
    for path in SAMPLE.glob("*.py"):
        (project / "tests" / f"test_{path.name}").write_text(path.read_text())
    return project


def test_thirty_tests(sample: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = pytest_in(sample, "-q", "-p", "no:randomly")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (ended.code, ended.counts()) == (0, {"passed": TESTS}), ended.text
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert spent < BUDGET


def test_in_random_order_and_in_parallel(sample: Path) -> None:
    """Shuffled, on two workers with a server each."""
    ended = pytest_in(sample, "-n", "2", "-p", "randomly")
    assert (ended.code, ended.counts()) == (0, {"passed": TESTS}), ended.text
