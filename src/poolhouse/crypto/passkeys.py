"""Passkeys (W3C Web Authentication level 3): what a browser made or signed, checked against what it was asked for.

The signature and attestation work is the `webauthn` library's, imported with the first passkey; origins are judged
here. Nothing is kept.
"""

import base64
import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from functools import cache
from ipaddress import ip_address
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import urlsplit

Refusal = Literal["malformed", "ceremony", "challenge", "origin", "relying_party", "unverified", "unsupported", "proof"]
_LONGEST: Final = 65_536
_LONGEST_ID: Final = 1023
_TRANSPORTS: Final = frozenset({"usb", "nfc", "ble", "smart-card", "hybrid", "internal", "cable"})
_LOCAL: Final = "localhost"
_ORIGIN: Final = re.compile(r"(?P<scheme>https?)://(?P<host>[a-z0-9-]+(\.[a-z0-9-]+)*)(:(?P<port>[0-9]{1,5}))?")
_LAST_PORT: Final = 65_535
# COSE algorithms, strongest habit first: EdDSA, ES256, RS256. What browsers and keys have in common.
ALGORITHMS: Final = (-7, -8, -257)


class BadPasskey(ValueError):
    """A credential that is not what was asked for; `why` says which rule it broke."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why)
        self.why = why


class Made(NamedTuple):
    """A new credential. `id` is base64url, `public_key` a COSE key, `attachment` None where the browser is silent."""

    id: str
    public_key: bytes
    sign_count: int
    attachment: str | None
    transports: tuple[str, ...]
    is_synced: bool


def new_challenge() -> bytes:
    return os.urandom(32)


def encode(data: bytes) -> str:
    """base64url without padding, as the JSON of the browser interface has it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: object) -> bytes:
    """Raises BadPasskey for what `encode` did not make."""
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise BadPasskey("malformed")
    try:
        data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise BadPasskey("malformed") from error
    if encode(data) != text:
        raise BadPasskey("malformed")
    return data


def is_allowed(origin: object, relying_party: str) -> bool:
    """Whether a page of this origin may use the relying party's passkeys: https, or http on this very machine, and a
    host that is the relying party or below it. Nothing but scheme, host and port makes an origin.
    """
    found = _ORIGIN.fullmatch(origin) if isinstance(origin, str) else None
    if found is None or int(found["port"] or 0) > _LAST_PORT:
        return False
    host = found["host"]
    if found["scheme"] == "http" and not _is_within(host, _LOCAL):
        return False
    return _is_within(host, relying_party)


def _is_within(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


@cache
def domain_of(url: str) -> str | None:
    """The relying party of a server at `url`: its host, localhost for this very machine, None where that is no name."""
    host = urlsplit(url).hostname or ""
    try:
        return _LOCAL if ip_address(host).is_loopback else None
    except ValueError:
        return host or None


def challenge_of(credential: object) -> bytes:
    """The challenge that a credential answers, before anything about it is proved. Raises BadPasskey."""
    return decode(_client_data(_response(credential)).get("challenge"))


def credential_id(credential: object) -> str:
    """Raises BadPasskey for anything that is not a credential with an id."""
    _response(credential)
    assert isinstance(credential, dict)
    found = credential.get("id")
    if not 0 < len(decode(found)) <= _LONGEST_ID or credential.get("rawId") != found:
        raise BadPasskey("malformed")
    return str(found)


def check_made(credential: object, *, challenge: bytes, relying_party: str, verified: bool) -> Made:
    """The new credential of `navigator.credentials.create`; `verified` says that the user must have been verified.

    Raises BadPasskey.
    """
    found, response = credential_id(credential), _response(credential)
    origin = _judged(response, "webauthn.create", challenge, relying_party)
    from webauthn import verify_registration_response
    from webauthn.helpers.cose import COSEAlgorithmIdentifier

    _require(_authenticator_data(response), relying_party, verified=verified)
    try:
        made = verify_registration_response(
            credential=_plain(credential),
            expected_challenge=challenge,
            expected_rp_id=relying_party,
            expected_origin=origin,
            require_user_verification=verified,
            supported_pub_key_algs=[COSEAlgorithmIdentifier(number) for number in ALGORITHMS],
        )
    except Exception as error:
        raise BadPasskey("unsupported") from error
    if encode(made.credential_id) != found:
        raise BadPasskey("proof")
    return Made(
        found,
        made.credential_public_key,
        made.sign_count,
        _attachment(credential),
        _transports(response),
        made.credential_backed_up,
    )


def check_signed(
    credential: object,
    *,
    challenge: bytes,
    relying_party: str,
    public_key: bytes,
    sign_count: int,
    verified: bool,
) -> int:
    """The authenticator's new counter, from the answer of `navigator.credentials.get`.

    `sign_count` is the counter of the last time: one that did not grow means that the key was copied, unless the
    authenticator does not count. Raises BadPasskey.
    """
    credential_id(credential)
    response = _response(credential)
    origin = _judged(response, "webauthn.get", challenge, relying_party)
    from webauthn import verify_authentication_response

    try:
        proved = verify_authentication_response(
            credential=_plain(credential),
            expected_challenge=challenge,
            expected_rp_id=relying_party,
            expected_origin=origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=verified,
        )
    except Exception as error:
        raise BadPasskey("proof") from error
    return proved.new_sign_count


def user_handle(credential: object) -> bytes | None:
    """Whom the authenticator made the credential for, if it says so. Raises BadPasskey."""
    handle = _response(credential).get("userHandle")
    return decode(handle) if handle else None


# --- what a page is handed ---------------------------------------------------------------------------------


def creation_options(
    *,
    challenge: bytes,
    relying_party: str,
    user: tuple[bytes, str],
    excluded: Sequence[tuple[str, Sequence[str]]],
    verification: str,
) -> dict[str, Any]:
    """PublicKeyCredentialCreationOptionsJSON; `user` is handle and name, `excluded` the credentials there are."""
    handle, name = user
    return {
        "challenge": encode(challenge),
        "rp": {"id": relying_party, "name": relying_party},
        "user": {"id": encode(handle), "name": name, "displayName": name},
        "pubKeyCredParams": [{"type": "public-key", "alg": number} for number in ALGORITHMS],
        "timeout": 180_000,
        "excludeCredentials": [_descriptor(*each) for each in excluded],
        "authenticatorSelection": {
            "requireResidentKey": True,
            "residentKey": "required",
            "userVerification": verification,
        },
        "attestation": "none",
    }


def request_options(
    *, challenge: bytes, relying_party: str, allowed: Sequence[tuple[str, Sequence[str]]], verification: str
) -> dict[str, Any]:
    """PublicKeyCredentialRequestOptionsJSON. Without `allowed` the authenticator finds its own credentials."""
    options = {
        "challenge": encode(challenge),
        "rpId": relying_party,
        "timeout": 180_000,
        "userVerification": verification,
    }
    return options | ({"allowCredentials": [_descriptor(*each) for each in allowed]} if allowed else {})


def _descriptor(identity: str, transports: Sequence[str]) -> dict[str, Any]:
    return {"type": "public-key", "id": identity} | ({"transports": list(transports)} if transports else {})


# --- parts of a credential ---------------------------------------------------------------------------------


def _response(credential: object) -> Mapping[str, Any]:
    response = credential.get("response") if isinstance(credential, dict) else None
    if not isinstance(response, dict):
        raise BadPasskey("malformed")
    return response


def _client_data(response: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        data = json.loads(decode(response.get("clientDataJSON")))
    except (ValueError, RecursionError) as error:
        raise BadPasskey("malformed") from error
    if not isinstance(data, dict):
        raise BadPasskey("malformed")
    return data


def _judged(response: Mapping[str, Any], ceremony: str, challenge: bytes, relying_party: str) -> str:
    """The origin, once the ceremony, the challenge and the origin itself are the right ones."""
    data = _client_data(response)
    if data.get("type") != ceremony:
        raise BadPasskey("ceremony")
    if decode(data.get("challenge")) != challenge:
        raise BadPasskey("challenge")
    origin = data.get("origin")
    if not is_allowed(origin, relying_party) or data.get("crossOrigin"):
        raise BadPasskey("origin")
    return str(origin)


def _authenticator_data(response: Mapping[str, Any]) -> Any:
    from webauthn.helpers import parse_attestation_object

    try:
        return parse_attestation_object(decode(response.get("attestationObject"))).auth_data
    except BadPasskey:
        raise
    except Exception as error:
        raise BadPasskey("malformed") from error


def _require(data: Any, relying_party: str, *, verified: bool) -> None:
    """The refusals that a client is told apart."""
    if data.rp_id_hash != hashlib.sha256(relying_party.encode()).digest():
        raise BadPasskey("relying_party")
    if not data.flags.up or (verified and not data.flags.uv):
        raise BadPasskey("unverified")


def _plain(credential: object) -> dict[str, Any]:
    """The members that are checked and no others: what a browser adds beside them must not make it fail."""
    assert isinstance(credential, dict)
    return {"id": credential["id"], "rawId": credential["rawId"], "type": "public-key"} | {
        "response": _response(credential)
    }


def _attachment(credential: object) -> str | None:
    assert isinstance(credential, dict)
    said = credential.get("authenticatorAttachment")
    return said if isinstance(said, str) and said in {"platform", "cross-platform"} else None


def _transports(response: Mapping[str, Any]) -> tuple[str, ...]:
    said = response.get("transports")
    given = said if isinstance(said, list) else []
    return tuple(dict.fromkeys(each for each in given if isinstance(each, str) and each in _TRANSPORTS))
