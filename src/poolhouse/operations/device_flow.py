"""A known device proves itself in a sign-in: DEVICE_SRP_AUTH, then DEVICE_PASSWORD_VERIFIER."""

from collections.abc import Mapping
from typing import Final

from poolhouse.errors import (
    DeviceNotFound,
    IncorrectUsernameOrPassword,
    InvalidSession,
    PasswordAttemptsExceeded,
    ServiceError,
)
from poolhouse.store import attempts, devices
from poolhouse.store.database import Transaction
from poolhouse.store.devices import Device

from . import challenges, device_keys, srp_exchange, steps
from ._devices import with_address
from .challenges import DeviceBlock, Exchange, Session
from .door import Door, required
from .gate import Answer
from .srp_exchange import Proof
from .steps import DEVICE_SRP_AUTH, Outcome

DEVICE_PASSWORD_VERIFIER: Final = "DEVICE_PASSWORD_VERIFIER"  # noqa: S105 - a challenge's name
Responses = Mapping[str, str]


async def start(door: Door, session: str | None, responses: Responses) -> Answer:
    """The secret block is the session of the next challenge, as it is for passwords."""
    found = steps.opened(door, session, responses, DEVICE_SRP_AUTH)
    a_public = srp_exchange.public_value(responses)
    _require_same(found, required(responses, "DEVICE_KEY"))
    async with door.ctx.services.database.write() as tx:
        user = await steps.claimed(tx, found)
        device = await devices.find(tx, user.id, found.device_key)
        if device is None:
            raise DeviceNotFound
        await steps.spend(tx, found)
    shown = await door.ctx.services.compute(_challenge, door, found, device, a_public)
    return {"ChallengeName": DEVICE_PASSWORD_VERIFIER, "ChallengeParameters": shown}


async def answer(door: Door, session: str | None, responses: Responses) -> Answer:  # noqa: ARG001 - one signature for all
    """A Session beside the secret block says nothing."""
    proof = srp_exchange.proof_of(responses)
    block, sealed = challenges.open_block(door.vault, proof.block, door.client, door.ctx.now, DeviceBlock)
    found = block.session
    steps.require_named(door, found.ticket, responses)
    steps.going_on(door, found)
    _require_same(found, required(responses, "DEVICE_KEY"))
    async with door.ctx.services.database.read() as tx:
        device = await devices.find(tx, found.ticket.user_id, found.device_key)
    if device is None:
        raise DeviceNotFound
    proven = await door.ctx.services.compute(_proves, door, device, block.exchange, sealed, proof)
    proven = proven and srp_exchange.is_timely(proof, door.ctx.now)
    async with door.ctx.services.database.write() as tx:
        outcome = await _decide(door, tx, found, device, responses, proven=proven)
    return await steps.answered(door, outcome)


async def _decide(
    door: Door, tx: Transaction, found: Session, seen: Device, responses: Responses, *, proven: bool
) -> Outcome:
    """One try per block, right or wrong."""
    user = await steps.claimed(tx, found)
    await steps.spend(tx, found)
    current = await devices.find(tx, user.id, found.device_key)
    refusal = await _checked(door, tx, user.id, proven=proven and current is not None)
    if refusal is not None or current is None or current.verifier != seen.verifier:
        return refusal or DeviceNotFound()
    await devices.seen(tx, current, with_address(current.attributes, door.ctx.source_ip), door.ctx.now)
    return await steps.advance(door, tx, steps.progress(found, user, responses)._replace(device=True))


async def _checked(door: Door, tx: Transaction, user_id: int, *, proven: bool) -> ServiceError | None:
    counter, now = f"device:{user_id}", door.ctx.now
    if not proven:
        return IncorrectUsernameOrPassword() if await attempts.fail(tx, counter, now) else PasswordAttemptsExceeded()
    if attempts.is_locked(await attempts.find(tx, counter), now):
        return PasswordAttemptsExceeded()
    await attempts.forget(tx, counter)
    return None


def _require_same(found: Session, key: str) -> None:
    """The device is the one that the sign-in began with."""
    if key != found.device_key:
        raise InvalidSession


def _challenge(door: Door, found: Session, device: Device, a_public: int) -> dict[str, str]:
    verifier = device_keys.unseal(door.vault, device)
    exchange = srp_exchange.begin(verifier, a_public)
    ticket = found.ticket
    fresh = challenges.ticket(door.client, ticket.user_id, ticket.username, ticket.typed, door.ctx.now)
    waiting = Session(
        fresh, DEVICE_PASSWORD_VERIFIER, found.credential, found.device_key, found.second, sign_in=found.sign_in
    )
    return srp_exchange.shown(verifier, exchange) | {
        "SECRET_BLOCK": challenges.seal_block(door.vault, DeviceBlock(waiting, exchange)),
        "DEVICE_KEY": device.device_key,
        "USERNAME": ticket.username,
    }


def _proves(door: Door, device: Device, exchange: Exchange, sealed: bytes, proof: Proof) -> bool:
    verifier = device_keys.unseal(door.vault, device)
    return srp_exchange.proves(verifier, (device.group_key, device.device_key), exchange, sealed, proof)
