"""What a push refuses for the users' sake: the end of a user pool, the end of a group that has members."""

from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError

from poolhouse.errors import PushRefused

from .plans import Change, Plan
from .refusals import explained
from .session import Account
from .stacks import Held

POOL: Final = "AWS::Cognito::UserPool"
GROUP: Final = "AWS::Cognito::UserPoolGroup"
_GONE: Final = frozenset({"ResourceNotFoundException", "GroupNotFoundException"})


class Danger(NamedTuple):
    """A change that would cost users; `sentence` says which users."""

    change: Change
    sentence: str


def dangers(account: Account, plan: Plan, held: Mapping[str, Held], before: Mapping[str, Any]) -> list[Danger]:
    """Every change of the plan that ends a user pool, or a group that has members.

    `held` and `before` are the resources and the template of the stack; Cognito is asked who is in the groups.
    """
    found = []
    for change in plan.changes:
        ends = change.action in {"replace", "delete"} or change.unsure
        if not ends or change.logical_id not in held:
            continue
        if change.type == POOL:
            found.append(Danger(change, _of_pool(account, change, held[change.logical_id].physical_id)))
        elif change.type == GROUP:
            sentence = _of_group(account, change, held, before)
            found += [Danger(change, sentence)] if sentence else []
    return found


def refuse(found: Collection[Danger], allowed: Collection[str]) -> None:
    """Raises PushRefused for what nobody allowed by name."""
    withheld = [danger for danger in found if danger.change.logical_id not in allowed]
    if withheld:
        flags = " ".join(f"--allow-replace {danger.change.logical_id}" for danger in withheld)
        raise PushRefused(
            " ".join(danger.sentence for danger in withheld) + " Nothing was changed.",
            resolution=f"Change the definitions back, or say that it may happen: {flags}",
        )


def members(account: Account, pool_id: str, group: str, at_most: int = 60) -> list[str]:
    """User names in a group of a pool, up to a number; none where pool or group are gone already."""
    with explained("cognito-idp"):
        try:
            answer = account.cognito.list_users_in_group(UserPoolId=pool_id, GroupName=group, Limit=at_most)
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return []
            raise
    return [user["Username"] for user in answer["Users"]]


def estimated_users(account: Account, pool_id: str) -> int | None:
    """How many users Cognito thinks a pool has; it counts a few times a day. None when the pool is gone."""
    with explained("cognito-idp"):
        try:
            pool = account.cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return None
            raise
    return int(pool.get("EstimatedNumberOfUsers", 0))


def _of_pool(account: Account, change: Change, pool_id: str) -> str:
    users = estimated_users(account, pool_id)
    count = "is gone already" if users is None else f"has about {users} users" if users else "may have users"
    because = f" (because of {', '.join(change.properties)})" if change.properties else ""
    return f"{_fate(change)} the user pool {change.logical_id}{because}: {pool_id} {count}."


def _of_group(account: Account, change: Change, held: Mapping[str, Held], before: Mapping[str, Any]) -> str:
    """Empty when the group has no members. A first page of them tells enough."""
    group = held[change.logical_id].physical_id
    pool_id = _pool_of(change.logical_id, held, before)
    inside = members(account, pool_id, group) if pool_id and group else []
    if not inside:
        return ""
    number = f"{len(inside)}" if len(inside) < 60 else "60 or more"
    told = ", ".join(inside[:3]) + (", ..." if len(inside) > 3 else "")
    return f"{_fate(change)} the group {group}, which has {number} member{'s' if len(inside) > 1 else ''} ({told})."


def _pool_of(group: str, held: Mapping[str, Held], before: Mapping[str, Any]) -> str:
    """The id of the pool that the old template gives a group: a resource of the stack, or one named outright."""
    named = before["Resources"][group]["Properties"]["UserPoolId"]
    if isinstance(named, str):
        return named
    return held[named["Ref"]].physical_id if named.get("Ref") in held else ""


def _fate(change: Change) -> str:
    if change.kept:
        return "This would let go of"
    if change.unsure:
        return "This may replace"
    return "This would replace" if change.action == "replace" else "This would delete"
