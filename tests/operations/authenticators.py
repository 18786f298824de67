"""An authenticator in software: it keeps keys, makes "none" attestations and signs assertions, as a browser hands on."""

import base64
import hashlib
import json
import os
import struct
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

ORIGIN = "http://localhost:4500"
_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Authenticator:
    """Holds one ES256 key; `origin`, `relying_party` and `counter` can be turned into those of an attacker."""

    def __init__(self, origin: str = ORIGIN, relying_party: str | None = None) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.identity = os.urandom(20)
        self.origin = origin
        self.relying_party = relying_party
        self.counter = 0
        self.verifies = True
        self.handle = b""

    @property
    def id(self) -> str:
        return b64(self.identity)

    def make(self, options: dict[str, Any], **changed: Any) -> dict[str, Any]:
        """What navigator.credentials.create() gives; `changed` are members of the client data."""
        self.handle = base64.urlsafe_b64decode(options["user"]["id"] + "==")
        numbers = self.key.public_key().public_numbers()
        point = {-2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, **point})
        attested = bytes(16) + struct.pack(">H", len(self.identity)) + self.identity + public
        data = self._data(options["rp"]["id"], _ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"], changed)
        return self._credential(
            {"clientDataJSON": b64(client), "attestationObject": b64(attestation), "transports": ["internal", "odd"]}
        )

    def sign(self, options: dict[str, Any], **changed: Any) -> dict[str, Any]:
        """What navigator.credentials.get() gives."""
        self.counter += 1
        data = self._data(options["rpId"], 0)
        client = self._client("webauthn.get", options["challenge"], changed)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._credential(
            {
                "clientDataJSON": b64(client),
                "authenticatorData": b64(data),
                "signature": b64(signature),
                "userHandle": b64(self.handle),
            }
        )

    def _data(self, relying_party: str, flags: int) -> bytes:
        named = hashlib.sha256((self.relying_party or relying_party).encode()).digest()
        flags |= _PRESENT | (_VERIFIED if self.verifies else 0)
        return named + bytes([flags]) + struct.pack(">I", self.counter)

    def _client(self, kind: str, challenge: str, changed: dict[str, Any]) -> bytes:
        data = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(data | changed).encode()

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": self.id,
            "rawId": self.id,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        }
