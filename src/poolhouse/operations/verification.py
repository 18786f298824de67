"""One-time codes that prove a contact: made, sent, checked. A code is bound to its purpose, pool, user and address.

Purposes never meet: each has a row, a digest and a lifetime of its own.
"""

import hmac
from collections.abc import Mapping
from typing import Final, NamedTuple

from poolhouse.crypto.codes import one_time_code
from poolhouse.crypto.vault import Vault
from poolhouse.errors import (
    CodeDeliveryFailureException,
    CodeMismatchException,
    ExpiredCodeException,
    InvalidParameterException,
    ServiceError,
)
from poolhouse.messages import compose, outbox
from poolhouse.messages.compose import Purpose
from poolhouse.operations.context import Call
from poolhouse.operations.gate import Answer
from poolhouse.store import codes
from poolhouse.store.codes import Code
from poolhouse.store.database import Transaction
from poolhouse.store.pools import Pool
from poolhouse.store.users import User

SIGN_UP: Final = "sign_up"
EMAIL: Final = "attribute:email"
RECOVERY: Final = "forgot_password"
_PRESENT: Final = "email"
_PENDING: Final = "pending:email"
_HOUR: Final = 3600 * 1_000_000
_NOBODY: Final = 0


def lifetime(code_for: str) -> int:
    """How long a code of this kind is good; microseconds."""
    return _HOUR if code_for == RECOVERY else 24 * _HOUR


class Verified(NamedTuple):
    """The address that a code has proved; `is_new` when it is to replace the user's present one."""

    destination: str
    is_new: bool


def automatic_contact(pool: Pool, attributes: Mapping[str, str]) -> str | None:
    """The e-mail address that gets a code without being asked for, if any.

    AWS would take a phone number first. Messages to phones are not served, so a user who has only that is refused by
    name: InvalidParameterException.
    """
    automatic = pool.settings.AutoVerifiedAttributes
    if "email" in automatic and attributes.get("email"):
        return attributes["email"]
    if "phone_number" in automatic and attributes.get("phone_number"):
        raise no_sms()
    return None


def no_sms() -> InvalidParameterException:
    return InvalidParameterException("Sending SMS messages is not served by this version of Poolhouse.")


def require_delivery(ctx: Call) -> None:
    """Raises CodeDeliveryFailureException when nobody delivers messages: before anything is changed."""
    if not ctx.services.delivers:
        raise CodeDeliveryFailureException("No delivery of messages is configured for this server.")


async def send(
    ctx: Call,
    tx: Transaction,
    pool: Pool,
    user: User,
    *,
    code_for: str,
    purpose: Purpose,
    to: str,
    is_new: bool = False,
) -> None:
    """Replace the user's code of this kind and leave the message in the outbox; call `wake_delivery` after the commit.

    `is_new` says that `to` becomes the user's address only when the code comes back.
    """
    text = one_time_code()
    vault, now = ctx.services.vault, ctx.now
    digest = _digest(vault, code_for, user, to, text)
    until = now + lifetime(code_for)
    await codes.put(tx, Code(user.id, code_for, digest, _PENDING if is_new else _PRESENT, to, until, now))
    if purpose == "forgot_password":
        message = compose.recovery(pool, text, user.username, to)
    else:
        message = compose.verification(pool, purpose, text, user.username, to)
    await outbox.put(tx, vault, pool.id, user.username, message, now)


async def pretend(ctx: Call, tx: Transaction, *, code_for: str) -> None:
    """As many statements as `send`, for somebody who is only said to have been sent a code. Nothing is written."""
    ctx.services.vault.digest("code", code_for.encode())
    await codes.remove(tx, _NOBODY, code_for)
    await codes.find(tx, _NOBODY, code_for)


async def check(ctx: Call, tx: Transaction, user: User, *, code_for: str, text: str) -> Verified | ServiceError:
    """Use up the user's code if `text` is it. Errors are returned: raising would take back the count of the try."""
    code = await look(ctx, tx, user, code_for=code_for, text=text)
    if isinstance(code, ServiceError):
        return code
    if not await codes.use(tx, code):
        return ExpiredCodeException()
    return Verified(code.destination, code.attribute == _PENDING)


async def look(ctx: Call, tx: Transaction, user: User | None, *, code_for: str, text: str) -> Code | ServiceError:
    """The user's code if `text` is it; it stays good. For checks before something slow, with `check` behind it.

    A user who does not exist costs the same statement.
    """
    code = await codes.find(tx, user.id if user else _NOBODY, code_for)
    if user is None or code is None or code.expires <= ctx.now:
        return ExpiredCodeException()
    digest = _digest(ctx.services.vault, code_for, user, code.destination, text)
    if not hmac.compare_digest(digest, code.digest):
        return CodeMismatchException()
    return code


async def pending(ctx: Call, tx: Transaction, user: User) -> str | None:
    """The address that is to become the user's own, while its code is good."""
    code = await codes.find(tx, user.id, EMAIL)
    is_live = code is not None and code.attribute == _PENDING and code.expires > ctx.now
    return code.destination if code is not None and is_live else None


def delivery(destination: str) -> Answer:
    """AWS's CodeDeliveryDetails."""
    return {"AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": compose.masked(destination)}


def _digest(vault: Vault, code_for: str, user: User, destination: str, text: str) -> bytes:
    return vault.digest("code", "\0".join((code_for, user.pool_id, str(user.id), destination, text)).encode())
