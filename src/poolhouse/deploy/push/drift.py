"""What somebody changed in the account by hand: CloudFormation compares the stack's resources with its template."""

from typing import Any, NamedTuple

from poolhouse.errors import PushFailed

from .changes import wait
from .refusals import explained
from .session import Account
from .stacks import Stack


class Difference(NamedTuple):
    """A property that is not as the template says; `actual` is empty for what was taken away."""

    path: str
    kind: str
    expected: str
    actual: str


class Drift(NamedTuple):
    """A resource that is not as the template says. Deleted ones have no differences."""

    logical_id: str
    type: str
    physical_id: str
    status: str
    differences: tuple[Difference, ...]


class Report(NamedTuple):
    """`unchecked` are the resources that CloudFormation cannot compare."""

    drifts: tuple[Drift, ...]
    checked: int
    unchecked: tuple[str, ...]


def detect(account: Account, stack: Stack) -> Report:
    """Ask CloudFormation to look at every resource, and wait for it. Raises PushFailed when it cannot."""
    with explained():
        asked = account.cloudformation.detect_stack_drift(StackName=stack.name)["StackDriftDetectionId"]
        told: dict[str, Any] = {}

        def ready() -> bool:
            told.update(account.cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId=asked))
            return bool(told["DetectionStatus"] != "DETECTION_IN_PROGRESS")

        wait(ready)
    if told["DetectionStatus"] == "DETECTION_FAILED" and not told.get("StackDriftStatus"):
        raise PushFailed(
            f"The drift of {stack.name} could not be found out: {told.get('DetectionStatusReason', 'no reason given')}",
            resolution="Wait until no change is going on, and ask again.",
        )
    return _report(account, stack)


def _report(account: Account, stack: Stack) -> Report:
    found = []
    token: dict[str, str] = {}
    with explained():
        while True:
            page = account.cloudformation.describe_stack_resource_drifts(StackName=stack.name, **token)
            found += page["StackResourceDrifts"]
            if not page.get("NextToken"):
                break
            token = {"NextToken": page["NextToken"]}
    compared = [one for one in found if one["StackResourceDriftStatus"] in {"IN_SYNC", "MODIFIED", "DELETED"}]
    others = [one["LogicalResourceId"] for one in found if one not in compared]
    drifts = tuple(_drift(one) for one in compared if one["StackResourceDriftStatus"] != "IN_SYNC")
    return Report(drifts, len(compared), tuple(sorted(others)))


def _drift(told: dict[str, Any]) -> Drift:
    return Drift(
        told["LogicalResourceId"],
        told["ResourceType"],
        told.get("PhysicalResourceId") or "",
        told["StackResourceDriftStatus"],
        tuple(
            Difference(
                one["PropertyPath"], one["DifferenceType"], one.get("ExpectedValue") or "", one.get("ActualValue") or ""
            )
            for one in told.get("PropertyDifferences", [])
        ),
    )
