"""The generated types of handlers: valid Python, checked by mypy, stable on disk."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_type_hints

from poolhouse.define.environment import write_env_module
from poolhouse.define.manifest import VERSION, Manifest
from poolhouse.define.project import load
from poolhouse.define.types import write_schema_types

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "admin-actions"

MEMBERS = """{
    'Kind': a.enum(['A', 'B']),
    'Thing': a.customType({'kind': a.ref('Kind').required(), 'next': a.ref('Thing'), 'n': a.integer().required().array()}),
    'find': a.query().arguments({'class': a.ref('Thing').required(), 'how': a.enum(['X'])})
        .authorization(lambda allow: allow.group('ADMINS')).handler(a.handler.function(fn))
        .returns(a.ref('Thing').required().array().required()),
    'fire': a.mutation().authorization(lambda allow: allow.group('ADMINS')).handler(a.handler.function(fn).async_()),
}"""


def written(project, tmp_path):
    project.auth()
    project.data(MEMBERS)
    return write_schema_types(tmp_path / "generated", project.backend())


def test_the_module_says_what_the_schema_says(project, tmp_path):
    """Required stays required, inputs are apart from results, keywords are possible names."""
    names: dict = {}
    exec(written(project, tmp_path).read_text(), names)
    arguments = get_type_hints(names["FindArguments"], names, names, include_extras=True)
    assert list(arguments) == ["class", "how"]
    assert "NotRequired" in str(arguments["how"])
    assert "NotRequired" not in str(arguments["class"])
    thing = get_type_hints(names["ThingInput"], names, names)
    assert thing["n"] == list[int] | None
    assert set(get_type_hints(names["FindEvent"], names, names)) == {
        "typeName",
        "fieldName",
        "arguments",
        "identity",
        "source",
        "request",
        "prev",
    }


def test_mypy_accepts_the_module_and_refuses_wrong_use(project, tmp_path):
    """A handler that reads an argument that does not exist is a type error."""
    written(project, tmp_path)
    use = tmp_path / "generated" / "use.py"
    use.write_text(
        "from amplify_types.schema import FindEvent, FindResult\n"
        "def handler(event: FindEvent, context: object) -> FindResult:\n"
        "    kind = event['arguments']['class']['kind']\n"
        "    event['arguments']['klass']\n"
        "    return [{'kind': kind, 'n': [1]}]\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "use.py"]
    done = subprocess.run(command, cwd=use.parent, capture_output=True, text=True, check=False, timeout=120)
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert [line.split(":")[1] for line in errors] == ["4"], done.stdout


def test_the_example_is_typed_throughout(tmp_path):
    """Its definitions and its handler, with both generated modules."""
    root = tmp_path / "app"
    shutil.copytree(EXAMPLE / "amplify", root / "amplify", ignore=shutil.ignore_patterns("__pycache__"))
    generated = root / ".amplify" / "generated"
    write_schema_types(generated, load(root))
    write_env_module(generated, "add-user-to-group", ["AMPLIFY_AUTH_USERPOOL_ID"])
    flags = ["--strict", "--explicit-package-bases", "--namespace-packages", "--cache-dir", str(tmp_path / "cache")]
    command = [sys.executable, "-m", "mypy", *flags, "amplify", str(generated)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout


def test_without_data_the_module_has_no_types(tmp_path):
    text = write_schema_types(tmp_path, Manifest(version=VERSION)).read_text()
    assert "TypedDict(" not in text
    compile(text, "schema.py", "exec")


def test_an_unchanged_module_is_left_alone(project, tmp_path):
    path = written(project, tmp_path)
    before = path.stat().st_mtime_ns
    assert written(project, tmp_path).stat().st_mtime_ns == before
