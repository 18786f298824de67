"""Open files: the soft limit of a process is raised to the hard one, and a low one is told."""

import subprocess
import sys

import pytest
from cli.command import environment

SCRIPT = """
import resource, sys
from poolhouse import telemetry
from poolhouse.cli.limits import raise_open_files
telemetry.configure("info", "json", frozenset())
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
print(raise_open_files(), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(
    ("soft", "hard", "told"), [(256, 5000, False), (256, 1000, True), (1000, 1000, True), (5000, 5000, False)]
)
def test_the_limit_is_raised(soft, hard, told):
    """In a process of its own; no process could take a lowered limit back."""
    command = [sys.executable, "-c", SCRIPT, str(soft), str(hard)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == [str(hard)] * 3
    assert ("few open files" in done.stderr) is told
