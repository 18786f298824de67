"""A project folder whose definition files are run in this process, so that places and entries are real."""

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

import poolhouse
from poolhouse.define.manifest import Manifest
from poolhouse.errors import DefinitionError

HANDLER = "def handler(event, context):\n    return None\n"


class Project:
    """Runs source text as if it stood in a file of the project; the names of `poolhouse` are there already."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.names: dict[str, Any] = {name: getattr(poolhouse, name) for name in poolhouse.__all__}
        self.write("data/fn/handler.py", HANDLER)
        self.run("data/fn/resource.py", "fn = define_function(name='fn')")

    def write(self, path: str, text: str) -> Path:
        file = self.root / "amplify" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def run(self, path: str, text: str) -> Any:
        """Execute `text` in the file and return the last name it assigned."""
        file = self.write(path, dedent(text))
        exec(compile(file.read_text(), str(file), "exec"), self.names)
        return list(self.names.values())[-1] if self.names else None

    def auth(self, options: str = "login_with={'email': True}, groups=['ADMINS']") -> Any:
        self.run("auth/resource.py", f"auth = define_auth({options})")
        return self.names["auth"]

    def data(self, members: str, modes: str = "None", rules: str = "") -> Any:
        self.run(
            "data/resource.py",
            f"data = define_data(schema=a.schema({members}){rules}, authorization_modes={modes})",
        )
        return self.names["data"]

    def function(self, options: str = "") -> Any:
        self.run("data/fn/resource.py", f"fn = define_function({options})")
        return self.names["fn"]

    def backend(self, options: str = "auth=auth, data=data") -> Manifest:
        self.run("backend.py", f"backend = define_backend({options})")
        manifest: Manifest = self.names["backend"].manifest()
        return manifest

    def refused(self, path: str, text: str, kind: type[DefinitionError]) -> DefinitionError:
        """The error that line 3 of the file raises; exactly of that class, with advice, pointing at the line."""
        with pytest.raises(DefinitionError) as caught:
            self.run(path, f"\n\n{text}")
        assert type(caught.value) is kind, caught.value
        assert caught.value.resolution
        assert caught.value.location == f"amplify/{path}:3"
        return caught.value


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)
