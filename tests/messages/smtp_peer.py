"""A mail server of our own for tests: it speaks SMTP with STARTTLS, TLS and AUTH PLAIN, and keeps what it is given."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "mailer", "Correct-Horse9"


@dataclass
class Received:
    """One message: the envelope, the text as it came, and whether the line was encrypted."""

    sender: str
    recipients: list[str]
    data: bytes
    encrypted: bool
    user: str | None


@dataclass
class Peer:
    """`refuse` answers RCPT with another code; `starttls` says whether it is offered."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    refuse: str = ""
    starttls: bool = True
    tls: ssl.SSLContext | None = None
    is_tls: bool = False

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._session(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # the client went away, which is its right
        finally:
            writer.close()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:  # noqa: C901 - one branch a command
        encrypted, user, sender, recipients = self.is_tls, None, "", []

        async def say(text: str) -> None:
            writer.write(text.encode() + b"\r\n")
            await writer.drain()

        await say("220 peer ESMTP")
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            self.commands.append(line)
            verb = line.split(" ")[0].upper()
            if verb in {"EHLO", "HELO"}:
                offered = ["AUTH PLAIN"] if encrypted else ["STARTTLS"] if self.starttls else []
                lines = ["peer", *offered, "SIZE 1000000"]
                await say("\r\n".join(f"250{' ' if last else '-'}{each}" for last, each in _ends(lines)))
            elif verb == "STARTTLS":
                await say("220 go")
                await writer.start_tls(self.tls)
                encrypted = True
            elif verb == "AUTH":
                _, given, secret = base64.b64decode(line.split(" ")[2]).decode().split("\0")
                user = given if (given, secret) == (USER, PASSWORD) else None
                await say("235 welcome" if user else "535 no")
            elif verb == "MAIL":
                sender, recipients = line.partition("<")[2].partition(">")[0], []
                await say("250 ok")
            elif verb == "RCPT":
                if not self.refuse:
                    recipients.append(line.partition("<")[2].partition(">")[0])
                await say(self.refuse or "250 ok")
            elif verb == "DATA":
                await say("354 go")
                data = await reader.readuntil(b"\r\n.\r\n")
                self.received.append(Received(sender, recipients, data, encrypted, user))
                await say("250 kept")
            elif verb == "QUIT":
                await say("221 bye")
                return
            else:
                await say("250 ok")


def _ends(lines: list[str]) -> list[tuple[bool, str]]:
    return [(number == len(lines) - 1, line) for number, line in enumerate(lines)]


@asynccontextmanager
async def peer(directory: Path, *, tls: bool = False, **settings: object) -> AsyncIterator[Peer]:
    """A mail server on loopback; `ca.pem` in the directory is who signed its certificate."""
    made = Peer(is_tls=tls, **settings)  # type: ignore[arg-type]
    made.tls = _context(directory)
    server = await asyncio.start_server(made.talk, "127.0.0.1", 0, ssl=made.tls if tls else None)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()


def _context(directory: Path) -> ssl.SSLContext:
    authority, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _certificate("Test CA", authority, "Test CA", authority, is_authority=True)
    (directory / "ca.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    chain = directory / "chain.pem"
    chain.write_bytes(
        _certificate("127.0.0.1", leaf, "Test CA", authority).public_bytes(serialization.Encoding.PEM)
        + leaf.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context


def _certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    signer: ec.EllipticCurvePrivateKey,
    *,
    is_authority: bool = False,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(signer, hashes.SHA256())
