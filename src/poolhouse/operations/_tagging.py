"""What tags a pool may have, and the condition keys by which a policy sees the tags, or the group, of a request."""

from collections.abc import Iterable
from typing import Final

import msgspec

from poolhouse.access.policies import ContextValue

MOST_TAGS: Final = 50
TOO_MANY: Final = f"A user pool can have at most {MOST_TAGS} tags."
GROUP_KEY: Final = "poolhouse:GroupName"
"""The condition key of the group that a request names. AWS has no such key."""

_MEMBERS: Final = {
    "CreateIdentityPool": "IdentityPoolTags",
    "CreateUserPool": "UserPoolTags",
    "UpdateIdentityPool": "IdentityPoolTags",
    "UpdateUserPool": "UserPoolTags",
    "TagResource": "Tags",
    "UntagResource": "TagKeys",
}


def problem(keys: Iterable[str]) -> str | None:
    """Why a request cannot set these tags, or None.

    Policies compare tag keys without regard to case, so two spellings of one key would show a policy only one of them.
    """
    keys = list(keys)
    if any(key.lower().startswith("aws:") for key in keys):
        return "Tag keys that begin with aws: are reserved for system use."
    if len({key.lower() for key in keys}) < len(keys):
        return "Tag keys of one request must differ in more than upper and lower case."
    return None if len(keys) <= MOST_TAGS else TOO_MANY


def condition_keys(operation: str, request: msgspec.Struct) -> dict[str, ContextValue] | None:
    """`aws:TagKeys` and `aws:RequestTag/...` of a request that tags, `poolhouse:GroupName` of one that names a group;
    None for every other one.
    """
    group = getattr(request, "GroupName", None)
    if group is not None:
        return {GROUP_KEY: group}
    member = _MEMBERS.get(operation)
    tags = getattr(request, member) if member else None
    if not tags:
        return None
    keys: dict[str, ContextValue] = {"aws:TagKeys": list(tags)}
    if isinstance(tags, dict):
        keys |= {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    return keys
