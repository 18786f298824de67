"""REST APIs of a Manifest: told, kept under their ids, and gone with their definition."""

import pytest
from operations.backend.world import grant, manifest, without_auth

from poolhouse.define.manifest import Function, RestApi, RestRoute, UserPoolId
from poolhouse.operations.backend.specs import specs

ROUTE = RestRoute(path="/{proxy+}", method="ANY", function="promote")
ADMIN = RestApi(name="AdminQueries", routes=(ROUTE,))
OPEN = RestApi(name="reports", routes=(RestRoute(path="/", method="GET", function="promote", authorizer="none"),))


async def test_they_are_made_once(world):
    """Each is told with its place, and the same again changes nothing."""
    made = await world.apply(manifest("ADMINS", rest_apis=(ADMIN, OPEN)))
    assert {"create REST API AdminQueries: at /dev", "create REST API reports: at /reports/dev"} <= set(made)
    ids = world.applied.rest_apis
    assert sorted(ids) == ["AdminQueries", "reports"]
    assert all(len(one) == 10 and one.isalnum() and one == one.lower() for one in ids.values())
    rows = await world.rows()
    assert await world.apply(manifest("ADMINS", rest_apis=(ADMIN, OPEN))) == []
    assert await world.rows() == rows


async def test_a_change_keeps_the_id(world):
    """And says what changed."""
    await world.apply(manifest(rest_apis=(ADMIN,)))
    ids = world.applied.rest_apis
    other = RestApi(name="AdminQueries", stage="prod", routes=(ROUTE,), id_tokens="none")
    assert await world.apply(manifest(rest_apis=(other,))) == ["change REST API AdminQueries: stage, id tokens"]
    assert world.applied.rest_apis == ids
    assert await world.apply(manifest(rest_apis=(other,))) == []


async def test_one_goes_and_the_other_stays(world):
    await world.apply(manifest(rest_apis=(ADMIN, OPEN)))
    kept = world.applied.rest_apis["AdminQueries"]
    assert await world.apply(manifest(rest_apis=(ADMIN,))) == ["remove REST API reports"]
    assert world.applied.rest_apis == {"AdminQueries": kept}
    assert await world.apply(manifest()) == ["remove REST API AdminQueries"]
    assert world.applied.rest_apis == {}


async def test_an_api_without_a_pool(world):
    assert await world.apply(without_auth(rest_apis=(OPEN,))) == ["create REST API reports: at /reports/dev"]


@pytest.mark.parametrize("granted", [True, False])
async def test_the_pools_id_reaches_the_function(world, tmp_path, granted):
    """Under the name that the environment gives it, and with a grant under the usual one too."""
    (tmp_path / "amplify").mkdir()
    wanted = Function(name="promote", entry="amplify/x.py", environment={"USERPOOL": UserPoolId(), "GROUP": "ADMINS"})
    grants = (grant("getUser"),) if granted else ()
    await world.apply(manifest(grants=grants, functions=(wanted,), rest_apis=(ADMIN,)))
    found = (await specs(world.services, world.applied, tmp_path))[0].environment
    pool = world.applied.pool_id
    more = {"AMPLIFY_AUTH_USERPOOL_ID": pool} if granted else {}
    assert found == {"USERPOOL": pool, "GROUP": "ADMINS", **more}
