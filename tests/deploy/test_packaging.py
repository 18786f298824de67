"""What goes into a function's zip, under which name, and what is refused."""

import os
import stat
import sys
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest

from poolhouse.define.manifest import Function
from poolhouse.deploy import dependencies
from poolhouse.deploy.packaging import packaged
from poolhouse.errors import ProjectError

ENTRY = "amplify/jobs/one/handler.py"
FUNCTION = Function(name="one", entry=ENTRY)
RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"


def project(root: Path, **files: str) -> Path:
    """A project; a file's name has `__` for `/`, and `.py` where it has no suffix. The handler is there if not given."""
    for name, text in {"amplify__jobs__one__handler": "def handler(event, context): ...\n", **files}.items():
        path = root / (name.replace("__", "/") + ("" if "." in name else ".py"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def own(path: Path) -> set[str]:
    """The zip's files beside its libraries."""
    with zipfile.ZipFile(path) as archive:
        return {name for name in archive.namelist() if not name.startswith("site-packages/")}


def test_equal_contents_are_equal_files(tmp_path):
    """Neither the place, nor times, nor modes of the sources matter."""
    first = packaged(FUNCTION, project(tmp_path / "a"))
    second = project(tmp_path / "b")
    os.utime(second / ENTRY, (1, 1))
    (second / ENTRY).chmod(0o755)
    again = packaged(FUNCTION, second)
    assert (first.sha256, first.path.read_bytes()) == (again.sha256, again.path.read_bytes())
    assert first.key == first.path.name == f"{first.sha256}.zip"


def test_a_change_of_code_is_another_file(tmp_path):
    first = packaged(FUNCTION, project(tmp_path))
    (tmp_path / ENTRY).write_text("def handler(event, context): return 1\n")
    assert packaged(FUNCTION, tmp_path).sha256 != first.sha256


def test_files_are_readable_sorted_and_of_one_time(tmp_path):
    """Lambda runs the code as another user, so that a private mode would be a failure to start."""
    with zipfile.ZipFile(packaged(FUNCTION, project(tmp_path)).path) as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in entries} == {stat.S_IFREG | 0o644}


def test_the_folder_goes_along_and_what_is_imported_from_elsewhere(tmp_path):
    """Data files are code's company; caches, hidden files, definitions and other functions are not."""
    root = project(
        tmp_path,
        amplify__jobs__one__handler="from amplify.shared import words\ndef handler(event, context): ...\n",
        amplify__jobs__one__resource="from poolhouse import define_function\n",
        amplify__jobs__one__sibling="",
        **{"amplify__jobs__one__data__words.txt": "x", "amplify__jobs__one__.hidden": "x"},
        amplify__jobs__two__handler="",
        amplify__shared__words="import amplify.shared.deep.more\n",
        amplify__shared__unused="",
        amplify__shared__deep__more="",
    )
    (root / "amplify/shared/__init__.py").touch()
    (root / "amplify/jobs/one/__pycache__").mkdir()
    (root / "amplify/jobs/one/__pycache__/handler.pyc").write_text("")
    assert own(packaged(FUNCTION, root, variables=["LEVEL"]).path) == {
        "poolhouse_start.py",
        ".amplify/generated/amplify_env/__init__.py",
        ".amplify/generated/amplify_env/one.py",
        "amplify/jobs/one/handler.py",
        "amplify/jobs/one/sibling.py",
        "amplify/jobs/one/data/words.txt",
        "amplify/shared/__init__.py",
        "amplify/shared/words.py",
        "amplify/shared/deep/more.py",
    }


def test_what_lambda_would_not_find_is_refused_with_its_name(tmp_path):
    """The function works on the laptop, where everything that Poolhouse needs is installed too."""
    root = project(tmp_path, amplify__jobs__one__handler="import sqlalchemy.orm\ndef handler(e, c): ...\n")
    with pytest.raises(ProjectError, match="imports sqlalchemy, which would not be there"):
        packaged(FUNCTION, root)
    assert not (root / "amplify/.build").exists()


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    import orjson\nexcept ImportError:\n    orjson = None\n",
        "def later():\n    import orjson\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import orjson\n",
        "import json, boto3\nfrom botocore.config import Config\n",
    ],
)
def test_an_import_that_may_fail_or_does_not_happen_is_no_fault(tmp_path, source):
    packaged(FUNCTION, project(tmp_path, amplify__jobs__one__handler=source))


def test_a_file_that_is_not_python_is_refused_by_its_line(tmp_path):
    with pytest.raises(ProjectError, match=r"handler\.py is not Python.*line 2"):
        packaged(FUNCTION, project(tmp_path, amplify__jobs__one__handler="\nimport"))


def test_requirements_beside_the_entry_come_first(tmp_path):
    """Those of the whole backend are for functions without any of their own."""
    text = {"amplify__requirements.txt": "aws-lambda-powertools>=3.4  # logging\n\n# nothing\n"}
    root = project(tmp_path, amplify__jobs__one__handler="import aws_lambda_powertools\n", **text)
    with zipfile.ZipFile(packaged(FUNCTION, root).path) as archive:
        assert "site-packages/aws_lambda_powertools/__init__.py" in archive.namelist()
    (root / "amplify/jobs/one/requirements.txt").write_text("")
    with pytest.raises(ProjectError, match="aws_lambda_powertools"):
        packaged(FUNCTION, root)


def test_what_runs_on_the_laptop_is_what_is_copied(tmp_path):
    """Packages of pure Python come from here, with all that they need, and without commands and installers' notes."""
    found = dependencies.collect(["aws_lambda_powertools >= 3.4, < 99", "boto3"], RUNNING, tmp_path / "unused")
    tops = {name.partition("/")[0] for name in found}
    assert {"boto3", "botocore", "dateutil", "six.py", "urllib3", "typing_extensions.py"} <= tops
    assert not any(name.endswith((".pyc", "RECORD", "INSTALLER")) or ".." in name for name in found)
    assert not (tmp_path / "unused").exists()


@pytest.mark.parametrize(
    ("version", "clauses", "expected"),
    [
        ("1.44.5", "", True),
        ("1.44.5", ">=1.36, <2", True),
        ("1.44.0", "==1.44", True),
        ("1.44.5", "!=1.44.5", False),
        ("1.9", ">1.10", False),
        ("1.10", "<=1.9", False),
        ("2.9.0.post0", ">=2.9", True),
        ("2.0rc1", ">=1", False),
        ("1.44.5", "~=1.44", False),
        ("1.44.5", "==1.*", False),
    ],
)
def test_versions_are_compared_where_that_is_plain(version, clauses, expected):
    """What is not plain is not guessed: pip decides then."""
    assert dependencies._satisfies(version, clauses) is expected


@pytest.mark.parametrize(
    "line", ["cryptography", "boto3==1.0.0", "boto3[crt]", "boto3 @ file:///x", "-r other.txt", "no-such-package-here"]
)
def test_what_cannot_be_copied_is_not(line):
    """Compiled for this machine, of another version, with extras, from elsewhere, or not here at all."""
    assert dependencies._installed([line]) is None


def test_requirements_that_cannot_be_had_are_told_with_the_reason(tmp_path):
    """pip's own words; nothing is built, and nothing is left of the package."""
    text = {"amplify__jobs__one__requirements.txt": "boto3 @ file:///nowhere/boto3-1-py3-none-any.whl\n"}
    root = project(tmp_path, **text)
    with pytest.raises(ProjectError, match=r"could not be had for Lambda's platform.*nowhere"):
        packaged(FUNCTION, root)
    assert not (root / "amplify/.build").exists()


def wheel(path: Path, name: str) -> Path:
    """A package of one module and one command, as an index would serve it."""
    made = path / f"{name}-9.0-py3-none-any.whl"
    info = f"{name}-9.0.dist-info"
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(f"{name}/__init__.py", "def main(): ...\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 9.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/entry_points.txt", f"[console_scripts]\n{name} = {name}:main\n")
        archive.writestr(f"{info}/RECORD", "")
    return made


def test_what_is_fetched_is_for_lambda_and_not_for_this_machine(tmp_path):
    """pip's notes and the commands, which name the Python of this machine, stay behind."""
    target = tmp_path / "libraries"
    target.mkdir()
    found = dependencies.collect([f"boto3 @ file://{wheel(tmp_path, 'boto3')}"], "3.13", target)
    assert (target / "bin" / "boto3").is_file()
    assert set(found) == {
        "boto3/__init__.py",
        "boto3-9.0.dist-info/METADATA",
        "boto3-9.0.dist-info/WHEEL",
        "boto3-9.0.dist-info/entry_points.txt",
    }


def test_uv_fetches_where_there_is_no_pip(tmp_path):
    command = dependencies._with_uv("3.13", "manylinux_2_34_x86_64", tmp_path / "into", tmp_path / "lines.txt")
    asked = dict(pairwise(command))
    assert (asked["--only-binary"], asked["--python-version"]) == (":all:", "3.13")
    assert asked["--python-platform"] == "x86_64-manylinux_2_28"
    assert (asked["--target"], asked["--requirement"]) == (str(tmp_path / "into"), str(tmp_path / "lines.txt"))
