"""A plan as data: what would be created, changed, replaced and deleted, and which permissions change with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from .permissions import Permission, differing

Action = Literal["create", "change", "replace", "delete"]
ACTIONS: Final[tuple[Action, ...]] = ("create", "change", "replace", "delete")


@dataclass(frozen=True, slots=True)
class Change:
    """One resource. `properties` are those that differ. `unsure`: CloudFormation decides only while it does it whether
    the resource is replaced. `kept`: what leaves the stack stays in the account.
    """

    action: Action
    logical_id: str
    type: str
    physical_id: str = ""
    properties: tuple[str, ...] = ()
    unsure: bool = False
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """`change_set` is the id of the change set that would carry it out; a new stack has none yet."""

    stack: str
    changes: tuple[Change, ...]
    permissions: tuple[Permission, ...] = ()
    change_set: str = ""

    def of(self, action: Action) -> list[Change]:
        return [change for change in self.changes if change.action == action]

    def document(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "stack": self.stack,
            "changes": [
                {
                    "action": change.action,
                    "logicalId": change.logical_id,
                    "type": change.type,
                    "physicalId": change.physical_id or None,
                    "properties": list(change.properties),
                    "mayBeReplaced": change.unsure,
                    "kept": change.kept,
                }
                for change in self.changes
            ],
            "permissions": [permission._asdict() for permission in self.permissions],
        }


def of_new(stack: str, template: Mapping[str, Any]) -> Plan:
    """The plan of a stack that is not there yet."""
    resources = template["Resources"]
    changes = [Change("create", name, resources[name]["Type"]) for name in resources]
    return Plan(stack, tuple(_ordered(changes)), differing({}, template))


def of_changes(
    stack: str,
    change_set: str,
    changes: Iterable[Mapping[str, Any]],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> Plan:
    """The plan that a described change set makes; the templates tell what happens to permissions."""
    read = [_change(one["ResourceChange"]) for one in changes if one.get("ResourceChange")]
    return Plan(stack, tuple(_ordered(read)), differing(before, after), change_set)


_ACTIONS: Final[Mapping[str, Action]] = {"Add": "create", "Remove": "delete", "Import": "create"}


def _change(told: Mapping[str, Any]) -> Change:
    action = _ACTIONS.get(told["Action"], "change")
    replacement = told.get("Replacement", "False")
    if told["Action"] == "Modify" and replacement == "True":
        action = "replace"
    targets = [detail["Target"] for detail in told.get("Details", [])]
    names = (target.get("Name") or target["Attribute"] for target in targets)
    return Change(
        action=action,
        logical_id=told["LogicalResourceId"],
        type=told["ResourceType"],
        physical_id=told.get("PhysicalResourceId") or "",
        properties=tuple(dict.fromkeys(names)),
        unsure=replacement == "Conditional",
        kept=told.get("PolicyAction") in {"Retain", "ReplaceAndRetain"},
    )


def _ordered(changes: list[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: (ACTIONS.index(change.action), change.type, change.logical_id))
