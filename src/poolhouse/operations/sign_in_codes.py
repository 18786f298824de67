"""Codes that a sign-in asks for, by e-mail or SMS. A code is good in the session that asks for it only."""

import hmac
from typing import Final

from poolhouse.crypto.codes import one_time_code
from poolhouse.crypto.vault import Vault
from poolhouse.errors import InvalidUserPoolConfigurationException, ServiceError, TooManyRequestsException
from poolhouse.messages import compose, outbox
from poolhouse.messages.compose import Occasion
from poolhouse.messages.contacts import Contact
from poolhouse.store import attempts
from poolhouse.store.database import Transaction
from poolhouse.store.users import User

from . import custom_messages
from .challenges import SentCode, Ticket
from .door import Door

SENT: Final = 30
"""Codes an hour for one user: whoever has the password cannot flood the mailbox or the phone."""
_SECOND: Final = 1_000_000


async def send(
    door: Door,
    tx: Transaction,
    user: User,
    ticket: Ticket,
    contact: Contact,
    *,
    is_new: bool = False,
    occasion: Occasion | None = None,
) -> SentCode | ServiceError:
    """Leave the message in the outbox. A refusal is returned, because raising one would take back what was counted.

    `is_new` says that `contact` becomes the user's own when the code comes back.
    """
    services, now = door.ctx.services, door.ctx.now
    if not custom_messages.is_deliverable(services, door.pool, contact.medium):
        return InvalidUserPoolConfigurationException(f"No delivery of {contact.medium} is configured for this server.")
    if not await attempts.allow(tx, f"mfa_code:{user.id}", now, SENT):
        return TooManyRequestsException()
    text = one_time_code()
    occasion = occasion or Occasion("Authentication", door.client.id)
    message = compose.second_factor(door.pool, text, user.username, contact, occasion)
    until = ticket.issued + door.client.settings.session_seconds * _SECOND
    await outbox.put(tx, door.vault, door.pool.id, user.username, message, now, until)
    return SentCode(_digest(door.vault, ticket, contact, text), contact.address, is_new)


def fits(vault: Vault, ticket: Ticket, contact: Contact, code: SentCode, given: str) -> bool:
    """`contact` is the one that the code went to, by the session's challenge."""
    return hmac.compare_digest(_digest(vault, ticket, contact, given), code.digest)


def _digest(vault: Vault, ticket: Ticket, contact: Contact, text: str) -> bytes:
    bound = (ticket.nonce, str(ticket.user_id), contact.attribute, contact.address, text)
    return vault.digest("mfa-code", "\0".join(bound).encode())
