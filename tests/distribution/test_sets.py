"""Environments with less than everything: what works there works, and what does not says which extra it needs."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from distribution.alone import environment
from distribution.conftest import ROOT

DEFINED = """
import sys
begun = set(sys.modules)  # what Python's own start brings along on this machine, such as sitecustomize
import json
from pathlib import Path
from poolhouse.define.manifest import encode
from poolhouse.define.project import load
import poolhouse.outputs
manifest = load(Path("amplify").parent)
foreign = {name.partition(".")[0] for name in set(sys.modules) - begun} - sys.stdlib_module_names
print(json.dumps({"manifest": json.loads(encode(manifest)), "foreign": sorted(foreign)}))
"""
FIXTURE = """
def test_something_else():
    pass

def test_of_a_backend(pool):
    pass
"""
ADDRESS = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return environment(tmp_path_factory.mktemp("bare") / "env", wheel, beside=["pytest"])


@pytest.fixture(scope="module")
def aws(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return environment(tmp_path_factory.mktemp("aws") / "env", wheel, "aws")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(
        ROOT / "examples" / "admin-actions", tmp_path / "shop", ignore=shutil.ignore_patterns(".*", "__pycache__")
    )
    return tmp_path / "shop"


def ended(commands: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("POOLHOUSE_", "AWS_", "PY"))}
    command = [str(commands / arguments[0]), *arguments[1:]]
    return subprocess.run(command, cwd=cwd, env=kept, capture_output=True, text=True, check=False)


def refused(commands: Path, arguments: str, cwd: Path) -> str:
    done = ended(commands, "poolhouse", *arguments.split(), cwd=cwd)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    return done.stderr


def test_definitions_need_no_extra(bare: Path, project: Path):
    """A backend becomes its Manifest, with one package that is not ours."""
    done = ended(bare, "python", "-c", DEFINED, cwd=project)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["foreign"] == ["msgspec", "poolhouse"]
    assert [group["name"] for group in said["manifest"]["auth"]["groups"]] == ["ADMINS"]


@pytest.mark.parametrize(
    ("arguments", "who", "extra"),
    [
        ("dev", "poolhouse dev", "server"),
        ("--help", "The poolhouse command", "server"),
        ("push --target aws --yes", "poolhouse push", "aws"),
        ("plan --offline", "poolhouse plan", "aws"),
    ],
)
def test_a_command_without_its_packages(bare: Path, tmp_path: Path, arguments: str, who: str, extra: str):
    assert refused(bare, arguments, tmp_path) == (
        f"MissingExtra  {who} needs the packages of 'poolhouse[{extra}]', and 'typer' is not installed.\n"
        f"Do this: Install them: pip install 'poolhouse[{extra}]'\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_the_python_client_without_its_packages(bare: Path, tmp_path: Path):
    code = "try:\n    import poolhouse.client\nexcept ImportError as error:\n    print(error)"
    assert ended(bare, "python", "-c", code, cwd=tmp_path).stdout == (
        "The Python client needs the packages of 'poolhouse[client]', and 'httpx' is not installed. "
        "Install them: pip install 'poolhouse[client]'\n"
    )


def test_pytest_beside_definitions_alone(bare: Path, project: Path):
    """The plugin is loaded and disturbs nothing; who asks for a backend is told what is missing."""
    (project / "test_it.py").write_text(FIXTURE)
    done = ended(bare, "python", "-m", "pytest", "-p", "no:cacheprovider", "--basetemp", ".tmp", cwd=project)
    assert "plugins: poolhouse-" in done.stdout
    assert "1 passed, 1 error" in done.stdout
    assert "The pytest plugin needs the packages of 'poolhouse[server]', and 'httpx' is not installed." in done.stdout


def test_aws_without_a_server(aws: Path, project: Path):
    """`plan` writes the template; `dev` says what it needs."""
    done = ended(aws, "poolhouse", "plan", "--offline", "--env", "try", cwd=project)
    assert done.returncode == 0, done.stderr
    assert "Resources" in json.loads((project / "amplify" / ".build" / "template.try.json").read_text())
    assert "poolhouse dev needs the packages of 'poolhouse[server]'" in refused(aws, "dev", project)


@pytest.mark.parametrize("command", ["dev", "doctor"])
def test_postgresql_without_its_driver(server: Path, project: Path, command: str):
    done = ended(server, "poolhouse", *command.split(), "--database", ADDRESS, cwd=project)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert "PostgreSQL needs the packages of 'poolhouse[postgres]', and 'asyncpg' is not installed." in said
    assert "pip install 'poolhouse[postgres]'" in said
    assert "Traceback" not in said
