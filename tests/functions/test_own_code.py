"""An upgrade replaces our files under a running server: its next workers run what it read at its own start."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import poolhouse
from poolhouse.functions import own_code

SERVER = """
import asyncio, json, sys
from pathlib import Path
from functions.conftest import House
from poolhouse import functions
from poolhouse.functions import own_code

HANDLER = '''
import boto3
client = boto3.client("cognito-idp")
def handler(event, context): return [__import__("os").getpid(), type(client).__module__]
'''

async def main(folder):
    house = House(Path(folder))
    first = await house.run(HANDLER, timeout_seconds=30)
    async def found(opened):
        outcome = await opened.invoke("work", b"{}")
        assert outcome.error is None, outcome.error
        return json.loads(outcome.payload)[0]
    pids = [await found(first)]
    own = Path(functions.__file__).parent
    assert own_code.command() == [str(own / "inside.py")]  # so that tracebacks and lists of processes name it
    (own / "inside.py").write_text("raise SystemExit('another version')")
    (own / "inside_sdk.py").unlink()
    pids += [await found(first), await found(await house.run(HANDLER, timeout_seconds=30))]
    await house.close()
    print(json.dumps([pids, house.texts()]))

asyncio.run(main(sys.argv[1]))
"""


def test_an_upgrade_under_a_server(tmp_path):
    """Workers that run go on; a new one understands its server, and says that a restart is due. In a copy of ours."""
    ours = tmp_path / "site" / "poolhouse"
    shutil.copytree(Path(poolhouse.__file__).parent, ours, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    (tmp_path / "project").mkdir()
    paths = os.pathsep.join([str(ours.parent), str(Path(__file__).parents[1])])
    done = subprocess.run(
        [sys.executable, "-c", SERVER, str(tmp_path / "project")],
        env={**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (before, same, after), lines = json.loads(done.stdout)
    assert before == same != after
    assert lines.count(own_code.REPLACED) == 1
