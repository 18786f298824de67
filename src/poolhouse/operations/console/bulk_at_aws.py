"""Many names into a group of a pool at AWS, or out of it: each row is AWS's answer, asked for through the gate."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

from poolhouse.errors import InvalidParameterException, ServiceError, UserNotFoundException
from poolhouse.operations.remote.advice import advice

from .bulk import OPERATIONS, Action, Done, Foreseen
from .bulk_names import Name

T = TypeVar("T")
Ask = Callable[..., Awaitable[dict[str, Any]]]
"""An operation on the pool as whoever asks, with its members; raises ServiceError."""
LOOKED_UP: Final = 50
"""So many names are looked up before a run."""
_LOOKS: Final = 8
_CHANGES: Final = 4  # at a time; AWS takes 25 changes of users a second unless it was asked for more
_PAGE: Final = 60


async def foresee(ask: Ask, group: str, action: Action, names: Sequence[Name]) -> list[Foreseen]:
    """What would become of each name now. Raises ServiceError for a group that is not there, and where AWS does not
    answer.
    """
    await ask("GetGroup", GroupName=group)
    found: list[Foreseen] = []
    for start in range(0, len(names), _LOOKS):
        batch = names[start : start + _LOOKS]
        found += [row async for row in _in_order([_foreseen(ask, group, action, name) for name in batch])]
    return found


async def _foreseen(ask: Ask, group: str, action: Action, name: Name) -> Foreseen:
    try:
        user = await ask("AdminGetUser", Username=name.text)
        changes = await _is_member(ask, group, name.text) != (action == "add")
    except UserNotFoundException:
        return Foreseen(name.line, name.text, "unknown", "", "")
    except InvalidParameterException as error:
        return Foreseen(name.line, name.text, "refused", "", error.message)
    return Foreseen(name.line, name.text, "done" if changes else "unchanged", str(user["Username"]), "")


async def run(ask: Ask, group: str, action: Action, names: Sequence[Name]) -> AsyncIterator[Done]:
    """What became of each name, in their order.

    Raises ServiceError where AWS does not answer, or takes no more requests: nothing says that the next name would
    fare better. Rows in hand may be done then although they were not told.
    """
    for start in range(0, len(names), _CHANGES):
        batch = names[start : start + _CHANGES]
        async for row in _in_order([_row(ask, group, action, name) for name in batch]):
            yield row


async def _row(ask: Ask, group: str, action: Action, name: Name) -> Done:
    try:
        changes = await _is_member(ask, group, name.text) != (action == "add")
        await ask(OPERATIONS[action], GroupName=group, Username=name.text)
    except UserNotFoundException:
        return Done(name.line, name.text, "unknown", "")
    except ServiceError as error:
        if advice(error):  # trouble on the way there, and no answer about this name
            raise
        return Done(name.line, name.text, "refused", error.message)
    return Done(name.line, name.text, "done" if changes else "unchanged", "")


async def _is_member(ask: Ask, group: str, name: str) -> bool:
    """Raises ServiceError."""
    after = None
    while True:
        page = await ask("AdminListGroupsForUser", Username=name, Limit=_PAGE, NextToken=after)
        if any(held["GroupName"] == group for held in page["Groups"]):
            return True
        after = page.get("NextToken")
        if after is None:
            return False


async def _in_order(asked: list[Awaitable[T]]) -> AsyncIterator[T]:
    """What each came to, up to the first failure, which is raised; all have ended before the first is told."""
    for one in await asyncio.gather(*asked, return_exceptions=True):
        if isinstance(one, BaseException):
            raise one
        yield one
