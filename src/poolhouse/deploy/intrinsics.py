"""CloudFormation's functions worked out: a template as it would be once its resources have names.

The names are made up and always the same. What is not understood is a ValueError, never a guess.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

_PLACE: Final = re.compile(r"\$\{(!?)([^}]*)\}")
_ARNS: Final = {
    "AWS::Cognito::UserPool": "arn:aws:cognito-idp:{region}:{account}:userpool/{name}",
    "AWS::IAM::Role": "arn:aws:iam::{account}:role/{name}",
    "AWS::Lambda::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "AWS::AppSync::GraphQLApi": "arn:aws:appsync:{region}:{account}:apis/{name}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}:*",
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
}
_NAMES: Final = {
    "AWS::Cognito::UserPool": "{region}_{name}",
    "AWS::Cognito::IdentityPool": "{region}:{name}",
}
_NAMED_BY: Final = {"AWS::Lambda::Function": "FunctionName", "AWS::Logs::LogGroup": "LogGroupName"}
NOTHING: Final = object()
"""What `AWS::NoValue` leaves behind: the member is not there."""


class Resolver:
    """The values of one template. Parameters without a default and a value are called after themselves."""

    def __init__(
        self, template: Mapping[str, Any], parameters: Mapping[str, Any], *, region: str, account_id: str
    ) -> None:
        self._resources = template.get("Resources", {})
        defaults = {name: one.get("Default", name) for name, one in template.get("Parameters", {}).items()}
        self._parameters = {**defaults, **parameters}
        self.region = region
        self.account_id = account_id
        self._pseudo = {
            "AWS::Region": region,
            "AWS::AccountId": account_id,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": "stack",
            "AWS::StackId": f"arn:aws:cloudformation:{region}:{account_id}:stack/stack/00000000",
            "AWS::NoValue": NOTHING,
        }
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self.ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
        }

    def value(self, value: Any) -> Any:
        """Any part of the template, without functions."""
        if isinstance(value, Mapping):
            if len(value) == 1 and (name := next(iter(value))) in self._functions:
                return self._functions[name](value[name])
            found = {key: self.value(inner) for key, inner in value.items()}
            if unknown := [key for key in found if key.startswith("Fn::")]:
                raise ValueError(f"{unknown[0]} is not understood.")
            return {key: inner for key, inner in found.items() if inner is not NOTHING}
        if isinstance(value, list):
            return [inner for one in value if (inner := self.value(one)) is not NOTHING]
        return value

    def ref(self, name: str) -> Any:
        """What `Ref` gives: a parameter's value, or the name of a resource."""
        if name in self._pseudo:
            return self._pseudo[name]
        if name in self._parameters:
            return self._parameters[name]
        resource = self._resource(name)
        given = resource.get("Properties", {}).get(_NAMED_BY.get(resource["Type"], ""))
        if given is not None:
            return self.value(given)
        pattern = _NAMES.get(resource["Type"], "{name}")
        return pattern.format(region=self.region, name=name)

    def arn(self, name: str) -> str:
        """The ARN of a resource."""
        resource = self._resource(name)
        if resource["Type"] not in _ARNS:
            raise ValueError(f"{resource['Type']} has no ARN that is known here.")
        return _ARNS[resource["Type"]].format(region=self.region, account=self.account_id, name=self.ref(name))

    def _resource(self, name: str) -> Mapping[str, Any]:
        if name not in self._resources:
            raise ValueError(f"The template has no {name}.")
        found: Mapping[str, Any] = self._resources[name]
        return found

    def _get_att(self, argument: Any) -> Any:
        name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        if attribute == "Arn":
            return self.arn(name)
        if attribute == "ProviderName":
            return f"cognito-idp.{self.region}.amazonaws.com/{self.ref(name)}"
        if attribute in {"ApiId", "Name", "FunctionId"}:
            return self.ref(name)
        self._resource(name)
        return f"{name}.{attribute}"

    def _sub(self, argument: Any) -> str:
        text, values = (argument, {}) if isinstance(argument, str) else argument

        def found(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return f"${{{name}}}"
            if name in values:
                return str(self.value(values[name]))
            return str(self._get_att(name) if "." in name else self.ref(name))

        return _PLACE.sub(found, text)

    def _join(self, argument: Any) -> str:
        delimiter, parts = argument
        return str(delimiter).join(map(str, self.value(parts)))

    def _select(self, argument: Any) -> Any:
        place, parts = argument
        return self.value(parts)[int(place)]

    def _split(self, argument: Any) -> list[str]:
        delimiter, text = argument
        return str(self.value(text)).split(delimiter)
