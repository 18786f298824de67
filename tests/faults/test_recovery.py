"""docs/postgresql.md, the lines for copies and for a point in time: run as they stand there, on a server of their own."""

import asyncio
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import asyncpg
import pytest
from faults.cluster import Node

from poolhouse.store.backend import add_fact, fact
from poolhouse.store.postgresql import PostgresqlDatabase

PAGE = Path(__file__).parents[2] / "docs" / "postgresql.md"
SECTION = PAGE.read_text().partition("## Copies and a point in time\n")[2].partition("\n## ")[0]
DUMP, SETTINGS, BASE, RECOVERY = (text for _, text in re.findall(r"```(sh|text)\n(.*?)```", SECTION, re.DOTALL))


class Place:
    """A server whose log is kept as the page says, and its folders in place of those that the page names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.node = Node(folder / "primary")
        self.restored = Node(folder / "later")
        (folder / "backup" / "wal").mkdir(parents=True)
        if (user := self.node._user) is not None:
            for each in (folder, folder / "backup", folder / "backup" / "wal"):
                shutil.chown(each, user)
        self.restored.folder.rmdir()

    def here(self, text: str) -> str:
        return text.replace("/var/lib/postgresql/restored", str(self.restored.folder)).replace(
            "/backup", f"{self.folder}/backup"
        )

    def run(self, script: str, **given: str) -> None:
        """By a shell, as PostgreSQL's user. Where the page has a machine, we have a port."""
        own = self.node._made.bin_path
        given |= {"PATH": f"{own}{os.pathsep}{os.environ['PATH']}", "DATABASE": self.node.url, "HOME": str(self.folder)}
        output = self.folder / "told"
        with output.open("wb") as told:
            done = subprocess.run(
                ["bash", "-euc", self.here(script)],
                env=given,
                cwd=self.folder,
                user=self.node._user,
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=told,
                check=False,
                timeout=150,
            )
        assert done.returncode == 0, output.read_text()


@pytest.fixture
def place():
    folder = Path(tempfile.mkdtemp(prefix="poolhouse-recovery-"))
    made = Place(folder)
    try:
        made.node._made.ensure_pgdata_inited()
        with (made.node.folder / "postgresql.conf").open("a") as file:
            file.write(made.here(SETTINGS) + "fsync = off\nmax_wal_size = 64MB\nmin_wal_size = 32MB\n")
        made.node.start()
        yield made
    finally:
        made.node.end()
        made.restored.end()
        shutil.rmtree(folder)


async def put(database, name):
    async with database.write() as tx:
        await add_fact(tx, name, name.encode())


async def known(url, *names):
    """Which of them are there, once the server takes changes; it is then one that Poolhouse can go on with."""
    deadline = time.monotonic() + 60
    while await asked(url, "SELECT pg_is_in_recovery()"):
        assert time.monotonic() < deadline, "it does not end its recovery"
        await asyncio.sleep(0.02)
    database = PostgresqlDatabase(url)
    await database.start()
    async with database.read() as tx:
        found = [name for name in names if await fact(tx, name) == name.encode()]
    await put(database, "afterwards")
    await database.stop()
    return found


async def asked(url, question):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def kept(url):
    """The log of all that was done is where the page has it kept."""
    segment = await asked(url, "SELECT pg_walfile_name(pg_switch_wal())")
    deadline = time.monotonic() + 60
    while (await asked(url, "SELECT last_archived_wal FROM pg_stat_archiver") or "") < segment:
        assert time.monotonic() < deadline, "the log was not kept"
        await asyncio.sleep(0.02)


async def test_the_page(place):
    """A dump holds what was there; the restored server what was committed until the moment, and nothing later."""
    url = place.node.url
    database = PostgresqlDatabase(url)
    await database.start()
    await put(database, "one")
    place.run(DUMP)
    place.run(BASE)
    await put(database, "two")
    moment = await asked(url, "SELECT clock_timestamp()::text")
    await put(database, "three")
    await kept(url)
    await database.stop()
    assert await known(url.rpartition("/")[0] + "/poolhouse_copy", "one", "two", "three") == ["one"]
    place.node.kill()
    port = f" -o '-h 127.0.0.1 -p {place.restored.port} -k {place.folder} -F' -l {place.folder}/log start"
    place.run(RECOVERY.replace(" start", port), MOMENT=moment)
    assert await known(place.restored.url, "one", "two", "three") == ["one", "two"]
