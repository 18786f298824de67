"""Password hashes: what is made, which written forms are read, and how little a forged one can cost."""

import base64
import hashlib

import bcrypt
import pytest
from argon2 import PasswordHasher, Type
from hypothesis import example, given, settings
from hypothesis import strategies as st

from poolhouse.crypto.password_hashes import BadHash, Bcrypt, is_own, make, parse

PASSWORD = "Correct-Horse9\u00fc"
SECRET, SALT = PASSWORD.encode(), bytes(range(16))
WORD = "saltsaltsalt"


def plain(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def scrypt(salt: bytes, size: int) -> bytes:
    return hashlib.scrypt(SECRET, salt=salt, n=16, r=8, p=2, dklen=size)


def pbkdf2(algorithm: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac(algorithm, SECRET, salt, 1000)


# With fixed salts, so that every test process makes the same examples.
BCRYPT = bcrypt.hashpw(SECRET, b"$2b$04$" + b"abcdefghijklmnopqrstuu").decode()
WRITTEN = {
    "bcrypt": BCRYPT,
    "bcrypt of PHP": BCRYPT.replace("$2b$", "$2y$"),
    "argon2id": PasswordHasher(time_cost=1, memory_cost=64, parallelism=2).hash(PASSWORD, salt=SALT),
    "argon2i": PasswordHasher(time_cost=2, memory_cost=64, parallelism=1, type=Type.I).hash(PASSWORD, salt=SALT),
    "scrypt": f"$scrypt$ln=4,r=8,p=2${plain(SALT)}${plain(scrypt(SALT, 32))}",
    "scrypt of werkzeug": f"scrypt:16:8:2${WORD}${scrypt(WORD.encode(), 64).hex()}",
    "PBKDF2": f"$pbkdf2-sha512$i=1000${plain(SALT)}${plain(pbkdf2('sha512', SALT))}",
    "PBKDF2 of passlib": f"$pbkdf2-sha256$1000${plain(SALT)}${plain(pbkdf2('sha256', SALT)).replace('+', '.')}",
    "PBKDF2 of Django": f"pbkdf2_sha256$1000${WORD}${base64.b64encode(pbkdf2('sha256', WORD.encode())).decode()}",
    "PBKDF2 of werkzeug": f"pbkdf2:sha256:1000${WORD}${pbkdf2('sha256', WORD.encode()).hex()}",
}
ARGON2 = "$argon2id$v=19$m={m},t={t},p={p}$" + plain(SALT) + "$" + plain(bytes(32))
SCRYPT = "$scrypt$ln={ln},r={r},p={p}$" + plain(SALT) + "$" + plain(bytes(32))


@pytest.mark.parametrize("name", WRITTEN)
def test_written_form(name):
    """Every form that other systems write is read; the right password fits and others do not."""
    found = parse(WRITTEN[name])
    assert found.fits(PASSWORD)
    assert not found.fits(PASSWORD + "x")
    assert not is_own(found)


def test_own_hash():
    """Two hashes of one password differ, fit, carry OWASP's minimum cost and are known as our own."""
    first, second = make(PASSWORD), make(PASSWORD)
    assert first != second
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PasswordHasher().verify(first, PASSWORD)
    assert parse(second).fits(PASSWORD)
    assert not parse(second).fits("")
    assert is_own(parse(first))


def test_bcrypt_looks_at_72_bytes():
    """As in the systems that the hash comes from, what is behind them does not matter."""
    stored = Bcrypt(bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode())
    assert stored.fits("x" * 200)
    assert not stored.fits("x" * 71)


@pytest.mark.parametrize(
    "text",
    [
        ARGON2.format(m=131_073, t=1, p=1),
        ARGON2.format(m=131_072, t=5, p=1),
        ARGON2.format(m=64, t=9_000, p=1),
        ARGON2.format(m=4_294_967_295, t=1, p=1),
        ARGON2.format(m=1024, t=1, p=17),
        ARGON2.format(m=15, t=1, p=2),
        SCRYPT.format(ln=18, r=8, p=1),
        SCRYPT.format(ln=17, r=8, p=5),
        SCRYPT.format(ln=1, r=1, p=17),
        SCRYPT.format(ln=16, r=1, p=1),
        SCRYPT.format(ln=4_000_000_000, r=1, p=1),
        f"scrypt:15:8:1${WORD}${bytes(32).hex()}",
        f"$pbkdf2-sha256$2000001${plain(SALT)}${plain(bytes(32))}",
        f"$pbkdf2-sha256$1000${plain(SALT)}${plain(bytes(64))}",
        BCRYPT.replace("$04$", "$15$"),
        BCRYPT.replace("$04$", "$03$"),
    ],
)
def test_too_expensive(text):
    """What would exhaust memory or processors is refused when it is read, not when a password is checked."""
    with pytest.raises(BadHash):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        PASSWORD,
        "$1$abcdefgh$" + "a" * 22,
        "{SSHA}" + "a" * 32,
        BCRYPT.replace("$2b$", "$2x$"),
        BCRYPT[:-1],
        BCRYPT + "\n",
        BCRYPT[:28] + "1" + BCRYPT[29:],
        BCRYPT[:-1] + "1",
        WRITTEN["argon2id"].replace("argon2id", "argon2d"),
        WRITTEN["argon2id"].replace("v=19", "v=20"),
        WRITTEN["argon2id"] + "=",
        ARGON2.format(m="065536", t=1, p=1),
        ARGON2.format(m="\u0666\u0664", t=1, p=1),
        WRITTEN["PBKDF2"].replace("sha512", "sha1"),
        f"$pbkdf2-sha256$1000${plain(b'short')}${plain(bytes(32))}",
        f"$pbkdf2-sha256$1000${plain(SALT)}${plain(bytes(8))}",
        f"$pbkdf2-sha256$1000${plain(SALT)}$" + "A" * 42 + "B",
        f"pbkdf2:sha256:1000${WORD}$abc",
        f"$pbkdf2-sha256$1000${plain(SALT)}$" + "A" * 41,
        f"$scrypt$ln=4,r=8,p=1${plain(SALT)}${'A' * 600}",
    ],
)
def test_no_hash(text):
    """Everything else is no hash: no guess is made at what was meant."""
    with pytest.raises(BadHash):
        parse(text)


PIECES = st.sampled_from(
    ["$", "$2b$", "04", "$argon2id$", "v=19$", "m=64,t=1,p=1", "$scrypt$", "ln=4,r=8,p=1", "pbkdf2_sha256$", "1", "i=9",
     plain(SALT), plain(bytes(32)), BCRYPT[7:], "scrypt:16:8:1$", "ab" * 16, "=", ".", "\0"]
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=8).map("".join)), st.text(max_size=90))
@example(WRITTEN["argon2id"].replace("v=19$", ""), "\0")
@example(BCRYPT, "\0" * 80)
def test_any_text(text, password):
    """Any text is a hash that can be checked, or BadHash; nothing else happens."""
    try:
        found = parse(text)
    except BadHash:
        return
    assert isinstance(found.fits(password), bool)
