"""The end of an environment: what goes and what stays in the account, said in the template before the stack goes."""

import copy
from collections.abc import Mapping
from typing import Any, Final

from poolhouse.errors import PushRefused

from .changes import propose
from .following import Tell
from .guard import GROUP, POOL
from .run import execute, protect, remove
from .session import Account
from .stacks import Stack, template

_KEPT: Final = frozenset({POOL, GROUP})
_MARK: Final = "PoolhouseEnding"


def holding_users(stack_template: Mapping[str, Any]) -> tuple[str, ...]:
    """Logical ids of what holds users: the pool, and the groups with their memberships."""
    return tuple(name for name, one in stack_template["Resources"].items() if one["Type"] in _KEPT)


def destroy(account: Account, stack: Stack, bucket: str, tell: Tell, *, delete_users: bool) -> None:
    """Delete the stack; user pool and groups only with `delete_users`.

    What must stay is written into the stack first, so that an interruption or a console keeps to it as well.
    Termination protection goes last. Raises PushRefused for a stack that cannot be told.
    """
    before = template(account, stack.name)
    wanted = settled(before, delete_users=delete_users)
    if wanted != before and stack.state == "half-rolled-back" and not delete_users:
        raise PushRefused(
            f"The stack {stack.name} is {stack.status}: it cannot be told that the users stay.",
            resolution="Continue its rollback first (push --continue-rollback), or say --delete-users.",
        )
    if wanted != before and stack.state == "settled":
        plan = propose(account, stack.name, wanted, before=before, parameters=None, tags=stack.tags, bucket=bucket)
        if plan.change_set:
            stack = execute(account, plan, tell)
    protect(account, stack, on=False)
    stay = holding_users(before) if stack.state == "half-deleted" and not delete_users else ()
    remove(account, stack, tell, stay)


def settled(before: Mapping[str, Any], *, delete_users: bool) -> dict[str, Any]:
    """The template with the fate of pool and groups in it.

    CloudFormation takes a new DeletionPolicy only beside another change, which is the mark in the metadata.
    """
    fate = "Delete" if delete_users else "Retain"
    after = copy.deepcopy(dict(before))
    for name in holding_users(before):
        resource = after["Resources"][name]
        if resource.get("DeletionPolicy", "Delete").startswith("Retain") == delete_users:
            resource["DeletionPolicy"] = fate
            resource["Metadata"] = {**resource.get("Metadata", {}), _MARK: fate}
        if delete_users and resource["Properties"].get("DeletionProtection") == "ACTIVE":
            resource["Properties"]["DeletionProtection"] = "INACTIVE"
    return after
