"""Change sets: made from a template, waited for, described as a plan, thrown away when nobody wants them."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import uuid4

import msgspec
from botocore.exceptions import ClientError

from poolhouse.errors import PushFailed

from . import plans
from .bucket import template_url
from .plans import Plan
from .refusals import explained
from .session import Account

CAPABILITIES: Final = ("CAPABILITY_IAM",)
INLINE_LIMIT: Final = 51_200
"""Bytes that a template may have inside a request; a longer one is read from the bucket."""
_UNCHANGED: Final = ("didn't contain changes", "No updates are to be performed")


def propose(
    account: Account,
    stack: str,
    template: Mapping[str, Any],
    *,
    before: Mapping[str, Any] | None,
    parameters: Mapping[str, str] | None,
    tags: Mapping[str, str],
    bucket: str,
) -> Plan:
    """Make a change set and describe it. `before` is the template that the stack has, None when there is no stack.
    Without `parameters` they stay as they are.

    A change set without changes is thrown away; its plan has no change set. Raises PushFailed for a template that
    CloudFormation does not take.
    """
    name = f"poolhouse-{uuid4().hex}"
    with explained():
        made = account.cloudformation.create_change_set(
            StackName=stack,
            ChangeSetName=name,
            ChangeSetType="CREATE" if before is None else "UPDATE",
            Capabilities=list(CAPABILITIES),
            Parameters=_parameters(template, parameters),
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
            Description="poolhouse push",
            **_body(account, template, bucket),
        )["Id"]
    status, reason, changes = _described(account, made)
    if status == "FAILED":
        discard(account, stack, made)
        if any(words in reason for words in _UNCHANGED):
            return Plan(stack, ())
        raise PushFailed(f"CloudFormation does not take the template: {reason}", resolution="Nothing was changed.")
    plan = plans.of_changes(stack, made, changes, before or {}, template)
    if not plan.changes and before is not None and not _outputs_differ(before, template):
        discard(account, stack, made)
        return Plan(stack, ())
    return plan


def discard(account: Account, stack: str, change_set: str) -> None:
    """Throw a change set away, and with it the empty shell of a stack that it was to create."""
    with explained():
        account.cloudformation.delete_change_set(ChangeSetName=change_set)
        try:
            found = account.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in error.response["Error"]["Message"]:
                return
            raise
        if found["StackStatus"] == "REVIEW_IN_PROGRESS":
            account.cloudformation.delete_stack(StackName=found["StackId"])


def wait(ready: Callable[[], bool]) -> None:
    """Ask until it is ready: soon at first, every two seconds in the end."""
    pause = 0.05
    while not ready():
        time.sleep(pause)  # CloudFormation tells nobody: it is asked
        pause = min(pause * 1.5, 2.0)


def _described(account: Account, change_set: str) -> tuple[str, str, list[Mapping[str, Any]]]:
    """Status, reason and changes of a change set that is ready."""
    first: dict[str, Any] = {}

    def ready() -> bool:
        first.update(account.cloudformation.describe_change_set(ChangeSetName=change_set))
        return first["Status"] not in {"CREATE_PENDING", "CREATE_IN_PROGRESS"}

    with explained():
        wait(ready)
        changes, token = list(first.get("Changes", [])), first.get("NextToken")
        while token:
            page = account.cloudformation.describe_change_set(ChangeSetName=change_set, NextToken=token)
            changes += page.get("Changes", [])
            token = page.get("NextToken")
    return first["Status"], first.get("StatusReason") or "", changes


def _parameters(template: Mapping[str, Any], given: Mapping[str, str] | None) -> list[dict[str, Any]]:
    if given is None:
        return [{"ParameterKey": name, "UsePreviousValue": True} for name in template.get("Parameters", {})]
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()]


def _body(account: Account, template: Mapping[str, Any], bucket: str) -> dict[str, str]:
    text = msgspec.json.encode(template, order="sorted")
    if len(text) <= INLINE_LIMIT:
        return {"TemplateBody": text.decode()}
    return {"TemplateURL": template_url(account, bucket, text)}


def _outputs_differ(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """A change of outputs alone is a change, though it touches no resource."""
    return bool(before.get("Outputs", {}) != after.get("Outputs", {}))
