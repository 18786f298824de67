"""CreateIdentityPool to DeleteIdentityPool, their tags, and the lists of identities."""

import pytest
from cases import each
from operations.identity_stage import Pool, make
from operations.stage import EMAIL, refused

from poolhouse.access.policies import PolicySet, parse
from poolhouse.access.principals import Anonymous, RoleSession, Root
from poolhouse.access.resources import identity_pool_arn
from poolhouse.errors import AccessDeniedException, ServiceError
from poolhouse.store import identities

ELSEWHERE = "us-east-1:00000000-0000-0000-0000-000000000000"


def function(*policies) -> RoleSession:
    documents = [{"Version": "2012-10-17", "Statement": {"Effect": "Allow", **each}} for each in policies]
    return RoleSession(
        role_arn="arn:aws:iam::000000000000:role/app-tool",
        role_name="app-tool",
        session_name="tool",
        account_id="000000000000",
        region="us-east-1",
        policies=PolicySet([parse(document) for document in documents]),
    )


@pytest.fixture
async def pool(services, invoke) -> Pool:
    return await make(services, invoke, EMAIL)


def provider(pool, **more):
    name = f"cognito-idp.us-east-1.amazonaws.com/{pool.stage.pool}"
    return {"ProviderName": name, "ClientId": pool.stage.client, "ServerSideTokenCheck": True, **more}


async def create(pool, **more):
    named = {"IdentityPoolName": "second pool", "AllowUnauthenticatedIdentities": False, **more}
    return await pool.admin("CreateIdentityPool", **named)


def arn_of(identity_pool_id) -> str:
    return identity_pool_arn("us-east-1", "000000000000", identity_pool_id)


async def test_a_pool_is_what_was_asked_for(pool):
    """Create and Describe give the same members, with the provider's name as it was given."""
    made = await create(
        pool, CognitoIdentityProviders=[provider(pool)], AllowClassicFlow=True, IdentityPoolTags={"a": "b"}
    )
    assert made["IdentityPoolId"].startswith("us-east-1:")
    assert made["CognitoIdentityProviders"] == [provider(pool)]
    assert (made["AllowClassicFlow"], made["AllowUnauthenticatedIdentities"]) == (True, False)
    assert made["IdentityPoolTags"] == {"a": "b"}
    assert await pool.admin("DescribeIdentityPool", IdentityPoolId=made["IdentityPoolId"]) == made


async def test_the_definitions_pool_can_be_described(pool):
    """What the definitions made is shown by AWS's name of the user pool, with a mapping by token."""
    shown = await pool.admin("DescribeIdentityPool")
    assert shown["CognitoIdentityProviders"] == [provider(pool, ServerSideTokenCheck=False)]
    given = await pool.admin("GetIdentityPoolRoles")
    key = f"{provider(pool)['ProviderName']}:{pool.stage.client}"
    assert given["RoleMappings"] == {key: {"Type": "Token", "AmbiguousRoleResolution": "AuthenticatedRole"}}
    assert set(given["Roles"]) == {"authenticated", "unauthenticated"}


async def test_a_made_pool_gives_identities(pool):
    """Logins of the named user pool work under both of its names, others do not; guests only where they may."""
    issuer = provider(pool, ProviderName=pool.key)
    made = await create(pool, CognitoIdentityProviders=[issuer])
    logins = await pool.logins()
    identity = await pool.get_id(logins, made["IdentityPoolId"])
    assert identity != await pool.get_id(logins)
    error = await pool.refuse(pool.get_id(pool=made["IdentityPoolId"]))
    assert error.message == "Unauthenticated access is not supported for this identity pool."
    error = await pool.refuse(pool.credentials(identity, logins))
    assert error.code == "InvalidIdentityPoolConfigurationException"


async def test_two_clients_of_one_user_pool(pool):
    """The audience may be any of the clients that the identity pool names."""
    first = pool.stage.client
    second = await pool.stage.new_client()
    both = [provider(pool, ClientId=first), provider(pool, ClientId=second)]
    made = await create(pool, CognitoIdentityProviders=both)
    assert await pool.get_id(await pool.logins(), made["IdentityPoolId"])


async def test_an_update_replaces(pool):
    """What an update leaves out is gone, except for the tags and the roles."""
    made = await create(
        pool, CognitoIdentityProviders=[provider(pool)], AllowClassicFlow=True, IdentityPoolTags={"a": "b"}
    )
    chosen = {"authenticated": await pool.role("authenticated")}
    await pool.admin("SetIdentityPoolRoles", IdentityPoolId=made["IdentityPoolId"], Roles=chosen)
    named = {"IdentityPoolId": made["IdentityPoolId"], "IdentityPoolName": "renamed"}
    changed = await pool.admin("UpdateIdentityPool", **named, AllowUnauthenticatedIdentities=True)
    assert changed["IdentityPoolName"] == "renamed"
    assert (changed["CognitoIdentityProviders"], changed["IdentityPoolTags"]) == ([], {"a": "b"})
    assert "AllowClassicFlow" not in changed
    assert (await pool.admin("GetIdentityPoolRoles", IdentityPoolId=made["IdentityPoolId"]))["Roles"] == chosen


async def test_a_deleted_pool_is_gone_with_its_identities(pool):
    """Nothing of it can be asked for any more."""
    guest = await pool.get_id()
    await pool.admin("DeleteIdentityPool")
    assert await pool.identities() == []
    for call in (
        pool.admin("DescribeIdentityPool"),
        pool.get_id(),
        pool.credentials(guest),
        pool.admin("DeleteIdentityPool"),
    ):
        assert (await pool.refuse(call)).code == "ResourceNotFoundException"


async def test_pages_of_pools(pool):
    """Each pool once, page by page; another region has none of them."""
    wanted = {(await create(pool))["IdentityPoolId"] for _ in range(3)} | {pool.id}
    found, token = [], {}
    while True:
        page = await pool.world.invoke("ListIdentityPools", {"MaxResults": 2, **token}, service="cognito-identity")
        found += [each["IdentityPoolId"] for each in page["IdentityPools"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert found == sorted(wanted)
    elsewhere = Root(account_id="000000000000", region="eu-west-1")
    request = {"MaxResults": 2}
    page = await pool.world.invoke("ListIdentityPools", request, service="cognito-identity", principal=elsewhere)
    assert page == {"IdentityPools": []}


async def test_another_region_does_not_see_it(pool):
    """A pool belongs to one region, for reading and for everything else."""
    elsewhere = Root(account_id="000000000000", region="eu-west-1")
    guest = await pool.get_id()
    calls = [
        pool.admin("DescribeIdentityPool", principal=elsewhere),
        pool.admin("DeleteIdentityPool", principal=elsewhere),
        pool.admin("ListIdentities", principal=elsewhere, MaxResults=1),
        pool.admin("DescribeIdentity", principal=elsewhere, IdentityId=guest),
        pool.admin("TagResource", principal=elsewhere, ResourceArn=arn_of(pool.id), Tags={"a": "b"}),
    ]
    for call in calls:
        assert (await pool.refuse(call)).code == "ResourceNotFoundException"


@each(
    "more, words",
    [
        ({"SupportedLoginProviders": {"graph.facebook.com": "1"}}, "SupportedLoginProviders"),
        ({"DeveloperProviderName": "mine"}, "DeveloperProviderName"),
        ({"OpenIdConnectProviderARNs": ["arn:aws:iam::000000000000:oidc-provider/x"]}, "OpenIdConnectProviderARNs"),
        ({"SamlProviderARNs": ["arn:aws:iam::000000000000:saml-provider/x"]}, "SamlProviderARNs"),
        ({"CognitoIdentityProviders": [{"ClientId": "c"}]}, "needs a ProviderName"),
        (
            {"CognitoIdentityProviders": [{"ClientId": "c", "ProviderName": "accounts.google.com"}]},
            "not the provider name",
        ),
        (
            {"CognitoIdentityProviders": [{"ClientId": "c", "ProviderName": "evil.example/us-east-1_A"}]},
            "not the provider",
        ),
        ({"IdentityPoolTags": {"aws:x": "y"}}, "reserved"),
    ],
)
async def test_what_a_pool_cannot_be(pool, more, words):
    """Federation and developer identities are refused by name; so are providers that are not ours."""
    error = await pool.refuse(create(pool, **more))
    assert error.code == "InvalidParameterException"
    assert words in error.message


async def test_a_provider_needs_a_client_that_exists(pool):
    """A login through it could never succeed."""
    error = await pool.refuse(create(pool, CognitoIdentityProviders=[provider(pool, ClientId="x" * 26)]))
    assert "has no client" in error.message
    twice = [provider(pool), provider(pool, ProviderName=pool.key)]
    assert "twice" in (await pool.refuse(create(pool, CognitoIdentityProviders=twice))).message


async def test_tags(pool):
    """Tags are added, replaced and taken away; Describe shows the same ones."""
    arn = arn_of(pool.id)
    await pool.admin("TagResource", ResourceArn=arn, Tags={"team": "a", "x": ""})
    await pool.admin("TagResource", ResourceArn=arn, Tags={"team": "b"})
    await pool.admin("UntagResource", ResourceArn=arn, TagKeys=["x", "none"])
    assert (await pool.admin("ListTagsForResource", ResourceArn=arn))["Tags"] == {"team": "b"}
    assert (await pool.admin("DescribeIdentityPool"))["IdentityPoolTags"] == {"team": "b"}


@each(
    "arn, tags, code",
    [
        ("arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_A", {"a": "b"}, "InvalidParameterException"),
        (arn_of(ELSEWHERE), {"a": "b"}, "ResourceNotFoundException"),
        (
            "arn:aws:cognito-identity:us-east-1:111111111111:identitypool/{pool}",
            {"a": "b"},
            "ResourceNotFoundException",
        ),
        (arn_of("{pool}"), {"aws:a": "b"}, "InvalidParameterException"),
        (arn_of("{pool}"), {f"k{n}": "" for n in range(51)}, "InvalidParameterException"),
    ],
)
async def test_tags_that_are_refused(pool, arn, tags, code):
    """Another kind of ARN, another place, reserved keys, too many."""
    error = await pool.refuse(pool.admin("TagResource", ResourceArn=arn.replace("{pool}", pool.id), Tags=tags))
    assert error.code == code


async def test_identities_are_listed_once(pool):
    """Page by page, guests without logins and users with the provider's name."""
    own = await pool.get_id(await pool.logins())
    guests = {await pool.get_id() for _ in range(2)}
    first = await pool.admin("ListIdentities", IdentityPoolId=pool.id, MaxResults=2)
    rest = await pool.admin("ListIdentities", IdentityPoolId=pool.id, MaxResults=2, NextToken=first["NextToken"])
    listed = {each["IdentityId"]: each["Logins"] for each in [*first["Identities"], *rest["Identities"]]}
    assert "NextToken" not in rest
    assert listed == {own: [provider(pool)["ProviderName"]]} | {guest: [] for guest in guests}
    assert (await pool.admin("DescribeIdentity", IdentityId=own))["Logins"] == listed[own]


async def test_deleted_identities(pool):
    """They are gone, those of another region are left alone and told, and the login's next visit is a new identity."""
    logins = await pool.logins()
    own, foreign = await pool.get_id(logins), "eu-west-1:00000000-0000-0000-0000-000000000000"
    answer = await pool.admin("DeleteIdentities", IdentityIdsToDelete=[own, ELSEWHERE, foreign])
    assert answer == {"UnprocessedIdentityIds": [{"IdentityId": foreign, "ErrorCode": "AccessDenied"}]}
    assert await pool.identities() == []
    assert await pool.get_id(logins) != own


async def test_an_unlinked_login_is_a_new_identity(pool):
    """An identity without its login opens for nobody."""
    logins = await pool.logins()
    own = await pool.get_id(logins)
    request = {"IdentityId": own, "Logins": logins, "LoginsToRemove": [pool.key]}
    await pool.call("UnlinkIdentity", request)
    assert (await pool.refuse(pool.credentials(own))).code == "ResourceNotFoundException"
    assert await pool.get_id(logins) != own


async def test_unlinking_needs_the_identitys_own_login(pool):
    """Somebody else's identity, a guest's, and a login that it does not have."""
    await pool.stage.person("bob@example.com")
    own, bobs = await pool.get_id(await pool.logins()), await pool.logins("bob@example.com")
    await pool.get_id(bobs)
    for logins, removed, code in (
        (bobs, [pool.key], "NotAuthorizedException"),
        ({}, [pool.key], "NotAuthorizedException"),
        (await pool.logins(), ["accounts.google.com"], "InvalidParameterException"),
    ):
        request = {"IdentityId": own, "Logins": logins, "LoginsToRemove": removed}
        assert (await pool.refuse(pool.call("UnlinkIdentity", request))).code == code


@each(
    "name, more",
    [
        ("CreateIdentityPool", {"IdentityPoolName": "x", "AllowUnauthenticatedIdentities": True}),
        ("DescribeIdentityPool", {}),
        ("UpdateIdentityPool", {"IdentityPoolName": "x", "AllowUnauthenticatedIdentities": True}),
        ("DeleteIdentityPool", {}),
        ("ListIdentityPools", {"MaxResults": 1}),
        ("SetIdentityPoolRoles", {"Roles": {}}),
        ("GetIdentityPoolRoles", {}),
        ("ListIdentities", {"MaxResults": 1}),
        ("DescribeIdentity", {"IdentityId": ELSEWHERE}),
        ("DeleteIdentities", {"IdentityIdsToDelete": [ELSEWHERE]}),
        ("TagResource", {"ResourceArn": arn_of(ELSEWHERE), "Tags": {"a": "b"}}),
        ("UntagResource", {"ResourceArn": arn_of(ELSEWHERE), "TagKeys": ["a"]}),
        ("ListTagsForResource", {"ResourceArn": arn_of(ELSEWHERE)}),
    ],
)
async def test_who_may_not(pool, name, more):
    """Nobody without credentials, and no role whose policies name another identity pool."""
    request = {**({"IdentityPoolId": pool.id} if name != "CreateIdentityPool" else {}), **more}
    stranger = function({"Action": "cognito-identity:*", "Resource": arn_of("us-east-1:other")})
    for principal, code in ((Anonymous(), "MissingAuthenticationTokenException"), (stranger, "AccessDeniedException")):
        call = pool.world.invoke(name, request, service="cognito-identity", principal=principal)
        assert (await pool.refuse(call)).code == code


async def test_a_policy_on_one_pool(pool):
    """A grant on one identity pool opens that one."""
    other = (await create(pool))["IdentityPoolId"]
    tool = function({"Action": "cognito-identity:DescribeIdentityPool", "Resource": arn_of(pool.id)})
    assert await pool.admin("DescribeIdentityPool", principal=tool)
    with pytest.raises(AccessDeniedException):
        await pool.admin("DescribeIdentityPool", principal=tool, IdentityPoolId=other)
    assert issubclass(AccessDeniedException, ServiceError)


async def test_a_thousand_at_most(pool):
    """The last one is made, one more is refused and not made."""
    database = pool.services.database
    async with database.write() as tx:
        own = await identities.get_pool(tx, pool.id)
        for number in range(998):
            await identities.put_pool(tx, own._replace(id=f"us-east-1:{number:08d}-0000-4000-8000-000000000000"))
    await create(pool)
    assert (await refused(create(pool))).code == "LimitExceededException"
    async with database.read() as tx:
        assert await identities.count_pools(tx) == 1000
