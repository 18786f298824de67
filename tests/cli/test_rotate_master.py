"""`poolhouse keys rotate-master`: the old key is refused, everything is still there, and a kill leaves one or the other."""

import asyncio
import base64
import contextlib
import json
import sqlite3
from contextlib import closing

import asyncpg
import pytest
from cli.command import run, started, wait_for

OLD, NEW, OTHER = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2, 3))
NOT_THIS = "not the one that this database was written with"


class Place:
    """A backend with one secret, and a file with its next master key."""

    def __init__(self, project, database):
        self.project, self.database = project, database
        self.file = project / "next.key"
        self.file.write_text(f"{NEW}\n")

    def call(self, *arguments, key=OLD, status=0, database=None, stdin=None):
        place = ("--project", str(self.project), "--database", database or self.database)
        given = {"POOLHOUSE_MASTER_KEY": key}
        result = run(*arguments, *place, cwd=self.project, given=given, stdin=stdin)
        assert result.returncode == status, result.stderr + result.stdout
        assert "Traceback" not in result.stderr
        return result.stdout + result.stderr

    def rotate(self, *more, **how):
        return self.call("keys", "rotate-master", "--new-key-file", str(self.file), *more, **how)

    def rotating(self, file=None):
        arguments = ("keys", "rotate-master", "--new-key-file", str(file or self.file), "--yes")
        place = ("--project", str(self.project), "--database", self.database)
        return started(*arguments, *place, cwd=self.project, given={"POOLHOUSE_MASTER_KEY": OLD})

    def secret(self, key):
        return self.call("secret", "get", "PASSPHRASE", key=key).strip()

    def actions(self, key):
        lines = self.call("audit", "export", key=key).splitlines()
        return [json.loads(line)["operation"] for line in lines if line.startswith("{")]


@pytest.fixture
def place(project, database):
    made = Place(project, database)
    if database.startswith("sqlite"):
        with closing(sqlite3.connect(database.partition("sqlite:///")[2])):
            pass
    made.call("secret", "set", "PASSPHRASE", stdin="Correct-Horse-9\n")
    return made


@contextlib.contextmanager
def held(database):
    """Nobody else may write the facts meanwhile; yields what says whether somebody waits to."""
    if database.startswith("sqlite"):
        with closing(sqlite3.connect(database.partition("sqlite:///")[2], isolation_level=None)) as lock:
            lock.execute("BEGIN IMMEDIATE")
            yield lambda: True
            lock.execute("ROLLBACK")
        return
    with asyncio.Runner() as runner:
        lock = runner.run(asyncpg.connect(database))
        runner.run(lock.execute("BEGIN"))
        runner.run(lock.execute("LOCK TABLE facts IN EXCLUSIVE MODE"))
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'facts'::regclass"
        yield lambda: runner.run(lock.fetchval(waiting)) == 1
        runner.run(lock.close())


def test_the_new_key_opens_and_the_old_one_does_not(place):
    """A dry run and an unanswered question change nothing; then all that is sealed is read with the new key alone."""
    assert "new master key" in place.rotate("--dry-run")
    assert "--yes" in place.rotate(status=1)
    assert place.secret(OLD) == "Correct-Horse-9"
    assert "Done." in place.rotate("--yes")
    assert place.secret(NEW) == "Correct-Horse-9"
    assert NOT_THIS in place.call("secret", "get", "PASSPHRASE", key=OLD, status=1)
    assert place.call("audit", "verify", key=NEW)
    assert place.actions(NEW).count("RotateMasterKey") == 1


def test_it_is_done_once(place):
    """Repeated with either key it says so, and is not on record again."""
    place.rotate("--yes")
    for key in (OLD, NEW):
        assert "under this master key already" in place.rotate("--yes", key=key)
    assert place.actions(NEW).count("RotateMasterKey") == 1


def test_another_key_cannot_rotate(place):
    """Who does not have the old key changes nothing; nor does a file that holds none."""
    assert NOT_THIS in place.rotate("--yes", key=OTHER, status=1)
    place.file.write_text("c2hvcnQ=")
    assert "must hold 32 bytes, not 5" in place.rotate("--yes", status=1)
    assert place.secret(OLD) == "Correct-Horse-9"


def test_killed_in_the_middle(place):
    """Killed while it waits to write, nothing has changed; the next attempt does all of it."""
    with held(place.database) as is_waited_for, place.rotating() as command:
        command.says("sealed under the new master key|in use|busy")
        assert wait_for(is_waited_for)
        command.process.kill()
        command.wait()
    assert place.secret(OLD) == "Correct-Horse-9"
    assert NOT_THIS in place.call("secret", "get", "PASSPHRASE", key=NEW, status=1)
    assert "Done." in place.rotate("--yes")
    assert place.secret(NEW) == "Correct-Horse-9"


def test_two_at_once(place, tmp_path):
    """To different keys: one does it, the other is refused, and the data are under the key of the one."""
    other = tmp_path / "other.key"
    other.write_text(OTHER)
    with contextlib.ExitStack() as both:
        with held(place.database):
            commands = [both.enter_context(place.rotating(file)) for file in (place.file, other)]
            for command in commands:
                command.says("sealed under the new master key|in use|busy")
        statuses = [command.wait() for command in commands]
    assert sorted(statuses) == [0, 1], [command.text for command in commands]
    won, lost = (NEW, OTHER) if statuses[0] == 0 else (OTHER, NEW)
    refusal = commands[statuses.index(1)].text
    assert NOT_THIS in refusal or "was changed meanwhile" in refusal
    assert "Traceback" not in refusal
    assert place.secret(won) == "Correct-Horse-9"
    for key in (lost, OLD):
        assert NOT_THIS in place.call("secret", "get", "PASSPHRASE", key=key, status=1)


def test_a_backup_needs_the_key_that_it_was_made_with(place, tmp_path):
    """Made before the change it is restored with the old key, with all that it holds, and not with the new one."""
    file, other = str(tmp_path / "old.backup"), f"sqlite:///{tmp_path}/restored.db"
    place.call("backup", file)
    place.rotate("--yes")
    place.call("restore-backup", file, key=NEW, database=other, status=1)
    place.call("restore-backup", file, database=other)
    assert place.call("secret", "get", "PASSPHRASE", database=other).strip() == "Correct-Horse-9"
    assert place.call("audit", "verify", database=other)
