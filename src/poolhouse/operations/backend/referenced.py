"""A pool at AWS that the definitions refer to: what is noted of it, and whether this server is set up for it."""

from typing import Final

import msgspec

from poolhouse.access.delegation import Rules
from poolhouse.config import Settings
from poolhouse.define.manifest import Manifest, ReferencedAuth
from poolhouse.errors import SettingError
from poolhouse.operations.backend.desired import delegation_rules
from poolhouse.operations.backend.state import REFERENCE
from poolhouse.operations.context import Services
from poolhouse.operations.remote.forwarding import FORWARDED
from poolhouse.store import backend

CONSOLE: Final = (
    "cognito-idp:AdminGetUser",
    "cognito-idp:AdminListDevices",
    "cognito-idp:AdminListGroupsForUser",
    "cognito-idp:AdminListUserAuthEvents",
    "cognito-idp:AdminListUserSessions",
    "cognito-idp:DescribeUserPool",
    "cognito-idp:DescribeUserPoolClient",
    "cognito-idp:GetGroup",
    "cognito-idp:ListGroups",
    "cognito-idp:ListUserPoolClients",
    "cognito-idp:ListUsers",
    "cognito-idp:ListUsersInGroup",
)
"""What the pages of the console ask of AWS before anybody does anything on them."""


class Noted(msgspec.Struct, frozen=True):
    """What a change of is shown by the plan."""

    reference: ReferencedAuth
    rules: Rules | None


def reference_of(manifest: Manifest) -> ReferencedAuth | None:
    return manifest.auth.reference if manifest.auth else None


def rules_of(manifest: Manifest, server: Settings) -> Rules | None:
    """The delegation of the pool, which AWS has no place for."""
    text = delegation_rules(manifest, server)
    return None if text is None else msgspec.json.decode(text, type=Rules)


def document_of(manifest: Manifest, server: Settings) -> str | None:
    """None where the definitions refer to no pool. Raises SettingError."""
    reference = reference_of(manifest)
    if reference is None:
        return None
    _check(reference, server)
    return msgspec.json.encode(Noted(reference, rules_of(manifest, server))).decode()


async def noted(services: Services) -> list[ReferencedAuth]:
    """The pools at AWS that the definitions in this database refer to, as they were applied."""
    async with services.database.read() as tx:
        found = await backend.of_kind(tx, REFERENCE)
    return [msgspec.json.decode(resource.document, type=Noted).reference for resource in found]


async def refer(services: Services, reference: ReferencedAuth) -> None:
    """Work in front of the pool, for a moment and for the operator alone. Raises SettingError."""
    _check(reference, services.settings)
    await services.remote.refer(reference, services.settings, None, services.clock)


def permissions(manifest: Manifest, server: Settings) -> list[str]:
    """The IAM actions that the server's own credentials need on the pool: for its functions, and for what it asks of
    AWS to know who may do what.
    """
    auth = manifest.auth
    if auth is None or auth.reference is None:
        return []
    wanted = {action.partition(":")[2] for grant in auth.grants for action in grant.actions} & FORWARDED
    wanted |= {"AdminGetUser", "AdminListGroupsForUser"} if server.live_groups or auth.delegation else set()
    if auth.delegation is not None:
        wanted |= {"GetGroup", "ListGroups", "ListUsersInGroup"}
        wanted |= {operation for rule in auth.delegation.delegates for operation in rule.operations}
    return [f"cognito-idp:{name}" for name in sorted(wanted)]


def _check(reference: ReferencedAuth, server: Settings) -> None:
    """Signatures of functions and the names of resources say region and account: they must be those of the pool."""
    account = reference.auth_role_arn.split(":")[4]
    if (server.region, server.account_id) != (reference.region, account):
        raise SettingError(
            f"reference_auth() names the user pool {reference.user_pool_id} of the account {account} in "
            f"{reference.region}, and this server works for the account {server.account_id} in {server.region}.",
            resolution=f"Set POOLHOUSE_REGION={reference.region} and POOLHOUSE_ACCOUNT_ID={account}.",
        )
