"""What is imported when: nobody pays for a server who only asks for help, and no test run for a plugin it does not use."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "alembic", "asyncpg", "boto3", "botocore", "cryptography", "graphql", "httpx", "jinja2", "libcst", "questionary",
    "rich", "sqlalchemy", "starlette", "uvicorn", "watchfiles", "webauthn",
}  # fmt: skip
HELP = """
import sys
sys.argv = ["poolhouse", "--help"]
from poolhouse.cli import main
try:
    main()
except SystemExit:
    pass
"""
SERVING = {"cryptography", "sqlalchemy", "starlette", "uvicorn", "watchfiles"}
NEW_SERVER = """
import poolhouse.cli.commands, poolhouse.cli.test_server
from poolhouse.store.migrations import upgrade_sqlite
upgrade_sqlite("new.db")
"""
MEASURED = """
import json, resource, sys
tops = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps({"modules": tops, "cpu": resource.getrusage(resource.RUSAGE_SELF).ru_utime}), file=sys.stderr)
"""
# Seconds of CPU, some ten times what a quiet machine takes: a budget for what is done, not for the machine.
GENEROUS = 5.0


@pytest.mark.parametrize(
    "code",
    ["import poolhouse", "from poolhouse import a, define_auth, define_backend, define_data", HELP,
     "import poolhouse.testing.plugin"],
    ids=["package", "definitions", "help", "plugin"],
)  # fmt: skip
def test_nothing_heavy_is_imported(code: str, tmp_path: Path):
    imported, spent = ended(code, tmp_path)
    assert HEAVY & imported == set()
    assert spent < GENEROUS


def test_a_server_starts_without_what_few_requests_need(tmp_path: Path):
    """On a new database too: neither Alembic, which only an older one needs, nor boto3, GraphQL or templates."""
    imported, _ = ended(NEW_SERVER, tmp_path)
    assert HEAVY & imported == SERVING


def ended(code: str, folder: Path) -> tuple[set[str], float]:
    """The packages that were imported, by their first names, and the seconds of CPU."""
    command = [sys.executable, "-c", code + "\n" + MEASURED]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stderr.splitlines()[-1])
    assert "poolhouse" in told["modules"]
    return set(told["modules"]), told["cpu"]
