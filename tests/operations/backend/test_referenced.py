"""A backend that refers to a pool at AWS: what is noted of it here, and that nothing else of it is."""

import dataclasses
import re
from pathlib import Path

import pytest
from fresh import referenced_pool
from pool_rows import read

from poolhouse.define.manifest import VERSION, Auth, Data, Delegate, Delegation, Function, Grant, Group, Manifest
from poolhouse.define.manifest import ReferencedAuth as Reference
from poolhouse.errors import SettingError
from poolhouse.operations.backend import referenced
from poolhouse.operations.backend.apply import apply
from poolhouse.operations.backend.console_client import NAME
from poolhouse.operations.backend.referenced import permissions
from poolhouse.store import backend, clients, pools, roles

POOL = referenced_pool("us-east-1", "000000000000")
FUNCTION = Function(name="act", entry="amplify/data/act.py")
CONSOLE = f"; the console needs {', '.join(referenced.CONSOLE)} to show it, and a permission for each change that is made there"
NEEDS = (
    "a pool at AWS; this server's own AWS credentials need cognito-idp:AdminGetUser, "
    f"cognito-idp:AdminListGroupsForUser{CONSOLE}"
)
"""By a function's grant, to know who still is in which group, and for the operator."""
GRANT = Grant(function="act", names=("getUser",), actions=("cognito-idp:AdminGetUser",))


def manifest(reference=POOL, **auth):
    made = Auth(reference=reference, groups=(Group("ADMINS", 0),), grants=(GRANT,), **auth)
    return Manifest(version=VERSION, auth=made, data=Data(), functions=(FUNCTION,))


def own():
    return Manifest(version=VERSION, auth=Auth(groups=(Group("ADMINS", 0),)), data=Data(), functions=(FUNCTION,))


async def changes(services, wanted, **options):
    applied, made, withheld = await apply(services, wanted, **options)
    return applied, [str(change) for change in made], [str(change) for change in withheld]


async def test_nothing_of_it_is_made(services):
    applied, made, _ = await changes(services, manifest())
    assert made == ["create api amplifyData", f"create reference {POOL.user_pool_id}: {NEEDS}"]
    assert (applied.pool_id, applied.client_id) == (POOL.user_pool_id, POOL.user_pool_client_id)
    assert (applied.identity_pool_id, applied.console_client_id) == (POOL.identity_pool_id, None)
    assert await read(services.database, pools.list_, "us-east-1", "", 10) == []
    assert (await changes(services, manifest()))[1] == []


async def test_roles_are_those_of_functions(services):
    """With grants on exactly this pool; people get none here."""
    applied, *_ = await changes(services, manifest())
    found = await read(services.database, roles.owned, "app")
    assert [role.arn for role in found] == list(applied.function_roles.values())
    assert f"arn:aws:cognito-idp:us-east-1:000000000000:userpool/{POOL.user_pool_id}" in found[0].policies


async def test_changes_of_it(services):
    """Another pool, another client, another delegation."""
    await apply(services, manifest())
    client = with_changes(POOL, user_pool_client_id="another")
    assert (await changes(services, manifest(client)))[1] == [f"change reference {POOL.user_pool_id}: {NEEDS}"]
    delegation = Delegation((Delegate("ADMINS", ("getUser",), ("AdminGetUser",)),))
    (told,) = (await changes(services, manifest(client, delegation=delegation)))[1]
    assert told.endswith(f"cognito-idp:GetGroup, cognito-idp:ListGroups, cognito-idp:ListUsersInGroup{CONSOLE}")
    other = with_changes(client, user_pool_id="us-east-1_Another00")
    assert (await changes(services, manifest(other)))[1] == [
        f"remove reference {POOL.user_pool_id}: the pool stays at AWS as it is",
        f"create reference us-east-1_Another00: {NEEDS}",
    ]
    assert [row.kind for row in await read(services.database, backend.resources, "app")] == ["api", "reference"]


async def test_in_the_place_of_an_own_pool_and_back(services):
    """An empty one goes; the roles of its people with it."""
    first, *_ = await changes(services, own())
    _, made, _ = await changes(services, manifest())
    assert made[-1] == "remove pool amplifyAuth"
    assert await read(services.database, pools.find, first.pool_id) is None
    assert len(await read(services.database, roles.owned, "app")) == 1
    again, made, _ = await changes(services, own())
    assert f"remove reference {POOL.user_pool_id}: the pool stays at AWS as it is" in made
    assert again.pool_id not in (first.pool_id, POOL.user_pool_id)


async def test_an_own_pool_with_users_stays(services, invoke):
    """Beside the reference, which is what is served."""
    first, *_ = await changes(services, own())
    await invoke("AdminCreateUser", {"UserPoolId": first.pool_id, "Username": "ann@example.com"})
    delegation = Delegation((Delegate("ADMINS", ("getUser",), ("AdminGetUser",)),))
    applied, _, withheld = await changes(services, manifest(delegation=delegation))
    assert withheld == ["remove pool amplifyAuth: it has 1 users"]
    assert (applied.pool_id, applied.console_client_id) == (POOL.user_pool_id, None)
    found = await read(services.database, clients.list_, first.pool_id, "", 10)
    assert NAME not in [client.name for client in found]


@pytest.mark.parametrize("changed", [{"region": "eu-central-1"}, {"account_id": "111122223333"}])
async def test_a_server_that_is_set_up_for_another_place(services, changed):
    """Names of resources and signatures would tell another region or account than the pool's."""
    other = dataclasses.replace(services, settings=dataclasses.replace(services.settings, **changed))
    with pytest.raises(SettingError, match="POOLHOUSE_REGION=us-east-1 and POOLHOUSE_ACCOUNT_ID=000000000000"):
        await apply(other, manifest())
    assert await read(services.database, backend.resources, "app") == []


def with_changes(reference, **changed):
    return Reference(**{name: getattr(reference, name) for name in reference.__struct_fields__} | changed)


async def test_permissions_of_what_is_not_sent_on(services):
    """Are not asked for; without live groups and delegation only the grants count."""
    grant = Grant(function="act", names=("updateUserPool",), actions=("cognito-idp:UpdateUserPool", GRANT.actions[0]))
    wanted = Manifest(version=VERSION, auth=Auth(reference=POOL, grants=(grant,)), functions=(FUNCTION,))
    believing = dataclasses.replace(services.settings, live_groups=False)
    assert permissions(wanted, believing) == ["cognito-idp:AdminGetUser"]
    assert permissions(own(), services.settings) == []


def test_the_documentation_names_what_the_console_needs():
    """And nothing that the pages do not ask for."""
    page = (Path(__file__).parents[3] / "docs" / "reference-auth.md").read_text()
    told = page.partition("To look: ")[2].partition(".")[0]
    assert set(re.findall(r"`(\w+)`", told)) == {action.partition(":")[2] for action in referenced.CONSOLE}
