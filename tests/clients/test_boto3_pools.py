"""boto3 with a key: pools, clients and groups."""

from collections.abc import Iterator

import pytest
from clients.development import Backend


@pytest.fixture
def pool(backend: Backend) -> Iterator[str]:
    """An empty pool of this test's own."""
    made = backend.root.create_user_pool(PoolName="of one test", UsernameAttributes=["email"])["UserPool"]["Id"]
    yield made
    backend.root.delete_user_pool(UserPoolId=made)


def test_the_life_of_a_pool(backend: Backend) -> None:
    """Created, described, listed, deleted, gone."""
    root = backend.root
    made = root.create_user_pool(PoolName="short-lived", AutoVerifiedAttributes=["email"])["UserPool"]
    found = root.describe_user_pool(UserPoolId=made["Id"])["UserPool"]
    assert (found["Name"], found["AutoVerifiedAttributes"]) == ("short-lived", ["email"])
    assert found["Arn"] == f"arn:aws:cognito-idp:us-east-1:000000000000:userpool/{made['Id']}"
    assert made["CreationDate"] == found["CreationDate"]
    assert made["Id"] in listed_pools(backend)
    root.delete_user_pool(UserPoolId=made["Id"])
    assert made["Id"] not in listed_pools(backend)
    with pytest.raises(root.exceptions.ResourceNotFoundException, match=f"User pool {made['Id']} does not exist."):
        root.describe_user_pool(UserPoolId=made["Id"])


def listed_pools(backend: Backend) -> set[str]:
    pages = backend.root.get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": 2})
    return {pool["Id"] for page in pages for pool in page["UserPools"]}


def test_the_pool_of_the_definitions(backend: Backend) -> None:
    """What the example's definitions say is what boto3 reads (spec check A1)."""
    found = backend.root.describe_user_pool(UserPoolId=backend.pool_id)["UserPool"]
    assert found["UsernameAttributes"] == ["email"]
    assert found["AutoVerifiedAttributes"] == ["email"]
    assert found["UsernameConfiguration"] == {"CaseSensitive": False}
    assert found["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is False
    assert found["Policies"]["PasswordPolicy"]["MinimumLength"] == 8
    assert found["EstimatedNumberOfUsers"] >= 0


def test_the_life_of_a_client(backend: Backend, pool: str) -> None:
    """A client with a secret is described with it, and listed without."""
    flows = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    made = backend.root.create_user_pool_client(
        UserPoolId=pool, ClientName="web", GenerateSecret=True, ExplicitAuthFlows=flows
    )["UserPoolClient"]
    found = backend.root.describe_user_pool_client(UserPoolId=pool, ClientId=made["ClientId"])["UserPoolClient"]
    assert found["ClientSecret"] == made["ClientSecret"]
    assert sorted(found["ExplicitAuthFlows"]) == sorted(flows)
    (listed,) = backend.root.list_user_pool_clients(UserPoolId=pool)["UserPoolClients"]
    assert listed == {"ClientId": made["ClientId"], "UserPoolId": pool, "ClientName": "web"}


def test_the_client_of_the_definitions(backend: Backend) -> None:
    """No secret, and the flows of Amplify's client (spec check A2)."""
    found = backend.root.describe_user_pool_client(UserPoolId=backend.pool_id, ClientId=backend.client_id)
    assert "ClientSecret" not in found["UserPoolClient"]
    flows = ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"]
    assert sorted(found["UserPoolClient"]["ExplicitAuthFlows"]) == flows


def test_the_life_of_a_group(backend: Backend, pool: str) -> None:
    """Created, read, changed in one member, listed, deleted."""
    root = backend.root
    root.create_group(UserPoolId=pool, GroupName="staff", Description="works here", Precedence=3)
    root.update_group(UserPoolId=pool, GroupName="staff", Precedence=1)
    found = root.get_group(UserPoolId=pool, GroupName="staff")["Group"]
    assert (found["Description"], found["Precedence"], found["UserPoolId"]) == ("works here", 1, pool)
    assert root.list_groups(UserPoolId=pool)["Groups"] == [found]
    with pytest.raises(root.exceptions.GroupExistsException, match="A group with the name already exists"):
        root.create_group(UserPoolId=pool, GroupName="staff")
    root.delete_group(UserPoolId=pool, GroupName="staff")
    with pytest.raises(root.exceptions.ResourceNotFoundException, match="Group not found"):
        root.get_group(UserPoolId=pool, GroupName="staff")


def test_groups_in_pages(backend: Backend, pool: str) -> None:
    """boto3's paginator sees every group once."""
    names = [f"group-{number}" for number in range(5)]
    for name in names:
        backend.root.create_group(UserPoolId=pool, GroupName=name)
    pages = list(backend.root.get_paginator("list_groups").paginate(UserPoolId=pool, PaginationConfig={"PageSize": 2}))
    assert [len(page["Groups"]) for page in pages] == [2, 2, 1]
    assert sorted(group["GroupName"] for page in pages for group in page["Groups"]) == names


def test_clients_in_pages(backend: Backend, pool: str) -> None:
    """boto3's paginator sees every client once."""
    for number in range(3):
        backend.root.create_user_pool_client(UserPoolId=pool, ClientName=f"client-{number}")
    paginator = backend.root.get_paginator("list_user_pool_clients")
    pages = paginator.paginate(UserPoolId=pool, PaginationConfig={"PageSize": 2})
    names = [client["ClientName"] for page in pages for client in page["UserPoolClients"]]
    assert sorted(names) == ["client-0", "client-1", "client-2"]


def test_regions_are_kept_apart(backend: Backend) -> None:
    """A pool made in another region is there, and only there; its id says so."""
    elsewhere = backend.boto3("cognito-idp", region="eu-central-1")
    made = elsewhere.create_user_pool(PoolName="elsewhere")["UserPool"]
    assert made["Id"].startswith("eu-central-1_")
    assert made["Arn"].split(":")[3] == "eu-central-1"
    assert made["Id"] not in listed_pools(backend)
    for client, pool in ((backend.root, made["Id"]), (elsewhere, backend.pool_id)):
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.describe_user_pool(UserPoolId=pool)
    elsewhere.delete_user_pool(UserPoolId=made["Id"])
