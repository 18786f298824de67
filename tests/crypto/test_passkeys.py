"""Which origins may use a passkey, and what a credential is refused for."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from operations.authenticators import ORIGIN, Authenticator, b64

from poolhouse.crypto import passkeys
from poolhouse.crypto.passkeys import BadPasskey

CHALLENGE = hashlib.sha256(b"asked").digest()


def made(authenticator: Authenticator, *, verified: bool = False, **changed: object) -> passkeys.Made:
    options = passkeys.creation_options(
        challenge=CHALLENGE, relying_party="localhost", user=(b"sub", "ada"), excluded=[], verification="preferred"
    )
    credential = authenticator.make(options, **changed)
    return passkeys.check_made(credential, challenge=CHALLENGE, relying_party="localhost", verified=verified)


def signed(
    authenticator: Authenticator, key: bytes, count: int = 0, *, verified: bool = False, **changed: object
) -> int:
    options = passkeys.request_options(
        challenge=CHALLENGE, relying_party="localhost", allowed=[], verification="preferred"
    )
    return passkeys.check_signed(
        authenticator.sign(options, **changed),
        challenge=CHALLENGE,
        relying_party="localhost",
        public_key=key,
        sign_count=count,
        verified=verified,
    )


@pytest.mark.parametrize(
    "origin",
    ["https://example.com", "https://app.example.com", "https://a.b.example.com:8443"],
)
def test_allowed_origins(origin):
    """The relying party itself and what is below it."""
    assert passkeys.is_allowed(origin, "example.com")


@pytest.mark.parametrize(
    "origin",
    [
        "http://example.com",
        "https://example.com.evil.org",
        "https://evilexample.com",
        "https://example.org",
        "https://com",
        "https://example.com/",
        "https://example.com@evil.org",
        "https://evil.org\\.example.com",
        "https://evil.org#.example.com",
        "https://EXAMPLE.com",
        "https://example.com:99999",
        "https://éxample.com",
        "android:apk-key-hash:AAAA",
        "null",
        "",
        None,
        7,
    ],
)
def test_refused_origins(origin):
    assert not passkeys.is_allowed(origin, "example.com")


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost", True),
        ("http://localhost:5173", True),
        ("http://app.localhost:5173", True),
        ("https://localhost", True),
        ("http://127.0.0.1:4500", False),
        ("http://localhost.example.com", False),
    ],
)
def test_this_machine(origin, allowed):
    """Plain http is good on localhost only."""
    assert passkeys.is_allowed(origin, "localhost") is allowed


@given(st.text(max_size=40))
def test_no_text_is_an_origin_by_accident(text):
    """Whatever stands around the relying party's name, the host is what counts."""
    if passkeys.is_allowed(f"https://{text}.example.org", "example.com"):
        raise AssertionError(text)


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("http://127.0.0.1:4500", "localhost"),
        ("http://localhost:4500", "localhost"),
        ("https://login.example.com", "login.example.com"),
        ("https://192.0.2.7", None),
    ],
)
def test_domain_of_a_server(url, domain):
    assert passkeys.domain_of(url) == domain


def test_registration_and_sign_in():
    """A key that was made can sign; its counter is told."""
    authenticator = Authenticator()
    found = made(authenticator)
    assert (found.id, found.attachment, found.transports) == (authenticator.id, "platform", ("internal",))
    assert signed(authenticator, found.public_key) == 1


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"challenge": b64(b"another")}, "challenge"),
        ({"type": "webauthn.get"}, "ceremony"),
        ({"origin": "https://evil.example"}, "origin"),
        ({"crossOrigin": True}, "origin"),
        ({"challenge": 7}, "malformed"),
    ],
)
def test_refused_registrations(changed, why):
    with pytest.raises(BadPasskey) as refusal:
        made(Authenticator(), **changed)
    assert refusal.value.why == why


def test_registration_for_another_relying_party():
    with pytest.raises(BadPasskey, match="relying_party"):
        made(Authenticator(relying_party="example.com"))


def test_verification_that_is_required():
    """A key that only noticed somebody does not do."""
    authenticator = Authenticator()
    key = made(authenticator, verified=True).public_key
    authenticator.verifies = False
    with pytest.raises(BadPasskey, match="unverified"):
        made(authenticator, verified=True)
    with pytest.raises(BadPasskey, match="proof"):
        signed(authenticator, key, verified=True)
    assert signed(authenticator, key) == 2


@pytest.mark.parametrize("count", [1, 2, 900])
def test_counter_that_does_not_grow(count):
    """The authenticator says 1, the server knows more: there are two of it."""
    authenticator = Authenticator()
    key = made(authenticator).public_key
    with pytest.raises(BadPasskey, match="proof"):
        signed(authenticator, key, count)


def test_signature_of_another_key():
    authenticator = Authenticator()
    key = made(Authenticator()).public_key
    with pytest.raises(BadPasskey, match="proof"):
        signed(authenticator, key)


@pytest.mark.parametrize(
    "credential",
    [
        None,
        [],
        "x",
        {},
        {"id": "AA", "rawId": "AA"},
        {"id": "AA", "rawId": "AB", "response": {}},
        {"id": "A+", "rawId": "A+", "response": {}},
        {"id": "", "rawId": "", "response": {}},
        {"id": "AA", "rawId": "AA", "response": {"clientDataJSON": "bm8"}},
        {"id": "AA", "rawId": "AA", "response": {"clientDataJSON": b64(b"[]"), "attestationObject": "AA"}},
    ],
)
def test_what_is_no_credential(credential):
    with pytest.raises(BadPasskey):
        passkeys.check_made(credential, challenge=CHALLENGE, relying_party="localhost", verified=False)
    with pytest.raises(BadPasskey):
        passkeys.check_signed(
            credential,
            challenge=CHALLENGE,
            relying_party="localhost",
            public_key=b"",
            sign_count=0,
            verified=False,
        )


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    )
)
def test_any_document_is_refused_and_nothing_breaks(document):
    for shape in (document, {"id": "AA", "rawId": "AA", "response": {"clientDataJSON": document}}):
        with pytest.raises(BadPasskey):
            passkeys.challenge_of(shape)


@pytest.mark.parametrize("part", ["attestationObject", "clientDataJSON"])
def test_bytes_that_mean_nothing(part):
    options = passkeys.creation_options(
        challenge=CHALLENGE, relying_party="localhost", user=(b"sub", "ada"), excluded=[], verification="preferred"
    )
    credential = Authenticator(ORIGIN).make(options)
    credential["response"][part] = b64(b"\xff\xfe\x00")
    with pytest.raises(BadPasskey, match="malformed"):
        passkeys.check_made(credential, challenge=CHALLENGE, relying_party="localhost", verified=False)
