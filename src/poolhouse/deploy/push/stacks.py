"""A stack as it stands: its status in our words, its template, resources and outputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from botocore.exceptions import ClientError

from poolhouse.errors import PushRefused

from .environments import APP_TAG
from .refusals import explained
from .session import Account

State = Literal["absent", "settled", "moving", "never-created", "half-rolled-back", "half-deleted"]
_NEVER_CREATED: Final = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "IMPORT_ROLLBACK_FAILED"})


class Held(NamedTuple):
    """A resource that a stack holds; `physical_id` is empty while it is made."""

    logical_id: str
    type: str
    physical_id: str
    status: str


@dataclass(frozen=True, slots=True)
class Stack:
    """What CloudFormation says about a stack. `reason` belongs to its status."""

    id: str
    name: str
    status: str
    reason: str
    is_protected: bool
    changed: str
    outputs: Mapping[str, str]
    tags: Mapping[str, str]
    parameters: Mapping[str, str]

    @property
    def state(self) -> State:
        """What a push has to do with it."""
        if self.status in {"REVIEW_IN_PROGRESS", "DELETE_COMPLETE"}:
            return "absent"
        if self.status.endswith("_IN_PROGRESS"):
            return "moving"
        if self.status in _NEVER_CREATED:
            return "never-created"
        if self.status in {"UPDATE_ROLLBACK_FAILED", "UPDATE_FAILED"}:
            return "half-rolled-back"
        return "half-deleted" if self.status == "DELETE_FAILED" else "settled"


def find(account: Account, name: str) -> Stack | None:
    """The stack of this name or id; None when there is none, or only the shell that an unused change set left."""
    with explained():
        try:
            found = account.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in error.response["Error"]["Message"]:
                return None
            raise
    return Stack(
        id=found["StackId"],
        name=found["StackName"],
        status=found["StackStatus"],
        reason=found.get("StackStatusReason") or "",
        is_protected=bool(found.get("EnableTerminationProtection")),
        changed=(found.get("LastUpdatedTime") or found["CreationTime"]).isoformat(timespec="seconds"),
        outputs={one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])},
        tags={one["Key"]: one["Value"] for one in found.get("Tags", [])},
        parameters={one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", [])},
    )


def require_ours(stack: Stack, wanted: Mapping[str, str]) -> None:
    """Raises PushRefused for a stack that carries other tags: somebody else's, or another app's."""
    if all(stack.tags.get(name) == value for name, value in wanted.items()):
        return
    owner = stack.tags.get(APP_TAG)
    whose = f"belongs to the app {owner!r}" if owner else "was not made by Poolhouse"
    raise PushRefused(
        f"The stack {stack.name} {whose}, and is left alone.", resolution="Choose another name: --app, or --env."
    )


def template(account: Account, name: str) -> dict[str, Any]:
    """The template as it was pushed last."""
    with explained():
        body = account.cloudformation.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
    if not isinstance(body, dict):
        raise PushRefused(
            f"The template of {name} is not JSON, so it was not made by Poolhouse.", resolution="Choose another --env."
        )
    return body


def resources(account: Account, name: str) -> dict[str, Held]:
    """Everything that the stack holds, by logical id."""
    held: dict[str, Held] = {}
    with explained():
        for page in account.cloudformation.get_paginator("list_stack_resources").paginate(StackName=name):
            for one in page["StackResourceSummaries"]:
                physical = one.get("PhysicalResourceId") or ""
                held[one["LogicalResourceId"]] = Held(
                    one["LogicalResourceId"], one["ResourceType"], physical, one["ResourceStatus"]
                )
    return held
