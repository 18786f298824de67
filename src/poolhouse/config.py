"""Every setting, declared once; the only place that reads the environment.

Order: default < environment (`POOLHOUSE_<NAME>`, or `POOLHOUSE_<NAME>_FILE` for secrets) < command line.
"""

import base64
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_type_hints

from poolhouse.config_rules import PATTERNS, RANGES
from poolhouse.errors import SettingError

PREFIX = "POOLHOUSE_"
_TRUE = frozenset({"true", "1", "yes", "on"})
Mode = Literal["dev", "serve"]


class Setting(NamedTuple):
    """One declared setting. `secret` settings are never shown and may come from a file."""

    name: str
    default: str
    help: str
    secret: bool = False

    @property
    def variable(self) -> str:
        return PREFIX + self.name.upper()


SETTINGS: tuple[Setting, ...] = (
    Setting("region", "us-east-1", "The region of pools, tokens and signatures."),
    Setting("account_id", "000000000000", "The twelve-digit account number in resource names."),
    Setting("host", "127.0.0.1", "The address to listen on."),
    Setting("port", "4500", "The port to listen on."),
    Setting("database", "", "sqlite:///FILE or postgresql://...; dev uses .poolhouse/dev.db in the project."),
    Setting(
        "database_seconds",
        "20",
        "How many seconds PostgreSQL may take for one statement; then the request gets 503. 0 is no bound.",
    ),
    Setting("public_url", "", "The URL that clients use; it is the issuer of tokens. Default: http(s)://HOST:PORT."),
    Setting("behind_proxy", "false", "Declare that a proxy in front of the server terminates TLS."),
    Setting("tls", "false", "Speak TLS with a certificate of the project's own authority, for local names; dev only."),
    Setting("tls_cert", "", "Speak TLS: a PEM file with the server's certificate, then those that lead to its root."),
    Setting("tls_key", "", "The PEM file with that certificate's private key."),
    Setting("root_access_key_id", "", "The access key that may do everything.", secret=True),
    Setting("root_secret_access_key", "", "Its secret.", secret=True),
    Setting("master_key", "", "32 bytes, base64: encrypts keys and secrets in the database.", secret=True),
    Setting("live_groups", "true", "A group rule also asks the database, so a removed admin is out at once."),
    Setting(
        "live_groups_seconds",
        "5",
        "With reference_auth(): for how many seconds at most what AWS said of a user's groups and sign-in is believed.",
    ),
    Setting("signature_window", "300", "How many seconds a request's signing time may be off."),
    Setting(
        "smtp_url",
        "",
        "The mail server: smtp://USER:PASSWORD@HOST:587 (STARTTLS), smtps://USER:PASSWORD@HOST:465 (TLS), or "
        "smtp+plain://HOST:25 without TLS or password.",
        secret=True,
    ),
    Setting("smtp_ca_file", "", "A PEM file of further certificate authorities for the mail server."),
    Setting("ses_region", "", "Send e-mail with Amazon SES in this region, instead of a mail server."),
    Setting("email_from", "", "Who e-mail is from: NAME@DOMAIN or Name <NAME@DOMAIN>. A pool may name its own."),
    Setting("sms", "", "sns: send text messages with Amazon SNS."),
    Setting("sns_region", "", "The region of Amazon SNS; by default the region above. A pool may name its own."),
    Setting(
        "audit_reads",
        "people",
        "Whose reads the audit trail keeps: people (support staff), or all (root and roles too).",
    ),
    Setting(
        "audit_stream",
        "",
        "Where audit records are sent as well, as JSON Lines: stdout, or the https:// address of a webhook.",
    ),
    Setting("audit_stream_secret", "", "The key that signs what the webhook is sent.", secret=True),
    Setting("max_workers", "8", "How many worker processes one function may have."),
    Setting(
        "function_user",
        "",
        "The operating-system user that functions run as, without rights of its own; the server then starts as root.",
    ),
    Setting("metrics_port", "0", "Where Prometheus metrics are served; 0 is off."),
    Setting("log_level", "info", "debug, info, warning or error."),
    Setting("log_format", "", "text or json; text on a terminal, else json."),
)

_BY_NAME = {setting.name: setting for setting in SETTINGS}
_DEV_ROOT = ("AKIAPOOLHOUSEDEVROOT", "poolhouse-development-secret-for-loopback")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the server runs with. Times are seconds, `master_key` is 32 bytes."""

    mode: Mode
    region: str
    account_id: str
    host: str
    port: int
    database: str
    public_url: str
    behind_proxy: bool
    root_access_key_id: str
    root_secret_access_key: str
    master_key: bytes
    live_groups: bool
    signature_window: int
    max_workers: int
    metrics_port: int
    log_level: str
    log_format: str
    smtp_url: str = ""
    smtp_ca_file: str = ""
    ses_region: str = ""
    email_from: str = ""
    sms: str = ""
    sns_region: str = ""
    audit_reads: str = "people"
    audit_stream: str = ""
    audit_stream_secret: str = ""
    tls: bool = False
    tls_cert: str = ""
    tls_key: str = ""
    live_groups_seconds: int = 5
    database_seconds: int = 20
    function_user: str = ""
    inner_url: str = ""
    """Where functions reach their own process, when that is not its address for clients."""

    @property
    def development(self) -> bool:
        return self.mode == "dev"

    @property
    def speaks_tls(self) -> bool:
        return self.tls or bool(self.tls_cert)

    def issuer(self, pool_id: str) -> str:
        """The `iss` of a pool's tokens and the base of its discovery documents."""
        return f"{self.public_url}/{pool_id}"


def load(
    mode: Mode, project: Path, overrides: Mapping[str, object], environ: Mapping[str, str] | None = None
) -> Settings:
    """Read every setting; raises one SettingError that lists all problems."""
    environ = os.environ if environ is None else environ
    problems = _unknown(environ)
    values = {setting.name: _raw(setting, overrides, environ, problems) for setting in SETTINGS}
    _fill_in(mode, project, values)
    parsed = _parse(values, problems)
    if bool(values["root_access_key_id"]) != bool(values["root_secret_access_key"]) and mode == "dev":
        problems.append("POOLHOUSE_ROOT_ACCESS_KEY_ID and POOLHOUSE_ROOT_SECRET_ACCESS_KEY belong together")
    if _is_development_root(values) and (mode == "serve" or not is_loopback(values["host"])):
        problems.append("the development root key is accepted by dev on a loopback address only")
    problems += _misdirected(values) + _half_secured(mode, values)
    if "://" in values["audit_stream"] and not values["audit_stream_secret"]:
        problems.append("POOLHOUSE_AUDIT_STREAM_SECRET is required to send audit records to a webhook")
    if mode == "serve" and "behind_proxy" in parsed:
        problems += _unsafe(values)
    if problems:
        raise SettingError(
            "; ".join(problems) + ".", resolution="Set the variables or flags named here and start again."
        )
    return Settings(mode=mode, **parsed)


def plain_text(environ: Mapping[str, str] | None = None) -> bool:
    """Whether NO_COLOR asks for text without colours."""
    return bool((os.environ if environ is None else environ).get("NO_COLOR"))


def opentelemetry(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """OpenTelemetry's own variables, which its SDK reads itself."""
    given = os.environ if environ is None else environ
    return {name: value for name, value in given.items() if name.startswith("OTEL_")}


def names_database(environ: Mapping[str, str] | None = None) -> bool:
    """Whether POOLHOUSE_DATABASE is set."""
    return bool((os.environ if environ is None else environ).get("POOLHOUSE_DATABASE"))


def names_public_url(environ: Mapping[str, str] | None = None) -> bool:
    """Whether POOLHOUSE_PUBLIC_URL is set."""
    return bool((os.environ if environ is None else environ).get("POOLHOUSE_PUBLIC_URL"))


def key_file(project: Path, environ: Mapping[str, str] | None = None) -> Path | None:
    """The file that holds the master key, or would; None where the variable itself does."""
    environ = os.environ if environ is None else environ
    if "POOLHOUSE_MASTER_KEY" in environ:
        return None
    named = environ.get("POOLHOUSE_MASTER_KEY_FILE")
    return Path(named) if named else project / ".poolhouse" / "master.key"


def kept_files(settings: Settings, project: Path, environ: Mapping[str, str] | None = None) -> list[Path]:
    """The files that are there and that nobody but the server may read: its secrets, and its database."""
    environ = os.environ if environ is None else environ
    named = [environ.get(setting.variable + "_FILE", "") for setting in SETTINGS if setting.secret]
    named += [settings.tls_key, settings.database.partition("sqlite:///")[2]]
    found = [*(Path(name) for name in named if name), project / ".poolhouse" / "master.key"]
    return [path for path in found if path.exists()]


def _unknown(environ: Mapping[str, str]) -> list[str]:
    known = {s.variable for s in SETTINGS} | {s.variable + "_FILE" for s in SETTINGS if s.secret}
    return [f"{name} is no setting" for name in environ if name.startswith(PREFIX) and name not in known]


def _raw(setting: Setting, overrides: Mapping[str, object], environ: Mapping[str, str], problems: list[str]) -> str:
    given = overrides.get(setting.name)
    if given is not None:
        return str(given)
    path = environ.get(setting.variable + "_FILE") if setting.secret else None
    if setting.variable in environ:
        if path is not None:
            problems.append(f"{setting.variable} and {setting.variable}_FILE are both set")
        return environ[setting.variable]
    if path is None:
        return setting.default
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        problems.append(f"{setting.variable}_FILE cannot be read ({error.strerror})")
    except UnicodeDecodeError:
        problems.append(f"{setting.variable}_FILE holds bytes that are no text")
    return ""


def _fill_in(mode: Mode, project: Path, values: dict[str, str]) -> None:
    if mode == "dev":
        state = project / ".poolhouse"
        values["database"] = values["database"] or f"sqlite:///{state.resolve() / 'dev.db'}"
        values["master_key"] = values["master_key"] or _development_key(state / "master.key")
        if not (values["root_access_key_id"] or values["root_secret_access_key"]) and is_loopback(values["host"]):
            values["root_access_key_id"], values["root_secret_access_key"] = _DEV_ROOT
    values["public_url"] = values["public_url"] or _own_url(values)


def _development_key(path: Path) -> str:
    """The project's own key, made once, readable by its owner only."""
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    key = base64.b64encode(secrets.token_bytes(32)).decode("ascii")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii", errors="replace").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key)
    return key


def _own_url(values: Mapping[str, str]) -> str:
    """A scheme's own port is left out, as clients do."""
    scheme, own_port = ("https", "443") if _speaks_tls(values) else ("http", "80")
    port = "" if values["port"] == own_port else f":{values['port']}"
    return f"{scheme}://{_shown_host(values['host'])}{port}"


def _speaks_tls(values: Mapping[str, str]) -> bool:
    return bool(values["tls_cert"]) or values["tls"].lower() in _TRUE


def _shown_host(host: str) -> str:
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104 - compared, not bound
        return "localhost"
    return f"[{host}]" if ":" in host else host


def is_loopback(host: str) -> bool:
    """Only numbers prove it: a name that begins with 127. may lead anywhere."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _parse(values: Mapping[str, str], problems: list[str]) -> dict[str, Any]:
    hints = get_type_hints(Settings)
    parsed: dict[str, Any] = {}
    for name, text in values.items():
        try:
            parsed[name] = _PARSERS[hints[name]](text)
            _check(name, text)
        except ValueError as error:
            problems.append(f"{_BY_NAME[name].variable} {error}")
    return parsed


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"must be a whole number, not {text!r}")
    return int(text)


def _flag(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in {"false", "0", "no", "off"}:
        return False
    raise ValueError(f"must be true or false, not {text!r}")


def master_key_of(text: str) -> bytes:
    """The 32 bytes of a key in base64. Raises ValueError that says what is wrong with it."""
    if not text:
        raise ValueError("is required: 32 random bytes in base64 (poolhouse generate master-key)")
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        raise ValueError("must be base64") from None
    if len(key) != 32:
        raise ValueError(f"must hold 32 bytes, not {len(key)}")
    return key


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


_PARSERS: dict[Any, Callable[[str], Any]] = {
    str: str,
    int: _number,
    bool: _flag,
    bytes: master_key_of,
    tuple[str, ...]: _names,
}


def _check(name: str, text: str) -> None:
    rule, bounds = PATTERNS.get(name), RANGES.get(name)
    if rule and not re.fullmatch(rule[0], text):
        raise ValueError(rule[1] if text else rule[1].replace("must be", "is required:", 1))
    if bounds and not bounds[0] <= int(text) <= bounds[1]:
        raise ValueError(f"must be {bounds[0]} to {bounds[1]}")


def _is_development_root(values: Mapping[str, str]) -> bool:
    return values["root_access_key_id"] == _DEV_ROOT[0] or values["root_secret_access_key"] == _DEV_ROOT[1]


def _misdirected(values: Mapping[str, str]) -> list[str]:
    """What the settings of message delivery lack, or have twice."""
    problems = []
    sends_mail = values["smtp_url"] or values["ses_region"]
    if values["smtp_url"] and values["ses_region"]:
        problems.append("POOLHOUSE_SMTP_URL and POOLHOUSE_SES_REGION are two ways to send e-mail: choose one")
    if sends_mail and not values["email_from"]:
        problems.append("POOLHOUSE_EMAIL_FROM is required to send e-mail")
    if values["email_from"] and not sends_mail:
        problems.append("POOLHOUSE_EMAIL_FROM needs POOLHOUSE_SMTP_URL or POOLHOUSE_SES_REGION")
    if values["smtp_ca_file"] and not Path(values["smtp_ca_file"]).is_file():
        problems.append("POOLHOUSE_SMTP_CA_FILE names no file")
    if values["sns_region"] and not values["sms"]:
        problems.append("POOLHOUSE_SNS_REGION needs POOLHOUSE_SMS=sns")
    return problems


def _half_secured(mode: Mode, values: Mapping[str, str]) -> list[str]:
    """What the settings of TLS lack."""
    problems = []
    if bool(values["tls_cert"]) != bool(values["tls_key"]):
        problems.append("POOLHOUSE_TLS_CERT and POOLHOUSE_TLS_KEY belong together")
    paths = {name: values[name] for name in ("tls_cert", "tls_key") if values[name]}
    problems += [f"{_BY_NAME[name].variable} names no file" for name, path in paths.items() if not Path(path).is_file()]
    if mode == "serve" and values["tls"].lower() in _TRUE:
        problems.append("POOLHOUSE_TLS is for development; serve takes POOLHOUSE_TLS_CERT and POOLHOUSE_TLS_KEY")
    if _speaks_tls(values) and values["public_url"].startswith("http://"):
        problems.append("POOLHOUSE_PUBLIC_URL must begin with https:// where this server speaks TLS")
    return problems


def _unsafe(values: Mapping[str, str]) -> list[str]:
    """What `serve` refuses besides the development root key: no root key, and plain HTTP on a public address."""
    problems = []
    if not values["root_access_key_id"] or not values["root_secret_access_key"]:
        problems.append("POOLHOUSE_ROOT_ACCESS_KEY_ID and POOLHOUSE_ROOT_SECRET_ACCESS_KEY are required")
    if not is_loopback(values["host"]) and not _flag(values["behind_proxy"]) and not values["tls_cert"]:
        problems.append(
            f"{values['host']} is a public address and this server speaks no TLS: give it a certificate with "
            "POOLHOUSE_TLS_CERT and POOLHOUSE_TLS_KEY, or put a proxy in front and set POOLHOUSE_BEHIND_PROXY=true"
        )
    if _flag(values["behind_proxy"]) and not values["public_url"].startswith("https://"):
        problems.append("POOLHOUSE_PUBLIC_URL must be the https:// address of the proxy")
    return problems
