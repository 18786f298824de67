"""A primary that is killed and a standby that takes its place, under load: two hosts in one address."""

import asyncio
import shutil
import socket
import tempfile
import time
from pathlib import Path

import asyncpg
import msgspec
import pytest
from faults.cluster import Node

from poolhouse.errors import DatabaseUnavailable, SettingError
from poolhouse.store.connecting import Route
from poolhouse.store.database import open_database

POOL = {"PoolName": "failover", "UsernameAttributes": ["email"]}
GENEROUS = 60.0


@pytest.fixture(scope="module")
def cluster():
    """A primary whose changes wait for its standby's disk."""
    folder = Path(tempfile.mkdtemp(prefix="poolhouse-cluster-"))
    nodes = [Node(folder / name) for name in ("primary", "standby")]
    try:
        primary, standby = nodes
        primary.begin()
        standby.follow(primary)
        asyncio.run(together(primary))
        yield primary, standby
    finally:
        for node in nodes:
            node.end()
        shutil.rmtree(folder)


async def together(primary):
    connection = await asyncpg.connect(primary.url)
    try:
        await connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
        await connection.execute("SELECT pg_reload_conf()")
        asked = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
        deadline = time.monotonic() + GENEROUS
        while not await connection.fetchval(asked):
            assert time.monotonic() < deadline, "the standby does not follow"
            await asyncio.sleep(0.02)
    finally:
        await connection.close()


def address(*nodes):
    return f"postgresql://postgres@{','.join(f'127.0.0.1:{node.port}' for node in nodes)}/postgres"


@pytest.fixture
async def database(cluster):
    """Empty, and migrated over the same address. The standby is named first: it is not the one to write to."""
    primary, standby = cluster
    opened = open_database(address(standby, primary))
    deadline = time.monotonic() + GENEROUS
    while True:
        try:
            await opened.start()
            break
        except SettingError:  # on a busy machine a host may take longer than it is given
            assert time.monotonic() < deadline
    yield opened
    await opened.stop()


async def test_nothing_acknowledged_is_lost_when_a_standby_takes_over(invoke, cluster, database):
    """A standby alone is no database to start with. Callers create users while the primary dies. Until the standby is promoted they are refused with an outage; then
    the same process goes on with it, and every user whose creation was answered is there, with one record.
    """
    primary, standby = cluster
    with pytest.raises(SettingError, match="standby"):
        await open_database(f"{standby.url}?target_session_attrs=read-write").start()
    pool = (await invoke("CreateUserPool", POOL))["UserPool"]["Id"]
    told, outages, ended = [], [], asyncio.Event()

    async def work(who):
        number = 0
        while not ended.is_set():
            number += 1
            name = f"u{who}-{number}@example.com"
            try:
                await invoke("AdminCreateUser", {"UserPoolId": pool, "Username": name, "MessageAction": "SUPPRESS"})
            except DatabaseUnavailable as outage:
                outages.append(outage)
                await asyncio.sleep(0.02)
            else:
                told.append(name)

    async def until(condition):
        deadline = time.monotonic() + GENEROUS
        while not condition():
            assert time.monotonic() < deadline, (len(told), len(outages))
            await asyncio.sleep(0.01)

    async def fail_over():
        try:
            await until(lambda: len(told) > 20)
            await asyncio.to_thread(primary.kill)
            await until(lambda: outages)
            before = len(told)
            began = time.monotonic()
            await asyncio.to_thread(standby.promote)
            await until(lambda: len(told) > before + 20)
            print(f"served again {time.monotonic() - began:.2f} s after the order to promote; {len(outages)} refused")
        finally:
            ended.set()

    await asyncio.gather(*(work(who) for who in range(4)), fail_over())
    found = await emails(invoke, pool)
    assert set(told) <= set(found)
    connection = await asyncpg.connect(standby.url)
    try:
        asked = "SELECT count(*) FROM audit_events WHERE operation = 'AdminCreateUser' AND result = 'ok'"
        records = await connection.fetchval(asked)
    finally:
        await connection.close()
    assert len(found) == len(set(found)) == records


async def test_a_machine_that_is_gone_is_noticed(cluster):
    """By the operating system, within half a minute; without that, a request would wait for a quarter of an hour."""
    connection = await Route(address(*cluster), host_seconds=GENEROUS).connect()
    try:
        own = connection._transport.get_extra_info("socket")
        assert own.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert own.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 20_000
        assert own.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 10
    finally:
        await connection.close()


async def emails(invoke, pool):
    """Of every user."""
    found, where = [], {}
    while True:
        answer = await invoke("ListUsers", {"UserPoolId": pool, **where})
        page = msgspec.json.decode(msgspec.json.encode(answer))
        found += [one["Value"] for user in page["Users"] for one in user["Attributes"] if one["Name"] == "email"]
        if "PaginationToken" not in page:
            return found
        where = {"PaginationToken": page["PaginationToken"]}
