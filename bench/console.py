"""How long the server takes for each page of the console over a pool with many users, in the embedded store.

    python -m bench.console [USERS]

The pages are asked for in this process, so the figures are the server's own work: session, search, rendering. On a
machine that does other things too, the first column is what counts: the time that the server's thread worked.
"""

import asyncio
import os
import random
import re
import sqlite3
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import msgspec
from starlette.routing import Router

from poolhouse.app import clock
from poolhouse.config import load
from poolhouse.crypto.tokens import SigningKey
from poolhouse.crypto.vault import Vault
from poolhouse.define.manifest import VERSION, Manifest
from poolhouse.operations import families
from poolhouse.operations._signing import stored_keys
from poolhouse.operations.backend import Applied
from poolhouse.operations.console import links
from poolhouse.operations.context import Services
from poolhouse.pages.console import console_routes
from poolhouse.pages.console.registry import PAGES
from poolhouse.store import clients, groups, pools
from poolhouse.store.clients import Client
from poolhouse.store.database import open_database
from poolhouse.store.pools import Pool
from poolhouse.store.settings import ClientSettings, PoolSettings

POOL, BASE, TIMES, LIMIT = "us-east-1_benchmark", "http://127.0.0.1:4500", 9, 100.0
# As Amplify makes pools; a case-sensitive one has no index for what people type.
_SETTINGS = msgspec.convert({"UsernameConfiguration": {"CaseSensitive": False}}, PoolSettings)
GROUPS = ("everybody", "few", "nobody")
FIRST = [
    "ada",
    "alan",
    "barbara",
    "donald",
    "edsger",
    "frances",
    "grace",
    "hedy",
    "john",
    "katherine",
    "linus",
    "mary",
    "radia",
    "sophie",
    "tim",
]
LAST = [
    "allen",
    "backus",
    "dijkstra",
    "hopper",
    "jackson",
    "johnson",
    "knuth",
    "lamarr",
    "liskov",
    "lovelace",
    "perlman",
    "turing",
    "wilson",
]
SEARCHES: dict[str, dict[str, str]] = {
    "first page": {},
    "by name": {"sort": "username"},
    "by status": {"sort": "status"},
    "anything, found once": {"q": "@example.com99998"},
    "anything, found nowhere": {"q": "zzqqxx"},
    "anything, found everywhere": {"q": "example"},
    "anything, nowhere, by name": {"q": "zzqqxx", "sort": "username"},
    "anything, often, by name": {"q": "ada", "sort": "username"},
    "exact e-mail": {"q": "person99998@example.com", "by": "email", "how": "exact"},
    "e-mail begins": {"q": "person9999", "by": "email", "how": "prefix"},
    "custom attribute, found nowhere": {"q": "violet", "by": "custom:team"},
    "custom attribute is": {"q": "red", "by": "custom:team", "how": "exact"},
    "what JSON is full of": {"q": "value"},
    "status, rare": {"status": "RESET_REQUIRED"},
    "status, rare, by name": {"status": "RESET_REQUIRED", "sort": "username"},
    "disabled": {"enabled": "no"},
    "small group": {"group": "few"},
    "large group, by name": {"group": "everybody", "sort": "username"},
    "empty group": {"group": "nobody"},
    "small group and a text": {"group": "few", "q": "turing"},
}


async def main(users: int) -> int:
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as cpu:
        path = Path(folder) / "bench.db"
        settings = load("dev", Path(folder), {"database": f"sqlite:///{path}"}, {})
        database, vault = open_database(settings.database), Vault(settings.master_key)
        await database.start()
        services = Services(settings=settings, database=database, vault=vault, clock=clock, cpu=cpu)
        assert families.served()
        await _frame(services)
        await asyncio.to_thread(_fill, path, users)
        try:
            return await _measure(services, users)
        finally:
            await database.stop()


async def _frame(services: Services) -> None:
    """The pool with its keys, a client and the groups."""
    now = clock()
    pair = [SigningKey.generate() for _ in range(2)]
    async with services.database.write() as tx:
        await pools.add(tx, Pool(POOL, "us-east-1", "benchmark", _SETTINGS, now, now))
        for key in stored_keys(services.vault, POOL, pair[0], pair[1], now):
            await pools.add_key(tx, key)
        await clients.add(tx, Client("benchmarkclient", POOL, "app", ClientSettings(), None, now, now))
        for name in GROUPS:
            await groups.add(tx, POOL, name, now=now)


def _fill(path: Path, users: int) -> None:
    """Rows as the store writes them, past the store."""
    connection = sqlite3.connect(path)
    with connection:
        connection.executemany("INSERT INTO users VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", _users(users))
        connection.executemany("INSERT INTO user_search VALUES (?,?,?,?)", _keys(users))
        ids = dict(connection.execute("SELECT name, id FROM groups"))
        members = [(ids["everybody"], place, 1) for place in range(1, users + 1)]
        members += [(ids["few"], place, 1) for place in range(1, users + 1, max(users // 300, 1))]
        connection.executemany("INSERT INTO memberships VALUES (?,?,?)", members)
        connection.execute("INSERT INTO pool_counts VALUES (?, 0, ?)", (POOL, users))
    connection.close()


def _known(place: int) -> dict[str, str]:
    dice = random.Random(place)
    first, last = dice.choice(FIRST), dice.choice(LAST)
    return {
        "sub": str(uuid.UUID(int=dice.getrandbits(128), version=4)),
        "email": f"person{place}@example.com",
        "email_verified": "true",
        "name": f"{first} {last}",
        "given_name": first,
        "family_name": last,
        "phone_number": f"+1555{place:07}",
        "custom:team": dice.choice(["red", "green", "blue"]),
    }


def _users(users: int) -> Iterator[tuple[Any, ...]]:
    now = clock()
    for place in range(1, users + 1):
        known = _known(place)
        text = msgspec.json.encode([{"Name": name, "Value": value} for name, value in known.items()]).decode()
        status = "RESET_REQUIRED" if place % 5000 == 0 else "UNCONFIRMED" if place % 11 == 0 else "CONFIRMED"
        name = known["email"] if place % 2 else known["sub"]
        enabled = int(place % 997 != 0)
        yield place, POOL, name, name, known["sub"], status, enabled, text, os.urandom(420), None, 0, now, now


def _keys(users: int) -> Iterator[tuple[Any, ...]]:
    for place in range(1, users + 1):
        known = _known(place)
        for name in ("email", "phone_number", "name", "given_name", "family_name"):
            yield POOL, name, known[name], place


async def _measure(services: Services, users: int) -> int:
    """How many pages took longer than they may."""
    applied = Applied(backend="app", manifest=Manifest(version=VERSION, name="app"), pool_id=POOL)
    router = Router(console_routes(services, lambda: applied))
    slow = 0
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=router), base_url=BASE) as browser:
        page = await browser.get(links.link(services.vault, BASE, clock()))
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
        assert (await browser.post("/console/enter", data=fields)).status_code == 303
        print(f"{users:,} users; milliseconds at the server, medians and worst of {TIMES} requests\n")
        print("     work   median    worst  page")
        for what, query in SEARCHES.items():
            slow += await _page(browser, "/users", query, f"users: {what}")
        for name in (page.path for page in PAGES if page.shown is not None and page.path != "/users"):
            wanted = "few" if name.startswith("/group") else "person99@example.com"
            slow += await _page(browser, name, {"name": wanted, "id": "benchmarkclient"}, name)
    print(f"\n{slow} over {LIMIT:.0f} ms" if slow else f"\nAll under {LIMIT:.0f} ms.")
    return slow


async def _page(browser: httpx.AsyncClient, path: str, query: dict[str, str], label: str) -> bool:
    taken, worked = [], []
    for _ in range(TIMES):
        began, working = time.perf_counter(), time.thread_time()
        answer = await browser.get(f"/console/{POOL}{path}", params=query)
        taken.append((time.perf_counter() - began) * 1000)
        worked.append((time.thread_time() - working) * 1000)
    work = statistics.median(worked)
    told = "" if answer.status_code == 200 else f"  ({answer.status_code})"
    print(f"{work:9.1f} {statistics.median(taken):8.1f} {max(taken):8.1f}  {label}{told}", flush=True)
    return work > LIMIT


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)) > 0)
