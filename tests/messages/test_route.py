"""Which sender delivers what: what the settings name, and the local inbox for development."""

import dataclasses

import pytest
from messages.letters import ADA, PHONE, POOL, content, letter

from poolhouse.messages.aws import Ses, Sns
from poolhouse.messages.inbox import LocalInbox
from poolhouse.messages.route import ByMedium, senders
from poolhouse.messages.smtp import Smtp


class Named:
    def __init__(self) -> None:
        self.got: list[str] = []

    async def send(self, pool, letter, content) -> None:
        self.got.append(letter.destination)


def kinds(settings, **changes) -> dict[str, type]:
    made = senders(dataclasses.replace(settings, **changes), database=None)  # type: ignore[arg-type]
    return {medium: type(sender) for medium, sender in made.items()}


def test_development(settings):
    """Everything ends in the inbox, but for what the settings send."""
    assert kinds(settings) == {"EMAIL": LocalInbox, "SMS": LocalInbox}
    smtp = {"smtp_url": "smtp://mail.example.org", "email_from": "a@example.org"}
    assert kinds(settings, **smtp) == {"EMAIL": Smtp, "SMS": LocalInbox}


def test_production(settings):
    """Nothing is delivered that nobody was named for."""
    assert kinds(settings, mode="serve") == {}
    ses = {"ses_region": "eu-west-1", "email_from": "a@example.org"}
    assert kinds(settings, mode="serve", **ses) == {"EMAIL": Ses}
    assert kinds(settings, mode="serve", sms="sns") == {"SMS": Sns}
    assert kinds(settings, mode="serve", sms="sns", **ses) == {"EMAIL": Ses, "SMS": Sns}


async def test_by_medium():
    mail, phone = Named(), Named()
    both = ByMedium({"EMAIL": mail, "SMS": phone})
    await both.send(POOL, letter(), content())
    await both.send(POOL, letter(PHONE, "SMS"), content())
    assert (mail.got, phone.got) == ([ADA], [PHONE])


async def test_a_medium_that_another_node_delivers():
    """The message waits for a node that can."""
    with pytest.raises(LookupError):
        await ByMedium({}).send(POOL, letter(), content())
