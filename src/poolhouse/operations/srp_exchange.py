"""One SRP exchange, of a password or of a device: what the server shows, and what it expects in return."""

import secrets
from collections.abc import Mapping
from typing import Final, NamedTuple

from poolhouse.crypto import srp
from poolhouse.crypto.srp import BadPublicValue, Verifier
from poolhouse.errors import InvalidParameterException

from .challenges import Exchange
from .door import required

# How far the client's clock may be off.
_TOLERANCE: Final = 300 * 1_000_000


class Proof(NamedTuple):
    """What a client sends to show that it has the password. `block` is the text that it was given to sign."""

    block: str
    timestamp: str
    signature: str


def public_value(parameters: Mapping[str, str]) -> int:
    """SRP_A. Raises InvalidParameterException for one that is no honest client's."""
    try:
        return srp.parse_public(required(parameters, "SRP_A"))
    except BadPublicValue as error:
        raise InvalidParameterException("SRP_A is not a valid public value.") from error


def proof_of(responses: Mapping[str, str]) -> Proof:
    """Raises InvalidParameterException for what is missing."""
    block, timestamp = required(responses, "PASSWORD_CLAIM_SECRET_BLOCK"), required(responses, "TIMESTAMP")
    return Proof(block, timestamp, required(responses, "PASSWORD_CLAIM_SIGNATURE"))


def begin(verifier: Verifier, a_public: int) -> Exchange:
    """A new exchange with a fresh secret: one power of 2."""
    b = srp.new_b()
    b_public = srp.server_start(verifier, b, negative=bool(secrets.randbits(1)))
    return Exchange(_bytes(a_public), _bytes(b), _bytes(b_public))


def shown(verifier: Verifier, exchange: Exchange) -> dict[str, str]:
    """SALT and SRP_B, the parameters that every exchange has."""
    return {"SALT": verifier.salt_hex, "SRP_B": srp.public_text(int.from_bytes(exchange.b_public, "big"))}


def proves(verifier: Verifier, names: tuple[str, str], exchange: Exchange, sealed: bytes, proof: Proof) -> bool:
    """`names` are pool name and user id, or a device's group key and key; slow."""
    expected = srp.server_proofs(
        *names,
        verifier,
        int.from_bytes(exchange.a_public, "big"),
        int.from_bytes(exchange.b, "big"),
        int.from_bytes(exchange.b_public, "big"),
        sealed,
        proof.timestamp,
    )
    return srp.proof_matches(expected, proof.signature)


def is_timely(proof: Proof, now: int) -> bool:
    moment = srp.parse_timestamp(proof.timestamp)
    return moment is not None and abs(moment - now) <= _TOLERANCE


def _bytes(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")
