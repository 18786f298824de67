"""The generated, typed `env` module."""

import importlib.util
import os
import subprocess
import sys

import pytest

from poolhouse.define.environment import write_env_module


def load(path):
    spec = importlib.util.spec_from_file_location("generated", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.env


def test_env_reads_the_functions_variables(tmp_path, monkeypatch):
    """Each variable is a text attribute."""
    monkeypatch.setenv("AMPLIFY_AUTH_USERPOOL_ID", "eu_1")
    path = write_env_module(tmp_path, "add-user-to-group", ["AMPLIFY_AUTH_USERPOOL_ID"])
    assert path == tmp_path / "amplify_env" / "add_user_to_group.py"
    assert load(path).AMPLIFY_AUTH_USERPOOL_ID == "eu_1"


def test_a_variable_that_is_not_set_says_so(tmp_path):
    """The error names the variable and the remedy, and comes only when it is used."""
    env = load(write_env_module(tmp_path, "work", ["NOT_SET_ANYWHERE"]))
    with pytest.raises(AttributeError, match=r"NOT_SET_ANYWHERE is not set\. Poolhouse and AWS set it"):
        _ = env.NOT_SET_ANYWHERE
    with pytest.raises(AttributeError, match=r"has no variable MISSPELT\. Add it to `environment`"):
        _ = env.MISSPELT


def test_equal_input_leaves_the_file_alone(tmp_path):
    """Order and repetition do not matter; another variable does."""
    path = write_env_module(tmp_path, "work", ["BB", "AA", "BB"])
    os.utime(path, (1, 1))
    write_env_module(tmp_path, "work", ["AA", "BB"])
    assert path.stat().st_mtime == 1
    write_env_module(tmp_path, "work", ["AA"])
    assert path.stat().st_mtime != 1
    assert sorted(file.name for file in path.parent.iterdir()) == ["__init__.py", "work.py"]


@pytest.mark.parametrize(
    ("function", "module"), [("class", "class_"), ("2nd-try", "_2nd_try"), ("AdminQueries1a", "AdminQueries1a")]
)
def test_every_function_has_an_importable_module(tmp_path, function, module):
    """Names that Python cannot import are mended; a keyword among the variables does no harm."""
    path = write_env_module(tmp_path, function, ["from", "AA"])
    assert path.stem == module
    assert "AA: str" in path.read_text()
    load(path)


def test_type_checkers_see_each_variable(tmp_path):
    """mypy knows the type of a variable and finds a misspelt one."""
    write_env_module(tmp_path, "work", ["TABLE"])
    use = tmp_path / "use.py"
    use.write_text("from amplify_env.work import env\nreveal_type(env.TABLE)\nenv.TABEL\n")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(use)]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert 'Revealed type is "str"' in result.stdout.replace("builtins.", "")
    assert '"Environment" has no attribute "TABEL"' in result.stdout
    assert "Found 1 error" in result.stdout
