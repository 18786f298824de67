"""The code of our own that a worker process runs, as it was when this server was started.

An upgrade replaces the files under a running server. Its workers have to understand it until it is restarted, so one
that is started then gets what was read at the start.
"""

from pathlib import Path
from typing import Final

_FILE: Final = Path(__file__).with_name("inside.py")
_SDK: Final = ("inside_wire", "inside_sdk")
_KEPT: Final = """import sys
__file__ = sys.argv[0] = {path!r}
kept_sdk = {sdk!r}
exec(compile({inside!r}, __file__, "exec", dont_inherit=True))
"""
REPLACED: Final = (
    "The files of Poolhouse were replaced under this server. This worker runs what the server read at its own start; "
    "restart the server to have the new version."
)


def _read() -> tuple[str, dict[str, str]] | None:
    """`inside.py` and what it reads later, by name; None in the middle of an upgrade."""
    try:
        later = {name: _FILE.with_stem(name).read_text(encoding="utf-8") for name in _SDK}
        return _FILE.read_text(encoding="utf-8"), later
    except (OSError, UnicodeDecodeError):
        return None


_started_with = _read()


def command() -> list[str]:
    """What Python is told to run: the file, or the text of another time."""
    if _started_with is None or _read() == _started_with:
        return [str(_FILE)]
    inside, sdk = _started_with
    return ["-c", _KEPT.format(path=str(_FILE), inside=inside, sdk=sdk)]
