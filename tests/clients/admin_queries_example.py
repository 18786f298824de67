"""The example with Admin Queries: its folder, its seed, its React app as its user builds it."""

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from clients import web_app
from clients.development import MODULES, Backend

FOLDER = Path(__file__).parents[2] / "examples" / "admin-queries"
QUERIES = FOLDER / "amplify"


CALLBACK, SIGNED_OUT = "myapp://callback/", "myapp://signout/"


def hosted(folder: Path) -> Path:
    """The example's definitions with hosted pages for a web and a native app; their access tokens lack self-service."""
    shutil.copytree(QUERIES, folder / "amplify", ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / "amplify" / "auth" / "resource.py"
    web = "http://localhost:3000/"
    pages = {"callback_urls": [web, CALLBACK], "logout_urls": [web, SIGNED_OUT], "scopes": ["OPENID", "EMAIL"]}
    text = path.read_text()
    added = text.replace('"preferred_username": True', f'"preferred_username": True, "external_providers": {pages}')
    assert added != text
    path.write_text(added)
    return folder / "amplify"


def _seed() -> ModuleType:
    spec = importlib.util.spec_from_file_location("admin_queries_seed", FOLDER / "seed.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


seed = _seed()


def build(backend: Backend, folder: Path) -> Path:
    """The built app: the packages lie in its own folder, the server's module in the one above."""
    app = folder / "app"
    shutil.copytree(FOLDER / "app", app, ignore=shutil.ignore_patterns("node_modules", "dist"))
    (app / "node_modules").symlink_to(MODULES)
    shutil.copy(backend.project / "poolhouse_local.js", folder)
    web_app.vite("build", str(app), "--logLevel", "error")
    return app / "dist"


@contextmanager
def serve(backend: Backend, folder: Path) -> Iterator[str]:
    """The origin at which the built app is served."""
    with web_app.serve_folder(build(backend, folder)) as origin:
        yield origin
