"""Carries a change set out and follows it; goes on after an interruption; takes a stack that never came to be away."""

from collections.abc import Sequence

from botocore.exceptions import ClientError

from poolhouse.errors import PushFailed, PushRefused

from .following import Ending, Tell, before_current, failure, follow, last_event
from .plans import Plan
from .refusals import explained
from .session import Account
from .stacks import Stack, find

_OVERTAKEN = frozenset({"InvalidChangeSetStatus", "ChangeSetNotFound", "ChangeSetNotFoundException"})


def execute(account: Account, plan: Plan, tell: Tell) -> Stack:
    """Carry the plan out: the stack as it became. What a failed first attempt made goes away with it.

    Raises PushRefused when the stack changed since the plan, PushFailed when a resource could not become what it
    should; the first sentence names it.
    """
    stack = _require(account, plan.stack)
    mark = last_event(account, stack.id)
    with explained():
        try:
            account.cloudformation.execute_change_set(ChangeSetName=plan.change_set, RetainExceptOnCreate=True)
        except ClientError as error:
            if error.response["Error"]["Code"] in _OVERTAKEN:
                raise PushRefused(
                    f"The stack {plan.stack} was changed by somebody else since the plan was made.",
                    resolution="Push again: a new plan shows what is left to do.",
                ) from error
            raise
    return _followed(account, stack.id, mark, tell, f"The push to {plan.stack}")


def resume(account: Account, stack: Stack, tell: Tell) -> Stack | None:
    """Follow what an earlier push began. None when that ends without the stack.

    A rollback that is finished is told as the failure that led to it.
    """
    ending = follow(account, stack.id, before_current(account, stack.id), tell)
    if ending.status == "DELETE_COMPLETE":
        return None
    return _settled(account, stack.id, ending, f"What was going on in {stack.name}")


def rest(account: Account, stack: Stack, tell: Tell) -> None:
    """Follow what is going on to its end, whatever that is."""
    follow(account, stack.id, before_current(account, stack.id), tell)


def remove(account: Account, stack: Stack, tell: Tell, stay: Sequence[str] = ()) -> None:
    """Delete a stack. Raises PushFailed for what cannot be deleted.

    `stay` names resources that are let go of; CloudFormation takes it for a stack that it failed to delete only.
    """
    mark = last_event(account, stack.id)
    with explained():
        account.cloudformation.delete_stack(StackName=stack.id, **({"RetainResources": list(stay)} if stay else {}))
    ending = follow(account, stack.id, mark, tell)
    if not ending.is_success:
        raise failure(ending, f"The end of {stack.name}")


def continue_rollback(account: Account, stack: Stack, skipped: Sequence[str], tell: Tell) -> Stack:
    """Take up a rollback that failed; `skipped` resources stay as they are, and drift from the template."""
    if stack.status != "UPDATE_ROLLBACK_FAILED":
        raise PushRefused(
            f"The stack {stack.name} is {stack.status}: there is no failed rollback to continue.",
            resolution="Push without --continue-rollback.",
        )
    mark = last_event(account, stack.id)
    with explained():
        account.cloudformation.continue_update_rollback(StackName=stack.id, ResourcesToSkip=list(skipped))
    ending = follow(account, stack.id, mark, tell)
    if ending.status != "UPDATE_ROLLBACK_COMPLETE":
        raise failure(ending, f"The rollback of {stack.name}")
    return _require(account, stack.id)


def protect(account: Account, stack: Stack, *, on: bool) -> None:
    """Termination protection, where it is not as wanted already."""
    if stack.is_protected != on:
        with explained():
            account.cloudformation.update_termination_protection(StackName=stack.name, EnableTerminationProtection=on)


def _followed(account: Account, stack_id: str, mark: str, tell: Tell, what: str) -> Stack:
    return _settled(account, stack_id, follow(account, stack_id, mark, tell), what)


def _settled(account: Account, stack_id: str, ending: Ending, what: str) -> Stack:
    if not ending.is_success:
        raise failure(ending, what)
    return _require(account, stack_id)


def _require(account: Account, name: str) -> Stack:
    found = find(account, name)
    if found is None:
        raise PushFailed(f"The stack {name} is gone.", resolution="Push again.")
    return found
