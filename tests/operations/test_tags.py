"""TagResource, UntagResource, ListTagsForResource, and what a policy sees of the tags of a request."""

import asyncio
import re

import pytest
from cases import each
from pool_rows import add_pool

import poolhouse.operations.families  # noqa: F401 - registers the operations
from poolhouse.access.policies import PolicySet, parse
from poolhouse.access.principals import RoleSession
from poolhouse.access.resources import user_pool_arn
from poolhouse.errors import (
    AccessDeniedException,
    InvalidParameterException,
    ResourceNotFoundException,
    UserPoolTaggingException,
)

ACCOUNT = "000000000000"


def arn_of(pool) -> str:
    return user_pool_arn("us-east-1", ACCOUNT, pool.id)


@pytest.fixture
async def pool(database):
    return await add_pool(database, UserPoolTags={"team": "a"})


@pytest.fixture
def tag(invoke, pool):
    async def tag(**tags):
        return await invoke("TagResource", {"ResourceArn": arn_of(pool), "Tags": tags})

    return tag


@pytest.fixture
def listed(invoke, pool):
    async def listed() -> dict:
        """The tags, which DescribeUserPool shows as well."""
        tags = (await invoke("ListTagsForResource", {"ResourceArn": arn_of(pool)}))["Tags"]
        described = (await invoke("DescribeUserPool", {"UserPoolId": pool.id}))["UserPool"]
        assert described["UserPoolTags"] == tags
        return tags

    return listed


async def test_tag_and_untag(tag, listed, invoke, pool):
    """Tags are added or replaced; taking away what is not there is no error."""
    assert await tag(team="b", stage="") == {}
    assert await listed() == {"team": "b", "stage": ""}
    for _ in range(2):
        assert await tag(team="b") == {}
        assert await invoke("UntagResource", {"ResourceArn": arn_of(pool), "TagKeys": ["stage", "none"]}) == {}
    assert await listed() == {"team": "b"}


async def test_keys_are_case_sensitive(tag, listed):
    await tag(Team="b")
    assert await listed() == {"team": "a", "Team": "b"}


async def test_fifty_tags_at_most(tag, listed):
    await tag(**{f"k{n}": "v" for n in range(49)})
    with pytest.raises(InvalidParameterException, match="at most 50 tags"):
        await tag(k0="changed", one_more="v")
    assert len(await listed()) == 50
    await tag(k0="changed")
    assert (await listed())["k0"] == "changed"


@each(
    "tags, text",
    [
        ({"aws:x": "v"}, "reserved"),
        ({"AWS:x": "v"}, "reserved"),
        ({"k": "v", "K": "v"}, "differ in more than upper and lower case"),
        ({f"k{n}": "v" for n in range(51)}, "at most 50 tags"),
        ({"k" * 129: "v"}, "length less than or equal to 128"),
        ({"k": "v" * 257}, "length less than or equal to 256"),
        ({"": "v"}, "length greater than or equal to 1"),
    ],
)
async def test_refused_tags(invoke, tag, listed, tags, text):
    with pytest.raises(InvalidParameterException, match=text):
        await tag(**tags)
    assert await listed() == {"team": "a"}
    with pytest.raises((InvalidParameterException, UserPoolTaggingException), match=text):
        await invoke("CreateUserPool", {"PoolName": "tagged", "UserPoolTags": tags})
    assert len((await invoke("ListUserPools", {"MaxResults": 60}))["UserPools"]) == 1


async def test_longest_key_and_value(tag, listed):
    await tag(**{"k" * 128: "v" * 256})
    assert (await listed())["k" * 128] == "v" * 256


@pytest.mark.parametrize(
    ("arn", "error"),
    [
        ("arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_nowhere99", ResourceNotFoundException),
        ("arn:aws:cognito-idp:us-east-1:111111111111:userpool/us-east-1_testpool1", ResourceNotFoundException),
        ("arn:aws:cognito-idp:eu-west-1:000000000000:userpool/us-east-1_testpool1", ResourceNotFoundException),
        ("arn:aws:cognito-idp:us-east-1:000000000000:userpool/eu-west-1_elsewhere", ResourceNotFoundException),
        ("arn:aws-cn:cognito-idp:us-east-1:000000000000:userpool/us-east-1_testpool1", ResourceNotFoundException),
        ("arn:aws:cognito-identity:us-east-1:000000000000:identitypool/x", InvalidParameterException),
        ("us-east-1_testpool1-us-east-1_testpool1", InvalidParameterException),
    ],
)
async def test_only_pools_of_this_account_and_region(invoke, listed, database, arn, error):
    """The pool that is touched is exactly the one that the policies were asked about."""
    await add_pool(database, "elsewhere", UserPoolTags={"team": "z"})
    for name, more in (
        ("TagResource", {"Tags": {"k": "v"}}),
        ("UntagResource", {"TagKeys": ["team"]}),
        ("ListTagsForResource", {}),
    ):
        with pytest.raises(error):
            await invoke(name, {"ResourceArn": arn, **more})
    assert await listed() == {"team": "a"}


async def test_tags_set_at_once_are_all_there(tag, listed):
    await asyncio.gather(*(tag(**{f"k{n}": "v"}) for n in range(8)))
    assert await listed() == {"team": "a", **{f"k{n}": "v" for n in range(8)}}


# --- policies ------------------------------------------------------------------------------------------------


def role(condition: dict, resource: str = "*") -> RoleSession:
    statement = {"Effect": "Allow", "Action": "cognito-idp:*", "Resource": resource, "Condition": condition}
    policy = parse({"Version": "2012-10-17", "Statement": [statement]})
    return RoleSession("arn:aws:iam::000000000000:role/r", "r", "s", ACCOUNT, "us-east-1", PolicySet([policy]))


TEAM_A = {"StringEquals": {"aws:RequestTag/team": "a"}}
ONLY_STAGE = {"ForAllValues:StringEquals": {"aws:TagKeys": ["stage"]}, "Null": {"aws:TagKeys": "false"}}


@pytest.mark.parametrize(
    ("condition", "name", "request_", "allowed"),
    [
        (TEAM_A, "TagResource", {"Tags": {"team": "a"}}, True),
        (TEAM_A, "TagResource", {"Tags": {"team": "b"}}, False),
        (TEAM_A, "TagResource", {"Tags": {"Team": "b"}}, False),
        (TEAM_A, "TagResource", {"Tags": {"stage": "a"}}, False),
        (TEAM_A, "UpdateUserPool", {"UserPoolTags": {"team": "a"}}, True),
        (TEAM_A, "UpdateUserPool", {"UserPoolTags": {"team": "b"}}, False),
        (TEAM_A, "UpdateUserPool", {}, False),
        (ONLY_STAGE, "TagResource", {"Tags": {"stage": "x"}}, True),
        (ONLY_STAGE, "TagResource", {"Tags": {"stage": "x", "team": "a"}}, False),
        (ONLY_STAGE, "UntagResource", {"TagKeys": ["stage"]}, True),
        (ONLY_STAGE, "UntagResource", {"TagKeys": ["stage", "team"]}, False),
    ],
)
async def test_conditions_on_the_tags_of_a_request(invoke, pool, listed, condition, name, request_, allowed):
    target = {"UserPoolId": pool.id} if name == "UpdateUserPool" else {"ResourceArn": arn_of(pool)}
    call = invoke(name, {**target, **request_}, principal=role(condition))
    if allowed:
        assert await call == {}
        return
    with pytest.raises(AccessDeniedException, match=re.escape(f"cognito-idp:{name} on resource: {arn_of(pool)}")):
        await call
    assert await listed() == {"team": "a"}


async def test_a_new_pool_with_tags(invoke):
    with pytest.raises(AccessDeniedException):
        await invoke("CreateUserPool", {"PoolName": "p", "UserPoolTags": {"team": "b"}}, principal=role(TEAM_A))
    made = await invoke("CreateUserPool", {"PoolName": "p", "UserPoolTags": {"team": "a"}}, principal=role(TEAM_A))
    assert made["UserPool"]["UserPoolTags"] == {"team": "a"}


async def test_a_grant_on_one_pool_reaches_no_other(invoke, pool, listed, database):
    """Attack 18."""
    other = await add_pool(database, "testpool2")
    granted = role({}, arn_of(other))
    assert await invoke("TagResource", {"ResourceArn": arn_of(other), "Tags": {"k": "v"}}, principal=granted) == {}
    with pytest.raises(AccessDeniedException):
        await invoke("TagResource", {"ResourceArn": arn_of(pool), "Tags": {"k": "v"}}, principal=granted)
    assert await listed() == {"team": "a"}
