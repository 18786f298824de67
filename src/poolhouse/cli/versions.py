"""`poolhouse --version`: what a report of a fault has to say about the program."""

import platform
import sqlite3
import ssl
from importlib.metadata import version

from poolhouse.define import manifest
from poolhouse.store import migrations


def parts() -> list[tuple[str, str]]:
    """Names and versions, Poolhouse's own first; the last two are those of its data."""
    return [
        ("poolhouse", version("poolhouse")),
        ("Python", platform.python_version()),
        ("SQLite", sqlite3.sqlite_version),
        ("OpenSSL", ssl.OPENSSL_VERSION.partition(" ")[2].partition(" ")[0]),
        ("boto3", version("boto3")),
        ("Manifest", str(manifest.VERSION)),
        ("database-schema", migrations.HEAD),
    ]
