"""The groups of the user pool, each with a role of its own. What a role allows is said where the API is made."""

from . import naming, policies
from .context import Context
from .template import get_att


def add(context: Context) -> None:
    for group in context.auth.groups if context.auth and not context.reference else ():
        role = policies.add_role(
            context,
            context.group_role(group.name),
            policies.identity_trust(context, "authenticated"),
            description=f"{context.environment.prefix}: members of a group of the user pool",
        )
        context.template.resource(
            naming.group(group.name),
            "AWS::Cognito::UserPoolGroup",
            properties={
                "UserPoolId": context.user_pool_id,
                "GroupName": group.name,
                "Precedence": group.precedence,
                "RoleArn": get_att(role, "Arn"),
            },
            deletion_policy=context.environment.user_data_policy,
        )
