"""The user pool's domain: hosted sign-in pages, OAuth endpoints, and where the links of verification mails lead."""

from typing import Any

from . import naming
from .context import Context
from .template import sub

_STACK_GUID = {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}


def add(context: Context) -> None:
    auth = context.auth
    if auth is None or not (auth.hosted or auth.verification.style == "LINK"):
        return
    managed = auth.hosted is not None and bool(auth.passwordless.factors)
    context.template.resource(
        naming.DOMAIN,
        "AWS::Cognito::UserPoolDomain",
        properties={
            "UserPoolId": context.user_pool_id,
            "Domain": prefix(context),
            "ManagedLoginVersion": 2 if managed else 1,
        },
    )
    if managed:
        _style(context)


def prefix(context: Context) -> Any:
    """Domains are one namespace for everybody in a region: the chosen prefix with the environment's name, or one made
    of the stack's own id, which no other stack has.
    """
    assert context.auth is not None
    chosen = context.auth.hosted.domain_prefix if context.auth.hosted else None
    if chosen is None:
        return sub("poolhouse-${Stack}", Stack=_STACK_GUID)
    return naming.physical_name(63, chosen, context.environment.name).lower()


def _style(context: Context) -> None:
    """The pages that know sign-in without a password show nothing until a style is chosen: the service's own."""
    context.template.resource(
        "ManagedLoginStyle",
        "AWS::Cognito::ManagedLoginBranding",
        properties={
            "UserPoolId": context.user_pool_id,
            "ClientId": context.client_id,
            "UseCognitoProvidedValues": True,
        },
        depends_on=[naming.DOMAIN],
    )
