"""boto3 with a key: what belongs to a pool. Tags, its domain and look, resource servers, providers, clients' secrets."""

import base64
import json
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError
from clients.development import Backend
from clients.pools import Pool, new_pool

SUBJECT = "Cognito_Subject"
OIDC = {
    "client_id": "id",
    "client_secret": "a-client-secret-of-some-length",
    "attributes_request_method": "GET",
    "oidc_issuer": "https://idp.example.com",
    "authorize_scopes": "openid email",
}
MACHINE = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["client_credentials"],
    "AllowedOAuthScopes": ["basket/read"],
    "GenerateSecret": True,
}
SCOPE = {"ScopeName": "read", "ScopeDescription": "Read"}


@pytest.fixture
def pool(backend: Backend) -> Pool:
    return new_pool(backend)


def test_tags(backend: Backend, pool: Pool) -> None:
    """Set, shown with the pool too, taken away, and bounded."""
    root = backend.root
    arn = root.describe_user_pool(UserPoolId=pool.id)["UserPool"]["Arn"]
    root.tag_resource(ResourceArn=arn, Tags={"team": "a", "cost": "1"})
    root.untag_resource(ResourceArn=arn, TagKeys=["cost"])
    assert root.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"team": "a"}
    assert root.describe_user_pool(UserPoolId=pool.id)["UserPool"]["UserPoolTags"] == {"team": "a"}
    with pytest.raises(root.exceptions.InvalidParameterException):
        root.tag_resource(ResourceArn=arn, Tags={f"tag{number}": "x" for number in range(50)})
    assert root.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"team": "a"}


def test_a_domain_and_its_look(backend: Backend, pool: Pool) -> None:
    """One domain is one pool's; a look needs a domain."""
    root, name = backend.root, f"people-{pool.id.encode().hex()}"  # letters that make up no reserved word
    look = {"UserPoolId": pool.id, "CSS": ".banner-customizable {background-color: #224466;}"}
    with pytest.raises(root.exceptions.InvalidParameterException):
        root.set_ui_customization(**look)
    root.create_user_pool_domain(UserPoolId=pool.id, Domain=name)
    with pytest.raises(root.exceptions.InvalidParameterException, match="Domain already exists"):
        root.create_user_pool_domain(UserPoolId=new_pool(backend).id, Domain=name)
    assert root.describe_user_pool_domain(Domain=name)["DomainDescription"]["UserPoolId"] == pool.id
    root.set_ui_customization(**look)
    shown = root.get_ui_customization(UserPoolId=pool.id)["UICustomization"]
    assert (shown["ClientId"], shown["CSS"]) == ("ALL", look["CSS"])
    root.delete_user_pool_domain(UserPoolId=pool.id, Domain=name)
    assert root.describe_user_pool_domain(Domain=name)["DomainDescription"] == {}


def test_resource_servers(backend: Backend, pool: Pool) -> None:
    """Their life, in pages."""
    root, named = backend.root, {"UserPoolId": pool.id, "Identifier": "basket"}
    root.create_resource_server(**named, Name="Basket", Scopes=[SCOPE])
    for number in range(2):
        root.create_resource_server(UserPoolId=pool.id, Identifier=f"other{number}", Name="Other")
    pages = root.get_paginator("list_resource_servers").paginate(UserPoolId=pool.id, MaxResults=2)
    listed = [server["Identifier"] for page in pages for server in page["ResourceServers"]]
    assert sorted(listed) == ["basket", "other0", "other1"]
    root.update_resource_server(**named, Name="Baskets", Scopes=[SCOPE])
    shown = root.describe_resource_server(**named)["ResourceServer"]
    assert (shown["Name"], shown["Scopes"]) == ("Baskets", [SCOPE])
    root.delete_resource_server(**named)
    with pytest.raises(root.exceptions.ResourceNotFoundException):
        root.describe_resource_server(**named)


def machine_token(backend: Backend, client: str, secret: str) -> httpx.Response:
    """client_credentials as a machine asks, with HTTP Basic."""
    proof = base64.b64encode(f"{client}:{secret}".encode()).decode()
    return httpx.post(
        f"{backend.url}/oauth2/token",
        data={"grant_type": "client_credentials"},
        headers={"authorization": f"Basic {proof}"},
    )


def test_a_secret_is_changed_without_a_pause(backend: Backend, pool: Pool) -> None:
    """Both are good until the old one is deleted, which is good for nothing from then on."""
    root = backend.root
    root.create_resource_server(UserPoolId=pool.id, Identifier="basket", Name="Basket", Scopes=[SCOPE])
    made = root.create_user_pool_client(UserPoolId=pool.id, ClientName="machine", **MACHINE)["UserPoolClient"]
    named = {"UserPoolId": pool.id, "ClientId": made["ClientId"]}
    old = made["ClientSecret"]
    new = root.add_user_pool_client_secret(**named)["ClientSecretDescriptor"]["ClientSecretValue"]
    for secret in (old, new):
        assert machine_token(backend, made["ClientId"], secret).json()["token_type"] == "Bearer"
    first, _ = root.list_user_pool_client_secrets(**named)["ClientSecrets"]
    root.delete_user_pool_client_secret(**named, ClientSecretId=first["ClientSecretId"])
    refused = machine_token(backend, made["ClientId"], old)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client")
    assert machine_token(backend, made["ClientId"], new).status_code == 200


def identities(pool: Pool, username: str) -> list[dict[str, Any]]:
    """The external identities of a user, as he is shown."""
    found = pool.backend.root.admin_get_user(UserPoolId=pool.id, Username=username)["UserAttributes"]
    text = next((each["Value"] for each in found if each["Name"] == "identities"), "[]")
    return list(json.loads(text))


def test_providers_and_links(backend: Backend, pool: Pool) -> None:
    """An identity with a provider is linked to one user, shown with him, refused to another, and taken away."""
    root, ada, bob = backend.root, pool.new_user("ada"), pool.new_user("bob")
    root.create_identity_provider(
        UserPoolId=pool.id, ProviderName="Okta", ProviderType="OIDC", ProviderDetails=OIDC, IdpIdentifiers=["okta.com"]
    )
    found = root.get_identity_provider_by_identifier(UserPoolId=pool.id, IdpIdentifier="okta.com")
    assert found["IdentityProvider"]["ProviderName"] == "Okta"
    source = {"ProviderName": "Okta", "ProviderAttributeName": SUBJECT, "ProviderAttributeValue": "1234"}

    def link(username: str) -> None:
        whom = {"ProviderName": "Cognito", "ProviderAttributeValue": username}
        root.admin_link_provider_for_user(UserPoolId=pool.id, DestinationUser=whom, SourceUser=source)

    link(ada.sub)
    (shown,) = identities(pool, ada.email)
    assert (shown["userId"], shown["providerName"], shown["providerType"]) == ("1234", "Okta", "OIDC")
    with pytest.raises(root.exceptions.AliasExistsException):
        link(bob.sub)
    assert identities(pool, bob.email) == []
    root.admin_disable_provider_for_user(UserPoolId=pool.id, User=source)
    assert identities(pool, ada.email) == []
    root.delete_identity_provider(UserPoolId=pool.id, ProviderName="Okta")
    assert root.list_identity_providers(UserPoolId=pool.id)["Providers"] == []


def test_signing_in_with_a_provider_is_refused_by_name(backend: Backend, pool: Pool) -> None:
    """Providers are kept; what they would be for says that it is not served."""
    root = backend.root
    root.create_identity_provider(UserPoolId=pool.id, ProviderName="Okta", ProviderType="OIDC", ProviderDetails=OIDC)
    with pytest.raises(ClientError, match="SupportedIdentityProviders"):
        root.update_user_pool_client(
            UserPoolId=pool.id, ClientId=pool.client, SupportedIdentityProviders=["COGNITO", "Okta"]
        )
    shown = root.describe_user_pool_client(UserPoolId=pool.id, ClientId=pool.client)["UserPoolClient"]
    assert "Okta" not in shown.get("SupportedIdentityProviders", [])
