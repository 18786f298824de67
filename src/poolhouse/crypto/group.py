"""Arithmetic in the 3072-bit group of RFC 3526 (number 15) with generator 2; it knows nothing of users or passwords.

gmpy2 does the work where it is installed, the interpreter's own integers otherwise; the results are the same.
"""

import functools
from typing import Final

try:
    import gmpy2
except ImportError:  # pragma: no cover - no wheel for this interpreter; the fallback is tested by itself
    gmpy2 = None

SIZE: Final = 384
G: Final = 2
N: Final = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)

_BYTES: Final = 32


def power(base: int, exponent: int) -> int:
    """`base` to the `exponent` mod N. With gmpy2 the interpreter lock is free meanwhile: run it in a thread pool."""
    if gmpy2 is None:  # pragma: no cover - see the import
        return pow(base, exponent, N)
    # A context belongs to one thread, and releasing the lock is only worth it here: in a chain of short products every
    # step would queue for the lock again.
    with gmpy2.context(gmpy2.get_context(), allow_release_gil=True):
        return int(gmpy2.powmod(base, exponent, _modulus()))


def power_of_g(exponent: int) -> int:
    """2 to the `exponent` mod N, from a table when the exponent has at most 256 bits, which is many times faster.

    It keeps the interpreter lock, so a thread would only add to it: a tenth of a millisecond, run it where you are.
    """
    if not 0 <= exponent < 1 << 8 * _BYTES:
        return power(G, exponent)
    modulus, result = _modulus(), 1
    for row, digit in zip(_table(), exponent.to_bytes(_BYTES, "little"), strict=True):
        result = result * row[digit] % modulus
    return int(result)


def prepare() -> None:
    """Builds the table of powers (about 4 MB, 20 ms), so that start-up pays and not the first sign-in."""
    _table()


@functools.cache
def _modulus() -> int:
    return _fast(N)


@functools.cache
def _table() -> tuple[tuple[int, ...], ...]:
    """Row i, column d: 2 to the d * 256**i mod N."""
    rows, base = [], _fast(G)
    for _ in range(_BYTES):
        row = [_fast(1)]
        for _ in range(255):
            row.append(row[-1] * base % _modulus())
        rows.append(tuple(row))
        base = row[-1] * base % _modulus()
    return tuple(rows)


def _fast(value: int) -> int:
    if gmpy2 is None:  # pragma: no cover - see the import
        return value
    fast: int = gmpy2.mpz(value)
    return fast
