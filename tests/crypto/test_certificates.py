"""The development authority and its certificates, as TLS libraries read them."""

import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.crypto.certificates import AUTHORITY_DAYS, LEAF_DAYS, Pair, is_local, is_usable, new_authority, new_leaf

NOW = 1_790_000_000_000_000
DAY = 86_400_000_000
MOMENT = datetime.fromtimestamp(NOW // 1_000_000, UTC)
AUTHORITY = new_authority("Poolhouse development: app", NOW)


def extension(pair: Pair, kind):
    return x509.load_pem_x509_certificate(pair.certificate).extensions.get_extension_for_class(kind)


def verified(leaf: Pair, name: str) -> None:
    """By the rules of the web's public key infrastructure, name constraints included."""
    store = Store([x509.load_pem_x509_certificate(AUTHORITY.certificate)])
    verifier = PolicyBuilder().store(store).time(MOMENT).build_server_verifier(x509.DNSName(name))
    verifier.verify(x509.load_pem_x509_certificate(leaf.certificate), [])


def test_the_authority_is_bounded():
    """It signs certificates only, no further authority, and for local names alone: critical, so nobody may ignore it."""
    basic = extension(AUTHORITY, x509.BasicConstraints)
    assert (basic.critical, basic.value.ca, basic.value.path_length) == (True, True, 0)
    usage = extension(AUTHORITY, x509.KeyUsage).value
    assert (usage.key_cert_sign, usage.digital_signature) == (True, False)
    constraints = extension(AUTHORITY, x509.NameConstraints)
    assert constraints.critical
    permitted = {str(one.value) for one in constraints.value.permitted_subtrees}
    assert {"localhost", "127.0.0.0/8", "::1/128", "10.0.0.0/8"} <= permitted
    assert "0.0.0.0/0" not in permitted
    certificate = x509.load_pem_x509_certificate(AUTHORITY.certificate)
    assert certificate.not_valid_after_utc == MOMENT + timedelta(days=AUTHORITY_DAYS)


def test_a_leaf():
    """Its names, a server's use, a month, and no other key than its own."""
    leaf = new_leaf(AUTHORITY, ["localhost", "127.0.0.1", "::1", "localhost"], NOW)
    names = extension(leaf, x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    assert list(extension(leaf, x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert not extension(leaf, x509.BasicConstraints).value.ca
    certificate = x509.load_pem_x509_certificate(leaf.certificate)
    assert certificate.not_valid_after_utc == MOMENT + timedelta(days=LEAF_DAYS)
    assert certificate.not_valid_before_utc < MOMENT
    key = serialization.load_pem_private_key(leaf.key, None)
    assert key.public_key() == certificate.public_key()


def test_it_verifies():
    """A strict verifier accepts the leaf for its names and no other."""
    leaf = new_leaf(AUTHORITY, ["localhost", "my-mac.local"], NOW)
    for name in ("localhost", "my-mac.local"):
        verified(leaf, name)
    with pytest.raises(VerificationError):
        verified(leaf, "other.local")


@pytest.mark.parametrize("name", ["example.com", "localhost.example.com", "notlocal"])
def test_a_stolen_key_vouches_for_nobody_else(name):
    """Whoever has the key can sign for a public name, and no client believes it."""
    assert not is_local(name)
    with pytest.raises(VerificationError):
        verified(new_leaf(AUTHORITY, [name], NOW), name)


@pytest.mark.parametrize(
    ("host", "wanted"),
    [
        ("localhost", True), ("LOCALHOST", True), ("app.localhost", True), ("my-mac.local", True), ("127.0.0.1", True),
        ("::1", True), ("10.0.2.2", True), ("192.168.1.5", True), ("fe80::1", True), ("a.test", True),
        ("8.8.8.8", False), ("172.32.0.1", False), ("2001:db8::1", False), ("example.com", False), ("local.com", False),
        ("", False), ("0.0.0.0", False), ("xlocal", False),
    ],
)  # fmt: skip
def test_local_names(host, wanted):
    assert is_local(host) is wanted


@given(st.text(max_size=40))
def test_whatever_is_asked_about_has_an_answer(host):
    assert isinstance(is_local(host), bool)


def test_usable():
    """Not near its end, not with another's key; what is no PEM is told."""
    other = new_authority("x", NOW)
    assert is_usable(AUTHORITY, NOW)
    assert is_usable(AUTHORITY, NOW + (AUTHORITY_DAYS - LEAF_DAYS - 1) * DAY)
    assert not is_usable(AUTHORITY, NOW + (AUTHORITY_DAYS - LEAF_DAYS) * DAY)
    assert not is_usable(Pair(AUTHORITY.certificate, other.key), NOW)
    assert not is_usable(new_leaf(AUTHORITY, ["localhost"], NOW), NOW)
    for broken in (Pair(b"", AUTHORITY.key), Pair(AUTHORITY.certificate, b"x")):
        with pytest.raises(ValueError, match=r"."):
            is_usable(broken, NOW)


def test_openssl_loads_it(tmp_path):
    """As uvicorn's context does."""
    leaf = new_leaf(AUTHORITY, ["localhost"], NOW)
    (tmp_path / "c.pem").write_bytes(leaf.certificate)
    (tmp_path / "k.pem").write_bytes(leaf.key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "c.pem", tmp_path / "k.pem")
    context.load_verify_locations(cadata=AUTHORITY.certificate.decode())
