"""Web apps: built by Vite, and served from an origin of their own, so that CORS is real. One is in js/authenticator."""

import fcntl
import hashlib
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from clients.javascript import NODE, SCRIPTS

APP = SCRIPTS / "authenticator"
BUILT = SCRIPTS / "node_modules" / ".cache" / "authenticator"


def build() -> Path:
    """The folder with the built app; made once for its sources and locked packages, whoever asks first."""
    sources = [SCRIPTS / "package-lock.json", *sorted(path for path in APP.iterdir() if path.is_file())]
    key = hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in sources)).hexdigest()[:16]
    built = BUILT / key
    BUILT.mkdir(parents=True, exist_ok=True)
    with (BUILT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.exists():
            fresh = BUILT / "fresh"
            shutil.rmtree(fresh, ignore_errors=True)
            vite("build", "--config", str(APP / "vite.config.mjs"), "--outDir", str(fresh))
            fresh.rename(built)
    return built


def vite(*arguments: str) -> None:
    command = [NODE, SCRIPTS / "node_modules" / "vite" / "bin" / "vite.js", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@dataclass
class Site:
    """Where the app is served; `app` is what its hosted sign-in page reads about the app client."""

    origin: str
    app: dict[str, Any]


@contextmanager
def serve(project: Path) -> Iterator[Site]:
    """On a port of its own, with the module that the server generated in the project."""
    handler = partial(_Handler, directory=str(build()), project=project)
    with _serving(handler) as origin:
        handler.keywords["site"] = site = Site(origin, {})
        yield site


@contextmanager
def serve_folder(folder: Path) -> Iterator[str]:
    """The origin at which the files of `folder` are served."""
    with _serving(partial(_Quiet, directory=str(folder))) as origin:
        yield origin


@contextmanager
def _serving(handler: "partial[_Quiet]") -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://localhost:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        """Requests are not the tests' output."""


class _Handler(_Quiet):
    def __init__(self, *arguments: Any, project: Path, site: Site, **named: Any) -> None:
        self._project = project
        self._site = site
        super().__init__(*arguments, **named)

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/poolhouse_local.js":
            self._send("text/javascript", (self._project / "poolhouse_local.js").read_bytes())
        elif path == "/app.json":
            self._send("application/json", json.dumps(self._site.app).encode())
        else:
            super().do_GET()

    def _send(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
