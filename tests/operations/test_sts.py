"""GetCallerIdentity."""

import pytest
from operations.stage import refused

from poolhouse.access.policies import PolicySet
from poolhouse.access.principals import Anonymous, RoleSession, Root
from poolhouse.operations import families  # noqa: F401 - registers every operation

ROLE = RoleSession(
    role_arn="arn:aws:iam::000000000000:role/app-promote",
    role_name="app-promote",
    session_name="promote",
    account_id="000000000000",
    region="us-east-1",
    policies=PolicySet([]),
    session_policy=None,
    identity=None,
)


async def who(invoke, principal):
    return await invoke("GetCallerIdentity", {}, service="sts", principal=principal)


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
async def test_root(invoke, region):
    """Root is the account itself, in every region."""
    answer = await who(invoke, Root(account_id="000000000000", region=region))
    assert answer["Account"] == "000000000000"
    assert answer["Arn"] == "arn:aws:iam::000000000000:root"
    assert answer["UserId"] == "000000000000"


async def test_a_role_without_any_permission(invoke):
    """Everybody may ask who he is."""
    answer = await who(invoke, ROLE)
    assert answer["Arn"] == "arn:aws:sts::000000000000:assumed-role/app-promote/promote"
    assert answer["UserId"].endswith(":promote")


async def test_nobody(invoke):
    """Without credentials there is nobody to name."""
    assert (await refused(who(invoke, Anonymous()))).code == "MissingAuthenticationTokenException"
