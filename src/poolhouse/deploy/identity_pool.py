"""The identity pool, the roles of its signed-in people and of its guests, and how a person's role is chosen."""

from . import naming, policies
from .context import Context
from .template import get_att, ref, sub


def add(context: Context) -> None:
    auth = context.auth
    if auth is None or auth.reference is not None:
        return
    provider = {
        "ClientId": context.client_id,
        "ProviderName": get_att(naming.USER_POOL, "ProviderName"),
        "ServerSideTokenCheck": True,
    }
    context.template.resource(
        naming.IDENTITY_POOL,
        "AWS::Cognito::IdentityPool",
        properties={
            "IdentityPoolName": context.physical(auth.name, 128),
            "AllowUnauthenticatedIdentities": True,
            "CognitoIdentityProviders": [provider],
        },
    )
    kinds = (
        (context.authenticated_role, "authenticated", "people who are signed in"),
        (context.unauthenticated_role, "unauthenticated", "guests"),
    )
    for role, auth_type, whose in kinds:
        trust = policies.identity_trust(context, auth_type)
        policies.add_role(context, role, trust, description=f"{context.environment.prefix}: {whose}")
    _attach_roles(context)


def _attach_roles(context: Context) -> None:
    """A member of a group gets the role that the token prefers; whoever has none gets the common one."""
    mapping = {
        "Type": "Token",
        "AmbiguousRoleResolution": "AuthenticatedRole",
        "IdentityProvider": sub(f"${{{naming.USER_POOL}.ProviderName}}:${{{naming.CLIENT}}}"),
    }
    context.template.resource(
        "IdentityPoolRoles",
        "AWS::Cognito::IdentityPoolRoleAttachment",
        properties={
            "IdentityPoolId": ref(naming.IDENTITY_POOL),
            "Roles": {
                "authenticated": get_att(context.authenticated_role, "Arn"),
                "unauthenticated": get_att(context.unauthenticated_role, "Arn"),
            },
            "RoleMappings": {"UserPool": mapping},
        },
    )
