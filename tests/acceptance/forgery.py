"""Tokens that nobody issued, made as an attacker would make them."""

import base64
import hashlib
import hmac
import json
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def part(value: dict[str, Any]) -> str:
    return encoded(json.dumps(value).encode())


def header_of(token: str) -> dict[str, Any]:
    text = token.partition(".")[0]
    return dict(json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))


@cache
def attackers_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def attackers_jwk() -> dict[str, str]:
    numbers = attackers_key().public_key().public_numbers()
    return {"kty": "RSA", "alg": "RS256", "use": "sig", "n": encoded(numbers.n.to_bytes(256)), "e": "AQAB"}


def signed_by_attacker(header: dict[str, Any], claims: dict[str, Any]) -> str:
    text = f"{part(header)}.{part(claims)}"
    signature = attackers_key().sign(text.encode(), padding.PKCS1v15(), SHA256())
    return f"{text}.{encoded(signature)}"


def unsigned(claims: dict[str, Any], kid: str, algorithm: str, signature: str) -> str:
    return f"{part({'alg': algorithm, 'kid': kid})}.{part(claims)}.{signature}"


def hs256(claims: dict[str, Any], kid: str, secret: bytes) -> str:
    text = f"{part({'alg': 'HS256', 'kid': kid})}.{part(claims)}"
    return f"{text}.{encoded(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def public_key_bytes(jwk: dict[str, str]) -> list[bytes]:
    """Every spelling of a published key that a careless verifier might take for a shared secret."""

    def number(text: str) -> int:
        return int.from_bytes(base64.urlsafe_b64decode(text + "=="))

    key = rsa.RSAPublicNumbers(number(jwk["e"]), number(jwk["n"])).public_key()
    info = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = key.public_bytes(serialization.Encoding.PEM, info)
    return [pem, pem.strip(), key.public_bytes(serialization.Encoding.DER, info), jwk["n"].encode(), b""]
