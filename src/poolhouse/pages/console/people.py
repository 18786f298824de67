"""Who an ARN is, for people: users by what a person would call them, roles and the operator by their names."""

from collections.abc import Iterable

from poolhouse.operations.console.people import known

from .naming import title
from .visit import ConsoleVisit

_MOST = 100
"""How many users are looked up for one page."""


async def names(visit: ConsoleVisit, keys: Iterable[str]) -> dict[str, str]:
    """Of ARNs, subs and usernames: those that are users of the chosen pool, by what a person would call them."""
    asked = {key: sub_of(key, visit.pool) for key in list(dict.fromkeys(filter(None, keys)))[:_MOST]}
    found = await known(visit.services, visit.chosen, filter(None, asked.values()))
    return {key: title(found[sub].username, found[sub].attributes) for key, sub in asked.items() if sub in found}


def sub_of(key: str, pool_id: str) -> str:
    """The id in a user's ARN; "" for everybody else's and for another pool's."""
    if not key.startswith("arn:"):
        return key
    before, _, sub = key.partition(f":userpool/{pool_id}/user/")
    return sub if before else ""


def short(arn: str) -> str:
    """The end of an ARN; "operator" for the root key."""
    if arn.endswith(":root"):
        return "operator"
    kind, _, name = arn.rpartition(":")[2].partition("/")
    if kind == "assumed-role":
        return f"role {name}"
    return arn.rpartition("/")[2] if arn.startswith("arn:") else arn
