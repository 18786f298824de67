"""The group's powers against the interpreter's own, and without gmpy2."""

import subprocess
import sys
import threading

import gmpy2
from hypothesis import example, given, settings
from hypothesis import strategies as st

from poolhouse.crypto.group import SIZE, G, N, power, power_of_g, prepare


def test_modulus_is_the_safe_prime_of_rfc_3526():
    """N = 2^3072 - 2^3008 - 1 + 2^64 * (floor(2^2942 * pi) + 1690314), and both N and (N-1)/2 are prime."""
    with gmpy2.context(precision=3200):
        scaled_pi = int(gmpy2.floor(gmpy2.const_pi() * gmpy2.mpz(2) ** 2942))
    assert 2**3072 - 2**3008 - 1 + 2**64 * (scaled_pi + 1690314) == N
    assert gmpy2.is_prime(N)
    assert gmpy2.is_prime((N - 1) // 2)
    assert N.bit_length() == SIZE * 8


@given(st.integers(0, 2**260))
@example(0)
@example(1)
@example(2**256 - 1)
@example(2**256)
@settings(max_examples=40, deadline=None)
def test_powers_of_g_equal_pow(exponent: int):
    """The table and what lies beyond it give what `pow` gives."""
    assert power_of_g(exponent) == pow(G, exponent, N)


@given(st.integers(0, N - 1), st.integers(0, 2**300))
@settings(max_examples=20, deadline=None)
def test_powers_equal_pow(base: int, exponent: int):
    result = power(base, exponent)
    assert type(result) is int
    assert result == pow(base, exponent, N)


def test_a_power_leaves_the_threads_context_alone():
    """Only the power itself releases the interpreter lock; other gmpy2 users of the thread see no change."""
    seen = []

    def work():
        power(3, 2**255)
        seen.append(gmpy2.get_context().allow_release_gil)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [False]


def test_same_powers_without_gmpy2():
    """An interpreter without gmpy2 computes the same."""
    prepare()
    script = (
        "import sys; sys.modules['gmpy2'] = None\n"
        "from poolhouse.crypto import group\n"
        "assert group.gmpy2 is None\n"
        "print(group.power_of_g(3**150), group.power(3**1000, 3**150))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert [int(value) for value in done.stdout.split()] == [power_of_g(3**150), power(3**1000, 3**150)]
