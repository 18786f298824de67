"""USER_SRP_AUTH and its PASSWORD_VERIFIER challenge (spec/user-pools.md section 4)."""

import secrets
from collections.abc import Mapping
from typing import Final, NamedTuple

from poolhouse.crypto import srp
from poolhouse.crypto.srp import BadPublicValue
from poolhouse.crypto.vault import Vault
from poolhouse.errors import IncorrectUsernameOrPassword, InvalidParameterException
from poolhouse.store import users
from poolhouse.store.users import User

from . import admission, challenges, protection
from .challenges import SecretBlock, Ticket
from .door import Door, required, username
from .gate import Answer
from .passwords import find, verifier_of

PASSWORD_VERIFIER: Final = "PASSWORD_VERIFIER"  # noqa: S105 - a challenge's name
# How far the client's clock may be off.
_TOLERANCE: Final = 300 * 1_000_000


class Proof(NamedTuple):
    """What a client sends to show that it has the password."""

    sealed_block: bytes
    timestamp: str
    signature: str


async def start(door: Door, parameters: Mapping[str, str]) -> Answer:
    """Raises InvalidParameterException for an SRP_A that is no honest client's, before anybody is looked up."""
    name, a_public = username(parameters), _public(required(parameters, "SRP_A"))
    protection.check_secret_hash(door.vault, door.client, parameters.get("SECRET_HASH"), [name])
    user = await find(door, name)
    seed = protection.unknown(door.vault, door.pool, name)
    canonical = user.username if user else protection.decoy_username(door.pool, name, seed)
    ticket = challenges.ticket(door.client, user.id if user else 0, canonical, name, door.ctx.now)
    shown = await door.ctx.services.compute(_challenge, door.vault, user, seed, ticket, a_public)
    return {"ChallengeName": PASSWORD_VERIFIER, "ChallengeParameters": shown}


async def answer(door: Door, session: str | None, responses: Mapping[str, str]) -> Answer:  # noqa: ARG001
    """The secret block is the session of this challenge; a Session beside it, which AWS does not send, says nothing."""
    name = username(responses)
    text, timestamp = required(responses, "PASSWORD_CLAIM_SECRET_BLOCK"), required(responses, "TIMESTAMP")
    signature = required(responses, "PASSWORD_CLAIM_SIGNATURE")
    block, sealed = challenges.open_block(door.vault, text, door.client, door.ctx.now)
    ticket = block.ticket
    names = (name, ticket.username, ticket.typed)
    protection.check_secret_hash(door.vault, door.client, responses.get("SECRET_HASH"), names)
    if not ticket.is_for(name):
        raise IncorrectUsernameOrPassword
    async with door.ctx.services.database.read() as tx:
        user = await users.by_id(tx, ticket.user_id)
        await admission.refuse_waiting(door, tx, user, ticket.typed)
    seed = protection.unknown(door.vault, door.pool, ticket.typed)
    proof = Proof(sealed, timestamp, signature)
    proven = await door.ctx.services.compute(_proves, door, user, seed, block, proof)
    timely = _is_timely(timestamp, door.ctx.now)
    return await admission.admit(door, user, ticket.typed, proven=proven and timely, ticket=ticket)


def _public(text: str) -> int:
    try:
        return srp.parse_public(text)
    except BadPublicValue as error:
        raise InvalidParameterException("SRP_A is not a valid public value.") from error


def _challenge(vault: Vault, user: User | None, seed: bytes, ticket: Ticket, a_public: int) -> dict[str, str]:
    verifier, _ = verifier_of(vault, user, seed)
    b = srp.new_b()
    b_public = srp.server_start(verifier, b, negative=bool(secrets.randbits(1)))
    block = SecretBlock(ticket, _bytes(a_public), _bytes(b), _bytes(b_public))
    return {
        "SALT": verifier.salt_hex,
        "SECRET_BLOCK": challenges.seal_block(vault, block),
        "SRP_B": srp.public_text(b_public),
        "USERNAME": ticket.username,
        "USER_ID_FOR_SRP": ticket.username,
    }


def _proves(door: Door, user: User | None, seed: bytes, block: SecretBlock, proof: Proof) -> bool:
    verifier, real = verifier_of(door.vault, user, seed)
    expected = srp.server_proofs(
        srp.pool_name(door.pool.id),
        block.ticket.username,
        verifier,
        int.from_bytes(block.a_public, "big"),
        int.from_bytes(block.b, "big"),
        int.from_bytes(block.b_public, "big"),
        proof.sealed_block,
        proof.timestamp,
    )
    return srp.proof_matches(expected, proof.signature) and real


def _is_timely(text: str, now: int) -> bool:
    moment = srp.parse_timestamp(text)
    return moment is not None and abs(moment - now) <= _TOLERANCE


def _bytes(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")
