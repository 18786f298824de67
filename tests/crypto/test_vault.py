"""The vault: what it seals it opens, and nothing else."""

import hashlib
import hmac

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.crypto.vault import BrokenSeal, Vault, generate_master_key

KEY = bytes(range(32))
VAULT = Vault(KEY)


class Page(msgspec.Struct):
    pool: str
    after: int


@given(st.binary(max_size=500))
def test_opens_what_it_sealed(plain: bytes):
    """A second vault with the same master key opens it; 29 bytes are added."""
    sealed = VAULT.seal("verifier", plain)
    assert len(sealed) == len(plain) + 29
    assert Vault(KEY).open("verifier", sealed) == plain


def test_is_aes_gcm_under_a_hkdf_subkey():
    """The form is documented: format byte, nonce, AES-256-GCM with the purpose as associated data."""
    subkey = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"poolhouse/seal/key").derive(KEY)
    sealed = VAULT.seal("key", b"plain")
    assert sealed[:1] == b"\x01"
    assert AESGCM(subkey).decrypt(sealed[1:13], sealed[13:], b"key") == b"plain"


def test_two_seals_differ():
    """Nonces are random, so equal values are not seen to be equal."""
    assert len({VAULT.seal("p", b"same") for _ in range(200)}) == 200


@given(st.binary(min_size=1, max_size=40), st.data())
def test_every_changed_bit_is_noticed(plain: bytes, data: st.DataObject):
    sealed = bytearray(VAULT.seal("p", plain))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BrokenSeal):
        VAULT.open("p", bytes(sealed))


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01" * 28, b"\x00" * 60, b"\x01" * 60])
def test_foreign_bytes_are_refused(sealed: bytes):
    with pytest.raises(BrokenSeal):
        VAULT.open("p", sealed)


def test_another_purpose_or_key_does_not_open():
    sealed = VAULT.seal("code", b"123456")
    with pytest.raises(BrokenSeal):
        VAULT.open("session", sealed)
    with pytest.raises(BrokenSeal):
        Vault(generate_master_key()).open("code", sealed)


@given(st.text(max_size=60), st.integers(-(2**63), 2**63))
def test_tokens_carry_structs_and_tuples(pool: str, after: int):
    """Tokens are URL-safe and give the same value back, typed."""
    token = VAULT.seal_token("page", Page(pool, after))
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert VAULT.open_token("page", token, Page) == Page(pool, after)
    assert VAULT.open_token("page", VAULT.seal_token("page", (pool, after)), tuple[str, int]) == (pool, after)


def test_a_token_has_one_spelling():
    """Padding, blanks, the other alphabet, unused bits and cut ends are refused although they may decode."""
    token = next(t for t in iter(lambda: VAULT.seal_token("p", ("x" * 3,)), None) if "-" in t and len(t) % 4)
    changed = [token + "=", token + " ", f"{token[:9]}\n{token[9:]}", token.replace("-", "+"), token + "A", token[:-1]]
    changed += [token[:-1] + chr(ord(token[-1]) + 1), "", "é" + token, token + "\x00", "!" * 40, "\ud800" + token]
    for wrong in changed:
        with pytest.raises(BrokenSeal):
            VAULT.open_token("p", wrong, tuple[str])


def test_a_token_of_another_purpose_or_type_is_refused():
    token = VAULT.seal_token("page", Page("eu_x", 3))
    with pytest.raises(BrokenSeal):
        VAULT.open_token("session", token, Page)
    with pytest.raises(BrokenSeal):
        VAULT.open_token("page", token, tuple[str, int])


@given(st.text())
def test_any_text_is_no_token(text: str):
    with pytest.raises(BrokenSeal):
        VAULT.open_token("p", text, Page)


def test_digest_is_hmac_under_its_own_subkey():
    """The digest is HMAC-SHA256, differs by purpose and by key, and does not change between calls."""
    subkey = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"poolhouse/digest/code").derive(KEY)
    expected = hmac.new(subkey, b"123456", hashlib.sha256).digest()
    assert [VAULT.digest("code", b"123456"), VAULT.digest("code", b"123456")] == [expected, expected]
    assert VAULT.digest("salt", b"123456") != expected
    assert Vault(generate_master_key()).digest("code", b"123456") != expected


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_master_key_has_32_bytes(length: int):
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(bytes(length))


def test_master_keys_are_random_and_never_printed():
    first, second = generate_master_key(), generate_master_key()
    assert len(first) == len(second) == 32
    assert first != second
    assert repr(Vault(first)) == "Vault(<sealed>)"


def test_works_under_the_data_key_of_a_mark():
    """Two vaults of one mark open each other's seals; the master key alone opens none, and digests differ."""
    mark = VAULT.new_mark()
    one, other = Vault(KEY), Vault(KEY)
    one.unlock(mark)
    other.unlock(mark)
    sealed = one.seal("verifier", b"plain")
    assert other.open("verifier", sealed) == b"plain"
    assert one.digest("code", b"1") == other.digest("code", b"1") != VAULT.digest("code", b"1")
    with pytest.raises(BrokenSeal):
        VAULT.open("verifier", sealed)


def test_another_master_key_for_the_same_data():
    """The mark under the new key opens what was sealed before; the old key does not open that mark, nor a third one."""
    one, new = Vault(KEY), bytes(32)
    one.unlock(one.new_mark())
    sealed, mark = one.seal("verifier", b"plain"), one.mark_under(new)
    moved = Vault(new)
    moved.unlock(mark)
    assert moved.open("verifier", sealed) == b"plain"
    for key in (KEY, bytes([9]) * 32):
        with pytest.raises(BrokenSeal):
            Vault(key).unlock(mark)


def test_a_database_without_a_data_key():
    """One that was begun before there were data keys works under its master key, and goes on with it under another."""
    old, mark = Vault(KEY), VAULT.seal("master-key", b"fits")
    sealed = VAULT.seal("verifier", b"plain")
    old.unlock(mark)
    assert old.open("verifier", sealed) == b"plain"
    moved = Vault(bytes(32))
    moved.unlock(old.mark_under(bytes(32)))
    assert moved.open("verifier", sealed) == b"plain"


def test_two_databases_of_one_key_have_nothing_in_common():
    """Every mark holds a data key of its own."""
    one, other = Vault(KEY), Vault(KEY)
    one.unlock(VAULT.new_mark())
    other.unlock(VAULT.new_mark())
    with pytest.raises(BrokenSeal):
        other.open("verifier", one.seal("verifier", b"plain"))
