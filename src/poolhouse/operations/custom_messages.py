"""What a pool's functions have to do with messages: CustomMessage chooses the words, custom senders deliver them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from poolhouse import telemetry
from poolhouse.errors import InvalidLambdaResponseException, ServiceError
from poolhouse.messages.compose import CODE, LINK, USERNAME, Occasion, Source, Words
from poolhouse.messages.contacts import Contact, Medium
from poolhouse.messages.delivery import Sender, Undeliverable
from poolhouse.messages.outbox import Content
from poolhouse.store import attempts, users
from poolhouse.store.database import Transaction
from poolhouse.store.messages import Letter
from poolhouse.store.pools import Pool
from poolhouse.store.users import User

from . import protection, triggers
from .context import Services
from .door import Door
from .triggers import Trigger

_SENDERS: Final[Mapping[str, Trigger]] = {"EMAIL": "CustomEmailSender", "SMS": "CustomSMSSender"}
_TYPES: Final = {"EMAIL": "customEmailSenderRequestV1", "SMS": "customSMSSenderRequestV1"}
_LINK_PLACEHOLDER: Final = "{##Click Here##}"
_LONGEST: Final = {"emailSubject": 140, "emailMessage": 20_000, "smsMessage": 140}


def is_deliverable(services: Services, pool: Pool, medium: Medium) -> bool:
    """Whether somebody delivers such messages: the server, or a function of the pool."""
    return medium in services.delivers or triggers.configured(pool, _SENDERS[medium]) is not None


def chooses_words(pool: Pool) -> bool:
    return triggers.configured(pool, "CustomMessage") is not None


async def occasion(
    services: Services,
    pool: Pool,
    source: Source,
    medium: Medium,
    attributes: Mapping[str, str],
    *,
    username: str,
    client_id: str | None = None,
    metadata: Mapping[str, str] | None = None,
) -> Occasion:
    """The occasion of a message, with the words of the pool's CustomMessage function. Call it outside of every block.

    `attributes` are those of the event. A message that a custom sender delivers has no words. Raises
    UserLambdaValidationException, UnexpectedLambdaException, InvalidLambdaResponseException.
    """
    plain = Occasion(source, client_id, dict(metadata or {}))
    if not chooses_words(pool) or triggers.configured(pool, _SENDERS[medium]) is not None:
        return plain
    response = await triggers.run(
        services,
        pool,
        "CustomMessage",
        f"CustomMessage_{source}",
        client_id=client_id,
        username=username,
        request={
            "userAttributes": dict(attributes),
            "codeParameter": CODE,
            "linkParameter": _LINK_PLACEHOLDER,
            "usernameParameter": USERNAME if source == "AdminCreateUser" else None,
            "clientMetadata": dict(metadata or {}),
        },
        response={"smsMessage": None, "emailMessage": None, "emailSubject": None},
    )
    return plain._replace(words=_words(pool, source, response))


async def occasion_for(
    services: Services,
    pool: Pool,
    source: Source,
    medium: Medium,
    user: User,
    *,
    client_id: str | None = None,
    metadata: Mapping[str, str] | None = None,
) -> Occasion:
    """As `occasion`, for a user that exists."""
    known = triggers.attributes(pool, user) if chooses_words(pool) else {}
    return await occasion(
        services, pool, source, medium, known, username=user.username, client_id=client_id, metadata=metadata
    )


async def occasion_for_name(
    door: Door,
    name: str,
    source: Source,
    counted: str,
    choose: Callable[[Transaction, User], Awaitable[Contact | None]],
    metadata: Mapping[str, str] | None,
) -> Occasion | None:
    """As `occasion`, for whoever `name` is: the function is asked only about a user who is going to get a message.

    `counted` is the counter of messages that this user asked for, `choose` says where one would go. None for no
    message: the function failed, and the client hides who exists.
    """
    pool = door.pool
    plain = Occasion(source, door.client.id, dict(metadata or {}))
    if not chooses_words(pool):
        return plain
    async with door.ctx.services.database.read() as tx:
        user = await users.find(tx, pool, name)
        made = await attempts.find(tx, protection.subject(door.vault, counted, pool, user, name))
        used_up = attempts.is_used_up(made, door.ctx.now, protection.CODES_SENT)
        contact = None if user is None or used_up else await choose(tx, user)
    if user is None or contact is None:
        return plain
    return await occasion_unless_hidden(door, source, contact.medium, user, metadata)


async def occasion_unless_hidden(
    door: Door, source: Source, medium: Medium, user: User, metadata: Mapping[str, str] | None
) -> Occasion | None:
    """As `occasion_for`. Where the client hides who exists a function that fails must not tell: None, no message."""
    services, pool = door.ctx.services, door.pool
    try:
        return await occasion_for(services, pool, source, medium, user, client_id=door.client.id, metadata=metadata)
    except ServiceError as error:
        if not door.hides_unknown_users:
            raise
        telemetry.log.warning("message is not sent", pool=pool.id, source=source, error=error.code)
        return None


def _words(pool: Pool, source: Source, response: Mapping[str, Any]) -> Words:
    """Raises InvalidLambdaResponseException for texts that are too long, or would not carry the code."""
    texts = {name: _text(response, name) for name in _LONGEST}
    for name in ("emailMessage", "smsMessage"):
        text = texts[name]
        if text is None:
            continue
        by_link = name == "emailMessage" and is_by_link(pool, source)
        if not (LINK.search(text) if by_link else CODE in text):
            raise _unfit(name, "a verification link such as {##Click Here##}" if by_link else CODE)
        if source == "AdminCreateUser" and USERNAME not in text:
            raise _unfit(name, USERNAME)
    return Words(texts["emailSubject"], texts["emailMessage"], texts["smsMessage"])


def is_by_link(pool: Pool, source: Source) -> bool:
    """Whether a mail carries a link in place of the code: those that confirm an account do, where the pool says so."""
    option = pool.settings.VerificationMessageTemplate.DefaultEmailOption
    return option == "CONFIRM_WITH_LINK" and source in {"SignUp", "ResendCode"}


def _text(response: Mapping[str, Any], name: str) -> str | None:
    text = response.get(name)
    if text is None or text == "":
        return None
    if not isinstance(text, str) or len(text) > _LONGEST[name]:
        raise InvalidLambdaResponseException(
            f"CustomMessage answered a {name} that is not a text of at most {_LONGEST[name]} characters."
        )
    return text


def _unfit(name: str, lacking: str) -> InvalidLambdaResponseException:
    return InvalidLambdaResponseException(f"CustomMessage answered a {name} without {lacking}.")


# --- custom senders ----------------------------------------------------------------------------------------


class CustomSenders:
    """Sends a message with a function of its pool, where the pool has one for the medium, and otherwise as `others`."""

    def __init__(self, services: Services, others: Sender) -> None:
        self._services = services
        self._others = others

    async def send(self, pool: Pool, letter: Letter, content: Content) -> None:
        if triggers.configured(pool, _SENDERS[letter.medium]) is None:
            await self._others.send(pool, letter, content)
        else:
            await _hand_over(self._services, pool, letter, content)


async def _hand_over(services: Services, pool: Pool, letter: Letter, content: Content) -> None:
    """Differs from AWS: the code is text, because there is no KMS key to encrypt it with.

    Raises what the trigger raises, and Undeliverable when the user is gone.
    """
    async with services.database.read() as tx:
        user = await users.find(tx, pool, letter.username)
    if user is None:
        raise Undeliverable("the user does not exist any more")
    trigger = _SENDERS[letter.medium]
    await triggers.run(
        services,
        pool,
        trigger,
        f"{trigger}_{content.source}",
        client_id=content.client_id,
        username=user.username,
        request={
            "type": _TYPES[letter.medium],
            "code": content.code,
            "clientMetadata": content.metadata,
            "userAttributes": triggers.attributes(pool, user),
        },
        response={},
    )
