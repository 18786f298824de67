"""TLS of `dev` and `serve`: the project's own certificate authority, the server's certificate, and its sockets.

Functions do not need it: they reach their server over a plain socket on loopback, so that no handler has to trust
anything.
"""

import asyncio
import os
import socket
import ssl
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from poolhouse.config import Settings
from poolhouse.crypto.certificates import LOCAL_DOMAINS, Pair, is_local, is_usable, new_authority, new_leaf
from poolhouse.errors import SettingError

FOLDER = Path(".poolhouse") / "tls"
AUTHORITY = "ca.pem"
_ALWAYS = ("localhost", "127.0.0.1", "::1")
_GOODBYE_SECONDS = 0.5
_BACKLOG = 2048


@dataclass(frozen=True, slots=True)
class Secured:
    """What a server needs to speak TLS; `authority` is the file to trust, when it is the project's own."""

    context: ssl.SSLContext
    inner: socket.socket
    authority: Path | None
    given: "Certificate | None" = None
    """The certificate of the settings, which may be renewed."""


class Certificate:
    """A certificate and its key in files that are somebody else's. Raises SettingError when they cannot be used."""

    def __init__(self, file: Path, key: Path) -> None:
        self.file = file
        self._key = key
        self._current = self.context = _context(file, key)
        # Asked in every handshake, whether the client names a server or not: so that a pair is taken over whole.
        self.context.sni_callback = self._choose

    def renew(self) -> None:
        """Show new connections what is in the files now. Raises SettingError, and then what was shown before stays."""
        self._current = _context(self.file, self._key)

    def _choose(self, connection: ssl.SSLObject, _name: str | None, _listening: ssl.SSLContext) -> None:
        connection.context = self._current


def secure(settings: Settings, project: Path, now: int) -> tuple[Settings, Secured | None]:
    """The server's TLS, and the settings with the plain address for its functions. `now` is epoch microseconds."""
    if not settings.speaks_tls:
        return settings, None
    folder = project.resolve() / FOLDER
    given = Certificate(Path(settings.tls_cert), Path(settings.tls_key)) if settings.tls_cert else None
    if given is not None:
        context, authority = given.context, None
    else:
        authority = folder / AUTHORITY
        context = _context(*_certified(folder, _hosts(settings), now))
    inner = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{inner.getsockname()[1]}"
    return replace(settings, inner_url=address), Secured(context, inner, authority, given)


async def listen(
    secured: Secured, sockets: Iterable[socket.socket], connection: Callable[[], asyncio.Protocol]
) -> list[asyncio.Server]:
    """TLS on these sockets, and none on the inner one. A peer that does not answer our goodbye is not waited for."""
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_server(
            connection, sock=each, ssl=secured.context, ssl_shutdown_timeout=_GOODBYE_SECONDS, backlog=_BACKLOG
        )
        for each in sockets
    ]
    return [*made, await loop.create_server(connection, sock=secured.inner)]


def hints(authority: Path) -> list[tuple[str, str]]:
    """How clients come to trust the project's own authority."""
    return [
        ("Node", f"NODE_EXTRA_CA_CERTS={authority}"),
        ("curl", f"--cacert {authority}"),
        ("Python", f"SSL_CERT_FILE={authority}, or ca_file= of poolhouse.client"),
        ("boto3, AWS CLI", f"AWS_CA_BUNDLE={authority}"),
        ("macOS", f"security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db {authority}"),
        ("Phones, browsers", "install and trust that file; docs/tls.md says how"),
    ]


def _hosts(settings: Settings) -> list[str]:
    """What clients may call the server. Raises SettingError for a name that is not local."""
    named = [settings.host, urlsplit(settings.public_url).hostname or ""]
    hosts = [host for host in (*_ALWAYS, *named) if host not in {"", "0.0.0.0", "::"}]  # noqa: S104 - compared, not bound
    for host in hosts:
        if not is_local(host):
            raise SettingError(
                f"The project's own certificate authority vouches for local names only, and {host} is none.",
                resolution=f"Use a private address or a name below {', '.join(LOCAL_DOMAINS)}; or bring a certificate: "
                "POOLHOUSE_TLS_CERT and POOLHOUSE_TLS_KEY.",
            )
    return hosts


def _certified(folder: Path, hosts: list[str], now: int) -> tuple[Path, Path]:
    """A fresh certificate; the authority is made once, so that it need not be trusted again."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    leaf = new_leaf(_authority(folder, now), hosts, now)
    paths = folder / "server.pem", folder / "server.key"
    _write(paths[0], leaf.certificate)
    _write(paths[1], leaf.key)
    return paths


def _authority(folder: Path, now: int) -> Pair:
    certificate, key = folder / AUTHORITY, folder / "ca.key"
    with suppress(FileNotFoundError, ValueError):
        kept = Pair(certificate.read_bytes(), key.read_bytes())
        if is_usable(kept, now):
            return kept
    made = new_authority(f"Poolhouse development: {folder.parents[1].name}", now)
    _write(key, made.key)
    _write(certificate, made.certificate)
    return made


def _write(path: Path, content: bytes) -> None:
    """In one step; a key is never readable by others, not even for a moment."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with suppress(FileNotFoundError):
        draft.unlink()
    mode = 0o600 if path.suffix == ".key" else 0o644
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    draft.replace(path)


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 or later. Raises SettingError when the files cannot be used."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ValueError) as error:
        raise SettingError(
            f"{certificate} and {key} are no certificate with its key ({error}).",
            resolution="Name two PEM files: the server's certificate, followed by those between it and the root, "
            "and its private key without a password.",
        ) from error
    return context


def _no_password() -> str:
    """Instead of a question on the terminal, which nobody may be there to answer."""
    raise ValueError("the key is protected with a password")
