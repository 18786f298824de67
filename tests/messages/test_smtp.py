"""E-mail by SMTP, to a mail server that speaks it: TLS is checked, passwords travel in it alone, headers stay ours."""

import asyncio
import email
import smtplib
import ssl
from contextlib import suppress
from email.policy import default

import pytest
from messages.letters import ADA, POOL, VAULT, content, letter, post, waiting, with_pool
from messages.smtp_peer import PASSWORD, USER, peer

from poolhouse.messages.delivery import Undeliverable, deliver_once
from poolhouse.messages.smtp import Smtp, parse
from poolhouse.store.settings import EmailConfigurationType, PoolSettings

FROM = "Poolhouse <no-reply@example.org>"


def smtp(server, tmp_path, *, scheme: str = "smtp", login: str = f"{USER}:{PASSWORD}@", trusted: bool = True) -> Smtp:
    address = parse(f"{scheme}://{login}127.0.0.1:{server.port}")
    return Smtp(address, FROM, str(tmp_path / "ca.pem") if trusted else "")


def parsed(server) -> email.message.EmailMessage:
    [received] = server.received
    return email.message_from_bytes(received.data.removesuffix(b".\r\n"), policy=default)


async def test_a_mail(tmp_path):
    """Encrypted by STARTTLS, with a password, from the server's own address."""
    async with peer(tmp_path) as server:
        await smtp(server, tmp_path).send(POOL, letter(), content())
    [received] = server.received
    assert (received.sender, received.recipients) == ("no-reply@example.org", [ADA])
    assert (received.encrypted, received.user) == (True, USER)
    mail = parsed(server)
    assert (mail["From"], mail["To"], mail["Subject"]) == (FROM, ADA, "Hello")
    assert mail["Message-ID"].endswith("@example.org>")
    assert mail["Date"] == "Thu, 01 Jan 1970 00:00:01 -0000"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().strip() == "Your code is 123456"


async def test_tls_from_the_beginning(tmp_path):
    async with peer(tmp_path, tls=True) as server:
        await smtp(server, tmp_path, scheme="smtps").send(POOL, letter(), content())
    assert [each.user for each in server.received] == [USER]


async def test_plain(tmp_path):
    async with peer(tmp_path) as server:
        await smtp(server, tmp_path, scheme="smtp+plain", login="").send(POOL, letter(), content())
    assert [(each.encrypted, each.user) for each in server.received] == [(False, None)]


async def test_starttls_is_not_given_up(tmp_path):
    """A server, or somebody in between, that offers no encryption gets neither the password nor the message."""
    async with peer(tmp_path, starttls=False) as server:
        with pytest.raises(smtplib.SMTPNotSupportedError):
            await smtp(server, tmp_path).send(POOL, letter(), content())
    assert server.received == []
    assert not any(command.upper().startswith(("AUTH", "MAIL")) for command in server.commands)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_unknown_certificate(tmp_path, scheme):
    async with peer(tmp_path, tls=scheme == "smtps") as server:
        with pytest.raises(ssl.SSLCertVerificationError):
            await smtp(server, tmp_path, scheme=scheme, trusted=False).send(POOL, letter(), content())
    assert server.received == []
    assert not any(command.upper().startswith("AUTH") for command in server.commands)


async def test_certificate_of_another_name(tmp_path):
    async with peer(tmp_path, tls=True) as server:
        address = parse(f"smtps://localhost:{server.port}")
        with pytest.raises(ssl.SSLCertVerificationError):
            await Smtp(address, FROM, str(tmp_path / "ca.pem")).send(POOL, letter(), content())
    assert server.received == []


@pytest.mark.parametrize(
    ("greeting", "again"),
    [(b"220-peer\r\n", b"220-more\r\n"), (b"220 peer\r\n", b"250-more\r\n"), (b"220 ", b"x"), (b"2" * 9000, b"2")],
)
async def test_a_server_that_never_ends(greeting, again):
    """Endless lines, an endless reply and a long one, a little at a time: the connection is cut and the thread free."""
    gone = asyncio.Event()

    async def talk(_reader, writer):
        with suppress(ConnectionError):
            writer.write(greeting)
            while not writer.is_closing():
                writer.write(again)
                await writer.drain()
                await asyncio.sleep(0.01)
        gone.set()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    address = parse(f"smtp+plain://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    async with asyncio.timeout(5):
        with pytest.raises((smtplib.SMTPException, OSError)):
            await Smtp(address, FROM, seconds=0.3).send(POOL, letter(), content())
        await gone.wait()
    server.close()


async def test_wrong_password(tmp_path):
    """It can be put right, so the message waits."""
    async with peer(tmp_path) as server:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            await smtp(server, tmp_path, login=f"{USER}:wrong@").send(POOL, letter(), content())
    assert server.received == []


async def test_refused_for_good(tmp_path):
    async with peer(tmp_path, refuse="550 no such user") as server:
        with pytest.raises(Undeliverable, match=r"refuses the recipient \(550\)"):
            await smtp(server, tmp_path).send(POOL, letter(), content())


async def test_refused_for_now(tmp_path):
    async with peer(tmp_path, refuse="450 later") as server:
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            await smtp(server, tmp_path).send(POOL, letter(), content())


@pytest.mark.parametrize(
    "hostile",
    [
        "Hi\r\nBcc: eve@example.com",
        "Hi\nBcc: eve@example.com",
        "Hi\rBcc: eve@example.com",
        "Hi\x0bBcc: eve@example.com",
        "Hi\u2028Bcc: eve@example.com",
        "Hi\x85Bcc: eve@example.com",
    ],
)
async def test_no_header_from_a_subject(tmp_path, hostile):
    """A line break in a subject is a blank."""
    async with peer(tmp_path) as server:
        await smtp(server, tmp_path).send(POOL, letter(), content(subject=hostile))
    mail = parsed(server)
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Hi Bcc: eve@example.com"
    assert [each.recipients for each in server.received] == [[ADA]]


async def test_no_header_from_a_name(tmp_path):
    """The sender's name of a pool is one line too."""
    settings = PoolSettings(EmailConfiguration=EmailConfigurationType(From="A\r\nBcc: eve@example.com <a@example.org>"))
    async with peer(tmp_path) as server:
        await smtp(server, tmp_path).send(POOL._replace(settings=settings), letter(), content())
    mail = parsed(server)
    assert (mail["Bcc"], server.received[0].sender) == (None, "a@example.org")


@pytest.mark.parametrize("address", ["", "ada", "a@b@c.d", "ada@example.com\r\nRCPT TO:<eve@example.com>", "a b@c.d"])
async def test_no_address(tmp_path, address):
    """What is no address is nobody's, and no command."""
    async with peer(tmp_path) as server:
        with pytest.raises(Undeliverable):
            await smtp(server, tmp_path).send(POOL, letter(address), content())
    assert server.commands == []


async def test_the_body_cannot_end_the_message(tmp_path):
    body = "line\r\n.\r\nMAIL FROM:<eve@example.com>\r\n"
    async with peer(tmp_path) as server:
        await smtp(server, tmp_path).send(POOL, letter(), content(body=body))
    assert len(server.received) == 1
    assert sum(command.upper().startswith("MAIL") for command in server.commands) == 1


async def test_what_the_pool_says(tmp_path):
    """Its own sender, where replies go, and the configuration set as Amazon's mail servers take it."""
    configured = EmailConfigurationType(
        EmailSendingAccount="DEVELOPER",
        SourceArn="arn:aws:ses:us-east-1:123456789012:identity/other@example.org",
        ReplyToEmailAddress="help@example.org",
        From="Ada & Co <team@example.org>",
        ConfigurationSet="tracked",
    )
    pool = POOL._replace(settings=PoolSettings(EmailConfiguration=configured))
    async with peer(tmp_path) as server:
        await smtp(server, tmp_path).send(pool, letter(), content(body="<b>Hé</b>", is_html=True))
    mail = parsed(server)
    assert (mail["From"], mail["Reply-To"]) == ("Ada & Co <team@example.org>", "help@example.org")
    assert mail["X-SES-CONFIGURATION-SET"] == "tracked"
    assert (mail.get_content_type(), mail.get_content().strip()) == ("text/html", "<b>Hé</b>")


async def test_the_identity_sends(tmp_path):
    """An address as SES identity is the sender where the pool names no other; a domain is not."""
    arn = "arn:aws:ses:us-east-1:123456789012:identity/"
    async with peer(tmp_path) as server:
        for identity in ("pool@example.org", "example.org"):
            settings = PoolSettings(EmailConfiguration=EmailConfigurationType(SourceArn=arn + identity))
            await smtp(server, tmp_path).send(POOL._replace(settings=settings), letter(), content())
    assert [each.sender for each in server.received] == ["pool@example.org", "no-reply@example.org"]


@pytest.mark.parametrize("address", ["a..b@c.d", ".a@c.d", "a+b@c.d", "o'x@c.d", "a=b/c@c.d"])
async def test_odd_addresses(tmp_path, address):
    """What a pool takes as an address gets its mail, quoted where the standard wants it."""
    async with peer(tmp_path) as server:
        await smtp(server, tmp_path).send(POOL, letter(address), content())
    assert server.received[0].recipients[0].replace('"', "") == address


async def test_from_outbox_to_mailbox(database, tmp_path):
    """The same message has the same id at every attempt."""
    await with_pool(database)
    await post(database, 1)
    async with peer(tmp_path, refuse="450 later") as server:
        sender = smtp(server, tmp_path)
        await deliver_once(database, VAULT, sender, 1_000_000)
        assert server.received == []
        server.refuse = ""
        await deliver_once(database, VAULT, sender, 1_000_000 + 5_000_000)
    assert parsed(server)["Subject"] == "Your verification code"
    assert await waiting(database) == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://a:b@mail.example.org", ("starttls", "mail.example.org", 587, "a", "b")),
        ("smtps://a%40b:c%2Fd@mail:2465/", ("tls", "mail", 2465, "a@b", "c/d")),
        ("smtp+plain://mailpit:1025", ("none", "mailpit", 1025, None, None)),
    ],
)
def test_addresses(url, expected):
    assert parse(url) == expected


@pytest.mark.parametrize(
    "url",
    ["", "mail", "http://mail", "smtp://", "smtp://user@mail", "smtp+plain://a:Correct-Horse9@mail", "smtp://m/x?y=1"],
)
def test_addresses_that_are_none(url):
    """The refusal does not repeat the text, for it may hold a password."""
    with pytest.raises(ValueError, match="must") as error:
        parse(url)
    assert "Correct" not in str(error.value)
