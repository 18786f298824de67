"""What the system lets one process have: open files, of which every connection is one."""

import resource
from typing import Final

from poolhouse import telemetry

FEW_FILES: Final = 4096
_MOST_FILES: Final = 1 << 20


def raise_open_files() -> int:
    """Raise this process's soft limit to the hard one, and say so when that is little; the number of files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    most = soft if soft == resource.RLIM_INFINITY or soft >= most else _raised(soft, most, hard)
    if 0 <= most < FEW_FILES:
        remedy = "ulimit -Hn, LimitNOFILE= of systemd, or ulimits of the container"
        telemetry.log.warning("few open files", most=most, remedy=remedy)
    return most


def _raised(soft: int, wanted: int, hard: int) -> int:
    """Some systems allow less than they say."""
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):
        return soft
    return wanted
