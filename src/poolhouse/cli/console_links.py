"""Links into the console, made where the master key is."""

from pathlib import Path
from urllib.parse import urlsplit

from poolhouse.cli.administration import Administration, visit
from poolhouse.cli.options import Where
from poolhouse.errors import SettingError
from poolhouse.operations.console import links


def new_link(project: Path, database: str | None, url: str | None) -> str:
    """The database is opened because its master key has to be ours: another one would make a link that opens nothing.

    Raises SettingError.
    """
    given = None if url is None else _checked(url)

    async def work(admin: Administration) -> str:
        services = admin.services
        return links.link(services.vault, given or services.settings.public_url, services.clock())

    return visit(Where(project, database), work)


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"} or parts.query:
        raise SettingError(
            f"--url {url} is not the address of a server.", resolution="Give its public URL: https://id.example.com"
        )
    return url.rstrip("/")
