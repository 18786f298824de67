"""Which of the project's modules a function imports, as its source says."""

from pathlib import Path

import pytest

from poolhouse.deploy.imports import follow


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in {
        "amplify/fn/handler.py": "",
        "amplify/fn/part/__init__.py": "",
        "amplify/fn/part/one.py": "from . import two\nfrom .three import x\n",
        "amplify/fn/part/two.py": "",
        "amplify/fn/part/three.py": "from ..near import y\nx = 1\n",
        "amplify/fn/near.py": "y = 1\n",
        "amplify/near.py": "",
        "amplify/folder/words.py": "",
        "amplify/empty/words.txt": "",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def followed(root: Path, source: str) -> tuple[set[str], set[str]]:
    """(the project's files beside the handler, foreign modules)."""
    handler = root / "amplify/fn/handler.py"
    handler.write_text(source)
    found = follow([handler], (handler.parent, root))
    return {path.relative_to(root).as_posix() for path in found.files - {handler}}, set(found.foreign)


@pytest.mark.parametrize(
    ("source", "files"),
    [
        ("import near", {"amplify/fn/near.py"}),
        ("import amplify.near", {"amplify/near.py"}),
        ("from amplify import near", {"amplify/near.py"}),
        ("from amplify.folder import words as w", {"amplify/folder/words.py"}),
        ("from amplify.folder.words import anything", {"amplify/folder/words.py"}),
        ("def f():\n    import near", {"amplify/fn/near.py"}),
        (
            "import part.one",
            {
                "amplify/fn/near.py",
                "amplify/fn/part/__init__.py",
                "amplify/fn/part/one.py",
                "amplify/fn/part/two.py",
                "amplify/fn/part/three.py",
            },
        ),
    ],
)
def test_modules_are_found_as_python_finds_them(root, source, files):
    """The handler's folder comes before the project's, and packages go along with their modules."""
    assert followed(root, source) == (files, set())


@pytest.mark.parametrize(
    ("source", "foreign"),
    [
        ("import os, sys, json.decoder", set()),
        ("import yaml", {"yaml"}),
        ("from yaml.nodes import Node", {"yaml"}),
        ("from amplify.empty import words", {"amplify"}),
        ("import amplify.nothing.here", {"amplify"}),
        ("try:\n    import yaml\nexcept ImportError: pass", set()),
        ("class A:\n    import yaml", set()),
        ("if TYPE_CHECKING:\n    import yaml\nelse:\n    import near", set()),
        ("if typing.TYPE_CHECKING:\n    import yaml", set()),
    ],
)
def test_what_the_project_has_not_is_foreign_where_loading_needs_it(root, source, foreign):
    assert followed(root, source)[1] == foreign
