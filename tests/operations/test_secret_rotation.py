"""AddUserPoolClientSecret, ListUserPoolClientSecrets, DeleteUserPoolClientSecret."""

import asyncio
import re

import pytest
from operations.stage import EMAIL, Stage, build, refused, said
from pool_rows import add_pool, read

from poolhouse.errors import (
    InvalidParameterException,
    LimitExceededException,
    ResourceNotFoundException,
    ServiceError,
)
from poolhouse.operations import protection
from poolhouse.store import clients


@pytest.fixture
async def stage(services, invoke) -> Stage:
    """A client with a secret."""
    return await build(services, invoke, client={"GenerateSecret": True})


async def add(stage: Stage, **members) -> dict:
    return (await stage.admin("AddUserPoolClientSecret", ClientId=stage.client, **members))["ClientSecretDescriptor"]


async def ids(stage: Stage) -> list[str]:
    found = await stage.admin("ListUserPoolClientSecrets", ClientId=stage.client)
    assert all(entry.keys() == {"ClientSecretId", "ClientSecretCreateDate"} for entry in found["ClientSecrets"])
    return [entry["ClientSecretId"] for entry in found["ClientSecrets"]]


async def delete(stage: Stage, secret_id: str) -> dict:
    return await stage.admin("DeleteUserPoolClientSecret", ClientId=stage.client, ClientSecretId=secret_id)


async def test_both_secrets_are_good_until_one_is_deleted(stage):
    """A rotation without a moment in which anybody is locked out."""
    await stage.sign_up(SecretHash=stage.hashed(EMAIL)["SECRET_HASH"])
    await stage.admin("AdminConfirmSignUp", Username=EMAIL)
    old, (first,) = stage.secret, await ids(stage)
    made = await add(stage)
    assert re.fullmatch(r"[a-z0-9]{51}", made["ClientSecretValue"])
    assert await ids(stage) == [first, made["ClientSecretId"]]
    for stage.secret in (old, made["ClientSecretValue"]):
        assert "AccessToken" in await stage.tokens()
    assert await delete(stage, first) == {}
    assert "AccessToken" in await stage.tokens()
    stage.secret = old
    assert said(await refused(stage.by_password()))[0] == "NotAuthorized"
    assert await ids(stage) == [made["ClientSecretId"]]


async def test_a_description_shows_the_oldest(stage):
    old, (first,) = stage.secret, await ids(stage)
    made = await add(stage)
    for shown in (old, made["ClientSecretValue"]):
        client = (await stage.admin("DescribeUserPoolClient", ClientId=stage.client))["UserPoolClient"]
        assert client["ClientSecret"] == shown
        if shown == old:
            await delete(stage, first)


async def test_a_secret_of_ones_own_is_not_repeated(stage, database, services):
    """Nor stored readably; the operations that take the secret itself take it."""
    given = "my_own" * 4
    assert "ClientSecretValue" not in await add(stage, ClientSecret=given)
    client = await read(database, clients.get, stage.client)
    assert given.encode() not in client.secret
    assert [protection.is_secret(services.vault, client, text) for text in (given, stage.secret, "x" * 24, None)] == [
        True,
        True,
        False,
        False,
    ]


async def test_two_at_most(stage):
    """Also when several ask for the second place at once."""
    outcomes = await asyncio.gather(*(add(stage) for _ in range(3)), return_exceptions=True)
    limits = [outcome for outcome in outcomes if isinstance(outcome, ServiceError)]
    assert [type(error) for error in limits] == [LimitExceededException] * 2
    assert len(await ids(stage)) == 2


async def test_the_last_one_stays(stage):
    (first,) = await ids(stage)
    with pytest.raises(InvalidParameterException, match="The last secret of a user pool client cannot be deleted"):
        await delete(stage, first)
    with pytest.raises(ResourceNotFoundException, match="Client secret none does not exist"):
        await delete(stage, "none")
    assert await ids(stage) == [first]


async def test_refused(stage, services, invoke, database):
    before = await ids(stage)
    with pytest.raises(InvalidParameterException, match="a secret of this client already"):
        await add(stage, ClientSecret=stage.secret)
    for secret in ("x" * 23, "x" * 65, "-" * 24):
        with pytest.raises(InvalidParameterException, match="1 validation error detected: Value at 'clientSecret'"):
            await add(stage, ClientSecret=secret)
    with pytest.raises(InvalidParameterException, match="Paging Marker is Invalid"):
        await stage.admin("ListUserPoolClientSecrets", ClientId=stage.client, NextToken="x")
    assert await ids(stage) == before


async def test_a_public_client_gets_none(stage):
    await stage.new_client()
    with pytest.raises(InvalidParameterException, match="was made without a secret"):
        await add(stage)
    assert await ids(stage) == []
    with pytest.raises(ResourceNotFoundException):
        await delete(stage, "x")


async def test_only_through_its_own_pool(stage, invoke, database):
    """Attack 19."""
    other = await add_pool(database, "testpool2")
    (first,) = await ids(stage)
    for name, more in (("Add", {}), ("Delete", {"ClientSecretId": first})):
        for pool_id in (other.id, "us-east-1_nowhere99"):
            with pytest.raises(ResourceNotFoundException, match="does not exist"):
                await invoke(f"{name}UserPoolClientSecret", {"UserPoolId": pool_id, "ClientId": stage.client, **more})
    with pytest.raises(ResourceNotFoundException, match="does not exist"):
        await invoke("ListUserPoolClientSecrets", {"UserPoolId": other.id, "ClientId": stage.client})
    assert await ids(stage) == [first]


async def test_an_update_keeps_both(stage):
    await add(stage)
    before = await ids(stage)
    await stage.admin("UpdateUserPoolClient", ClientId=stage.client, ClientName="renamed")
    assert await ids(stage) == before
