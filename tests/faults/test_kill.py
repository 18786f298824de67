"""kill -9 at random moments under load: the short form of `python -m bench.soak --kills 200`."""

import re
import subprocess
import sys
from pathlib import Path

from cli.command import environment

ROOT = Path(__file__).parents[2]


def soak(*arguments):
    command = [sys.executable, "-m", "bench.soak", *arguments]
    result = subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=300, check=False
    )
    assert result.returncode == 0, result.stderr + result.stdout
    found = re.search(
        r"3 kills .*?, ([\d,]+) acknowledged actions, .* nothing lost, nothing torn, no gap", result.stdout
    )
    assert found, result.stdout
    assert int(found[1].replace(",", "")) > 20
    return result


def test_nothing_acknowledged_is_lost_on_sqlite():
    """Servers and workers are killed; all that was answered is there, once, and on record. Rows that are then taken away
    behind the server's back are missed.
    """
    told = soak("--database", "sqlite", "--kills", "3", "--seconds", "0.3", "--prove")
    assert told.stderr.count("  without a ") == 4


def test_nothing_acknowledged_is_lost_on_postgresql():
    """The same with kills of the database too."""
    assert "1 database" in soak("--database", "postgresql", "--kills", "3", "--seconds", "0.3").stdout
