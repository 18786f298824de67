"""What an identity provider's details must say, type by type."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from operations.providers import DETAILS, METADATA

from poolhouse.errors import InvalidParameterException
from poolhouse.operations import _provider_details
from poolhouse.operations._provider_details import RULES, check

SAML_FILE = {"MetadataFile": METADATA}


@pytest.mark.parametrize("kind", RULES)
def test_complete_details(kind):
    check(kind, DETAILS[kind])
    check(kind, {**DETAILS[kind], **({} if kind == "SAML" else {"token_url": "https://idp.example.com:8443/t?x=1"})})


@pytest.mark.parametrize(("kind", "member"), [(kind, name) for kind, rule in RULES.items() for name in rule.required])
def test_every_required_detail_is_missed(kind, member):
    for change in ({}, {member: ""}):
        details = {name: value for name, value in DETAILS[kind].items() if name != member} | change
        with pytest.raises(InvalidParameterException, match=f"ProviderDetails: {member} is required"):
            check(kind, details)


@pytest.mark.parametrize(
    ("kind", "change", "text"),
    [
        ("Google", {"MetadataURL": "https://idp.example.com"}, "MetadataURL is not known for the provider type Google"),
        ("OIDC", {"Client_id": "x"}, "Client_id is not known"),
        ("OIDC", {"x\n": "x"}, "A member is not known"),
        ("OIDC", {"oidc_issuer": "http://idp.example.com"}, "oidc_issuer must be an https URL"),
        ("OIDC", {"oidc_issuer": "https://"}, "oidc_issuer must be an https URL"),
        ("OIDC", {"oidc_issuer": "https://[::1"}, "oidc_issuer must be an https URL"),
        ("OIDC", {"oidc_issuer": "https://idp.example.com:x"}, "oidc_issuer must be an https URL"),
        ("OIDC", {"jwks_uri": "https://a@idp.example.com"}, "jwks_uri must be an https URL"),
        ("OIDC", {"token_url": "https://idp.example.com#x"}, "token_url must be an https URL"),
        ("OIDC", {"token_url": "https://idp.example.com\\@evil.example.com"}, "token_url must be an https URL"),
        ("OIDC", {"authorize_url": "javascript:alert(1)"}, "authorize_url must be an https URL"),
        ("OIDC", {"attributes_url": "https://idp.example.com/ x"}, "attributes_url must be an https URL"),
        ("OIDC", {"attributes_request_method": "PUT"}, "attributes_request_method must be GET or POST"),
        ("OIDC", {"attributes_url_add_attributes": "yes"}, "attributes_url_add_attributes must be true or false"),
        ("OIDC", {"authorize_scopes": "email"}, "authorize_scopes must contain openid"),
        ("OIDC", {"client_id": "a\nb"}, "client_id must not be empty or contain control characters"),
        ("OIDC", {"client_secret": ""}, "client_secret must not be empty"),
        ("SAML", {"IDPSignout": "yes"}, "IDPSignout must be true or false"),
        ("SAML", {"RequestSigningAlgorithm": "rsa-sha1"}, "RequestSigningAlgorithm must be rsa-sha256"),
        ("SAML", {"MetadataURL": "http://idp.example.com"}, "MetadataURL must be an https URL"),
        ("SAML", SAML_FILE, "Exactly one of MetadataURL and MetadataFile"),
        ("SAML", {"MetadataURL": "", "MetadataFile": ""}, "MetadataURL must be an https URL"),
    ],
)
def test_refused(kind, change, text):
    with pytest.raises(InvalidParameterException, match=re.escape(text)):
        check(kind, {**DETAILS[kind], **change})


def test_saml_needs_metadata():
    with pytest.raises(InvalidParameterException, match="Exactly one of MetadataURL and MetadataFile"):
        check("SAML", {"IDPInit": "true"})


def test_secrets_are_not_repeated():
    """A refusal names the member and not its value."""
    with pytest.raises(InvalidParameterException) as refusal:
        check("Google", {**DETAILS["Google"], "client_secret": "very\0secret"})
    assert "very" not in refusal.value.message


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + METADATA
OUTSIDE = '<!DOCTYPE x SYSTEM "https://evil.example.com/x.dtd">' + METADATA


@pytest.mark.parametrize(
    ("document", "accepted"),
    [
        (METADATA, True),
        (f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- x -->\n{METADATA}', True),
        (METADATA.replace("EntityDescriptor", "md:EntityDescriptor").replace("xmlns", "xmlns:md"), True),
        (METADATA.replace("metadata", "protocol"), False),
        (METADATA.replace("EntityDescriptor", "Response"), False),
        (f"<a>{METADATA}</a>", False),
        (f"{METADATA}{METADATA}", False),
        (METADATA[:-2], False),
        (BOMB, False),
        (OUTSIDE, False),
        ("&x;", False),
        ("no xml", False),
    ],
)
def test_metadata_documents(document, accepted):
    """A document type is refused whatever it says, so no entity is ever expanded or fetched."""
    if accepted:
        check("SAML", {"MetadataFile": document})
        return
    with pytest.raises(InvalidParameterException, match="MetadataFile is not a SAML metadata document"):
        check("SAML", {"MetadataFile": document})


@given(
    st.sampled_from(sorted(RULES)),
    st.dictionaries(st.sampled_from(["client_id", "MetadataFile", "oidc_issuer", "x"]), st.text()),
)
def test_any_details_are_accepted_or_refused(kind, details):
    """Nothing that a request can hold breaks the check, and what lacks a required detail never passes it."""
    complete = RULES[kind].required <= details.keys()
    with contextlib.suppress(InvalidParameterException):
        check(kind, details)
        assert complete


def test_hidden_details_belong_to_a_type():
    assert all(any(name in rule.required for rule in RULES.values()) for name in _provider_details.HIDDEN)
