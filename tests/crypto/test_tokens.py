"""Tokens against an independent JOSE library, and every forgery that must fail."""

import base64
import hmac
import itertools
import json
import re
from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import RSAKey

from poolhouse.crypto.tokens import MAX_TOKEN, BadToken, PublicKey, SigningKey, claims_unverified, verify

KEY, OTHER = SigningKey.generate(), SigningKey.generate()
KEYS = {KEY.kid: KEY.public_key}
CLAIMS = {"sub": "5468d468", "cognito:groups": ["ADMINS", "größe"], "iat": 1_700_000_000, "email_verified": True}
PRIVATE = serialization.load_der_private_key(KEY.to_bytes(), None)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def forge(header: str | bytes, claims: str | bytes = b'{"sub":"x"}') -> str:
    """A token with any header and payload and a signature of the real key."""
    parts = [part.encode() if isinstance(part, str) else part for part in (header, claims)]
    message = ".".join(b64(part) for part in parts)
    return f"{message}.{b64(PRIVATE.sign(message.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def header(**changes: object) -> str:
    return json.dumps({"kid": KEY.kid, "alg": "RS256"} | changes)


def refused(token: str) -> str:
    with pytest.raises(BadToken) as caught:
        verify(token, KEYS)
    return caught.value.reason


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), JSON, max_size=6))
@settings(max_examples=50, deadline=None)
def test_signed_claims_come_back(claims: dict):
    token = KEY.sign(claims)
    assert verify(token, KEYS) == claims
    assert claims_unverified(token) == claims


def test_another_library_accepts_the_token():
    """joserfc verifies it with the published JWK; the header is exactly kid and alg."""
    parsed = jws.deserialize_compact(KEY.sign(CLAIMS), RSAKey.import_key(KEY.public_jwk()), algorithms=["RS256"])
    assert parsed.headers() == {"kid": KEY.kid, "alg": "RS256"}
    assert json.loads(parsed.payload) == CLAIMS


def test_another_librarys_token_is_accepted():
    key = RSAKey.import_key(KEY.to_bytes())
    token = jws.serialize_compact({"alg": "RS256", "kid": KEY.kid}, json.dumps(CLAIMS), key, algorithms=["RS256"])
    assert verify(token, KEYS) == CLAIMS


def test_jwk_has_the_members_that_cognito_publishes():
    jwk = KEY.public_jwk()
    assert list(jwk) == ["alg", "e", "kid", "kty", "n", "use"]
    assert (jwk["alg"], jwk["e"], jwk["kty"], jwk["use"]) == ("RS256", "AQAB", "RSA", "sig")
    assert int.from_bytes(base64.urlsafe_b64decode(jwk["n"] + "=="), "big") == PRIVATE.public_key().public_numbers().n


def test_key_ids_are_44_characters_and_differ():
    assert re.fullmatch(r"[A-Za-z0-9+/]{43}=", KEY.kid)
    assert KEY.kid != OTHER.kid


def test_keys_survive_storage():
    """Private and public halves come back with the same kid and do the same work."""
    again = SigningKey.from_bytes(KEY.to_bytes())
    public = PublicKey.from_bytes(KEY.public_key.to_bytes())
    assert again.kid == public.kid == KEY.kid
    assert again.sign(CLAIMS) == KEY.sign(CLAIMS)
    assert verify(again.sign(CLAIMS), {public.kid: public}) == CLAIMS
    assert PRIVATE.key_size == 2048
    assert repr(KEY) == f"SigningKey({KEY.kid})"


def test_keys_of_another_kind_are_refused():
    key = ec.generate_private_key(ec.SECP256R1())
    encoding, public = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    with pytest.raises(ValueError, match="not an RSA public"):
        PublicKey.from_bytes(key.public_key().public_bytes(encoding, public))
    plain = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with pytest.raises(ValueError, match="not an RSA private"):
        SigningKey.from_bytes(plain)


def test_threads_share_a_key():
    with ThreadPoolExecutor(4) as pool:
        tokens = list(pool.map(lambda n: KEY.sign({"n": n}), range(40)))
    assert [verify(token, KEYS)["n"] for token in tokens] == list(range(40))


@pytest.mark.parametrize(
    "head",
    [
        header(alg="none"),
        header(alg="None"),
        header(alg="HS256"),
        header(alg="RS512"),
        header(alg="PS256"),
        header(alg=["RS256"]),
        header(alg=None),
        header(jwk=OTHER.public_jwk()),
        header(jku="https://attacker.example/jwks"),
        header(x5u="https://attacker.example/cert"),
        header(x5c=["AAAA"]),
        header(crit=["b64"], b64=False),
        header(typ="JWT"),
        header(kid=None),
        header(kid=7),
        header(kid=["a"]),
        header(kid={}),
        header(kid=OTHER.kid),
        header(kid="../../dev/null"),
        header(kid="' OR 1=1 --"),
        header(kid="a" * 600),
        '{"alg":"RS256"}',
        f'{{"kid":"{KEY.kid}"}}',
        f'{{"kid":"{KEY.kid}","alg":"none","alg":"RS256"}}',
        f'{{"kid":"x","kid":"{KEY.kid}","alg":"RS256"}}',
        "[]",
        "null",
        '"RS256"',
        "",
        "{",
        header() + "x",
        header().encode("utf-16"),
        b"\xef\xbb\xbf" + header().encode(),
    ],
    ids=map(str, itertools.count()),
)
def test_forged_headers_are_refused(head: str | bytes):
    """Although the signature over them is that of the real key."""
    refused(forge(head))


@pytest.mark.parametrize(
    "claims",
    [
        '{"sub":"a","sub":"b"}',
        '{"a":{"b":1,"b":2}}',
        "[]",
        '"x"',
        "1",
        "null",
        "",
        "{",
        '{"a":NaN}',
        '{"a":1}{"b":2}',
        '{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b"\xef\xbb\xbf{}",
        "[" * 9000,
        '{"a":' * 3000 + "1" + "}" * 3000,
        '{"a":' + "9" * 5000 + "}",
    ],
)
def test_malformed_claims_are_refused(claims: str | bytes):
    """Repeated members at any depth, no object, no JSON: by verify and by the unverified reader."""
    token = forge(header(), claims)
    refused(token)
    with pytest.raises(BadToken):
        claims_unverified(token)


def test_hs256_signed_with_the_public_key_is_refused():
    """The algorithm confusion attack, with every form of the public key as the secret."""
    der = KEY.public_key.to_bytes()
    pem = PRIVATE.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for secret in (der, pem, KEY.public_jwk()["n"].encode()):
        message = f"{b64(header(alg='HS256').encode())}.{b64(b'{}')}"
        token = f"{message}.{b64(hmac.digest(secret, message.encode(), 'sha256'))}"
        assert refused(token).startswith("header")


def test_unsigned_and_foreign_tokens_are_refused():
    """No signature, an empty one, another key's, and a real one under a changed payload."""
    head, payload, signature = KEY.sign(CLAIMS).split(".")
    foreign = OTHER.sign(CLAIMS).split(".")
    other = b64(b'{"sub":"admin"}')
    for forged in (f"{head}.{payload}.", f"{head}.{payload}.{foreign[2]}", f"{head}.{other}.{signature}"):
        assert refused(forged) == "wrong signature"
    assert refused(OTHER.sign(CLAIMS)) == "unknown kid"
    with pytest.raises(BadToken):
        verify(KEY.sign(CLAIMS), {})


@pytest.mark.parametrize("part", [0, 1, 2])
def test_each_segment_has_one_spelling(part: int):
    """Padding, blanks, unused bits, the other alphabet and odd characters, although a lenient reader would decode them."""
    parts = KEY.sign({"sub": "ab", "x": ">>>???"}).split(".")
    right = parts[part]
    for wrong in (right + "=", right + " ", "\n" + right, right + "A", right + "==", "+/" + right[2:], right + "é", ""):
        parts[part] = wrong
        refused(".".join(parts))


def test_unused_bits_are_refused():
    """The last character of a 256-byte signature has four unused bits; only zeros are right."""
    token = KEY.sign({})
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = token[:-1] + alphabet[alphabet.index(token[-1]) + 1]
    assert base64.urlsafe_b64decode(twin.split(".")[2] + "==") == base64.urlsafe_b64decode(token.split(".")[2] + "==")
    assert refused(twin) == "base64url in another spelling"


def test_other_shapes_are_refused():
    """Trailing and leading data, missing or additional segments, too long, five segments, text that is no ASCII."""
    token = KEY.sign(CLAIMS)
    for wrong in (
        "",
        ".",
        "..",
        token + ".",
        token + ".x",
        "." + token,
        f"Bearer {token}",
        token + "\n",
        token + "\x00",
    ):
        refused(wrong)
    for wrong in (token.rpartition(".")[0], "a.b.c.d.e", "\ud800.a.b", token.replace(".", "\u3002")):
        refused(wrong)


def test_long_tokens_are_refused_before_they_are_read():
    """A token just below the bound is verified, one just above it is not, and length is judged first."""
    fill = bisect_left(range(25_000), MAX_TOKEN - 1, key=lambda n: len(KEY.sign({"f": "x" * n})))
    assert verify(KEY.sign({"f": "x" * (fill - 2)}), KEYS)
    assert refused(KEY.sign({"f": "x" * (fill + 4)})) == "too long"
    with pytest.raises(BadToken, match="too long"):
        claims_unverified("a" * 10_000_000)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_changed_character_is_noticed(data: st.DataObject):
    token = KEY.sign(CLAIMS)
    at = data.draw(st.integers(0, len(token) - 1))
    replacement = data.draw(st.sampled_from("Aa0-_.=+ Zz9").filter(lambda c: c != token[at]))
    refused(token[:at] + replacement + token[at + 1 :])


@given(st.text())
def test_any_text_is_refused_without_another_exception(text: str):
    refused(text)
    with pytest.raises(BadToken):
        claims_unverified(text)


def test_unverified_claims_need_the_form_of_a_token():
    """They are read without a key, but from nothing that verify would refuse by its form."""
    assert claims_unverified(OTHER.sign({"iss": "x"})) == {"iss": "x"}
    with pytest.raises(BadToken):
        claims_unverified(forge(header(alg="none")))
