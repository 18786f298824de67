"""Writing the client files: whole, and only when they changed."""

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from poolhouse.define.manifest import Manifest
from poolhouse.errors import UserError
from poolhouse.outputs import DEFAULT, FORMATS, Applied, write_outputs


def test_default_files(tmp_path: Path, seed: Manifest, applied: Applied) -> None:
    """The folder is made, the JSON and the module for the browser are written, and nothing is left beside them."""
    folder = tmp_path / "a" / "b"
    written = write_outputs(folder, seed, applied)
    assert tuple(path.name for path in written) == DEFAULT == ("amplify_outputs.json", "poolhouse_local.js")
    assert sorted(path.name for path in folder.iterdir()) == ["amplify_outputs.json", "poolhouse_local.js"]
    assert json.loads(written[0].read_text())["version"] == "1.5"
    assert stat.S_IMODE(written[0].stat().st_mode) == 0o644


def test_every_file_can_be_asked_for(tmp_path: Path, seed: Manifest, applied: Applied) -> None:
    """All formats, each into a folder of its own."""
    for name, one in FORMATS.items():
        (path,) = write_outputs(tmp_path / name, seed, applied, (name,))
        assert (path, path.name) == (tmp_path / name / one.file, one.file)
        assert path.read_bytes()


def test_two_of_one_name(tmp_path: Path, seed: Manifest, applied: Applied) -> None:
    """The web's and the phones' amplifyconfiguration.json do not overwrite each other; nothing is written."""
    with pytest.raises(UserError, match="same file name"):
        write_outputs(tmp_path / "out", seed, applied, ("json", "json-web", "json-mobile"))
    assert not (tmp_path / "out").exists()


def test_a_refused_format_stops_the_others(tmp_path: Path, seed: Manifest, applied: Applied) -> None:
    """All files are made before the first is written."""
    with pytest.raises(UserError, match="Swift and Android"):
        write_outputs(tmp_path / "out", seed, replace(applied, base_url="http://h:4500"), ("json", "json-mobile"))
    assert not (tmp_path / "out").exists()


def test_c12_unchanged_files_are_left_alone(tmp_path: Path, seed: Manifest, applied: Applied) -> None:
    """A second run writes nothing; a change writes just what it concerns."""
    path = write_outputs(tmp_path, seed, applied)[0]
    before = path.stat()
    assert write_outputs(tmp_path, seed, applied) == ()
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert len(write_outputs(tmp_path, seed, replace(applied, user_pool_client_id="other"))) == 2
    assert path.stat().st_ino != before.st_ino


def test_failed_write_leaves_the_old_file(tmp_path: Path, seed: Manifest, applied: Applied) -> None:
    """A target that cannot be replaced keeps its content, and no temporary file stays."""
    (tmp_path / "poolhouse_local.js").mkdir()
    with pytest.raises(IsADirectoryError):
        write_outputs(tmp_path, seed, applied, ("js",))
    assert [path.name for path in tmp_path.iterdir()] == ["poolhouse_local.js"]
