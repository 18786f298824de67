"""A grant that names groups: what the role's policy becomes, and what it then allows."""

import msgspec
import pytest
from operations.backend.world import grant, manifest

from poolhouse import service_model
from poolhouse.access.principals import RoleSession
from poolhouse.errors import AccessDeniedException
from poolhouse.operations.gate import call
from poolhouse.operations.principals import policy_set


def narrowed(*names: str):
    return msgspec.structs.replace(grant(*names), groups=("EDITORS",))


@pytest.fixture
async def role(world) -> RoleSession:
    """The session of a function that may put users into EDITORS, and read any user."""
    await world.apply(manifest("ADMINS", "EDITORS", grants=(narrowed("addUserToGroup", "getUser", "listUserPools"),)))
    arn = world.applied.function_roles["promote"]
    stored = await world.role(arn)
    return RoleSession(arn, stored.name, "s", "000000000000", "us-east-1", policy_set(stored.policies))


async def test_the_policy(world, role):
    """Actions that name a group have the condition; the others are as ever."""
    told = [(one["Action"], one.get("Condition")) for one in await world.statements(role.role_arn)]
    assert told == [
        (["cognito-idp:AdminAddUserToGroup"], {"StringEquals": {"poolhouse:GroupName": ["EDITORS"]}}),
        (["cognito-idp:AdminGetUser"], None),
        (["cognito-idp:ListUserPools"], None),
    ]


async def test_what_it_allows(world, role, services):
    stage = await world.stage()
    username = await stage.person()

    async def ask(name: str, **request: str) -> None:
        known = service_model.operation("cognito-idp", name)
        full = {"UserPoolId": world.applied.pool_id, "Username": username, **request}
        await call(services, role, known, service_model.from_params(known, full), request_id="test")

    await ask("AdminGetUser")
    await ask("AdminAddUserToGroup", GroupName="EDITORS")
    for group in ("ADMINS", "editors", "EDITORS2"):
        with pytest.raises(AccessDeniedException):
            await ask("AdminAddUserToGroup", GroupName=group)
    found = await stage.admin("AdminListGroupsForUser", Username=username)
    assert [one["GroupName"] for one in found["Groups"]] == ["EDITORS"]
