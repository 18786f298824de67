"""One-time codes that prove a contact: made, sent, checked. A code is bound to its purpose, pool, user and address.

Purposes never meet: each has a row, a digest and a lifetime of its own.
"""

import hmac
from collections.abc import Collection, Mapping
from typing import Final, NamedTuple, cast
from urllib.parse import urlencode

from poolhouse.crypto.codes import one_time_code
from poolhouse.crypto.vault import Vault
from poolhouse.errors import CodeDeliveryFailureException, CodeMismatchException, ExpiredCodeException, ServiceError
from poolhouse.messages import compose, contacts, outbox
from poolhouse.messages.compose import Message, Occasion, Purpose
from poolhouse.messages.contacts import Contact, Medium
from poolhouse.operations.context import Call
from poolhouse.operations.gate import Answer
from poolhouse.store import codes
from poolhouse.store.codes import Code
from poolhouse.store.database import Transaction
from poolhouse.store.pools import Pool
from poolhouse.store.settings import ContactAttribute
from poolhouse.store.users import User

from . import custom_messages

SIGN_UP: Final = "sign_up"
RECOVERY: Final = "forgot_password"
_PENDING: Final = "pending:"
_HOUR: Final = 3600 * 1_000_000
_NOBODY: Final = 0


def of_attribute(attribute: ContactAttribute) -> str:
    """What the code is for that verifies a contact of an account that exists."""
    return f"attribute:{attribute}"


def lifetime(code_for: str) -> int:
    """How long a code of this kind is good; microseconds."""
    return _HOUR if code_for == RECOVERY else 24 * _HOUR


class Verified(NamedTuple):
    """The contact that a code has proved; `is_new` when it is to replace the user's present one."""

    contact: Contact
    is_new: bool


def automatic_contact(pool: Pool, attributes: Mapping[str, str]) -> Contact | None:
    """The contact that gets a code without being asked for, if any: the phone where the pool verifies both."""
    automatic = pool.settings.AutoVerifiedAttributes
    found = [contacts.of(attributes, name) for name in ("phone_number", "email") if name in automatic]
    return next((contact for contact in found if contact is not None), None)


def require_delivery(ctx: Call, pool: Pool, medium: Medium) -> None:
    """Raises CodeDeliveryFailureException when nobody delivers such messages: before anything is changed."""
    if not custom_messages.is_deliverable(ctx.services, pool, medium):
        raise CodeDeliveryFailureException(f"No delivery of {medium} messages is configured for this server.")


def require_some_delivery(ctx: Call, pool: Pool, attributes: Collection[ContactAttribute]) -> None:
    """Raises CodeDeliveryFailureException when no message could be delivered to any such contact of anybody."""
    mediums = [contacts.MEDIUMS[attribute] for attribute in attributes] or ["EMAIL"]
    if not any(custom_messages.is_deliverable(ctx.services, pool, medium) for medium in mediums):
        require_delivery(ctx, pool, mediums[0])


async def send(
    ctx: Call,
    tx: Transaction,
    pool: Pool,
    user: User,
    *,
    code_for: str,
    purpose: Purpose,
    to: Contact,
    occasion: Occasion,
    is_new: bool = False,
) -> None:
    """Replace the user's code of this kind and leave the message in the outbox; call `wake_delivery` after the commit.

    `is_new` says that `to` becomes the user's contact only when the code comes back.
    """
    text = one_time_code()
    vault, now = ctx.services.vault, ctx.now
    digest = _digest(vault, code_for, user, to.address, text)
    until = now + lifetime(code_for)
    attribute = f"{_PENDING}{to.attribute}" if is_new else to.attribute
    await codes.put(tx, Code(user.id, code_for, digest, attribute, to.address, until, now))
    message = _message(ctx, pool, user, purpose, to, occasion, text)
    await outbox.put(tx, vault, pool.id, user.username, message, now, until)


def _message(
    ctx: Call, pool: Pool, user: User, purpose: Purpose, to: Contact, occasion: Occasion, text: str
) -> Message:
    if purpose == "forgot_password":
        return compose.recovery(pool, text, user.username, to, occasion)
    by_link = to.medium == "EMAIL" and custom_messages.is_by_link(pool, occasion.source)
    link = _link(ctx, user, occasion, text) if by_link else None
    return compose.verification(pool, purpose, text, user.username, to, occasion, link)


def _link(ctx: Call, user: User, occasion: Occasion, text: str) -> str:
    """The page on which a button confirms the account. Mail scanners that open it use up nothing."""
    return link(ctx.services.settings.public_url, occasion.client_id or "", user.username, text)


def link(public_url: str, client_id: str, username: str, code: str) -> str:
    """The address that a mail with a link carries."""
    query = {"client_id": client_id, "user_name": username, "confirmation_code": code}
    return f"{public_url}/confirmUser?{urlencode(query)}"


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
    return Verified(_contact(code), code.attribute.startswith(_PENDING))


async def look(ctx: Call, tx: Transaction, user: User | None, *, code_for: str, text: str) -> Code | ServiceError:
    """The user's code if `text` is it; it stays good. For checks before something slow, with `check` behind it.

    A user who does not exist costs the same statement.
    """
    code = await codes.find(tx, user.id if user else _NOBODY, code_for)
    if user is None or code is None:
        return ExpiredCodeException()
    if code.expires <= ctx.now:
        return ExpiredCodeException(seconds_ago=(ctx.now - code.expires) // 1_000_000)
    digest = _digest(ctx.services.vault, code_for, user, code.destination, text)
    if not hmac.compare_digest(digest, code.digest):
        return CodeMismatchException()
    return code


async def pending(ctx: Call, tx: Transaction, user: User, attribute: ContactAttribute) -> Contact | None:
    """The contact that is to become the user's own, while its code is good."""
    code = await codes.find(tx, user.id, of_attribute(attribute))
    if code is None or not code.attribute.startswith(_PENDING) or code.expires <= ctx.now:
        return None
    return _contact(code)


def delivery(to: Contact) -> Answer:
    """AWS's CodeDeliveryDetails."""
    return {"AttributeName": to.attribute, "DeliveryMedium": to.medium, "Destination": to.masked}


def _contact(code: Code) -> Contact:
    return Contact(cast("ContactAttribute", code.attribute.removeprefix(_PENDING)), code.destination)


def _digest(vault: Vault, code_for: str, user: User, destination: str, text: str) -> bytes:
    return vault.digest("code", "\0".join((code_for, user.pool_id, str(user.id), destination, text)).encode())
