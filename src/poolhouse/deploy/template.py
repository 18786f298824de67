"""A CloudFormation template as plain data: resources, parameters, outputs, intrinsic functions, stable JSON.

It knows nothing about any service; what a resource holds is its author's business.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from poolhouse.errors import DefinitionError

Kept = Literal["Delete", "Retain", "RetainExceptOnCreate", ""]
MOST_RESOURCES: Final = 500
_LEGAL_ID: Final = re.compile(r"[A-Za-z0-9]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource; `deletion_policy` is also what happens when an update replaces it."""

    logical_id: str
    type: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    depends_on: Sequence[str] = ()
    condition: str = ""
    deletion_policy: Kept = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        members: dict[str, Any] = {
            "Type": self.type,
            "Properties": dict(self.properties),
            "DependsOn": sorted(self.depends_on),
            "Condition": self.condition,
            "DeletionPolicy": self.deletion_policy,
            "UpdateReplacePolicy": self.deletion_policy,
            "Metadata": dict(self.metadata),
        }
        return {name: value for name, value in members.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A value that whoever creates the stack gives; without a default it must be given."""

    logical_id: str
    type: str = "String"
    default: str | None = None
    description: str = ""
    no_echo: bool = False
    allowed_pattern: str = ""

    def document(self) -> dict[str, Any]:
        members = {"Description": self.description, "NoEcho": self.no_echo, "AllowedPattern": self.allowed_pattern}
        given = {name: value for name, value in members.items() if value}
        return {"Type": self.type, **given, **({} if self.default is None else {"Default": self.default})}


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A value that the finished stack tells."""

    logical_id: str
    value: Any
    description: str = ""
    condition: str = ""

    def document(self) -> dict[str, Any]:
        members = {"Value": self.value, "Description": self.description, "Condition": self.condition}
        return {name: value for name, value in members.items() if value != ""}


Part = Resource | Parameter | Output


class Template:
    """Collects parts; refuses two of one logical id, since the second would silently replace the first."""

    def __init__(self, description: str) -> None:
        self.description = description
        self.resources: dict[str, Resource] = {}
        self.parameters: dict[str, Parameter] = {}
        self.outputs: dict[str, Output] = {}
        self.conditions: dict[str, Any] = {}

    def add(self, part: Part) -> str:
        """Take in one part and answer its logical id."""
        sections: dict[type, dict[str, Any]] = {
            Resource: self.resources,
            Parameter: self.parameters,
            Output: self.outputs,
        }
        section = sections[type(part)]
        taken = section if isinstance(part, Output) else {**self.resources, **self.parameters}
        if part.logical_id in taken or not _LEGAL_ID.fullmatch(part.logical_id):
            raise DefinitionError(
                f"The template cannot hold {part.logical_id!r}: the id is taken or malformed.",
                resolution="Rename one of the definitions that share the name.",
            )
        section[part.logical_id] = part
        return part.logical_id

    def resource(self, logical_id: str, type: str, /, **members: Any) -> str:  # noqa: A002 - CloudFormation's word
        """Add a resource; `members` are those of `Resource`. Answers the logical id."""
        return self.add(Resource(logical_id=logical_id, type=type, **members))

    def output(self, logical_id: str, value: Any, description: str = "") -> str:
        """Add an output. Answers the logical id."""
        return self.add(Output(logical_id=logical_id, value=value, description=description))

    def parameter(self, logical_id: str, **members: Any) -> str:
        """Add a parameter; `members` are those of `Parameter`. Answers the logical id."""
        return self.add(Parameter(logical_id=logical_id, **members))

    def document(self) -> dict[str, Any]:
        """The template as JSON-able data. Raises DefinitionError beyond CloudFormation's 500 resources."""
        if len(self.resources) > MOST_RESOURCES:
            raise DefinitionError(
                f"The backend needs {len(self.resources)} resources; a stack holds at most {MOST_RESOURCES}.",
                resolution="Split the project into several backends.",
            )
        members = {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": self.description,
            "Parameters": {name: part.document() for name, part in self.parameters.items()},
            "Conditions": self.conditions,
            "Resources": {name: part.document() for name, part in self.resources.items()},
            "Outputs": {name: part.document() for name, part in self.outputs.items()},
        }
        found = {name: value for name, value in members.items() if value}
        _refuse_references(found)
        return found


def _refuse_references(value: Any) -> None:
    """CloudFormation replaces `{{resolve:...}}` in any text, a group's name or a letter's words as well.

    No family writes such a reference, so whatever holds one was meant as it is, or to be read by the wrong people.
    """
    if isinstance(value, str):
        if "{{resolve:" in value:
            raise DefinitionError(
                "A text of the definitions holds {{resolve:...}}, which AWS would replace by a value of the account.",
                resolution='Remove it; what is secret goes into an environment with secret("NAME").',
            )
    elif isinstance(value, Mapping):
        _refuse_references([*value, *value.values()])
    elif isinstance(value, list | tuple):
        for one in value:
            _refuse_references(one)


def encode(document: Mapping[str, Any]) -> bytes:
    """The same bytes for the same template, in every process: sorted members, two spaces, a newline at the end."""
    return (json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def ref(logical_id: str) -> dict[str, str]:
    return {"Ref": logical_id}


def get_att(logical_id: str, attribute: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [logical_id, attribute]}


def sub(text: str, /, **values: Any) -> dict[str, Any]:
    """`${Name}` in the text becomes the value of that name, or of the resource or parameter with that logical id.

    Text that people wrote goes in as a value, never into `text` as it is.
    """
    return {"Fn::Sub": [text, values] if values else text}


def join(delimiter: str, parts: Sequence[Any]) -> dict[str, Any]:
    return {"Fn::Join": [delimiter, list(parts)]}


REGION: Final = ref("AWS::Region")
ACCOUNT: Final = ref("AWS::AccountId")


def arn(service: str, resource: str, **values: Any) -> dict[str, Any]:
    """The ARN of something in the stack's own account and region; `resource` is `sub` text."""
    return sub(f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}", **values)
