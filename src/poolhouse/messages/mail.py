"""One e-mail: who it is from, where replies go, and its text as RFC 5322 wants it. How it travels is not known here."""

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final, NamedTuple

from poolhouse.store.messages import Letter
from poolhouse.store.pools import Pool

from .outbox import Content

_IDENTITY: Final = ":identity/"
_SPEC: Final = r"[^<>@\s,;]+@[^<>@\s,;]+"
_ADDRESS: Final = re.compile(rf"(?P<bare>{_SPEC})|(?P<name>[^<>]*)<(?P<named>{_SPEC})>")


class Mail(NamedTuple):
    """Every text is one line but the body. `origin` and `reply_to` may carry a name; `configuration` is SES's set."""

    origin: str
    destination: str
    reply_to: str | None
    subject: str
    body: str
    is_html: bool
    configuration: str | None
    identity_arn: str | None


def compose(pool: Pool, letter: Letter, content: Content, default_from: str) -> Mail:
    """The pool's own sender address wins over the server's, as far as the pool has one."""
    configured = pool.settings.EmailConfiguration
    arn = configured.SourceArn
    identity = arn.partition(_IDENTITY)[2] if arn else ""
    origin = configured.From or (identity if "@" in identity else "") or default_from
    return Mail(
        origin=_line(origin),
        destination=letter.destination,
        reply_to=_line(configured.ReplyToEmailAddress) if configured.ReplyToEmailAddress else None,
        subject=_line(content.subject),
        body=content.body,
        is_html=content.is_html,
        configuration=configured.ConfigurationSet,
        identity_arn=arn,
    )


def message(mail: Mail, *, message_id: str, date: str) -> EmailMessage:
    """`date` is a date-time of RFC 5322. Raises ValueError for an address that is none."""
    made = EmailMessage(policy=SMTP)
    made["From"] = address(mail.origin)
    made["To"] = address(mail.destination)
    if mail.reply_to is not None:
        made["Reply-To"] = address(mail.reply_to)
    made["Subject"] = mail.subject
    made["Date"] = date
    made["Message-ID"] = message_id
    made["Auto-Submitted"] = "auto-generated"
    if mail.configuration is not None:
        made["X-SES-CONFIGURATION-SET"] = mail.configuration
    made.set_content(mail.body, subtype="html" if mail.is_html else "plain")
    return made


def address(text: str) -> Address:
    """`ada@example.com` or `Ada <ada@example.com>`, on one line. Raises ValueError for anything else."""
    found = _ADDRESS.fullmatch(text)
    if found is None or not text.isprintable():
        raise ValueError("not an e-mail address")
    username, _, domain = (found["named"] or found["bare"]).partition("@")
    return Address((found["name"] or "").strip().strip('"'), username, domain)


def _line(text: str) -> str:
    """One line of printable text: a line break would begin another header."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
