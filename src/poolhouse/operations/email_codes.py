"""Codes by e-mail as a second factor. A code lives in the session that asks for it and is good there only."""

import hmac
from typing import Final

from poolhouse.crypto.codes import one_time_code
from poolhouse.crypto.vault import Vault
from poolhouse.errors import InvalidUserPoolConfigurationException, ServiceError, TooManyRequestsException
from poolhouse.messages import compose, outbox
from poolhouse.store import attempts
from poolhouse.store.database import Transaction
from poolhouse.store.users import User

from .challenges import EmailCode, Ticket
from .door import Door

SENT: Final = 30
"""Codes an hour for one user: whoever has the password cannot flood the mailbox."""


async def send(
    door: Door, tx: Transaction, user: User, ticket: Ticket, destination: str, *, is_new: bool = False
) -> EmailCode | ServiceError:
    """Leave the mail in the outbox. A refusal is returned, because raising one would take back what was counted."""
    services, now = door.ctx.services, door.ctx.now
    if not services.delivers:
        return InvalidUserPoolConfigurationException("No delivery of messages is configured for this server.")
    if not await attempts.allow(tx, f"mfa_code:{user.id}", now, SENT):
        return TooManyRequestsException()
    text = one_time_code()
    message = compose.second_factor(door.pool, text, user.username, destination)
    await outbox.put(tx, door.vault, door.pool.id, user.username, message, now)
    return EmailCode(_digest(door.vault, ticket, destination, text), destination, is_new)


def fits(vault: Vault, ticket: Ticket, code: EmailCode, given: str) -> bool:
    return hmac.compare_digest(_digest(vault, ticket, code.destination, given), code.digest)


def _digest(vault: Vault, ticket: Ticket, destination: str, text: str) -> bytes:
    return vault.digest("mfa-code", "\0".join((ticket.nonce, str(ticket.user_id), destination, text)).encode())
