"""The committed data and structs are what the generator makes of the service models."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path("src/poolhouse/service_model")


def check(root: Path) -> subprocess.CompletedProcess[str]:
    script = str(root / "scripts" / "service_model.py")
    return subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)


def test_committed_files_are_current():
    """Running the generator would change nothing."""
    result = check(ROOT)
    assert (result.returncode, result.stderr) == (0, "")


def test_a_changed_file_is_noticed(tmp_path):
    """An edited or missing file fails the check, is named, and is left as it is."""
    for part in (Path("scripts/service_model.py"), *(PACKAGE / name for name in ("data", "structs"))):
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / part).is_dir() else shutil.copy)(ROOT / part, tmp_path / part)
    edited = tmp_path / PACKAGE / "structs" / "sts.py"
    edited.write_text(edited.read_text().replace("le=43200", "le=99999"))
    (tmp_path / PACKAGE / "data" / "sts.json").unlink()
    result = check(tmp_path)
    assert result.returncode == 1
    assert "data/sts.json, structs/sts.py" in result.stderr
    assert "le=99999" in edited.read_text()
