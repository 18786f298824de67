"""Roles and their policies as resources. What a document says comes from `access`, which the local runtime uses too."""

from typing import Any, Final

from poolhouse.access import documents

from . import naming
from .context import Context

COGNITO: Final = "cognito-idp.amazonaws.com"


def add_role(
    context: Context, logical_id: str, trust: dict[str, Any], *, description: str, inline: dict[str, Any] | None = None
) -> str:
    """A role without a name of its own, so that a stack needs CAPABILITY_IAM and no more. `inline` maps policy names to
    documents that must be there before anybody can take the role. Answers the logical id.
    """
    properties: dict[str, Any] = {"AssumeRolePolicyDocument": trust, "Description": description}
    if inline:
        properties["Policies"] = [
            {"PolicyName": name, "PolicyDocument": document} for name, document in sorted(inline.items())
        ]
    return context.template.resource(logical_id, "AWS::IAM::Role", properties=properties)


def attach(context: Context, role: str, name: str, document: dict[str, Any]) -> str:
    """Give the role with this logical id, which may stand for one that is not in the stack, one more policy.

    A resource of its own, since the role must not wait for what the document names. Answers the logical id.
    """
    properties = {
        "PolicyName": context.policy_name(role, name),
        "PolicyDocument": document,
        "Roles": [context.role_name(role)],
    }
    return context.template.resource(naming.logical_id("Policy", role, name), "AWS::IAM::Policy", properties=properties)


def identity_trust(context: Context, auth_type: Any) -> dict[str, Any]:
    """Who may take the role of an identity: those of exactly this identity pool, signed in or guests."""
    return documents.identity_trust(context.identity_pool_id, auth_type)


def service_trust(service: str, condition: dict[str, Any]) -> dict[str, Any]:
    """A service of AWS may take the role, on the condition that says for whom."""
    document = documents.function_trust()
    document["Statement"][0] |= {"Principal": {"Service": service}, "Condition": condition}
    return document
