"""USER_SRP_AUTH and its PASSWORD_VERIFIER challenge (spec/user-pools.md section 4)."""

from collections.abc import Mapping
from typing import Final

from poolhouse.crypto import srp
from poolhouse.crypto.vault import Vault
from poolhouse.errors import IncorrectUsernameOrPassword
from poolhouse.store import users
from poolhouse.store.users import User

from . import admission, challenges, protection, srp_exchange
from .challenges import SecretBlock, Ticket
from .door import Door, device_key, username
from .gate import Answer
from .passwords import find, verifier_of
from .srp_exchange import Proof

PASSWORD_VERIFIER: Final = "PASSWORD_VERIFIER"  # noqa: S105 - a challenge's name


async def start(door: Door, parameters: Mapping[str, str]) -> Answer:
    """Raises InvalidParameterException for an SRP_A that is no honest client's, before anybody is looked up."""
    name, a_public, device = username(parameters), srp_exchange.public_value(parameters), device_key(parameters)
    protection.check_secret_hash(door.vault, door.client, parameters.get("SECRET_HASH"), [name])
    user = await find(door, name)
    seed = protection.unknown(door.vault, door.pool, name)
    canonical = user.username if user else protection.decoy_username(door.pool, name, seed)
    ticket = challenges.ticket(door.client, user.id if user else 0, canonical, name, door.ctx.now)
    shown = await door.ctx.services.compute(_challenge, door.vault, user, seed, ticket, a_public, device)
    return {"ChallengeName": PASSWORD_VERIFIER, "ChallengeParameters": shown}


async def answer(door: Door, session: str | None, responses: Mapping[str, str]) -> Answer:  # noqa: ARG001
    """The secret block is the session of this challenge; a Session beside it, which AWS does not send, says nothing."""
    name, proof, device = username(responses), srp_exchange.proof_of(responses), device_key(responses)
    block, sealed = challenges.open_block(door.vault, proof.block, door.client, door.ctx.now, SecretBlock)
    ticket = block.ticket
    names = (name, ticket.username, ticket.typed)
    protection.check_secret_hash(door.vault, door.client, responses.get("SECRET_HASH"), names)
    if not ticket.is_for(name):
        raise IncorrectUsernameOrPassword
    async with door.ctx.services.database.read() as tx:
        user = await users.by_id(tx, ticket.user_id)
        await admission.refuse_waiting(door, tx, user, ticket.typed)
    seed = protection.unknown(door.vault, door.pool, ticket.typed)
    proven = await door.ctx.services.compute(_proves, door, user, seed, block, sealed, proof)
    proven = proven and srp_exchange.is_timely(proof, door.ctx.now)
    return await admission.admit(
        door, user, ticket.typed, proven=proven, ticket=ticket, device_key=device or block.device_key
    )


def _challenge(
    vault: Vault, user: User | None, seed: bytes, ticket: Ticket, a_public: int, device: str
) -> dict[str, str]:
    verifier, _ = verifier_of(vault, user, seed)
    exchange = srp_exchange.begin(verifier, a_public)
    return srp_exchange.shown(verifier, exchange) | {
        "SECRET_BLOCK": challenges.seal_block(vault, SecretBlock(ticket, exchange, device)),
        "USERNAME": ticket.username,
        "USER_ID_FOR_SRP": ticket.username,
    }


def _proves(door: Door, user: User | None, seed: bytes, block: SecretBlock, sealed: bytes, proof: Proof) -> bool:
    verifier, real = verifier_of(door.vault, user, seed)
    names = (srp.pool_name(door.pool.id), block.ticket.username)
    return srp_exchange.proves(verifier, names, block.exchange, sealed, proof) and real
