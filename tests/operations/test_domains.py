"""CreateUserPoolDomain, DescribeUserPoolDomain, UpdateUserPoolDomain, DeleteUserPoolDomain."""

import asyncio
import re

import pytest
from cases import each
from pool_rows import add_pool

import poolhouse.operations.families  # noqa: F401 - registers the operations
from poolhouse.access.principals import Root
from poolhouse.errors import (
    FeatureUnavailableInTierException,
    InvalidParameterException,
    ResourceNotFoundException,
    ServiceError,
)

ARN = "arn:aws:acm:us-east-1:000000000000:certificate/1"


@pytest.fixture
async def pool(database):
    return await add_pool(database)


@pytest.fixture
def ask(invoke, pool):
    async def ask(name, domain="people", pool_id=None, **members):
        return await invoke(f"{name}UserPoolDomain", {"UserPoolId": pool_id or pool.id, "Domain": domain, **members})

    return ask


@pytest.fixture
def described(invoke):
    async def described(domain="people", **more) -> dict:
        return (await invoke("DescribeUserPoolDomain", {"Domain": domain}, **more))["DomainDescription"]

    return described


async def test_create_and_describe(ask, described, invoke, pool):
    """The pool shows it too."""
    assert await ask("Create") == {"ManagedLoginVersion": 1}
    assert await described() == {
        "UserPoolId": pool.id,
        "AWSAccountId": "000000000000",
        "Domain": "people",
        "Status": "ACTIVE",
        "ManagedLoginVersion": 1,
    }
    assert (await invoke("DescribeUserPool", {"UserPoolId": pool.id}))["UserPool"]["Domain"] == "people"


async def test_an_unknown_domain_is_described_by_nothing(ask, described):
    """So is one of another region."""
    assert await described() == {}
    await ask("Create")
    assert await described(principal=Root("000000000000", "eu-west-1")) == {}


async def test_update(ask, described):
    await ask("Create", ManagedLoginVersion=2)
    assert (await described())["ManagedLoginVersion"] == 2
    for _ in range(2):
        assert await ask("Update", ManagedLoginVersion=2) == {"ManagedLoginVersion": 2}
    assert await ask("Update") == {"ManagedLoginVersion": 1}
    assert (await described())["ManagedLoginVersion"] == 1


async def test_delete(ask, described, invoke, pool, database):
    """The domain is free again, for another pool as well."""
    await ask("Create")
    assert await ask("Delete") == {}
    assert await described() == {}
    assert "Domain" not in (await invoke("DescribeUserPool", {"UserPoolId": pool.id}))["UserPool"]
    other = await add_pool(database, "testpool2")
    await ask("Create", pool_id=other.id)
    assert (await described())["UserPoolId"] == other.id


async def test_one_owner_and_one_domain_each(ask, described, database):
    other = await add_pool(database, "testpool2")
    await ask("Create")
    with pytest.raises(InvalidParameterException, match=r"Domain already exists\."):
        await ask("Create", pool_id=other.id)
    for name in ("people", "more-people"):
        with pytest.raises(InvalidParameterException, match=r"User pool already has a domain configured\."):
            await ask("Create", name)
    assert (await described("more-people"), (await described())["Domain"]) == ({}, "people")


async def test_domains_of_others_are_not_touched(ask, described, database):
    """Attack 19: a domain of another pool is as unknown as one that nobody has."""
    other = await add_pool(database, "testpool2")
    await ask("Create")
    before = await described()
    for name in ("Update", "Delete"):
        for domain, pool_id in (("people", other.id), ("nobody", other.id), ("nobody", None)):
            with pytest.raises(InvalidParameterException, match=r"No such domain or user pool exists\."):
                await ask(name, domain, pool_id, **({"ManagedLoginVersion": 2} if name == "Update" else {}))
    for name in ("Create", "Update", "Delete"):
        with pytest.raises(ResourceNotFoundException, match="User pool us-east-1_nowhere99 does not exist"):
            await ask(name, "nobody", "us-east-1_nowhere99")
    assert await described() == before


@each(
    "domain, members, text",
    [
        ("myaws", {}, "reserved word: aws"),
        ("amazonia", {}, "reserved word: amazon"),
        ("my-cognito-app", {}, "reserved word: cognito"),
        ("People", {}, "regular expression"),
        ("-people", {}, "regular expression"),
        ("people-", {}, "regular expression"),
        ("auth.example.com", {}, "regular expression"),
        ("p" * 64, {}, "length less than or equal to 63"),
        ("people", {"ManagedLoginVersion": 3}, "ManagedLoginVersion must be 1 or 2"),
        ("people", {"CustomDomainConfig": {"CertificateArn": ARN}}, "CustomDomainConfig: this version of Poolhouse"),
        (
            "people",
            {"Routing": {"Failover": {"SecondaryRegion": "us-west-2", "PrimaryRoute53HealthCheckId": "x"}}},
            "Routing: this version of Poolhouse",
        ),
    ],
)
async def test_refused(ask, invoke, pool, domain, members, text):
    with pytest.raises(InvalidParameterException, match=re.escape(text)):
        await ask("Create", domain, **members)
    assert "Domain" not in (await invoke("DescribeUserPool", {"UserPoolId": pool.id}))["UserPool"]


async def test_longest_domain(ask, described):
    await ask("Create", "p" * 63)
    assert (await described("p" * 63))["Domain"] == "p" * 63


async def test_managed_login_needs_more_than_the_lite_tier(ask, described, database):
    lite = await add_pool(database, "litepool1", UserPoolTier="LITE")
    with pytest.raises(FeatureUnavailableInTierException, match="LITE"):
        await ask("Create", pool_id=lite.id, ManagedLoginVersion=2)
    assert await described() == {}
    await ask("Create", pool_id=lite.id)
    assert (await described())["ManagedLoginVersion"] == 1


async def test_two_pools_that_want_one_domain_at_once(ask, described, database):
    other = await add_pool(database, "testpool2")
    outcomes = await asyncio.gather(ask("Create"), ask("Create", pool_id=other.id), return_exceptions=True)
    assert sum(isinstance(outcome, ServiceError) for outcome in outcomes) == 1
    assert (await described())["Domain"] == "people"


async def test_a_pool_with_a_domain_is_not_deleted(ask, described, invoke, pool):
    await ask("Create")
    with pytest.raises(InvalidParameterException, match="It has a domain configured that should be deleted first"):
        await invoke("DeleteUserPool", {"UserPoolId": pool.id})
    assert (await described())["UserPoolId"] == pool.id
    await ask("Delete")
    assert await invoke("DeleteUserPool", {"UserPoolId": pool.id}) == {}
