"""Follows what CloudFormation does to a stack, event by event, and finds the one that everything else failed of."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from poolhouse.errors import PushFailed

from .changes import wait
from .refusals import explained, missing_permission
from .session import Account

_BEGINNINGS: Final = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "IMPORT_IN_PROGRESS"})
_CANCELLED: Final = "cancelled"
_SUCCESSES: Final = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE", "IMPORT_COMPLETE"})


class Event(NamedTuple):
    """Something that happened to a resource, or to the stack itself."""

    id: str
    logical_id: str
    type: str
    status: str
    reason: str
    physical_id: str
    is_stack: bool

    @property
    def is_failure(self) -> bool:
        return self.status.endswith("_FAILED")

    @property
    def is_consequence(self) -> bool:
        """Whether it failed only because something else did before it."""
        return _CANCELLED in self.reason.lower() or not self.reason


class Ending(NamedTuple):
    """How it ended: the stack's last event, and everything that happened, oldest first."""

    status: str
    events: tuple[Event, ...]

    @property
    def is_success(self) -> bool:
        return self.status in _SUCCESSES

    @property
    def cause(self) -> Event | None:
        """The first failure that is nobody else's consequence."""
        failures = [event for event in self.events if event.is_failure]
        own = [event for event in failures if not event.is_stack and not event.is_consequence]
        return next(iter([*own, *failures]), None)


Tell = Callable[[Event], None]


def last_event(account: Account, stack_id: str) -> str:
    """The newest event's id, to follow what comes after it; empty when there is none."""
    with explained():
        events = account.cloudformation.describe_stack_events(StackName=stack_id)["StackEvents"]
    return events[0]["EventId"] if events else ""


def before_current(account: Account, stack_id: str) -> str:
    """The last event before whatever is going on, or happened last, to follow or to tell all of it."""
    mark, began = "", False
    for event in _newest_first(account, stack_id):
        if began:
            mark = event.id
            break
        began = event.is_stack and event.status in _BEGINNINGS
    return mark


def follow(account: Account, stack_id: str, after: str, tell: Tell) -> Ending:
    """Tell every event after the one named `after`, until the stack comes to rest."""
    events: list[Event] = []
    seen: set[str] = set()

    def rests() -> bool:
        for event in _fresh(account, stack_id, after, seen):
            events.append(event)
            seen.add(event.id)
            tell(event)
        return not _status(events).endswith("_IN_PROGRESS")

    wait(rests)
    return Ending(_status(events), tuple(events))


def last_ending(account: Account, stack_id: str, status: str) -> Ending:
    """How the last thing ended that happened to a stack."""
    return Ending(status, tuple(_fresh(account, stack_id, before_current(account, stack_id), set())))


def failure(ending: Ending, what: str) -> PushFailed:
    """The error of an ending without success. The resource and the reason that everything failed of come first."""
    cause = ending.cause
    if cause is None:
        return PushFailed(f"{what} ended as {ending.status}.", resolution=_AFTER.get(ending.status, _LOOK))
    done = cause.status.removesuffix("_FAILED").lower()
    others = {event.logical_id for event in ending.events if event.is_failure and not event.is_stack}
    more = f" {len(others) - 1} other resources were given up because of it." if len(others) > 1 else ""
    message = f"{cause.logical_id} ({cause.type}) could not be {_PARTICIPLES.get(done, done)}: {cause.reason}{more}"
    state = _AFTER.get(ending.status, _LOOK)
    allow = missing_permission(cause.reason)
    return PushFailed(message, resolution=f"{allow} {state}" if allow else state)


_PARTICIPLES: Final = {"create": "created", "update": "updated", "delete": "deleted", "import": "imported"}
_LOOK: Final = "poolhouse status --target aws tells how the stack stands."
_AFTER: Final[Mapping[str, str]] = {
    "ROLLBACK_COMPLETE": "Mend it and push again; the empty stack is then removed, after a question.",
    "ROLLBACK_FAILED": "Mend it and push again; what is left of the stack is then removed, after a question.",
    "UPDATE_ROLLBACK_COMPLETE": "Everything is as it was before. Mend it and push again.",
    "UPDATE_ROLLBACK_FAILED": "The way back failed as well: mend what the reason names, then push --continue-rollback "
    "(with --skip LOGICAL for a resource that cannot go back).",
    "DELETE_FAILED": "Mend what the reason names and run poolhouse destroy again.",
}


def _fresh(account: Account, stack_id: str, mark: str, seen: Collection[str]) -> Sequence[Event]:
    """What came after the mark and is not in `seen`, oldest first.

    Events of one moment may show up out of order, so that reading ends with a page of which everything is seen.
    """
    found: list[Event] = []
    for page in _pages(account, stack_id):
        ids = [event.id for event in page]
        unseen = [event for event in page[: ids.index(mark) if mark in ids else None] if event.id not in seen]
        found += unseen
        if mark in ids or not unseen:
            break
    return found[::-1]


def _newest_first(account: Account, stack_id: str) -> Iterator[Event]:
    for page in _pages(account, stack_id):
        yield from page


def _pages(account: Account, stack_id: str) -> Iterator[list[Event]]:
    with explained():
        for page in account.cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id):
            yield [_event(told) for told in page["StackEvents"]]


def _event(told: Mapping[str, Any]) -> Event:
    physical = told.get("PhysicalResourceId") or ""
    return Event(
        id=told["EventId"],
        logical_id=told["LogicalResourceId"],
        type=told.get("ResourceType") or "",
        status=told["ResourceStatus"],
        reason=told.get("ResourceStatusReason") or "",
        physical_id=physical,
        is_stack=physical == told["StackId"],
    )


def _status(events: Sequence[Event]) -> str:
    """That of the stack, by its newest event; as if it was moving while there is none."""
    return next((event.status for event in reversed(events) if event.is_stack), "_IN_PROGRESS")
