"""What the machine itself gives: the parts that no server can make cheaper, measured in the same run."""

import asyncio
import os
import sqlite3
import statistics
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import asyncpg

from poolhouse.crypto import srp
from poolhouse.crypto.group import power, power_of_g, prepare
from poolhouse.crypto.srp import ClientSession, Verifier
from poolhouse.crypto.tokens import SigningKey, verify

from .processes import CPUS

_ROWS = 20_000
_CLAIMS = {"sub": "a" * 36, "iss": "https://example.com/pool", "token_use": "access", "username": "a" * 36}
_POOL, _NAME, _PASSWORD = "us-east-1_Benchmark", "a" * 36, "Correct-Horse-1"
_TABLE = "CREATE TABLE bench_rows (id INTEGER PRIMARY KEY, name TEXT UNIQUE, body TEXT)"
_INSERT, _SELECT = "INSERT INTO bench_rows VALUES (?, ?, ?)", "SELECT body FROM bench_rows WHERE name = ?"
_BODY = "x" * 200


def milliseconds(folder: Path) -> dict[str, float]:
    """The median of a few: a durable 4 KB write, a signature, a verification, a power with a 256-bit exponent."""
    key = SigningKey.generate()
    token, keys = key.sign(_CLAIMS), {key.kid: key.public_key}
    base, exponent = power_of_g(srp.new_b()), srp.new_b()
    return {
        "fsync": _fsync(folder),
        "RS256 signature": _median(lambda: key.sign(_CLAIMS)),
        "RS256 verification": _median(lambda: verify(token, keys)),
        "3072-bit power": _median(lambda: power(base, exponent)),
    }


def _fsync(folder: Path) -> float:
    with (folder / "fsync").open("wb", buffering=0) as file:

        def write() -> None:
            file.write(bytes(4096))
            os.fsync(file.fileno())

        return _median(write)


def _median(function: Callable[[], object], times: int = 40) -> float:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        function()
        taken.append((time.perf_counter() - started) * 1000)
    return round(statistics.median(taken), 3)


class Alone(NamedTuple):
    """A second, on all CPUs; and CPU seconds of one."""

    per_second: float
    cpu_seconds: float


def cryptography(seconds: float) -> dict[str, Alone]:
    """Sign-ins if they were nothing but their cryptography.

    SRP counts both sides, as the bench's client works on the same CPUs: A is chosen once, as in the scenario. A
    password needs one power of 2 and the signatures of two tokens; a refresh the signatures.
    """
    prepare()
    key = SigningKey.generate()
    verifier = srp.make_verifier(srp.pool_name(_POOL), _NAME, _PASSWORD, srp.new_salt())
    client = ClientSession(_POOL)

    def sign() -> None:
        key.sign(_CLAIMS)
        key.sign(_CLAIMS)

    def password() -> None:
        if not srp.matches(verifier, srp.pool_name(_POOL), _NAME, _PASSWORD):
            raise AssertionError
        sign()

    def exchange() -> None:
        _exchange(client, verifier)
        sign()

    return {
        name: _rate(function, seconds)
        for name, function in {"SRP": exchange, "password": password, "refresh": sign}.items()
    }


def _exchange(client: ClientSession, verifier: Verifier) -> None:
    b, block, pool = srp.new_b(), bytes(32), srp.pool_name(_POOL)
    b_public = srp.server_start(verifier, b)
    parameters = {"USER_ID_FOR_SRP": _NAME, "SALT": verifier.salt_hex, "SRP_B": srp.public_text(b_public)}
    now = time.time_ns() // 1000
    proof = client.answer({**parameters, "SECRET_BLOCK": "A" * 43 + "="}, _NAME, _PASSWORD, now)
    expected = srp.server_proofs(
        pool, _NAME, verifier, srp.parse_public(client.public), b, b_public, block, srp.format_timestamp(now)
    )
    if not srp.proof_matches(expected, proof["PASSWORD_CLAIM_SIGNATURE"]):
        raise AssertionError("the two sides do not agree")


def _rate(function: Callable[[], object], seconds: float) -> Alone:
    """Calls on one thread for each CPU."""
    end, cpu = time.perf_counter() + seconds, time.process_time()

    def turns(_: int) -> int:
        count = 0
        while time.perf_counter() < end:
            function()
            count += 1
        return count

    with ThreadPoolExecutor(CPUS) as threads:
        count = sum(threads.map(turns, range(CPUS)))
    return Alone(count / seconds, (time.process_time() - cpu) / count)


def sqlite(folder: Path, seconds: float) -> dict[str, float]:
    """Operations a second of the driver alone, on one connection: a read by key, a write that is one durable commit,
    and one of sixteen that share a commit.
    """
    connection = sqlite3.connect(folder / "raw.db", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(_TABLE)
    connection.execute("BEGIN")
    connection.executemany(_INSERT, ((number, f"name-{number}", _BODY) for number in range(_ROWS)))
    connection.execute("COMMIT")
    numbers = iter(range(_ROWS, 1 << 40))

    def read() -> None:
        connection.execute(_SELECT, (f"name-{next(numbers) % _ROWS}",)).fetchone()

    def write(count: int) -> None:
        connection.execute("BEGIN IMMEDIATE")
        for number in (next(numbers) for _ in range(count)):
            connection.execute(_INSERT, (number, f"name-{number}", _BODY))
        connection.execute("COMMIT")

    found = {
        "read": _serial(read, seconds),
        "write": _serial(lambda: write(1), seconds),
        "write, 16 in a commit": 16 * _serial(lambda: write(16), seconds),
    }
    connection.close()
    return found


def _serial(function: Callable[[], object], seconds: float) -> float:
    count, started = 0, time.perf_counter()
    while (took := time.perf_counter() - started) < seconds:
        function()
        count += 1
    return count / took


async def postgresql(url: str, seconds: float) -> dict[str, float]:
    """Operations a second of asyncpg alone, on sixteen connections: a read by key, and a write with its commit."""
    pool = await asyncpg.create_pool(url, min_size=16, max_size=16)
    await pool.execute(_TABLE)
    rows = [(number, f"name-{number}", _BODY) for number in range(_ROWS)]
    await pool.copy_records_to_table("bench_rows", records=rows)
    numbers = iter(range(_ROWS, 1 << 40))

    async def read() -> None:
        await pool.fetchrow(_SELECT.replace("?", "$1"), f"name-{next(numbers) % _ROWS}")

    async def write() -> None:
        number = next(numbers)
        await pool.execute("INSERT INTO bench_rows VALUES ($1, $2, $3)", number, f"name-{number}", _BODY)

    try:
        return {"read": await _shared(read, seconds), "write": await _shared(write, seconds)}
    finally:
        await pool.execute("DROP TABLE bench_rows")
        await pool.close()


async def _shared(function: Callable[[], Awaitable[None]], seconds: float) -> float:
    started = time.perf_counter()

    async def turns() -> int:
        count = 0
        while time.perf_counter() - started < seconds:
            await function()
            count += 1
        return count

    counts = await asyncio.gather(*(turns() for _ in range(16)))
    return sum(counts) / (time.perf_counter() - started)
