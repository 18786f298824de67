"""Which sender delivers what: the one that the settings name for each medium, and the local inbox for development."""

from collections.abc import Mapping

from poolhouse.config import Settings
from poolhouse.store.database import Database
from poolhouse.store.messages import Letter
from poolhouse.store.pools import Pool

from .contacts import Medium
from .delivery import Sender
from .inbox import LocalInbox
from .outbox import Content


def senders(settings: Settings, database: Database) -> dict[Medium, Sender]:
    """The medium that is not in it is not delivered. Libraries are loaded for what is configured only."""
    found: dict[Medium, Sender] = {}
    if settings.development:
        inbox = LocalInbox(database)
        found |= {"EMAIL": inbox, "SMS": inbox}
    if settings.smtp_url:
        from .smtp import Smtp, parse

        found["EMAIL"] = Smtp(parse(settings.smtp_url), settings.email_from, settings.smtp_ca_file)
    if settings.ses_region:
        from .aws import Ses

        found["EMAIL"] = Ses(settings.ses_region, settings.email_from)
    if settings.sms == "sns":
        from .aws import Sns

        found["SMS"] = Sns(settings.sns_region or settings.region)
    return found


class ByMedium:
    """Sends each message with the sender of its medium."""

    def __init__(self, senders: Mapping[Medium, Sender]) -> None:
        self._senders: dict[str, Sender] = {str(medium): sender for medium, sender in senders.items()}

    async def send(self, pool: Pool, letter: Letter, content: Content) -> None:
        """Raises LookupError for a medium that this server does not deliver: another node may."""
        sender = self._senders.get(letter.medium)
        if sender is None:
            raise LookupError(letter.medium)
        await sender.send(pool, letter, content)
