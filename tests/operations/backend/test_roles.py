"""Roles hold exactly what the definitions grant, and lose it the moment they no longer do."""

from cases import each
from operations.backend.world import data, function, grant, manifest, mutation, rule
from operations.stage import EMAIL, refused

from poolhouse.access.principals import RoleSession
from poolhouse.define.grants import GRANT_NAMES, WITHOUT_POOL
from poolhouse.define.manifest import DataAccess, SecretRef
from poolhouse.operations.backend.specs import SECRET_PURPOSE, specs
from poolhouse.operations.principals import policy_set
from poolhouse.store import secrets


def pool_arn(world):
    return f"arn:aws:cognito-idp:us-east-1:000000000000:userpool/{world.applied.pool_id}"


def field_arn(world, name, kind="Mutation"):
    return f"arn:aws:appsync:us-east-1:000000000000:apis/{world.applied.api_id}/types/{kind}/fields/{name}"


async def actions(world, name="promote"):
    """(action, resources) of a function's role."""
    found = await world.statements(world.applied.function_roles[name])
    return sorted((action, *statement["Resource"]) for statement in found for action in statement["Action"])


async def as_function(world, name="promote"):
    """The principal that a function's credentials make."""
    role = await world.role(world.applied.function_roles[name])
    return RoleSession(
        role_arn=role.arn,
        role_name=role.name,
        session_name=name,
        account_id="000000000000",
        region="us-east-1",
        policies=policy_set(role.policies),
        session_policy=None,
        identity=None,
    )


async def test_one_grant_is_one_action_on_one_pool(world):
    """A10: addUserToGroup allows AdminAddUserToGroup on exactly this pool."""
    await world.apply(manifest("ADMINS", grants=(grant("addUserToGroup"),)))
    assert await actions(world) == [("cognito-idp:AdminAddUserToGroup", pool_arn(world))]


async def test_manage_users_is_thirteen_actions(world):
    """A11: exactly the bundle of AWS, and ListUsers is not in it."""
    await world.apply(manifest(grants=(grant("manageUsers"),)))
    names = [action for action, _ in await actions(world)]
    assert len(names) == 13
    assert "cognito-idp:ListUsers" not in names


async def test_repeats_count_once(world):
    """A12: overlapping grants give each action once."""
    await world.apply(manifest(grants=(grant("manageGroupMembership", "addUserToGroup", "addUserToGroup"),)))
    assert [action for action, _ in await actions(world)] == [
        "cognito-idp:AdminAddUserToGroup",
        "cognito-idp:AdminRemoveUserFromGroup",
    ]


async def test_two_grants_to_one_function(world, tmp_path):
    """A16: both are effective, and there is one variable."""
    await world.apply(manifest(grants=(grant("addUserToGroup"), grant("listUsers"))))
    assert [action.partition(":")[2] for action, _ in await actions(world)] == ["AdminAddUserToGroup", "ListUsers"]
    spec = await only_spec(world, tmp_path)
    assert spec.environment == {"AMPLIFY_AUTH_USERPOOL_ID": world.applied.pool_id}


@each("name", sorted(GRANT_NAMES))
def test_every_grant_name_has_actions(name):
    """A13: each name alone is accepted and maps to actions of cognito-idp."""
    found = grant(name).actions
    assert found
    assert all(action.startswith("cognito-idp:") for action in found)


async def test_operations_without_a_pool_have_no_narrower_resource(world):
    """CreateUserPool and the like name no pool, so their resource is `*`; nothing else gets that."""
    names = sorted(name for name in GRANT_NAMES if grant(name).actions[0].partition(":")[2] in WITHOUT_POOL)
    assert names
    await world.apply(manifest(grants=(grant(names[0], "addUserToGroup"),)))
    found = dict(await actions(world))
    assert found.pop("cognito-idp:AdminAddUserToGroup") == pool_arn(world)
    assert set(found.values()) == {"*"}


async def test_a_function_without_grant_may_nothing(world):
    """A18: it is refused in AWS's words and nothing has happened."""
    await world.apply(manifest("ADMINS"))
    await world.stage(EMAIL)
    principal = await as_function(world)
    request = {"UserPoolId": world.applied.pool_id, "Username": EMAIL, "GroupName": "ADMINS"}
    error = await refused(world.invoke("AdminAddUserToGroup", request, principal=principal))
    assert error.code == "AccessDeniedException"
    assert error.message == (
        f"User: {principal.arn} is not authorized to perform: cognito-idp:AdminAddUserToGroup on resource: "
        f"{pool_arn(world)} because no identity-based policy allows the cognito-idp:AdminAddUserToGroup action"
    )
    listed = await world.invoke("AdminListGroupsForUser", {"UserPoolId": world.applied.pool_id, "Username": EMAIL})
    assert listed["Groups"] == []


async def test_a_removed_grant_is_gone_at_once(world):
    """The next call with credentials that are still good is refused."""
    await world.apply(manifest(grants=(grant("listUsers"),)))
    request = {"UserPoolId": world.applied.pool_id}
    assert await world.invoke("ListUsers", request, principal=await as_function(world)) == {"Users": []}
    await world.apply(manifest())
    error = await refused(world.invoke("ListUsers", request, principal=await as_function(world)))
    assert error.code == "AccessDeniedException"


async def test_a_removed_function_has_no_role(world):
    """Credentials of a function that is no longer defined belong to nobody."""
    await world.apply(manifest(grants=(grant("listUsers"),)))
    arn = world.applied.function_roles["promote"]
    await world.apply(manifest(functions=(function("other"),)))
    assert await world.role(arn) is None


async def test_a_group_rule_opens_its_groups_role(world):
    """A group's role is allowed exactly the fields of its rules; the others' roles are not."""
    rules = (mutation("promote", rule("groups", "userPools", "ADMINS")), mutation("other", rule("public", "apiKey")))
    await world.apply(manifest("ADMINS", "EDITORS", data=data(*rules)))
    admins = await world.statements((await world.group("ADMINS")).role_arn)
    assert [(s["Action"], s["Resource"]) for s in admins] == [(["appsync:GraphQL"], [field_arn(world, "promote")])]
    assert await world.statements((await world.group("EDITORS")).role_arn) == []


async def test_guest_and_signed_in_rules_open_their_roles(world):
    """`guest` opens the unauthenticated role, `authenticated("identityPool")` the authenticated one and the groups'."""
    rules = (mutation("hello", rule("guest", "identityPool")), mutation("mine", rule("authenticated", "identityPool")))
    await world.apply(manifest("ADMINS", data=data(*rules)))
    rows = {role.name: role for role in (await world.rows())[1]}
    guest = next(name for name in rows if "-unauthenticated-" in name)
    assert [s["Resource"] for s in await world.statements(rows[guest].arn)] == [[field_arn(world, "hello")]]
    group = await world.statements((await world.group("ADMINS")).role_arn)
    assert [s["Resource"] for s in group] == [[field_arn(world, "mine")]]


async def test_api_access_of_a_function(world, tmp_path):
    """`allow.resource(function).to(["mutate"])`: its role may call every mutation, and it is told the address."""
    access = (DataAccess(function="promote", actions=("mutate",)),)
    await world.apply(manifest(data=data(mutation("promote", rule("public", "apiKey")), access=access)))
    assert await actions(world) == [("appsync:GraphQL", field_arn(world, "*"))]
    environment = (await only_spec(world, tmp_path)).environment
    assert environment["AMPLIFY_DATA_GRAPHQL_ENDPOINT"] == "http://127.0.0.1:4500/graphql"


async def only_spec(world, folder):
    found = await specs(world.services, world.applied, folder)
    assert len(found) == 1
    return found[0]


async def test_the_variable_follows_the_name(world, tmp_path):
    """A17: auth named myCoolAuth2 injects MY_COOL_AUTH_2_USERPOOL_ID."""
    await world.apply(manifest(grants=(grant("listUsers"),), auth={"name": "myCoolAuth2"}))
    spec = await only_spec(world, tmp_path)
    assert spec.environment == {"MY_COOL_AUTH_2_USERPOOL_ID": world.applied.pool_id}


async def test_a_function_without_grant_is_told_no_pool(world, tmp_path):
    """Who may not touch the pool does not get its id either."""
    await world.apply(manifest("ADMINS"))
    assert (await only_spec(world, tmp_path)).environment == {}


async def test_a_secret_is_in_the_environment_when_it_is_set(world, tmp_path, services):
    """F6: unset, the spec's problem names it and how to set it; set, it is in the environment and marked secret."""
    environment = {"TOKEN": SecretRef(name="API_TOKEN"), "PLAIN": "text"}
    await world.apply(manifest(functions=(function(environment=environment),)))
    spec = await only_spec(world, tmp_path)
    assert "API_TOKEN" in spec.problem
    assert "poolhouse secret set API_TOKEN" in spec.problem
    async with services.database.write() as tx:
        await secrets.put(tx, "API_TOKEN", services.vault.seal(SECRET_PURPOSE, b"value"), 1)
    spec = await only_spec(world, tmp_path)
    assert spec.problem is None
    assert spec.environment == {"TOKEN": "value", "PLAIN": "text"}
    assert spec.secret_names == {"TOKEN"}
    assert "value" not in str(await world.rows())
