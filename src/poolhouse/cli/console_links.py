"""Links into the console, made where the master key is."""

from pathlib import Path
from urllib.parse import urlsplit

from poolhouse.cli.administration import Administration, visit
from poolhouse.cli.options import Where
from poolhouse.cli.whereabouts import address
from poolhouse.config import Settings, names_public_url
from poolhouse.errors import SettingError, UserError
from poolhouse.operations.console import links


def new_link(project: Path, database: str | None, url: str | None) -> str:
    """The database is opened because its master key has to be ours: another one would make a link that opens nothing.

    Raises SettingError, and UserError where no address is given and no development server runs.
    """
    given = None if url is None else _checked(url)

    async def work(admin: Administration) -> str:
        services = admin.services
        return links.link(services.vault, given or _address(project, services.settings), services.clock())

    return visit(Where(project, database), work)


def _address(project: Path, settings: Settings) -> str:
    """The address that the settings name, else that of the server which runs."""
    if names_public_url():
        return settings.public_url
    found = address(project, settings.database)
    if found is None:
        raise UserError(
            "No development server of this project runs on this database, so there is nothing that a link would open.",
            resolution="Start poolhouse dev, or say where the server is: --url https://id.example.com",
        )
    return found


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"} or parts.query:
        raise SettingError(
            f"--url {url} is not the address of a server.", resolution="Give its public URL: https://id.example.com"
        )
    return url.rstrip("/")
