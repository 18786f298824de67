"""Loading a project in a child process: the Manifest, the user's mistakes, and everything that may go wrong on the way."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from poolhouse import errors
from poolhouse.define import manifest
from poolhouse.define.project import load

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLE = REPOSITORY / "examples" / "admin-actions"
EMPTY = "from poolhouse import define_backend\ndefine_backend()\n"


def write(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / "amplify" / f"{name.replace('__', '/')}.py"
        assert path.is_relative_to(root)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_the_example_is_the_golden_manifest():
    """The document in Python, file by file; regenerate golden.json with `manifest.encode` when the shape changes."""
    golden = (Path(__file__).parent / "golden.json").read_bytes()
    assert manifest.encode(load(EXAMPLE)) == golden.strip()


def test_loading_leaves_nothing_behind(tmp_path):
    """No bytecode in the user's folders, no module in this process."""
    root = tmp_path / "copy"
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns("__pycache__"))
    load(root)
    assert not list(root.rglob("__pycache__"))
    assert "amplify" not in sys.modules


def test_relative_imports_work_with_and_without_packages(tmp_path):
    resource = "from poolhouse import define_auth\nauth = define_auth(login_with={'email': True})\n"
    backend = "from poolhouse import define_backend\nfrom .auth.resource import auth\ndefine_backend(auth=auth)\n"
    root = write(tmp_path, backend=backend, auth__resource=resource)
    assert load(root).auth is not None
    (root / "amplify" / "__init__.py").write_text("")
    (root / "amplify" / "auth" / "__init__.py").write_text("")
    assert load(root).auth is not None


def test_a_changed_definition_is_seen_at_once(tmp_path):
    """Same size and same second: no stale bytecode."""
    text = "from poolhouse import define_auth\nauth = define_auth(login_with={'email': True}, groups=['A'])\n"
    backend = (
        "from poolhouse import define_backend\nfrom amplify.auth.resource import auth\ndefine_backend(auth=auth)\n"
    )
    root = write(tmp_path, backend=backend, auth__resource=text)
    assert load(root).auth.groups[0].name == "A"
    write(root, auth__resource=text.replace("'A'", "'B'"))
    assert load(root).auth.groups[0].name == "B"


def test_prints_do_not_corrupt_the_answer(tmp_path):
    """Standard output of the parent stays clean, too."""
    noisy = f"import os\nprint('noise' * 50_000)\nos.write(1, b'more')\n{EMPTY}"
    root = write(tmp_path, backend=noisy)
    code = "from pathlib import Path; from poolhouse.define.project import load; print(load(Path('.')).version)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout == f"{manifest.VERSION}\n"
    assert "noise" in done.stderr
    assert "more" in done.stderr


def test_a_definition_error_keeps_class_words_and_place(tmp_path):
    root = write(tmp_path, backend=EMPTY.replace("define_backend()", "\ndefine_backend(auth=3)"))
    with pytest.raises(errors.DefinitionError) as caught:
        load(root)
    assert type(caught.value) is errors.DefinitionError
    assert caught.value.location == "amplify/backend.py:3"
    assert "define_auth()" in caught.value.message
    assert caught.value.resolution


@pytest.mark.parametrize(
    ("backend", "words", "location"),
    [
        ("x = 1\n1 / 0\n", "ZeroDivisionError: division by zero", "amplify/backend.py:2"),
        ("import nowhere_to_be_found\n", "No module named 'nowhere_to_be_found'", "amplify/backend.py:1"),
        ("import amplify.inner\n", "amplify/inner.py:2, from amplify/backend.py:1: NameError", "amplify/inner.py:2"),
        ("import amplify.broken\n", "SyntaxError", "amplify/broken.py:1"),
        ("raise SystemExit(3)\n", "SystemExit: 3", "amplify/backend.py:1"),
        ("raise KeyboardInterrupt\n", "KeyboardInterrupt", "amplify/backend.py:1"),
        ("import os\nos._exit(7)\n", "exit status 7", "amplify/backend.py"),
        ("x = 1\n", "does not call define_backend()", "amplify/backend.py"),
    ],
)
def test_the_users_own_errors_are_told_with_their_lines(tmp_path, backend, words, location):
    root = write(tmp_path, backend=backend, inner="\nundefined_name\n", broken="def (:\n")
    with pytest.raises(errors.ProjectError) as caught:
        load(root)
    assert words in caught.value.message
    assert caught.value.location == location
    assert caught.value.resolution


def test_text_that_cannot_be_written_is_the_users_mistake(tmp_path):
    """A lone surrogate has no UTF-8 form."""
    resource = "from poolhouse import define_auth\nauth = define_auth(login_with={'email': {'verification_email_subject': 'x'}})\n"
    backend = "from poolhouse import define_backend\nfrom .auth.resource import auth\ndefine_backend(auth=auth)\n"
    root = write(tmp_path, backend=backend, auth__resource=resource.replace("'x'", "'a\\ud800b'"))
    with pytest.raises(errors.UserError) as caught:
        load(root)
    assert caught.value.resolution


def test_two_backends_are_one_too_many(tmp_path):
    with pytest.raises(errors.MultipleSingletonResourcesError) as caught:
        load(write(tmp_path, backend=f"{EMPTY}define_backend()\n"))
    assert caught.value.location == "amplify/backend.py:3"


def test_lines_of_installed_packages_are_left_out(tmp_path):
    """An environment inside of the project is not the user's writing."""
    package = tmp_path / "env" / "site-packages" / "installed.py"
    package.parent.mkdir(parents=True)
    package.write_text("raise ValueError('inside')\n")
    backend = f"import sys\nsys.path.append({str(package.parent)!r})\nimport installed\n"
    with pytest.raises(errors.ProjectError, match="ValueError: inside") as caught:
        load(write(tmp_path, backend=backend))
    assert caught.value.location == "amplify/backend.py:3"


def test_a_closed_output_does_not_matter(tmp_path):
    assert load(write(tmp_path, backend=f"import sys\nsys.stdout.close()\n{EMPTY}")).version == manifest.VERSION


def test_a_missing_backend_says_what_to_do(tmp_path):
    with pytest.raises(errors.ProjectError, match=r"no amplify/backend\.py") as caught:
        load(tmp_path)
    assert "poolhouse init" in caught.value.resolution


def test_a_definition_that_hangs_is_ended_with_its_children(tmp_path):
    """The time limit holds, and a process that the definition started is gone, too."""
    os.mkfifo(pipe := tmp_path / "pipe")
    backend = (
        f"import subprocess, time\nsubprocess.Popen(['sleep', '60'], stdout=open({str(pipe)!r}, 'w'))\ntime.sleep(60)\n"
    )
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    start = time.monotonic()
    with pytest.raises(errors.ProjectError, match=r"longer than 0\.8 seconds"):
        load(write(tmp_path, backend=backend), time_limit_seconds=0.8)
    assert time.monotonic() - start < 30
    os.set_blocking(reading, True)
    with os.fdopen(reading, "rb") as left:  # until nobody has the other end any more
        assert left.read() == b""
    assert time.monotonic() - start < 30


def test_a_module_of_the_user_cannot_shadow_ours(tmp_path):
    """Files of the project come into reach only after Poolhouse is imported."""
    root = write(tmp_path, backend=EMPTY)
    (root / "msgspec.py").write_text("raise RuntimeError('shadowed')")
    (root / "selectors.py").write_text("raise RuntimeError('shadowed')")
    assert load(root).version == manifest.VERSION


def test_importing_poolhouse_needs_only_msgspec():
    """Besides the standard library; no server, no SDK, no process machinery."""
    code = "import sys, poolhouse; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    foreign = set(done.stdout.split()) - set(sys.stdlib_module_names) - {"poolhouse", "msgspec", "typing_extensions"}
    allowed = {name for name in foreign if name.startswith(("_", "sitecustomize")) or "editable" in name}
    assert foreign <= allowed
    assert not {"subprocess", "asyncio", "selectors"} & set(done.stdout.split())
