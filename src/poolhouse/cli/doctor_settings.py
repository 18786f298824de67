"""The doctor on settings and machine: secrets, addresses, certificates, limits and the clock."""

import base64
import resource
import socket
import stat
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from poolhouse.cli.findings import Finding, fail, ok, warn
from poolhouse.cli.limits import FEW_FILES
from poolhouse.config import Mode, Settings, is_loopback, key_file, load
from poolhouse.errors import SettingError

_SOON = timedelta(days=14)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BUILT = 1_760_000_000_000_000  # no clock that is right shows a time before this version was written
_SLACK = 60_000_000
_APART_SECONDS = 5
_PEER_SECONDS = 2.0


def settings(mode: Mode, project: Path, overrides: Mapping[str, object]) -> tuple[Settings | None, Finding]:
    """Read as a server of this mode would; a missing development key is not made."""
    given, path = dict(overrides), key_file(project)
    if mode == "dev" and path is not None and not path.exists():
        given["master_key"] = base64.b64encode(bytes(32)).decode()
    try:
        found = load(mode, project, given)
    except SettingError as error:
        return None, fail("settings", error.message, error.resolution or "Correct the settings.")
    return found, ok("settings", f"as for poolhouse {mode}; {found.public_url}")


def master_key(mode: Mode, project: Path) -> Finding:
    """That there is one, and that nobody else can read its file."""
    name, path = "master key", key_file(project)
    if path is None:
        return ok(name, "from POOLHOUSE_MASTER_KEY")
    if not path.exists() and mode == "dev":
        return ok(name, f"none yet; poolhouse dev makes {path}")
    if not path.exists() or (mode == "serve" and path == project / ".poolhouse" / "master.key"):
        remedy = "Make one with poolhouse generate master-key, keep it safe, and set POOLHOUSE_MASTER_KEY."
        return fail(name, "There is none.", remedy)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return fail(name, f"Others than its owner may use {path}.", f"chmod 600 {path}")
    return ok(name, f"{path}, its owner's alone")


def addresses(settings: Settings) -> Iterator[Finding]:
    """Whether the ports are free, or ours already, and whether clients can use the public address."""
    yield _port("port", settings.host, settings.port)
    if settings.metrics_port:
        yield _port("metrics port", settings.host, settings.metrics_port)
    parts = urlsplit(settings.public_url)
    host = parts.hostname or ""
    if parts.scheme == "http" and not is_loopback(host):
        text = f"Clients are told {settings.public_url}, without TLS."
        yield warn(
            "public URL", text, "Set POOLHOUSE_PUBLIC_URL to the https:// address, with a certificate or a proxy."
        )
    elif settings.behind_proxy and is_loopback(host):
        text = f"A proxy is declared, and the public address is {host}."
        yield warn("public URL", text, "Set POOLHOUSE_PUBLIC_URL to the proxy's address.")
    elif not _resolves(host):
        yield fail(
            "public URL", f"The name {host} cannot be resolved here.", "Correct POOLHOUSE_PUBLIC_URL or the DNS."
        )
    else:
        yield ok("public URL", settings.public_url)


def _resolves(host: str) -> bool:
    try:
        socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return False
    return True


def _port(name: str, host: str, port: int) -> Finding:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if _answers(host, port):
                return warn(name, f"A server answers on {host}:{port}.", "If it is not this one, choose another port.")
            return fail(name, f"{host}:{port} cannot be used ({error.strerror}).", "Choose another --host or --port.")
    return ok(name, f"{host}:{port} is free")


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=_PEER_SECONDS).close()
    except OSError:
        return False
    return True


def certificate(settings: Settings, now: int) -> Iterator[Finding]:
    """That the certificate of `serve` holds, and for how long."""
    if not settings.tls_cert:
        return
    try:
        found = x509.load_pem_x509_certificates(Path(settings.tls_cert).read_bytes())[0]
    except (OSError, ValueError) as error:
        yield fail("certificate", f"{settings.tls_cert} is none ({error}).", "Name a PEM file with the certificate.")
        return
    moment, until = _EPOCH + timedelta(microseconds=now), found.not_valid_after_utc
    if not found.not_valid_before_utc <= moment < until:
        yield fail(
            "certificate", f"It holds until {until:%Y-%m-%d %H:%M}Z, and now is {moment:%Y-%m-%d %H:%M}Z.", "Renew it."
        )
    elif until - moment < _SOON:
        yield warn("certificate", f"It ends {until:%Y-%m-%d}.", "Renew it, and restart the server.")
    else:
        yield ok("certificate", f"until {until:%Y-%m-%d}")


def machine(now: int, newest: int | None, ahead: float) -> Iterator[Finding]:
    """Open files and the clock. `newest` is the last time that the database knows, `ahead` how far its clock is, in
    seconds.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = "any number" if hard == resource.RLIM_INFINITY else str(hard)
    if hard != resource.RLIM_INFINITY and hard < FEW_FILES:
        text = f"This process may open {hard} files, and every connection is one."
        yield warn("open files", text, "Raise it: ulimit -n, LimitNOFILE= of systemd, or ulimits of the container.")
    else:
        yield ok("open files", f"{soft} of {most}")
    yield _clock(now, newest, ahead)


def _clock(now: int, newest: int | None, ahead: float) -> Finding:
    name, shown = "clock", f"{_EPOCH + timedelta(microseconds=now):%Y-%m-%d %H:%M:%S}Z"
    repair = "Set it, and keep it right with NTP: signatures may be five minutes off, and codes and tokens end."
    if now < _BUILT:
        return fail(name, f"It shows {shown}, which is past.", repair)
    if newest is not None and newest > now + _SLACK:
        later = (newest - now) / 1e6
        return fail(name, f"It shows {shown}, and the database has records of {later:.0f} s later.", repair)
    if abs(ahead) > _APART_SECONDS:
        return warn(name, f"The database's clock is {abs(ahead):.0f} s {'ahead' if ahead > 0 else 'behind'}.", repair)
    return ok(name, shown)
