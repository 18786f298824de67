"""Whether a user pool that the definitions refer to is what they say, asked before anything is pushed."""

from typing import Any

from poolhouse.define.manifest import Manifest, ReferencedAuth
from poolhouse.errors import PushRefused

from .refusals import explained
from .session import Account


def check(account: Account, manifest: Manifest) -> None:
    """The pool has the app client, which a browser can use, and each group with its role.

    Raises PushRefused, and AwsError for a pool or client that does not exist.
    """
    reference = manifest.auth.reference if manifest.auth else None
    if reference is None:
        return
    with explained("cognito-idp"):
        client = account.cognito.describe_user_pool_client(
            UserPoolId=reference.user_pool_id, ClientId=reference.user_pool_client_id
        )["UserPoolClient"]
        pages = account.cognito.get_paginator("list_groups").paginate(UserPoolId=reference.user_pool_id)
        there = {group["GroupName"]: group for page in pages for group in page["Groups"]}
    if client.get("ClientSecret"):
        raise PushRefused(
            f"The app client {reference.user_pool_client_id} has a secret, which apps cannot keep.",
            resolution="Name an app client without a secret in reference_auth().",
        )
    _check_groups(reference, there)


def _check_groups(reference: ReferencedAuth, there: dict[str, Any]) -> None:
    for name, role in reference.group_role_arns.items():
        if name not in there:
            raise PushRefused(
                f"The user pool {reference.user_pool_id} has no group {name}.",
                resolution=f"It has: {', '.join(sorted(there)) or 'none'}. Mend groups= of reference_auth().",
            )
        held = there[name].get("RoleArn")
        if held != role:
            raise PushRefused(
                f"The group {name} has the role {held or 'of nobody'} at AWS, and {role} in reference_auth().",
                resolution="Its members get the credentials of the one at AWS: name that one.",
            )
