"""A user pool that the stack does not make: its parts as values, and where it must be for the stack to use it."""

from typing import Any

from poolhouse.define.manifest import Auth, ReferencedAuth
from poolhouse.errors import DefinitionError

from . import naming
from .template import arn


def roles(auth: Auth, reference: ReferencedAuth) -> dict[str, str]:
    """The name of the role that stands in the place of each logical id."""
    given = {
        naming.AUTHENTICATED_ROLE: reference.auth_role_arn,
        naming.UNAUTHENTICATED_ROLE: reference.unauth_role_arn,
        **{naming.group_role(group.name): reference.group_role_arns[group.name] for group in auth.groups},
    }
    return {logical_id: role.rpartition("/")[2] for logical_id, role in given.items()}


def pool_arn(reference: ReferencedAuth) -> Any:
    return arn("cognito-idp", "userpool/${Pool}", Pool=reference.user_pool_id)


def account_of(reference: ReferencedAuth) -> str:
    return reference.auth_role_arn.split(":")[4]


def check_place(reference: ReferencedAuth, region: str, account_id: str | None) -> None:
    """The APIs name the pool by region and account of the stack. Raises DefinitionError."""
    if region != reference.region:
        raise DefinitionError(
            f"The user pool {reference.user_pool_id} is in {reference.region}, the stack would be in {region}.",
            resolution=f"Add --region {reference.region}.",
        )
    if account_id and account_id != account_of(reference):
        raise DefinitionError(
            f"The roles of reference_auth() are in the account {account_of(reference)}, the stack would be in "
            f"{account_id}.",
            resolution="Choose a --profile of the account that has the user pool.",
        )
