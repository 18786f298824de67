"""Addresses of PostgreSQL: several hosts, of which one may be silent, gone or a standby; everything that libpq's know."""

import asyncio
import socket
import time
from contextlib import closing, suppress

import pytest
from cases import each
from fresh import new_database

from poolhouse.store.connecting import Route, _hosts
from poolhouse.store.migrations import upgrade_postgresql

ADDRESSES = {
    "postgresql://u:p@db/x": [("db", 5432)],
    "postgresql://u:p%40h@db:6000/x": [("db", 6000)],
    "postgresql://u@a:1,b,c:3/x?sslmode=disable": [("a", 1), ("b", 5432), ("c", 3)],
    "postgresql://u@[::1]:7,[fe80::2]/x": [("::1", 7), ("fe80::2", 5432)],
    "postgresql:///x?host=/run/one,/run/two": [("/run/one", 5432), ("/run/two", 5432)],
    "postgresql:///x?host=a,b&port=1,2": [("a", 1), ("b", 2)],
    "postgresql:///x?host=a,b&port=9": [("a", 9), ("b", 9)],
    "postgresql:///x": [("localhost", 5432)],
}


@each("address", ADDRESSES)
def test_hosts_are_read_as_libpq_reads_them(address):
    assert list(_hosts(address)) == ADDRESSES[address]


def several(server, *others):
    """The tests' server behind others, by their folders of sockets."""
    head, _, folder = server.rpartition("host=")
    return f"{head}host={','.join([*map(str, others), folder])}"


async def patiently(route):
    """Half a second is little for the one that answers, too, when the machine is busy."""
    for _ in range(60):
        with suppress(TimeoutError):
            return await route.connect()
    raise AssertionError("no host answers")


async def test_a_host_that_is_gone_or_silent_is_passed_over(postgresql_server, tmp_path):
    """One without a socket, one that takes connections and says nothing; the one that served is asked first after that."""
    gone, silent = tmp_path / "gone", tmp_path / "s"
    silent.mkdir()
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(silent / ".s.PGSQL.5432"))
        listener.listen(4)
        route = Route(several(postgresql_server, gone, silent), host_seconds=0.5)
        connection = await patiently(route)
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()
        assert [host.name for host in route._hosts][1:] == [str(gone), str(silent)]


async def test_none_is_there(tmp_path):
    """The last one's failure, in time."""
    began = time.monotonic()
    with pytest.raises(OSError, match="No such file"):
        await Route(f"postgresql:///x?host={tmp_path}/a,{tmp_path}/b").connect()
    assert time.monotonic() - began < 60


async def test_a_server_that_is_not_what_is_wanted(postgresql_server):
    """A primary where a standby was asked for: told in words, as a failure to connect."""
    with pytest.raises(ConnectionError, match="is not the server that is wanted"):
        await Route(f"{postgresql_server}&target_session_attrs=standby").connect()


def test_parameters_of_libpq_reach_every_connection(postgresql_server, tmp_path):
    """Also the one that makes the tables: SQLAlchemy knows neither `sslmode` nor a second host."""
    url = several(new_database(postgresql_server), tmp_path / "gone")

    async def made():
        await upgrade_postgresql(f"{url}&sslmode=disable&target_session_attrs=read-write")
        connection = await Route(url).connect()
        try:
            return await connection.fetchval("SELECT count(*) FROM alembic_version")
        finally:
            await connection.close()

    assert asyncio.run(made()) == 1
