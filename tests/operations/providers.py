"""Details of identity providers that are complete, one set for each type."""

METADATA = '<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.com"/>'
SECRET = "a-client-secret-of-some-length"
SOCIAL = {"client_id": "id", "client_secret": SECRET, "authorize_scopes": "openid email"}
DETAILS = {
    "OIDC": {
        "client_id": "id",
        "client_secret": SECRET,
        "attributes_request_method": "GET",
        "oidc_issuer": "https://idp.example.com",
        "authorize_scopes": "openid email",
    },
    "SAML": {"MetadataURL": "https://idp.example.com/metadata.xml", "IDPSignout": "true"},
    "Google": SOCIAL,
    "Facebook": {**SOCIAL, "api_version": "v19.0"},
    "LoginWithAmazon": SOCIAL,
    "SignInWithApple": {
        "client_id": "id",
        "team_id": "team",
        "key_id": "key",
        "private_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        "authorize_scopes": "email name",
    },
}
NAMES = {"OIDC": "Okta", "SAML": "Corp"}


def name_of(kind: str) -> str:
    """A name that a provider of this type may have."""
    return NAMES.get(kind, kind)


async def add_provider(invoke, pool_id: str, kind: str = "OIDC", **members) -> dict:
    request = {
        "UserPoolId": pool_id,
        "ProviderName": name_of(kind),
        "ProviderType": kind,
        "ProviderDetails": DETAILS[kind],
        **members,
    }
    return (await invoke("CreateIdentityProvider", request))["IdentityProvider"]
