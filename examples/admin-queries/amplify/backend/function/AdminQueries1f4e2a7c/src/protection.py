"""Keeps a protected group from losing its last member who can sign in, and says which group outranks which."""

from collections.abc import Callable, Iterable, Mapping
from math import inf
from typing import Any

from pool import POOL, cognito, groups_of
from settings import SETTINGS
from wire import Refused

ABLE = frozenset({"CONFIRMED", "EXTERNAL_PROVIDER", "RESET_REQUIRED"})
"""Who can sign in, perhaps after a new password; an invited user who never came does not count."""


def rank(groups: Mapping[str, int | None]) -> float:
    """The strongest precedence. A group without one is weaker than all that have one."""
    return min((precedence for precedence in groups.values() if precedence is not None), default=inf)


def keep_last_member(
    username: str,
    act: Callable[[], object],
    undo: Callable[[], object],
    *,
    groups: Iterable[str] = SETTINGS.protected_groups,
) -> None:
    """Runs `act`, which takes `username` out of service or out of `groups`; 409 when nobody would be left.

    The members are counted before and after. Of two admins who remove each other at the same moment both are allowed
    to begin, but whoever counts last finds the group empty and takes the own removal back: one of them stays, or both.
    Only a function that is killed between `act` and `undo` leaves the group empty; the root credentials mend that.
    """
    name, concerned = _concerned(username, groups)
    for group in concerned:
        _check(group, name)
    act()
    for group in concerned:
        try:
            _check(group, name)
        except Exception:
            undo()
            raise


def counts_somewhere(username: str) -> bool:
    """Whether the user is one of those who keep a protected group alive."""
    return bool(_concerned(username, SETTINGS.protected_groups)[1])


def _concerned(username: str, groups: Iterable[str]) -> tuple[str, list[str]]:
    """The user's own name, and the protected groups in which the user counts."""
    protected = [group for group in groups if group in SETTINGS.protected_groups]
    if not protected:
        return username, []
    user = cognito.admin_get_user(UserPoolId=POOL, Username=username)
    if not _is_able(user):
        return user["Username"], []
    member_of = groups_of(user["Username"])
    return user["Username"], [group for group in protected if group in member_of]


def _check(group: str, leaving: str) -> None:
    token: dict[str, str] = {}
    while True:
        answer = cognito.list_users_in_group(UserPoolId=POOL, GroupName=group, Limit=60, **token)
        if any(_is_able(user) and user.get("Username") != leaving for user in answer["Users"]):
            return
        if not answer.get("NextToken"):
            raise Refused(409, f"{leaving} is the last member of {group} who can sign in")
        token = {"NextToken": answer["NextToken"]}


def _is_able(user: Mapping[str, Any]) -> bool:
    return bool(user.get("Enabled")) and user.get("UserStatus") in ABLE
