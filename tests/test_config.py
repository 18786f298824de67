"""Settings: where they come from, and every mistake in one message."""

import base64
import stat
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.config import SETTINGS, load
from poolhouse.errors import SettingError

KEY = base64.b64encode(b"k" * 32).decode()
SAFE = {
    "POOLHOUSE_DATABASE": "sqlite:///x.db",
    "POOLHOUSE_MASTER_KEY": KEY,
    "POOLHOUSE_ROOT_ACCESS_KEY_ID": "AKIAPRODUCTIONROOTKEY",
    "POOLHOUSE_ROOT_SECRET_ACCESS_KEY": "a-production-secret",
}


def problem(mode, folder, environ, **overrides):
    with pytest.raises(SettingError) as caught:
        load(mode, folder, overrides, environ)
    return caught.value.message


def test_dev_needs_nothing(tmp_path):
    """The defaults: loopback, a file in the project, a key of its own and the printed root key."""
    found = load("dev", tmp_path, {}, {})
    assert (found.host, found.port, found.public_url) == ("127.0.0.1", 4500, "http://127.0.0.1:4500")
    assert found.database == f"sqlite:///{tmp_path}/.poolhouse/dev.db"
    assert found.root_access_key_id == "AKIAPOOLHOUSEDEVROOT"
    assert len(found.master_key) == 32
    assert found.development


def test_the_development_key_stays(tmp_path):
    """It is made once, for its owner alone."""
    first, second = (load("dev", tmp_path, {}, {}).master_key for _ in range(2))
    assert first == second
    assert stat.S_IMODE((tmp_path / ".poolhouse" / "master.key").stat().st_mode) == 0o600


def test_the_command_line_beats_the_environment(tmp_path):
    """Default, then environment, then command line; None on the command line is nothing."""
    environ = {"POOLHOUSE_PORT": "5000", "POOLHOUSE_REGION": "eu-west-1"}
    found = load("dev", tmp_path, {"port": 6000, "host": None}, environ)
    assert (found.port, found.region, found.host) == (6000, "eu-west-1", "127.0.0.1")


def test_a_secret_may_come_from_a_file(tmp_path):
    """POOLHOUSE_X_FILE names a file; blanks around its content do not count."""
    (tmp_path / "key").write_text(KEY + "\n")
    environ = {**SAFE, "POOLHOUSE_MASTER_KEY_FILE": str(tmp_path / "key")}
    del environ["POOLHOUSE_MASTER_KEY"]
    assert load("serve", tmp_path, {}, environ).master_key == b"k" * 32
    environ["POOLHOUSE_MASTER_KEY_FILE"] = str(tmp_path / "none")
    assert "POOLHOUSE_MASTER_KEY_FILE cannot be read" in problem("serve", tmp_path, environ)


def test_a_secret_that_is_given_twice(tmp_path):
    """Which of them counts is nobody's guess, and nothing of them is shown."""
    (tmp_path / "key").write_text(KEY)
    message = problem("serve", tmp_path, SAFE | {"POOLHOUSE_MASTER_KEY_FILE": str(tmp_path / "key")})
    assert "POOLHOUSE_MASTER_KEY and POOLHOUSE_MASTER_KEY_FILE are both set" in message
    assert KEY not in message


def test_a_key_of_raw_bytes_is_a_mistake_and_no_crash(tmp_path):
    """Thirty-two bytes of /dev/urandom are what many people make first."""
    (tmp_path / "key").write_bytes(b"\x99" * 32)
    environ = {name: text for name, text in SAFE.items() if name != "POOLHOUSE_MASTER_KEY"}
    message = problem("serve", tmp_path, environ | {"POOLHOUSE_MASTER_KEY_FILE": str(tmp_path / "key")})
    assert "POOLHOUSE_MASTER_KEY_FILE holds bytes that are no text" in message
    (tmp_path / ".poolhouse").mkdir()
    (tmp_path / "key").rename(tmp_path / ".poolhouse" / "master.key")
    assert "POOLHOUSE_MASTER_KEY must be base64" in problem("dev", tmp_path, {})


@pytest.mark.parametrize("sign", ["/", "?", "#", "@", "[", "]"])
@pytest.mark.parametrize("before", ["part-Horse", "12"])
def test_a_password_that_is_not_encoded_is_refused_unseen(tmp_path, sign, before):
    """Read on, its first part would be taken for a port and be shown as a wrong one."""
    given = f"postgresql://poolhouse:{before}{sign}rest@db.internal:5432/poolhouse"
    message = problem("serve", tmp_path, SAFE | {"POOLHOUSE_DATABASE": given})
    assert "%2F" in message
    assert not any(part in message for part in (before, "rest", "db.internal"))


@pytest.mark.parametrize(
    "address",
    [
        "postgres://db/poolhouse",
        "postgresql://poolhouse:a%2Fb%40c:d e@db.internal:5432/poolhouse?sslmode=verify-full",
        "postgresql://poolhouse@db-1.internal:5432,db-2.internal:5432,[fd00::1]:5433/poolhouse",
        "postgresql://postgres:@/postgres?host=/var/run/postgresql&application_name=a@b",
        "postgresql:///poolhouse",
    ],
)
def test_addresses_of_postgresql(tmp_path, address):
    """With several hosts, a socket's folder, parameters, and an encoded password."""
    assert load("serve", tmp_path, {}, SAFE | {"POOLHOUSE_DATABASE": address}).database == address


def test_only_secrets_come_from_files(tmp_path):
    """POOLHOUSE_PORT_FILE is no setting."""
    assert "POOLHOUSE_PORT_FILE is no setting" in problem("dev", tmp_path, {"POOLHOUSE_PORT_FILE": "x"})


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("region", "mars", "must look like us-east-1"),
        ("account_id", "12", "twelve digits"),
        ("port", "-1", "whole number"),
        ("port", "٣", "whole number"),
        ("port", "70000", "0 to 65535"),
        ("live_groups", "perhaps", "true or false"),
        ("master_key", "!!", "base64"),
        ("master_key", "c2hvcnQ=", "32 bytes"),
        ("public_url", "ftp://x", "http(s)://"),
        ("public_url", "https://x.example/path", "without a path"),
        ("public_url", "https://x.example/", "without a path"),
        ("database", "mysql://x", "sqlite:///FILE"),
        ("log_level", "loud", "debug, info"),
        ("log_format", "xml", "text or json"),
        ("root_access_key_id", "short", "16 to 128"),
        ("root_secret_access_key", "short", "at least 16"),
        ("max_workers", "0", "1 to 1000"),
        ("signature_window", "0", "1 to 900"),
        ("metrics_port", "70000", "0 to 65535"),
    ],
)
def test_wrong_values_are_told_by_their_variable(tmp_path, name, value, told):
    """The message names the variable and the rule."""
    message = problem("dev", tmp_path, {f"POOLHOUSE_{name.upper()}": value})
    assert f"POOLHOUSE_{name.upper()}" in message
    assert told in message


def test_all_problems_at_once(tmp_path):
    """Who starts with nothing hears everything."""
    message = problem("serve", tmp_path, {"POOLHOUSE_PORT": "x", "POOLHOUSE_TYPO": "1"})
    for part in (
        "PORT must",
        "TYPO is no setting",
        "DATABASE is required",
        "MASTER_KEY is required",
        "ROOT_ACCESS_KEY_ID",
    ):
        assert f"POOLHOUSE_{part}" in message


def test_serve_with_everything(tmp_path):
    """Safe settings are accepted on loopback, and behind a declared proxy on a public address."""
    assert load("serve", tmp_path, {}, SAFE).mode == "serve"
    public = {**SAFE, "POOLHOUSE_BEHIND_PROXY": "true", "POOLHOUSE_PUBLIC_URL": "https://auth.example.com"}
    found = load("serve", tmp_path, {"host": "0.0.0.0"}, public)
    assert found.issuer("us-east-1_x") == "https://auth.example.com/us-east-1_x"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.2", "example.com", "127.0.0.1.example.com"])
def test_the_well_known_root_key_is_for_loopback(tmp_path, host):
    """On an address that others reach, dev has no root key that everybody knows."""
    assert load("dev", tmp_path, {"host": host}, {}).root_access_key_id == ""
    assert "public address" in problem("serve", tmp_path, SAFE, host=host)


def test_the_development_root_key_is_loopbacks_even_when_given(tmp_path):
    """Setting it by hand does not open a public address in dev."""
    environ = {
        "POOLHOUSE_ROOT_ACCESS_KEY_ID": "AKIAPOOLHOUSEDEVROOT",
        "POOLHOUSE_ROOT_SECRET_ACCESS_KEY": "poolhouse-development-secret-for-loopback",
    }
    assert "development root key" in problem("dev", tmp_path, environ, host="0.0.0.0")


@pytest.mark.parametrize("name", ["ROOT_ACCESS_KEY_ID", "ROOT_SECRET_ACCESS_KEY"])
def test_half_a_root_key_is_refused(tmp_path, name):
    """A key without its secret would be a key that everybody can sign with."""
    assert "belong together" in problem("dev", tmp_path, {f"POOLHOUSE_{name}": "x" * 20})


@given(st.dictionaries(st.sampled_from([s.variable for s in SETTINGS]), st.text(max_size=20)))
def test_no_text_is_a_crash(environ):
    """Whatever stands in the environment, settings are made or the mistake is told."""
    with suppress(SettingError):
        load("serve", Path("/nonexistent"), {}, {**SAFE, **environ})


SMTP = {"POOLHOUSE_SMTP_URL": "smtp://mailer:Correct-Horse9@mail.example.org:587", "POOLHOUSE_EMAIL_FROM": "a@b.org"}


def test_senders(tmp_path):
    """Mail servers, SES and SNS, in `serve` and in `dev`."""
    found = load("serve", tmp_path, {}, {**SAFE, **SMTP, "POOLHOUSE_SMS": "sns", "POOLHOUSE_SNS_REGION": "eu-west-1"})
    assert found.smtp_url == SMTP["POOLHOUSE_SMTP_URL"]
    assert (found.email_from, found.sms, found.sns_region) == ("a@b.org", "sns", "eu-west-1")
    ses = {"POOLHOUSE_SES_REGION": "eu-west-1", "POOLHOUSE_EMAIL_FROM": "Ada <a@b.org>"}
    assert load("dev", tmp_path, {}, ses).ses_region == "eu-west-1"


@pytest.mark.parametrize(
    ("environ", "text"),
    [
        ({"POOLHOUSE_SMTP_URL": "smtp://mail"}, "POOLHOUSE_EMAIL_FROM is required"),
        ({"POOLHOUSE_EMAIL_FROM": "a@b.org"}, "POOLHOUSE_EMAIL_FROM needs POOLHOUSE_SMTP_URL"),
        ({**SMTP, "POOLHOUSE_SES_REGION": "eu-west-1"}, "choose one"),
        ({**SMTP, "POOLHOUSE_SMTP_URL": "http://mail"}, "POOLHOUSE_SMTP_URL must be smtp://"),
        ({**SMTP, "POOLHOUSE_SMTP_URL": "smtp+plain://a:Correct-Horse9@mail"}, "POOLHOUSE_SMTP_URL must be smtp://"),
        ({**SMTP, "POOLHOUSE_SMTP_URL": "smtp://Correct-Horse9@mail"}, "POOLHOUSE_SMTP_URL must be smtp://"),
        ({**SMTP, "POOLHOUSE_EMAIL_FROM": "Ada"}, "POOLHOUSE_EMAIL_FROM must be NAME@DOMAIN"),
        ({**SMTP, "POOLHOUSE_EMAIL_FROM": "A\r\nBcc: x <a@b.org>"}, "POOLHOUSE_EMAIL_FROM must be NAME@DOMAIN"),
        ({**SMTP, "POOLHOUSE_SMTP_CA_FILE": "/nowhere.pem"}, "POOLHOUSE_SMTP_CA_FILE names no file"),
        ({"POOLHOUSE_SMS": "twilio"}, "POOLHOUSE_SMS must be sns"),
        ({"POOLHOUSE_SNS_REGION": "eu-west-1"}, "POOLHOUSE_SNS_REGION needs POOLHOUSE_SMS=sns"),
    ],
)
def test_senders_that_cannot_send(tmp_path, environ, text):
    """What is missing is named; a password never is."""
    message = problem("dev", tmp_path, environ)
    assert text in message
    assert "Correct-Horse9" not in message


def test_the_password_of_the_mail_server_may_come_from_a_file(tmp_path):
    (tmp_path / "url").write_text(SMTP["POOLHOUSE_SMTP_URL"] + "\n")
    environ = {"POOLHOUSE_SMTP_URL_FILE": str(tmp_path / "url"), "POOLHOUSE_EMAIL_FROM": "a@b.org"}
    assert load("dev", tmp_path, {}, environ).smtp_url == SMTP["POOLHOUSE_SMTP_URL"]
    assert next(setting for setting in SETTINGS if setting.name == "smtp_url").secret


def with_certificate(folder):
    for name in ("cert.pem", "key.pem"):
        (folder / name).write_text("PEM")
    return {"POOLHOUSE_TLS_CERT": str(folder / "cert.pem"), "POOLHOUSE_TLS_KEY": str(folder / "key.pem")}


@pytest.mark.parametrize(
    ("overrides", "address"),
    [
        ({}, "http://127.0.0.1:4500"),
        ({"port": 80}, "http://127.0.0.1"),
        ({"tls": True}, "https://127.0.0.1:4500"),
        ({"tls": True, "port": 443, "host": "my-mac.local"}, "https://my-mac.local"),
        ({"tls": "yes", "port": 80, "host": "::1"}, "https://[::1]:80"),
    ],
)
def test_the_own_address(tmp_path, overrides, address):
    """The scheme is that of what is spoken, and its own port is left out, as clients do."""
    found = load("dev", tmp_path, overrides, {})
    assert found.public_url == address
    assert found.speaks_tls is address.startswith("https")


def test_serve_with_a_certificate(tmp_path):
    """With one of its own, a public address is safe without a proxy."""
    found = load("serve", tmp_path, {"host": "0.0.0.0"}, {**SAFE, **with_certificate(tmp_path)})
    assert (found.speaks_tls, found.public_url) == (True, "https://localhost:4500")


@pytest.mark.parametrize(
    ("mode", "changed", "told"),
    [
        ("dev", {"POOLHOUSE_TLS_KEY": ""}, "POOLHOUSE_TLS_CERT and POOLHOUSE_TLS_KEY belong together"),
        ("serve", {"POOLHOUSE_TLS_CERT": "/none.pem"}, "POOLHOUSE_TLS_CERT names no file"),
        ("serve", {"POOLHOUSE_TLS": "true"}, "POOLHOUSE_TLS is for development"),
        ("dev", {"POOLHOUSE_TLS": "perhaps"}, "POOLHOUSE_TLS must be true or false"),
        ("serve", {"POOLHOUSE_PUBLIC_URL": "http://a.example"}, "POOLHOUSE_PUBLIC_URL must begin with https://"),
    ],
)
def test_half_a_certificate(tmp_path, mode, changed, told):
    """What does not go together is told by its variables."""
    assert told in problem(mode, tmp_path, {**SAFE, **with_certificate(tmp_path), **changed})
