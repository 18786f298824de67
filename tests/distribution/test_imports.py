"""What is imported when: nobody pays for a server who only asks for help, and no test run for a plugin it does not use."""

import json
import subprocess
import sys

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
def test_nothing_heavy_is_imported(code: str):
    done = subprocess.run([sys.executable, "-c", code + "\n" + MEASURED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stderr.splitlines()[-1])
    assert "poolhouse" in told["modules"]
    assert HEAVY & set(told["modules"]) == set()
    assert told["cpu"] < GENEROUS
