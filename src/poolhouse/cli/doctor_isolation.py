"""The doctor on functions and the server: as whom they run, and what is closed to them."""

import os
import pwd
from contextlib import suppress
from pathlib import Path

from poolhouse.cli.findings import Finding, fail, ok, warn
from poolhouse.config import Settings, kept_files
from poolhouse.errors import SettingError
from poolhouse.functions.isolation import account, close_process, examine

_NAME = "functions' user"


def isolation(settings: Settings, project: Path) -> Finding:
    """What keeps functions from the server's memory, environment and files; in dev it is said and not complained of."""
    try:
        user = account(settings.function_user)
        kept = kept_files(settings, project)
        if user is not None:
            examine(user, project.resolve(), kept)
            return ok(_NAME, f"{user.name}; the server's memory, its secrets and its database file are closed to it")
    except SettingError as error:
        return fail(_NAME, error.message, error.resolution or "Correct the setting.")
    text = f"{_own_name()}, the server's own; {_open_to_all(kept)}"
    return ok(_NAME, text) if settings.development else _told(text, is_closed=not kept and os.geteuid() != 0)


def _told(text: str, *, is_closed: bool) -> Finding:
    remedy = "Name a user without rights in POOLHOUSE_FUNCTION_USER and start the server as root; see Security model."
    return ok(_NAME, text) if is_closed else warn(_NAME, text, remedy)


def _open_to_all(kept: list[Path]) -> str:
    if os.geteuid() == 0:
        return "everything on this machine is open to functions"
    memory = "closed" if close_process() else "not closed (only Linux can)"
    files = f"; {', '.join(map(str, kept))} can be read by functions" if kept else ""
    return f"its memory and environment are {memory} to functions{files}"


def _own_name() -> str:
    with suppress(KeyError):
        return pwd.getpwuid(os.geteuid()).pw_name
    return f"user {os.geteuid()}"
