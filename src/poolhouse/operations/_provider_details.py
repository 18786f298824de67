"""What each type of identity provider has to say about itself, and how that is kept. Nobody is asked for anything."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple
from urllib.parse import urlsplit
from xml.parsers import expat

from msgspec.json import Decoder, encode

from poolhouse.crypto.vault import Vault
from poolhouse.errors import InvalidParameterException
from poolhouse.store.identity_providers import ProviderType

HIDDEN: Final = frozenset({"private_key"})
"""Details that AWS takes and never shows."""

_SEAL: Final = "identity-provider"
_METADATA: Final = "urn:oasis:names:tc:SAML:2.0:metadata"
_PUBLISHED: Final = ("authorize_url", "token_url", "attributes_url", "attributes_url_add_attributes")
_URLS: Final = ("authorize_url", "token_url", "attributes_url", "jwks_uri", "oidc_issuer", "MetadataURL")
_SWITCHES: Final = ("IDPSignout", "IDPInit", "EncryptedResponses", "attributes_url_add_attributes")
_METHODS: Final = ("attributes_request_method", "token_request_method")
_decoder = Decoder(dict[str, str])
_PRINTABLE: Final = re.compile(r"[^\x00-\x1f\x7f]+")


class Rule(NamedTuple):
    """The details that a type must and may have, and the provider's name for its subject; None is SAML's NameID."""

    required: frozenset[str]
    optional: frozenset[str]
    subject: str | None


def _social(subject: str, *more: str) -> Rule:
    return Rule(
        frozenset({"client_id", "client_secret", "authorize_scopes"}),
        frozenset({*_PUBLISHED, "token_request_method", *more}),
        subject,
    )


_SAML: Final = Rule(
    frozenset(),
    frozenset(
        {
            "MetadataURL",
            "MetadataFile",
            "IDPSignout",
            "IDPInit",
            "EncryptedResponses",
            "RequestSigningAlgorithm",
            "ActiveEncryptionCertificate",
            "SSORedirectBindingURI",
            "SLORedirectBindingURI",
        }
    ),
    None,
)
_OIDC: Final = Rule(
    frozenset({"client_id", "attributes_request_method", "oidc_issuer", "authorize_scopes"}),
    frozenset({"client_secret", "jwks_uri", *_PUBLISHED}),
    "sub",
)
_APPLE: Final = Rule(
    frozenset({"client_id", "team_id", "key_id", "private_key", "authorize_scopes"}),
    frozenset({*_PUBLISHED, "oidc_issuer", "token_request_method"}),
    "sub",
)
RULES: Final[Mapping[ProviderType, Rule]] = MappingProxyType(
    {
        "SAML": _SAML,
        "OIDC": _OIDC,
        "SignInWithApple": _APPLE,
        "Google": _social("sub", "oidc_issuer"),
        "Facebook": _social("id", "api_version"),
        "LoginWithAmazon": _social("user_id"),
    }
)


def seal(vault: Vault, details: Mapping[str, str]) -> bytes:
    return vault.seal(_SEAL, encode(details))


def unseal(vault: Vault, details: bytes) -> dict[str, str]:
    """Raises BrokenSeal."""
    return _decoder.decode(vault.open(_SEAL, details))


def issuer(vault: Vault, kind: ProviderType, details: bytes) -> str | None:
    """What an OIDC provider calls itself; None for the others."""
    return unseal(vault, details).get("oidc_issuer") if kind == "OIDC" else None


def check(kind: ProviderType, details: Mapping[str, str]) -> None:
    """Raises InvalidParameterException for details that are missing, unknown or malformed; no value is repeated."""
    rule = RULES[kind]
    for name in sorted(rule.required):
        if not details.get(name):
            raise _wrong(f"{name} is required for the provider type {kind}.")
    for name in details:
        if name not in rule.required and name not in rule.optional:
            raise _wrong(f"{_quoted(name)} is not known for the provider type {kind}.")
    for name, value in details.items():
        _check_value(name, value)
    if kind == "OIDC" and "openid" not in details["authorize_scopes"].split():
        raise _wrong("authorize_scopes must contain openid.")
    if kind == "SAML":
        _check_metadata(details)


def _check_value(name: str, value: str) -> None:
    if name in _URLS and not _is_secure(value):
        raise _wrong(f"{name} must be an https URL without user name and fragment.")
    if name in _SWITCHES and value not in {"true", "false"}:
        raise _wrong(f"{name} must be true or false.")
    if name in _METHODS and value not in {"GET", "POST"}:
        raise _wrong(f"{name} must be GET or POST.")
    if name == "RequestSigningAlgorithm" and value != "rsa-sha256":
        raise _wrong("RequestSigningAlgorithm must be rsa-sha256.")
    if name not in {"MetadataFile", "private_key"} and not _PRINTABLE.fullmatch(value):
        raise _wrong(f"{name} must not be empty or contain control characters.")


def _is_secure(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return False
    plain = not any(character.isspace() or character in '\\"<>' for character in url)
    return plain and parts.scheme == "https" and bool(host) and "@" not in parts.netloc and not parts.fragment


def _check_metadata(details: Mapping[str, str]) -> None:
    if bool(details.get("MetadataURL")) == bool(details.get("MetadataFile")):
        raise _wrong("Exactly one of MetadataURL and MetadataFile is required for the provider type SAML.")
    document = details.get("MetadataFile")
    if document and not _describes_an_entity(document):
        raise _wrong("MetadataFile is not a SAML metadata document.")


def _describes_an_entity(document: str) -> bool:
    """Whether the text is XML without a document type whose root is an entity descriptor of SAML 2.0."""
    roots: list[str] = []

    def refuse(*_: object) -> None:
        raise ValueError("A document type is not allowed.")

    def begin(name: str, _: object) -> None:
        if not roots:
            roots.append(name)

    parser = expat.ParserCreate("utf-8", " ")
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = begin
    try:
        parser.Parse(document.encode(), True)
    except (expat.ExpatError, ValueError):
        return False
    return roots == [f"{_METADATA} EntityDescriptor"]


def _quoted(name: str) -> str:
    return name if name.isprintable() and len(name) <= 64 else "A member"


def _wrong(reason: str) -> InvalidParameterException:
    return InvalidParameterException(f"ProviderDetails: {reason}")
