"""The pages of the console, in the order of the navigation."""

from typing import Final

from . import (
    audit,
    client,
    clients,
    debugger,
    functions,
    group,
    group_bulk,
    groups,
    keys,
    log,
    messages,
    moving,
    overview,
    triggers,
    user,
    user_actions,
    user_edit,
    users,
    view_as,
)
from .page import Page

_MODULES: Final = (
    overview,
    users,
    user,
    user_edit,
    user_actions,
    groups,
    group,
    group_bulk,
    view_as,
    clients,
    client,
    messages,
    moving,
    triggers,
    keys,
    functions,
    log,
    debugger,
    audit,
)
PAGES: Final[tuple[Page, ...]] = tuple(page for module in _MODULES for page in module.PAGES)
