"""AdminLinkProviderForUser and AdminDisableProviderForUser."""

import asyncio
import json
import re

import pytest
from cases import each
from operations.providers import add_provider
from operations.stage import build, claims
from pool_rows import add_pool, add_user, attributes, held, read

import poolhouse.operations.families  # noqa: F401 - registers the operations
from poolhouse.errors import (
    AliasExistsException,
    InvalidParameterException,
    LimitExceededException,
    ResourceNotFoundException,
    ServiceError,
    UserNotFoundException,
)
from poolhouse.store import links

SUBJECT = "Cognito_Subject"


def source(subject="1234", provider="Okta", attribute=SUBJECT) -> dict:
    return {"ProviderName": provider, "ProviderAttributeName": attribute, "ProviderAttributeValue": subject}


def destination(username="ada") -> dict:
    return {"ProviderName": "Cognito", "ProviderAttributeValue": username}


@pytest.fixture
async def pool(database, invoke):
    """A pool with ada, bob and two providers."""
    pool = await add_pool(database, UsernameConfiguration={"CaseSensitive": False}, AliasAttributes=["email"])
    await add_user(database, pool, "ada", email="ada@example.com", email_verified="true")
    await add_user(database, pool, "bob")
    for kind in ("OIDC", "Google"):
        await add_provider(invoke, pool.id, kind)
    return pool


@pytest.fixture
def link(invoke, pool):
    async def link(source, destination=None):
        request = {"DestinationUser": destination or {"ProviderName": "Cognito", "ProviderAttributeValue": "ada"}}
        return await invoke("AdminLinkProviderForUser", {"UserPoolId": pool.id, "SourceUser": source, **request})

    return link


@pytest.fixture
def unlink(invoke, pool):
    async def unlink(user):
        return await invoke("AdminDisableProviderForUser", {"UserPoolId": pool.id, "User": user})

    return unlink


@pytest.fixture
def identities(invoke, pool):
    async def identities(username="ada") -> list[dict] | None:
        """The user's `identities` attribute; None when there is none."""
        found = held(await invoke("AdminGetUser", {"UserPoolId": pool.id, "Username": username}))
        return json.loads(found["identities"]) if "identities" in found else None

    return identities


async def test_link_is_shown_in_the_attribute(link, identities, clock):
    assert await link(source()) == {}
    known = {"userId": "1234", "providerName": "Okta", "providerType": "OIDC", "issuer": "https://idp.example.com"}
    dated = {"primary": False, "dateCreated": str(clock() // 1000)}
    assert await identities() == [{**known, **dated}]
    clock.advance(seconds=1)
    await link(source("99", "Google"))
    assert [(one["providerName"], one["issuer"]) for one in await identities()] == [
        ("Okta", "https://idp.example.com"),
        ("Google", None),
    ]
    assert await identities("bob") is None


async def test_unlink(link, unlink, identities, clock):
    """The others stay; the last one takes the attribute with it; the identity can be linked again, to anybody."""
    await link(source())
    clock.advance(seconds=1)
    await link(source("99", "Google"))
    assert await unlink(source()) == {}
    assert [one["userId"] for one in await identities()] == ["99"]
    with pytest.raises(UserNotFoundException):
        await unlink(source())
    await unlink(source("99", "Google"))
    assert await identities() is None
    await link(source(), destination("bob"))
    assert [one["userId"] for one in await identities("bob")] == ["1234"]


async def test_an_identity_stays_with_its_owner(link, identities):
    """Linking never moves what is somebody's already, and linking twice is told."""
    await link(source())
    before = await identities()
    for user, text in (("bob", "another user"), ("ada", "DestinationUser")):
        with pytest.raises(AliasExistsException, match=f"SourceUser is already linked to {text}"):
            await link(source(), destination(user))
    assert (await identities(), await identities("bob")) == (before, None)


async def test_five_at_most(link, unlink, identities):
    """Also when several ask for the last place at once."""
    for number in range(4):
        await link(source(str(number)))
    outcomes = await asyncio.gather(*(link(source(name)) for name in "xyz"), return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, ServiceError)]
    assert [type(error) for error in refused] == [LimitExceededException] * 2
    assert len(await identities()) == 5
    await unlink(source("0"))
    await link(source("again"))
    assert len(await identities()) == 5


async def test_two_users_that_want_one_identity_at_once(link, identities):
    asked = (link(source(), destination(name)) for name in ("ada", "bob"))
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(outcome).__name__ for outcome in outcomes if outcome != {}] == ["AliasExistsException"]
    assert sorted([await identities() is None, await identities("bob") is None]) == [False, True]


async def test_subjects_are_compared_exactly(link, identities, clock):
    """`abc` and `ABC` are two people of a provider, and the same subject of another provider is a third."""
    for user, subject in (("ada", source("abc")), ("bob", source("ABC")), ("bob", source("abc", "Google"))):
        await link(subject, destination(user))
        clock.advance(seconds=1)
    assert [one["userId"] for one in await identities()] == ["abc"]
    assert [(one["userId"], one["providerName"]) for one in await identities("bob")] == [
        ("ABC", "Okta"),
        ("abc", "Google"),
    ]


async def test_destination_by_any_of_its_names(link, identities):
    await link(source(), destination("ADA@example.com"))
    assert len(await identities()) == 1


@each(
    "asked, to, error, text",
    [
        (
            source(provider="Nobody"),
            destination(),
            ResourceNotFoundException,
            "Identity provider Nobody does not exist.",
        ),
        (source(), destination("nobody"), UserNotFoundException, "User does not exist."),
        (
            source(),
            {**destination(), "ProviderName": "Okta"},
            InvalidParameterException,
            "ProviderName must be Cognito",
        ),
        (source(), {"ProviderName": "Cognito"}, InvalidParameterException, "DestinationUser: ProviderAttributeValue"),
        (source(), destination("a\0b"), InvalidParameterException, "DestinationUser: ProviderAttributeValue"),
        (source(attribute="email"), destination(), InvalidParameterException, "SourceUser.ProviderAttributeName: this"),
        (source(""), destination(), InvalidParameterException, "SourceUser: ProviderAttributeValue is required"),
        (source("a\0b"), destination(), InvalidParameterException, "SourceUser: ProviderAttributeValue is required"),
        (source("x" * 513), destination(), InvalidParameterException, "shorter than or equal to 512"),
        ({"ProviderName": "Okta"}, destination(), InvalidParameterException, "SourceUser: ProviderName and"),
        ({"ProviderAttributeName": SUBJECT}, destination(), InvalidParameterException, "SourceUser: ProviderName and"),
    ],
)
async def test_refused_links(link, identities, asked, to, error, text):
    with pytest.raises(error, match=re.escape(text)):
        await link(asked, to)
    assert await identities() is None


@pytest.mark.parametrize(
    ("asked", "error", "text"),
    [
        (source("none"), UserNotFoundException, "User does not exist."),
        (source(provider="Google"), UserNotFoundException, "User does not exist."),
        (source(provider="Nobody"), UserNotFoundException, "User does not exist."),
        (source("ada", "Cognito"), InvalidParameterException, "User.ProviderName Cognito: this version of Poolhouse"),
        (source(attribute="email"), InvalidParameterException, "User.ProviderAttributeName: this version"),
        ({"ProviderName": "Okta"}, InvalidParameterException, "User: ProviderName and"),
    ],
)
async def test_refused_unlinking(link, unlink, identities, asked, error, text):
    await link(source())
    with pytest.raises(error, match=re.escape(text)):
        await unlink(asked)
    assert len(await identities()) == 1


async def test_longest_subject(link, identities):
    await link(source("\U0001f511" * 512))
    assert len((await identities())[0]["userId"]) == 512


@each("pool_id", ["us-east-1_nowhere99", "us-east-1_a\0b", "eu-west-1_testpool1", ""])
async def test_no_such_pool(invoke, pool, pool_id):
    """The model allows any text as the pool's id here."""
    for name, users in (
        ("AdminLinkProviderForUser", {"SourceUser": source(), "DestinationUser": destination()}),
        ("AdminDisableProviderForUser", {"User": source()}),
    ):
        with pytest.raises(ResourceNotFoundException, match="does not exist"):
            await invoke(name, {"UserPoolId": pool_id, **users})


async def test_other_pools(link, identities, invoke, database):
    """Attack 19: an identity that is linked in one pool is nobody's in another."""
    await link(source())
    other = await add_pool(database, "testpool2")
    with pytest.raises(UserNotFoundException):
        await invoke("AdminDisableProviderForUser", {"UserPoolId": other.id, "User": source()})
    assert len(await identities()) == 1


async def test_the_attribute_is_written_by_links_alone(link, identities, invoke, pool):
    """Attack 20: neither an administrator's update nor a removal reaches it, and other changes leave it as it is."""
    await link(source())
    before = await identities()
    key = {"UserPoolId": pool.id, "Username": "ada"}
    with pytest.raises(InvalidParameterException, match=r"user\.identities: Attribute cannot be updated"):
        await invoke("AdminUpdateUserAttributes", {**key, "UserAttributes": attributes(identities="[]")})
    with pytest.raises(InvalidParameterException, match=r"user\.identities: Attribute cannot be updated"):
        await invoke("AdminDeleteUserAttributes", {**key, "UserAttributeNames": ["identities"]})
    await invoke("AdminUpdateUserAttributes", {**key, "UserAttributes": attributes(name="Ada")})
    assert await identities() == before


async def test_a_deleted_provider_takes_its_links_along(link, identities, invoke, pool, clock):
    """One that gets the name later opens nobody's account."""
    await link(source())
    clock.advance(seconds=1)
    await link(source("99", "Google"))
    await link(source("5678"), destination("bob"))
    await invoke("DeleteIdentityProvider", {"UserPoolId": pool.id, "ProviderName": "Okta"})
    assert [one["providerName"] for one in await identities()] == ["Google"]
    assert await identities("bob") is None
    await add_provider(invoke, pool.id)
    await link(source(), destination("bob"))
    assert [one["userId"] for one in await identities("bob")] == ["1234"]


async def test_a_deleted_user_takes_his_links_along(link, identities, invoke, pool, database):
    await link(source())
    await invoke("AdminDeleteUser", {"UserPoolId": pool.id, "Username": "ada"})
    assert await read(database, links.find, pool.id, "Okta", "1234") is None
    await link(source(), destination("bob"))
    assert len(await identities("bob")) == 1


async def test_id_tokens_tell_of_identities(services, invoke):
    """As a list, not as text."""
    stage = await build(services, invoke)
    await add_provider(invoke, stage.pool)
    sub = await stage.person()
    await stage.admin("AdminLinkProviderForUser", SourceUser=source(), DestinationUser=destination(sub))
    told = claims((await stage.tokens())["IdToken"])["identities"]
    assert [(one["userId"], one["providerName"]) for one in told] == [("1234", "Okta")]
