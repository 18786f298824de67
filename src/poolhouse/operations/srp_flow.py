"""USER_SRP_AUTH and its PASSWORD_VERIFIER challenge (spec/user-pools.md section 4)."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from poolhouse.crypto import srp
from poolhouse.crypto.vault import Vault
from poolhouse.errors import IncorrectUsernameOrPassword
from poolhouse.store import users
from poolhouse.store.users import User

from . import admission, challenges, credentials, protection, srp_exchange
from .challenges import SecretBlock, Ticket
from .door import Door, device_key, username
from .gate import Answer
from .passwords import find, verifier_of
from .srp_exchange import Proof

PASSWORD_VERIFIER: Final = "PASSWORD_VERIFIER"  # noqa: S105 - a challenge's name


class Checked(NamedTuple):
    """An exchange that came back, whose it is said to be, and whether the password was used in it."""

    block: SecretBlock
    user: User | None
    device_key: str
    proven: bool


async def start(door: Door, parameters: Mapping[str, str]) -> Answer:
    """Raises InvalidParameterException for an SRP_A that is no honest client's, before anybody is looked up."""
    credentials.require_srp(door.pool.settings)
    name, a_public, device = username(parameters), srp_exchange.public_value(parameters), device_key(parameters)
    protection.check_secret_hash(door.vault, door.client, parameters.get("SECRET_HASH"), [name])
    return await challenge(door, await find(door, name), name, a_public, device)


async def challenge(
    door: Door, user: User | None, typed: str, a_public: int, device: str, *, is_custom: bool = False
) -> Answer:
    """The server's half of the exchange, for nobody too. Raises InvalidParameterException where SRP is not served."""
    credentials.require_srp(door.pool.settings)
    seed = protection.unknown(door.vault, door.pool, typed)
    canonical = user.username if user else protection.decoy_username(door.pool, typed, seed)
    ticket = challenges.ticket(door.client, user.id if user else 0, canonical, typed, door.ctx.now)
    shown = door.ctx.services.cpu.here(_challenge, door.vault, user, seed, ticket, a_public, device, is_custom)
    return {"ChallengeName": PASSWORD_VERIFIER, "ChallengeParameters": shown}


async def check(door: Door, responses: Mapping[str, str]) -> Checked:
    """The secret block is the session of this challenge; a Session beside it, which AWS does not send, says nothing.

    It is still to be spent, and the outcome to be counted. Raises IncorrectUsernameOrPassword, SessionExpired,
    PasswordAttemptsExceeded.
    """
    credentials.require_srp(door.pool.settings)
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
    return Checked(block, user, device or block.device_key, proven and srp_exchange.is_timely(proof, door.ctx.now))


async def admit(door: Door, checked: Checked) -> Answer:
    """Tokens or the next challenge, for an exchange of USER_SRP_AUTH."""
    ticket = checked.block.ticket
    return await admission.admit(
        door, checked.user, ticket.typed, proven=checked.proven, ticket=ticket, device_key=checked.device_key
    )


def _challenge(
    vault: Vault, user: User | None, seed: bytes, ticket: Ticket, a_public: int, device: str, is_custom: bool
) -> dict[str, str]:
    verifier, _ = verifier_of(vault, user, seed)
    exchange = srp_exchange.begin(verifier, a_public)
    return srp_exchange.shown(verifier, exchange) | {
        "SECRET_BLOCK": challenges.seal_block(vault, SecretBlock(ticket, exchange, device, is_custom)),
        "USERNAME": ticket.username,
        "USER_ID_FOR_SRP": ticket.username,
    }


def _proves(door: Door, user: User | None, seed: bytes, block: SecretBlock, sealed: bytes, proof: Proof) -> bool:
    verifier, real = verifier_of(door.vault, user, seed)
    names = (srp.pool_name(door.pool.id), block.ticket.username)
    return srp_exchange.proves(verifier, names, block.exchange, sealed, proof) and real
