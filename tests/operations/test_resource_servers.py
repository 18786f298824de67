"""CreateResourceServer, DescribeResourceServer, UpdateResourceServer, DeleteResourceServer, ListResourceServers."""

import asyncio
import re

import pytest
from cases import each
from pool_rows import add_pool, read

import poolhouse.operations.families  # noqa: F401 - registers the operations
from poolhouse.errors import InvalidParameterException, LimitExceededException, ResourceNotFoundException, ServiceError
from poolhouse.store import resource_servers

API = "https://api.example.com/v1"
SCOPES = [
    {"ScopeName": "read", "ScopeDescription": "See things"},
    {"ScopeName": "write", "ScopeDescription": "Change things"},
]


@pytest.fixture
async def pool(database):
    return await add_pool(database)


@pytest.fixture
def ask(invoke, pool):
    async def ask(name, identifier=API, **members):
        return await invoke(f"{name}ResourceServer", {"UserPoolId": pool.id, "Identifier": identifier, **members})

    return ask


async def identifiers(invoke, pool) -> list[str]:
    found = await invoke("ListResourceServers", {"UserPoolId": pool.id})
    return [server["Identifier"] for server in found["ResourceServers"]]


async def test_create_and_describe(ask, pool, database):
    made = await ask("Create", Name="API", Scopes=SCOPES)
    assert made["ResourceServer"] == {"UserPoolId": pool.id, "Identifier": API, "Name": "API", "Scopes": SCOPES}
    assert await ask("Describe") == made
    assert await read(database, resource_servers.full_scopes, pool.id) == [f"{API}/read", f"{API}/write"]


async def test_without_scopes(ask):
    made = await ask("Create", Name="API")
    assert "Scopes" not in made["ResourceServer"]
    assert await ask("Describe") == made


async def test_update_replaces_name_and_scopes(ask):
    await ask("Create", Name="API", Scopes=SCOPES)
    changed = await ask("Update", Name="New", Scopes=SCOPES[:1])
    assert (changed["ResourceServer"]["Name"], changed["ResourceServer"]["Scopes"]) == ("New", SCOPES[:1])
    assert await ask("Update", Name="New", Scopes=SCOPES[:1]) == changed == await ask("Describe")
    await ask("Update", Name="New")
    assert "Scopes" not in (await ask("Describe"))["ResourceServer"]


async def test_identifier_is_unique_in_its_pool(ask, invoke, pool, database):
    """The first one stays as it is; another pool may use the same identifier; case counts."""
    made = await ask("Create", Name="API", Scopes=SCOPES)
    with pytest.raises(InvalidParameterException, match=re.escape(f"{API} already exists in user pool {pool.id}.")):
        await ask("Create", Name="Other")
    assert await ask("Describe") == made
    other = await add_pool(database, "testpool2")
    await invoke("CreateResourceServer", {"UserPoolId": other.id, "Identifier": API, "Name": "Other"})
    await ask("Create", API.upper(), Name="Other")
    assert await identifiers(invoke, pool) == sorted([API, API.upper()])


async def test_delete(ask, invoke, pool):
    await ask("Create", Name="API")
    assert await ask("Delete") == {}
    for name, more in (("Describe", {}), ("Update", {"Name": "n"}), ("Delete", {})):
        with pytest.raises(ResourceNotFoundException, match=re.escape(f"Resource server {API} does not exist.")):
            await ask(name, **more)
    assert await identifiers(invoke, pool) == []


async def test_other_pools_and_no_pool(ask, invoke, database):
    """Attack 19: what another pool has is as unknown as what nobody has."""
    made = await ask("Create", Name="API")
    other = await add_pool(database, "testpool2")
    for pool_id, text in (
        (other.id, f"Resource server {API}"),
        ("us-east-1_nowhere99", "User pool us-east-1_nowhere99"),
    ):
        for name, more in (("Describe", {}), ("Update", {"Name": "n"}), ("Delete", {})):
            with pytest.raises(ResourceNotFoundException, match=re.escape(f"{text} does not exist.")):
                await invoke(f"{name}ResourceServer", {"UserPoolId": pool_id, "Identifier": API, **more})
    assert await ask("Describe") == made


@each(
    "members, text",
    [
        ({"Scopes": [SCOPES[0], SCOPES[0]]}, "every ScopeName may occur once"),
        ({"Scopes": [{**SCOPES[0], "ScopeName": f"s{n}"} for n in range(101)]}, "length less than or equal to 100"),
        ({"Scopes": [{**SCOPES[0], "ScopeName": "a/b"}]}, "regular expression"),
        ({"Scopes": [{**SCOPES[0], "ScopeName": 'a"b'}]}, "regular expression"),
        ({"Scopes": [{**SCOPES[0], "ScopeDescription": "x" * 257}]}, "length less than or equal to 256"),
        ({"identifier": "x" * 257}, "length less than or equal to 256"),
        ({"identifier": "a b"}, "regular expression"),
        ({"Name": "x" * 257}, "length less than or equal to 256"),
        ({"Name": "<b>"}, "regular expression"),
    ],
)
async def test_refused(ask, invoke, pool, members, text):
    with pytest.raises(InvalidParameterException, match=text):
        await ask("Create", **{"Name": "API", **members})
    assert await identifiers(invoke, pool) == []


async def test_hundred_scopes(ask):
    scopes = [{"ScopeName": f"s{n}", "ScopeDescription": "x" * 256} for n in range(100)]
    assert (await ask("Create", "x" * 256, Name="API", Scopes=scopes))["ResourceServer"]["Scopes"] == scopes


async def test_twenty_five_at_most(ask, invoke, pool):
    """Also when two ask for the last place at once."""
    for number in range(24):
        await ask("Create", f"api{number:02}", Name="API")
    outcomes = await asyncio.gather(*(ask("Create", name, Name="API") for name in "xyz"), return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, ServiceError)]
    assert [type(error) for error in refused] == [LimitExceededException] * 2
    assert len(await identifiers(invoke, pool)) == 25


async def test_pages(ask, invoke, pool):
    """By identifier; a token is good for its own list only."""
    for name in "cab":
        await ask("Create", name, Name=name)
    first = await invoke("ListResourceServers", {"UserPoolId": pool.id, "MaxResults": 2})
    token = {"NextToken": first["NextToken"]}
    second = await invoke("ListResourceServers", {"UserPoolId": pool.id, "MaxResults": 2, **token})
    assert [server["Identifier"] for server in first["ResourceServers"] + second["ResourceServers"]] == ["a", "b", "c"]
    assert "NextToken" not in second
    with pytest.raises(InvalidParameterException, match="Paging Marker is Invalid for Request"):
        await invoke("ListIdentityProviders", {"UserPoolId": pool.id, **token})
    for size in (0, 51):
        with pytest.raises(InvalidParameterException, match="Member must have value"):
            await invoke("ListResourceServers", {"UserPoolId": pool.id, "MaxResults": size})
