"""What is in the wheel and in the source archive, and that one comes out of the other."""

import subprocess
import zipfile
from pathlib import Path

from distribution.alone import built
from distribution.conftest import ROOT

# Files of the package that are no Python; git knows which belong to it.
WANTED = {
    "poolhouse/py.typed",
    "poolhouse/service_model/data/cognito_idp.json",
    "poolhouse/store/migrations/versions/0001_first.py",
    "poolhouse/cli/templates/admin-actions/amplify/data/add_user_to_group/handler.py.template",
    "poolhouse/cli/templates/editors/.vscode/settings.json.template",
    "poolhouse/define/templates/admin-queries/actions.py",
}


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def tracked() -> set[str]:
    """The files of src/ as wheels call them, without what git ignores."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "src"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return {name.removeprefix("src/") for name in listed if name and (ROOT / name).exists()}


def test_the_wheel_has_the_package_and_nothing_else(wheel: Path):
    """Every file of src/, links as files, and no test, no cache, no key."""
    found = {name for name in names(wheel) if name.startswith("poolhouse/")}
    assert found >= WANTED
    assert found == tracked()
    beside = {name.partition("/")[0].rpartition(".")[2] for name in names(wheel) - found}
    assert beside <= {"dist-info", "data"}


def test_the_source_archive_makes_the_same_wheel(archives: list[Path], tmp_path: Path):
    """Who installs from source gets what the wheel has."""
    subprocess.run(["tar", "-xzf", archives[1], "-C", tmp_path], check=True)
    (unpacked,) = tmp_path.iterdir()
    assert (unpacked / "tests" / "conftest.py").exists()
    assert not list(unpacked.rglob("node_modules"))
    (again,) = built(tmp_path / "dist", unpacked, "wheel")
    assert names(again) == names(archives[0])
    with zipfile.ZipFile(archives[0]) as one, zipfile.ZipFile(again) as other:
        same = [name for name in names(again) if name.startswith("poolhouse/")]
        assert [name for name in same if one.read(name) != other.read(name)] == []


def test_they_stay_small(archives: list[Path]):
    wheel, source = (path.stat().st_size for path in archives)
    assert wheel < 3_000_000
    assert source < 8_000_000
