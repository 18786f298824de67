"""SRP: the specification's vector, a published client, and every value that must be refused."""

import base64
import hashlib
import warnings
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycognito.aws_srp import AWSSRP, pad_hex

from poolhouse.crypto import srp

POOL, USER, PASSWORD = "AbCdEfGhI", "5468d468-4061-70ed-8870-45c766d26225", "Correct-Horse9"
SALT = bytes.fromhex("9f3c2a1b0d4e5f60718293a4b5c6d7e8")
A, B = int.from_bytes(b"\x01" * 128, "big"), int.from_bytes(b"\x02" * 128, "big")
BLOCK = b"secret-block-for-test"
AT = "Tue Sep 5 01:02:03 UTC 2023"
AT_US = 1_693_875_723_000_000


def sign_in(
    verifier: srp.Verifier, client: srp.ClientSession, b: int, password: str
) -> tuple[tuple[bytes, bytes], str]:
    """What the server expects and what the client answers."""
    b_public = srp.server_start(verifier, b, negative=bool(b % 2))
    parameters = {
        "USER_ID_FOR_SRP": USER,
        "SALT": verifier.salt_hex,
        "SRP_B": srp.public_text(b_public),
        "SECRET_BLOCK": base64.b64encode(BLOCK).decode(),
    }
    answer = client.answer(parameters, "alias", password, AT_US)
    a_public = srp.parse_public(client.public)
    expected = srp.server_proofs(POOL, USER, verifier, a_public, b, b_public, BLOCK, answer["TIMESTAMP"])
    return expected, answer["PASSWORD_CLAIM_SIGNATURE"]


def test_vector_of_the_specification():
    """Every intermediate value of section 4: x, A, B, v, u, K and the signature."""
    assert f"{srp._multiplier():x}" == "538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6"
    x = srp._private_key(POOL, USER, PASSWORD, int.from_bytes(SALT, "big"))
    assert f"{x:064x}" == "027484c471d6bec5df3a6b453b3a79494a2d6814e6545629342a47b262da1f17"
    verifier = srp.make_verifier(POOL, USER, PASSWORD, SALT)
    padded = srp.pad(int.from_bytes(verifier.verifier, "big"))
    assert hashlib.sha256(padded).hexdigest() == "74a1641c25b516f0ba85f56346d10381bb0c44403460ef63c1d9f856c307f686"
    a_public, b_public = int(srp.ClientSession(f"x_{POOL}", a=A).public, 16), srp.server_start(verifier, B)
    assert f"{a_public:x}".startswith("b1ce118779e27c1c015d7a226ecae2ea")
    assert f"{b_public:x}".startswith("83507490e6ac20fa7ccbaa8c8293a3b2")
    u = srp._scramble(a_public, b_public)
    assert f"{u:x}" == "4c0918f650bdab5b9e094ab5ccf85b91057e74bfb27b558c6c4ac8c2bb20e9a2"
    shared = pow(a_public * pow(int.from_bytes(verifier.verifier, "big"), u, srp.N), B, srp.N)
    assert srp._session_key(u, shared).hex() == "6f6cc355bafd11a07a5f0eca569931d4"
    proof, _ = srp.server_proofs(POOL, USER, verifier, a_public, B, b_public, BLOCK, AT)
    assert base64.b64encode(proof) == b"cjBi6eD1sB3Z0xnQZpw3CeIdHvUBmLARq0zyOhV9ENk="


def test_client_answers_the_vector():
    """The client's four members, with the alias kept when the server names no USERNAME."""
    verifier = srp.make_verifier(POOL, USER, PASSWORD, SALT)
    parameters = {
        "USER_ID_FOR_SRP": USER,
        "SALT": SALT.hex(),
        "SRP_B": srp.public_text(srp.server_start(verifier, B)),
        "SECRET_BLOCK": base64.b64encode(BLOCK).decode(),
    }
    answer = srp.ClientSession(f"us-east-1_{POOL}", a=A).answer(parameters, "alias", PASSWORD, AT_US)
    assert answer == {
        "USERNAME": "alias",
        "PASSWORD_CLAIM_SECRET_BLOCK": base64.b64encode(BLOCK).decode(),
        "TIMESTAMP": AT,
        "PASSWORD_CLAIM_SIGNATURE": "cjBi6eD1sB3Z0xnQZpw3CeIdHvUBmLARq0zyOhV9ENk=",
    }


SALTS = st.one_of(
    st.binary(min_size=16, max_size=16),
    st.binary(min_size=15, max_size=15).map(lambda rest: b"\x80" + rest),
    st.binary(min_size=15, max_size=15).map(lambda rest: b"\x00" + rest),
    st.binary(min_size=13, max_size=13).map(lambda rest: b"\x00\x00\x0f" + rest),
    st.binary(min_size=15, max_size=15).map(lambda rest: b"\x09" + rest),
)


@given(SALTS, st.text(st.characters(exclude_categories=["Cs"]), max_size=20), st.integers(1, 2**256 - 1), st.booleans())
@settings(max_examples=30, deadline=None)  # its powers are Python's own, fifty times as slow as ours
def test_pycognito_signs_in(salt: bytes, password: str, b: int, negative: bool):
    """An unmodified client proves the password whatever the salt and B begin with, odd hex lengths included."""
    client = AWSSRP(USER, password, f"us-east-1_{POOL}", "client", client=object())
    verifier = srp.make_verifier(POOL, USER, password, salt)
    b_public = srp.server_start(verifier, b, negative=negative)
    parameters = {
        "USER_ID_FOR_SRP": USER,
        "SALT": verifier.salt_hex,
        "SRP_B": srp.public_text(b_public),
        "SECRET_BLOCK": base64.b64encode(BLOCK).decode(),
    }
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # pycognito asks for utcnow()
        answer = client.process_challenge(parameters, {"USERNAME": USER})
    a_public = srp.parse_public(client.get_auth_params()["SRP_A"])
    proof = srp.server_proofs(POOL, USER, verifier, a_public, b, b_public, BLOCK, answer["TIMESTAMP"])
    assert srp.proof_matches(proof, answer["PASSWORD_CLAIM_SIGNATURE"])
    assert srp.parse_timestamp(answer["TIMESTAMP"]) is not None


@pytest.mark.parametrize("digits", [768, 767, 766])
def test_pycognito_signs_in_with_a_short_or_odd_b(digits: int):
    """SRP_B of 768, 767 and 766 hex digits, found by trying, is hashed by client and server alike."""
    verifier = srp.make_verifier(POOL, USER, PASSWORD, SALT)
    tries = ((b, srp.server_start(verifier, b)) for b in range(1, 100_000))
    b, b_public = next(found for found in tries if len(srp.public_text(found[1])) == digits)
    client = AWSSRP(USER, PASSWORD, f"us-east-1_{POOL}", "client", client=object())
    key = client.get_password_authentication_key(USER, PASSWORD, b_public, verifier.salt_hex)
    expected = srp._signature(key, POOL, USER, BLOCK, AT)
    assert srp.server_proofs(POOL, USER, verifier, client.large_a_value, b, b_public, BLOCK, AT)[0] == expected


def test_b_does_not_tell_whether_a_supposed_password_is_right():
    """With a random sign B - k*v is a square as often as not, also for the right password."""
    verifier = srp.make_verifier(POOL, USER, PASSWORD, SALT)
    masked = srp._multiplier() * int.from_bytes(verifier.verifier, "big")
    publics = [srp.server_start(verifier, srp.new_b(), negative=negative) for negative in (False, True)]
    assert [pow(public - masked, (srp.N - 1) // 2, srp.N) == 1 for public in publics] == [True, False]


@given(SALTS, st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
@settings(max_examples=25, deadline=None)
def test_own_client_signs_in_and_only_with_the_password(salt: bytes, password: str):
    verifier = srp.Verifier.from_bytes(srp.make_verifier(POOL, USER, password, salt).to_bytes())
    client = srp.ClientSession(f"us-east-1_{POOL}")
    assert srp.proof_matches(*sign_in(verifier, client, srp.new_b(), password))
    assert not srp.proof_matches(*sign_in(verifier, client, srp.new_b(), password + "x"))
    assert srp.matches(verifier, POOL, USER, password)
    assert not srp.matches(verifier, POOL, USER, password + "x")


@pytest.mark.parametrize(
    "change",
    [{"pool_name": "Other"}, {"user_id": "other"}, {"secret_block": b"other"}, {"timestamp": "other"}, {"b": B + 1}],
)
def test_every_part_of_the_message_is_proved(change: dict):
    """A wrong pool name, user, block, time or exponent gives another proof."""
    verifier = srp.make_verifier(POOL, USER, PASSWORD, SALT)
    right = {"pool_name": POOL, "user_id": USER, "verifier": verifier, "a_public": A, "b": B}
    right |= {"b_public": srp.server_start(verifier, B), "secret_block": BLOCK, "timestamp": AT}
    assert srp.server_proofs(**right) != srp.server_proofs(**(right | change))


@given(st.integers(0, 2**400))
def test_pad_is_the_clients_pad(value: int):
    """Even length, and a first nibble below 8."""
    digits = f"{value:x}"
    digits = f"0{digits}" if len(digits) % 2 else digits
    assert srp.pad(value).hex() == (f"00{digits}" if digits[0] in "89abcdef" else digits)
    assert srp.pad(value).hex() == pad_hex(value)


@pytest.mark.parametrize(
    "text",
    [
        *("", "0", "000", "-1", "+1", "0x1", "1_0", " 1", "1\n", "g", "\uff11"),
        *(f"{srp.N:x}", f"00{srp.N:X}", f"{2 * srp.N:x}", f"{srp.N + 1:x}", "f" * 768),
        *("0" * 772 + "1", "1" * 773, "f" * 100_000),
    ],
)
def test_dishonest_public_values_are_refused(text: str):
    """Multiples of N, values beyond it, and everything that is not plain hex."""
    with pytest.raises(srp.BadPublicValue):
        srp.parse_public(text)


@given(st.integers(1, srp.N - 1), st.integers(0, 4), st.booleans())
def test_honest_public_values_are_read(value: int, zeros: int, upper: bool):
    text = f"{value:0{zeros}x}"
    assert srp.parse_public(text.upper() if upper else text) == value


@pytest.mark.parametrize("multiple", [0, 1, 2])
def test_no_proof_for_a_multiple_of_n(multiple: int):
    """The server's last formula refuses it again, for those who came by a stored value."""
    verifier = srp.make_verifier(POOL, USER, PASSWORD, SALT)
    with pytest.raises(srp.BadPublicValue):
        srp.server_proofs(POOL, USER, verifier, multiple * srp.N, B, 5, BLOCK, AT)


@pytest.mark.parametrize("change", [{"SRP_B": "0"}, {"SRP_B": f"{srp.N:x}"}, {"SALT": "xyz"}, {"SALT": ""}])
def test_client_refuses_a_dishonest_server(change: dict):
    right = {"USER_ID_FOR_SRP": USER, "SALT": "01", "SRP_B": "5", "SECRET_BLOCK": "AAAA"}
    with pytest.raises(srp.BadPublicValue):
        srp.ClientSession("x_y").answer(right | change, USER, PASSWORD, AT_US)


def test_client_refuses_a_block_that_is_not_base64():
    parameters = {"USER_ID_FOR_SRP": USER, "SALT": "01", "SRP_B": "5", "SECRET_BLOCK": "a b!"}
    with pytest.raises(ValueError, match="base64"):
        srp.ClientSession("x_y").answer(parameters, USER, PASSWORD, AT_US)


@pytest.mark.parametrize("wrong", ["", "cjBi", "cjBi6eD1sB3Z0xnQZpw3CeIdHvUBmLARq0zyOhV9ENk", "é", "\ud800", " " * 44])
def test_a_signature_has_one_spelling(wrong: str):
    """Cut, unpadded or foreign text is no proof, and never an exception."""
    proof = base64.b64decode("cjBi6eD1sB3Z0xnQZpw3CeIdHvUBmLARq0zyOhV9ENk=")
    assert not srp.proof_matches((proof, proof[::-1]), wrong)


def test_timestamp_of_the_vector():
    assert srp.format_timestamp(AT_US + 999_999) == AT
    assert srp.parse_timestamp(AT) == AT_US


@given(st.integers(0, 253_402_300_799))
def test_timestamps_round_trip(seconds: int):
    """As Python's own calendar writes them, the day's leading zero aside, with English names in any locale."""
    text = srp.format_timestamp(seconds * 1_000_000)
    at = datetime.fromtimestamp(seconds, UTC)
    assert text == f"{at:%a %b} {at.day} {at:%H:%M:%S} UTC {at.year}"
    assert srp.parse_timestamp(text) == seconds * 1_000_000


@pytest.mark.parametrize(
    "text",
    [
        "Tue Sep 05 01:02:03 UTC 2023",
        "Mon Sep 5 01:02:03 UTC 2023",
        "tue Sep 5 01:02:03 UTC 2023",
        "Tue sep 5 01:02:03 UTC 2023",
        "Tue Sept 5 01:02:03 UTC 2023",
        "Tue Sep  5 01:02:03 UTC 2023",
        "Tue Sep 5 1:02:03 UTC 2023",
        "Tue Sep 5 24:00:00 UTC 2023",
        "Tue Sep 5 01:02:60 UTC 2023",
        "Tue Sep 5 01:02:03 GMT 2023",
        "Tue Sep 5 01:02:03 UTC 23",
        "Thu Feb 29 01:02:03 UTC 2023",
        "Di Sep 5 01:02:03 UTC 2023",
        "Tue Sep \u0665 01:02:03 UTC 2023",
        "Tue Sep 5 01:02:03 UTC 2023\n",
        "Tue Jan 1 01:02:03 UTC 0000",
        "2023-09-05T01:02:03Z",
        "",
    ],
)
def test_other_timestamps_are_refused(text: str):
    """A padded day, a wrong weekday, another zone, another language, or no such moment."""
    assert srp.parse_timestamp(text) is None


@given(st.text())
def test_any_text_is_parsed_without_exception(text: str):
    found = srp.parse_timestamp(text)
    assert found is None or srp.format_timestamp(found) == text


def test_decoys_are_stable_and_accept_no_password():
    """An unknown user shows the same salt each time, a different one per name, and goes through the same formulas."""
    first, again, other = srp.decoy_verifier(b"a"), srp.decoy_verifier(b"a"), srp.decoy_verifier(b"b")
    assert first == again
    assert first.salt == srp.simulated(b"a")
    assert len(first.salt) == len(srp.new_salt())
    assert first.salt != other.salt
    assert 0 < int.from_bytes(first.verifier, "big") < srp.N
    assert not srp.proof_matches(*sign_in(first, srp.ClientSession(f"x_{POOL}"), srp.new_b(), PASSWORD))


@given(st.binary(max_size=500))
def test_only_whole_verifiers_are_read(data: bytes):
    """Bytes of any other length are refused, and what is read is written back the same."""
    if data and data[0] and len(data) == 1 + data[0] + 384:
        assert srp.Verifier.from_bytes(data).to_bytes() == data
    else:
        with pytest.raises(ValueError, match="no SRP verifier"):
            srp.Verifier.from_bytes(data)


@pytest.mark.parametrize("salt", [b"", bytes(256)])
def test_a_salt_has_one_to_255_bytes(salt: bytes):
    with pytest.raises(ValueError, match="salt"):
        srp.make_verifier(POOL, USER, PASSWORD, salt)


def test_verifiers_and_exponents_are_random_and_never_printed():
    made = srp.make_verifier(POOL, USER, PASSWORD, srp.new_salt())
    assert repr(made) == str(made) == "Verifier(<secret>)"
    assert len({srp.new_b() for _ in range(50)}) == 50
    assert {srp.new_b().bit_length() for _ in range(50)} == {256}
    assert len({srp.new_salt() for _ in range(50)}) == 50


@pytest.mark.parametrize(("pool_id", "name"), [("us-east-1_AbC", "AbC"), ("local_x_Abc", "Abc")])
def test_pool_name_follows_the_last_underscore(pool_id: str, name: str):
    assert srp.pool_name(pool_id) == name
