"""Identity providers: how they are described, changed, found and forgotten."""

import asyncio
import re

import pytest
from cases import each
from operations.providers import DETAILS, SECRET, add_provider, name_of
from pool_rows import add_pool, read

import poolhouse.operations.families  # noqa: F401 - registers the operations
from poolhouse.crypto.vault import BrokenSeal, Vault
from poolhouse.errors import (
    DuplicateProviderException,
    InvalidParameterException,
    LimitExceededException,
    ResourceNotFoundException,
)
from poolhouse.operations import _provider_details
from poolhouse.store import identity_providers

SUBJECTS = {
    "OIDC": {"username": "sub"},
    "SAML": {},
    "Google": {"username": "sub"},
    "Facebook": {"username": "id"},
    "LoginWithAmazon": {"username": "user_id"},
    "SignInWithApple": {"username": "sub"},
}


@pytest.fixture
async def pool(database):
    return await add_pool(database, Schema=[{"Name": "custom:rank"}])


@pytest.fixture
def create(invoke, pool):
    async def create(kind="OIDC", **members):
        return await add_provider(invoke, pool.id, kind, **members)

    return create


@pytest.fixture
def ask(invoke, pool):
    async def ask(name, provider="Okta", **members):
        return await invoke(f"{name}IdentityProvider", {"UserPoolId": pool.id, "ProviderName": provider, **members})

    return ask


async def names(invoke, pool) -> list[str]:
    found = await invoke("ListIdentityProviders", {"UserPoolId": pool.id})
    return [provider["ProviderName"] for provider in found["Providers"]]


@each("kind", DETAILS)
async def test_create_and_describe(create, ask, pool, kind):
    """Every type, with the mapping of its subject; Apple's private key is the one detail that is never shown."""
    made = await create(kind)
    assert (made["UserPoolId"], made["ProviderName"], made["ProviderType"]) == (pool.id, name_of(kind), kind)
    assert made["ProviderDetails"] == {key: value for key, value in DETAILS[kind].items() if key != "private_key"}
    assert made["AttributeMapping"] == SUBJECTS[kind]
    assert "IdpIdentifiers" not in made
    assert (await ask("Describe", name_of(kind)))["IdentityProvider"] == made


async def test_details_are_sealed(create, pool, database, services):
    """No detail is readable without the master key."""
    await create()
    stored = await read(database, identity_providers.get, pool.id, "Okta")
    for secret in (SECRET, "idp.example.com"):
        assert secret.encode() not in stored.details
        assert secret not in repr(stored)
    assert _provider_details.unseal(services.vault, stored.details) == DETAILS["OIDC"]
    with pytest.raises(BrokenSeal):
        _provider_details.unseal(Vault(b"x" * 32), stored.details)


async def test_list_shows_no_details(create, invoke, pool):
    made = [await create(kind) for kind in ("OIDC", "Google", "SAML")]
    shown = {"ProviderName", "ProviderType", "LastModifiedDate", "CreationDate"}
    found = (await invoke("ListIdentityProviders", {"UserPoolId": pool.id, "MaxResults": 0}))["Providers"]
    by_name = sorted(made, key=lambda provider: provider["ProviderName"])
    assert found == [{key: provider[key] for key in shown} for provider in by_name]


async def test_list_in_pages(create, invoke, pool):
    for kind in ("OIDC", "Google", "SAML"):
        await create(kind)
    first = await invoke("ListIdentityProviders", {"UserPoolId": pool.id, "MaxResults": 2})
    token = {"NextToken": first["NextToken"]}
    second = await invoke("ListIdentityProviders", {"UserPoolId": pool.id, "MaxResults": 2, **token})
    assert [entry["ProviderName"] for entry in first["Providers"] + second["Providers"]] == ["Corp", "Google", "Okta"]
    assert "NextToken" not in second
    with pytest.raises(InvalidParameterException, match="less than or equal to 60"):
        await invoke("ListIdentityProviders", {"UserPoolId": pool.id, "MaxResults": 61})


async def test_names_are_unique(create, ask, invoke, pool):
    """The first one stays as it is."""
    made = await create()
    with pytest.raises(DuplicateProviderException, match="A provider with name Okta already exists"):
        await create(ProviderDetails={**DETAILS["OIDC"], "oidc_issuer": "https://evil.example.com"})
    assert (await ask("Describe"))["IdentityProvider"] == made
    assert await names(invoke, pool) == ["Okta"]


@each(
    "kind, members, text",
    [
        ("Google", {"ProviderName": "MyGoogle"}, "ProviderName must be Google"),
        ("OIDC", {"ProviderName": "Google"}, "ProviderName Google is reserved"),
        ("SAML", {"ProviderName": "COGNITO"}, "ProviderName COGNITO is reserved"),
        ("OIDC", {"ProviderName": "Cognito"}, "ProviderName Cognito is reserved"),
        ("OIDC", {"ProviderName": "Ok_"}, "regular expression"),
        ("OIDC", {"ProviderName": "x" * 33}, "length less than or equal to 32"),
        ("OIDC", {"AttributeMapping": {"custom:none": "x"}}, "custom:none is no attribute that can be mapped"),
        ("OIDC", {"AttributeMapping": {"sub": "email"}}, "sub is no attribute that can be mapped"),
        ("OIDC", {"AttributeMapping": {"identities": "x"}}, "identities is no attribute that can be mapped"),
        ("OIDC", {"AttributeMapping": {"cognito:groups": "groups"}}, "cognito:groups is no attribute"),
        ("OIDC", {"AttributeMapping": {"username": "email"}}, "username is always the subject"),
        ("SAML", {"AttributeMapping": {"username": "email"}}, "username is always the subject"),
        ("OIDC", {"AttributeMapping": {"email": ""}}, "email needs an attribute of the provider"),
        ("OIDC", {"IdpIdentifiers": ["a", "a"]}, "every identifier may occur once"),
        ("OIDC", {"IdpIdentifiers": [f"a{n}" for n in range(51)]}, "length less than or equal to 50"),
        ("OIDC", {"IdpIdentifiers": ["a" * 41]}, "length less than or equal to 40"),
        ("OIDC", {"AcrMapping": {"Level1": "x"}}, "AcrMapping: this version of Poolhouse"),
        ("OIDC", {"ProviderDetails": {}}, "attributes_request_method is required"),
    ],
)
async def test_refused(create, invoke, pool, kind, members, text):
    with pytest.raises(InvalidParameterException, match=re.escape(text)):
        await create(kind, **members)
    assert await names(invoke, pool) == []


async def test_mapping_and_identifiers(create, invoke, pool):
    mapping = {"email": "mail", "custom:rank": "rank", "email_verified": "email_verified"}
    made = await create(AttributeMapping=mapping, IdpIdentifiers=["example.com", "example.org"])
    assert made["AttributeMapping"] == {**mapping, "username": "sub"}
    for identifier in ("example.com", "example.org"):
        request = {"UserPoolId": pool.id, "IdpIdentifier": identifier}
        assert (await invoke("GetIdentityProviderByIdentifier", request))["IdentityProvider"] == made
    for identifier in ("example.net", "EXAMPLE.com", "Okta"):
        with pytest.raises(ResourceNotFoundException, match=f"Identity provider {identifier} does not exist"):
            await invoke("GetIdentityProviderByIdentifier", {"UserPoolId": pool.id, "IdpIdentifier": identifier})


async def test_an_identifier_belongs_to_one_provider(create, ask):
    """Whoever had it first; taking it in an update is refused as well."""
    await create(IdpIdentifiers=["example.com"])
    with pytest.raises(InvalidParameterException, match=r"example\.com belongs to another provider"):
        await create("SAML", IdpIdentifiers=["example.com"])
    made = await create("SAML")
    with pytest.raises(InvalidParameterException, match=r"example\.com belongs to another provider"):
        await ask("Update", "Corp", IdpIdentifiers=["example.com"])
    assert (await ask("Describe", "Corp"))["IdentityProvider"] == made
    await ask("Update", IdpIdentifiers=["example.com", "example.org"])


async def test_update_changes_what_it_holds(create, ask, clock):
    made = await create(AttributeMapping={"email": "mail"}, IdpIdentifiers=["example.com"])
    clock.advance(seconds=60)
    details = {**DETAILS["OIDC"], "client_id": "other"}
    changed = (await ask("Update", ProviderDetails=details))["IdentityProvider"]
    assert changed["LastModifiedDate"] > made["LastModifiedDate"]
    assert changed | {"LastModifiedDate": 0} == made | {"LastModifiedDate": 0, "ProviderDetails": details}
    changed = (await ask("Update", AttributeMapping={}, IdpIdentifiers=[]))["IdentityProvider"]
    assert changed["AttributeMapping"] == {"username": "sub"}
    assert "IdpIdentifiers" not in changed
    assert changed["ProviderDetails"] == details
    assert (await ask("Update"))["IdentityProvider"] == changed == (await ask("Describe"))["IdentityProvider"]


async def test_a_private_key_stays_until_another_is_given(create, ask, pool, database, services):
    """A description sent back as an update does not lose what a description leaves out."""
    shown = (await create("SignInWithApple"))["ProviderDetails"]
    for change, expected in (({}, DETAILS["SignInWithApple"]["private_key"]), ({"private_key": "new"}, "new")):
        await ask("Update", "SignInWithApple", ProviderDetails={**shown, "key_id": "k2", **change})
        stored = await read(database, identity_providers.get, pool.id, "SignInWithApple")
        details = _provider_details.unseal(services.vault, stored.details)
        assert (details["private_key"], details["key_id"]) == (expected, "k2")


@pytest.mark.parametrize(
    "members",
    [
        {"ProviderDetails": {**DETAILS["OIDC"], "oidc_issuer": "http://idp.example.com"}},
        {"ProviderDetails": {"client_id": "other"}},
        {"AttributeMapping": {"username": "email"}},
        {"AcrMapping": {"Level1": "x"}},
    ],
)
async def test_a_refused_update_changes_nothing(create, ask, members):
    made = await create()
    with pytest.raises(InvalidParameterException):
        await ask("Update", **{"IdpIdentifiers": ["x"], **members})
    assert (await ask("Describe"))["IdentityProvider"] == made


async def test_delete(create, ask, invoke, pool):
    await create()
    assert await ask("Delete") == {}
    for name in ("Describe", "Update", "Delete"):
        with pytest.raises(ResourceNotFoundException, match=r"Identity provider Okta does not exist\."):
            await ask(name)
    assert await names(invoke, pool) == []


async def test_other_pools_and_no_pool(create, ask, invoke, database):
    """Attack 19: what another pool has is as unknown as what nobody has."""
    made = await create(IdpIdentifiers=["example.com"])
    other = await add_pool(database, "testpool2")
    for pool_id in (other.id, "us-east-1_nowhere99"):
        for name in ("Describe", "Update", "Delete"):
            with pytest.raises(ResourceNotFoundException, match="does not exist"):
                await invoke(f"{name}IdentityProvider", {"UserPoolId": pool_id, "ProviderName": "Okta"})
        with pytest.raises(ResourceNotFoundException, match="does not exist"):
            await invoke("GetIdentityProviderByIdentifier", {"UserPoolId": pool_id, "IdpIdentifier": "example.com"})
    assert (await ask("Describe"))["IdentityProvider"] == made


async def test_three_hundred_at_most(create, invoke, pool, database):
    """Also when several ask for the last place at once."""
    async with database.write() as tx:
        for number in range(299):
            settings = identity_providers.ProviderSettings()
            await identity_providers.add(
                tx, identity_providers.Provider(pool.id, f"p{number}", "OIDC", settings, b"x", 1, 1)
            )
    asked = (create(ProviderName=name) for name in ("Okta", "Auth0", "Ping"))
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(outcome, LimitExceededException) for outcome in outcomes) == 2
    assert await read(database, identity_providers.count, pool.id) == 300


async def test_signing_in_with_a_provider_is_refused_by_name(create, invoke, pool):
    """A client cannot name it: nothing is accepted and ignored."""
    await create("Google")
    request = {"UserPoolId": pool.id, "ClientName": "web", "SupportedIdentityProviders": ["COGNITO", "Google"]}
    with pytest.raises(InvalidParameterException, match="SupportedIdentityProviders: this version of Poolhouse"):
        await invoke("CreateUserPoolClient", request)
