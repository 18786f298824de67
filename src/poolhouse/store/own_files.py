"""Files that nobody but their owner may read: a database's, and copies of it."""

import os
from contextlib import suppress
from pathlib import Path


def make(path: Path | str) -> None:
    """An empty file with rights 0600, for SQLite to fill; one that is there stays as it is.

    SQLite gives its journals the rights of the database. An existing file is not even opened: closing it would take
    away the locks that this process has on it.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
