"""The web apps that `poolhouse init --frontend` writes: built by their own `build` script, and served from an origin of their own.

The packages are those that scripts/node-packages installed; the tools are told to ask nobody for anything.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from clients import web_app
from clients.built import NODE, SCRIPTS
from clients.development import Backend

from poolhouse.cli.starting import Frontend, Template, started

PACKAGES = SCRIPTS / "frontends"
"""Next, Angular and Expo. Their apps are built below it: Turbopack and Metro read nothing outside the folder of the lock."""
_NEXT = PACKAGES / "node_modules" / "next" / "dist" / "bin" / "next"
_QUIET = {
    "CI": "1",
    "EXPO_NO_TELEMETRY": "1",
    "EXPO_OFFLINE": "1",
    "NEXT_TELEMETRY_DISABLED": "1",
    "NG_CLI_ANALYTICS": "false",
}


@dataclass(frozen=True)
class App:
    """A front end: which template it is built with, where its packages are, and where its build puts it."""

    template: Template
    packages: Path
    quickly: tuple[str, ...] = ()
    """The tool's own flags for a build without minification, which takes longest."""
    made: str | None = "dist"
    """The folder with the files; None when the framework has a server of its own."""


_PLAIN = ("--minify", "false")
APPS: dict[Frontend, App] = {
    "react": App("admin-actions", SCRIPTS, _PLAIN),
    "vue": App("admin-queries", SCRIPTS, _PLAIN),
    "next": App("admin-queries", PACKAGES, made=None),
    "angular": App("admin-actions", PACKAGES, ("--configuration", "development"), "dist/admin-app/browser"),
    "react-native": App("admin-queries", PACKAGES, ("--no-minify",)),
}


@contextmanager
def serving(frontend: Frontend, backend: Backend) -> Iterator[str]:
    """The origin of the app, which was built against the backend."""
    app = APPS[frontend]
    within = app.packages / "build"
    within.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=within) as folder, tempfile.TemporaryDirectory() as home:
        project = _begun(Path(folder), app, frontend, backend)
        _build(project, app, home)
        server = web_app.serve_folder(project / app.made) if app.made else _next(project, home)
        with server as origin:
            yield origin


def _begun(project: Path, app: App, frontend: Frontend, backend: Backend) -> Path:
    """The front end beside what a running `poolhouse dev` has written."""
    started(project, app.template, frontend).write()
    shutil.copy(backend.project / "poolhouse_local.js", project)
    shutil.copytree(backend.project / ".amplify", project / ".amplify")
    return project


def _build(project: Path, app: App, home: str) -> None:
    """`npm run build`, which leaves every file as it was written, and makes nothing that git would take."""
    files = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    before = set(project.iterdir())
    command = [NODE, "--run", "build", "--", *app.quickly]
    done = subprocess.run(command, cwd=project, env=_environment(home), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [path.relative_to(project) for path, content in files.items() if path.read_bytes() != content] == []
    made = {path.name + "/" * path.is_dir() for path in set(project.iterdir()) - before}
    assert made <= set((project / ".gitignore").read_text().splitlines())


@contextmanager
def _next(project: Path, home: str) -> Iterator[str]:
    """`next start`, ended as a supervisor ends it."""
    command = [NODE, _NEXT, "start", "--hostname", "127.0.0.1", "--port", "0"]
    with subprocess.Popen(
        command, cwd=project, env=_environment(home), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout
        try:
            said = []
            for line in process.stdout:
                said.append(line)
                if found := re.search(r"http://127\.0\.0\.1:[1-9]\d*", line):
                    yield found[0]
                    return
            raise AssertionError(f"Next did not start: {''.join(said)}")
        finally:
            process.terminate()


def _environment(home: str) -> dict[str, str]:
    """What the tools keep in the user's folders is gone with the test."""
    path = f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, **_QUIET, "PATH": path, "HOME": home, "TMPDIR": home}
