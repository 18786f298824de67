"""Writing the client files: whole, and only when they changed."""

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from poolhouse.define.manifest import Manifest
from poolhouse.outputs import FILES, Applied, write_outputs


def test_default_files(tmp_path: Path, seed: Manifest, applied: Applied) -> None:
    """The folder is made, the JSON and the module for the browser are written, and nothing is left beside them."""
    folder = tmp_path / "a" / "b"
    written = write_outputs(folder, seed, applied)
    assert [path.name for path in written] == ["amplify_outputs.json", "poolhouse_local.js"]
    assert sorted(path.name for path in folder.iterdir()) == ["amplify_outputs.json", "poolhouse_local.js"]
    assert json.loads(written[0].read_text())["version"] == "1.5"
    assert stat.S_IMODE(written[0].stat().st_mode) == 0o644


def test_every_file_can_be_asked_for(tmp_path: Path, seed: Manifest, applied: Applied) -> None:
    """All formats, by name."""
    written = write_outputs(tmp_path, seed, applied, tuple(FILES))
    assert {path.name for path in written} == set(FILES)
    assert all(path.read_bytes() for path in written)


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
        write_outputs(tmp_path, seed, applied, ("poolhouse_local.js",))
    assert [path.name for path in tmp_path.iterdir()] == ["poolhouse_local.js"]
