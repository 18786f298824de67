"""Web apps: built by Vite, and served from an origin of their own, so that CORS is real. One is in js/authenticator."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from clients.built import SCRIPTS, once
from clients.javascript import node

APP = SCRIPTS / "authenticator"
CONFIGURED = ("--config", str(APP / "vite.config.mjs"))


def build() -> Path:
    """The folder with the built app; made once for its sources and locked packages, whoever asks first."""
    sources = (path for path in APP.iterdir() if path.is_file())
    return once("authenticator", sources, lambda folder: vite("build", *CONFIGURED, "--outDir", str(folder)))


def vite(*arguments: str) -> None:
    node("node_modules/vite/bin/vite.js", *arguments)


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
