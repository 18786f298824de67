"""What a handler that turns on its server gets: nothing of its memory and environment, and no file that is not its own."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from app.running import project as copied
from cli.command import COMMAND, SERVE, environment, wait_for
from functions.as_nobody import NOBODY, Outside, outside

from poolhouse.errors import SettingError
from poolhouse.functions.isolation import account
from poolhouse.store import own_files

__all__ = ["outside"]

ATTACK = """
import os

def attempt(act):
    try:
        return act()
    except OSError as refused:
        return type(refused).__name__

def handler(event, context):
    pid = event.get("pid", os.getppid())
    files = [f"/proc/{pid}/{name}" for name in ("environ", "mem", "maps")] + event.get("files", [])
    return {
        "pid": os.getpid(),
        "files": [attempt(lambda: open(file, "rb").close() or "open") for file in files],
        "descriptors": attempt(lambda: len(os.listdir(f"/proc/{pid}/fd")) and "open"),
        "who": [os.getresuid(), os.getresgid(), os.getgroups()],
        "status": [line.split() for line in open("/proc/self/status") if line.startswith(("NoNewPrivs", "CapEff"))],
    }
"""

SERVER = """
import asyncio, json, sys
from pathlib import Path
from functions.conftest import House
from poolhouse.functions.isolation import account, close_process

async def main(folder, user, files):
    house, source = House(Path(folder)), Path(folder, "attack").read_text()
    functions = await house.open(house.spec(source, "work"), house.spec(source, "other"), account=account(user))
    async def found(name, **event):
        outcome = await functions.invoke(name, json.dumps(event).encode())
        assert outcome.error is None, outcome.error
        return json.loads(outcome.payload)
    other = await found("other")
    print(json.dumps([await found("work", files=files.split()), await found("work", pid=other["pid"])]))
    await house.close()

if sys.argv[1] == "close":
    assert close_process()
asyncio.run(main(*sys.argv[2:]))
"""

EXAMINE = """
import sys
from pathlib import Path
from poolhouse.errors import SettingError
from poolhouse.functions.isolation import account, examine
try:
    examine(account("nobody"), Path(sys.argv[1]), [Path(file) for file in sys.argv[2:]])
except SettingError as refused:
    print(refused.message, refused.resolution)
"""

REFUSED = ["PermissionError"] * 3


def attacked(outside: Outside, how: str, user: str = "", files: str = "", *, root: bool = False):
    """What a function finds of its server and of the files, and what it finds of another function."""
    (outside.folder / "attack").write_text(ATTACK)
    if not root:
        outside.give()
    secret = {"POOLHOUSE_MASTER_KEY": "a-secret"}
    done = outside.python(SERVER, how, str(outside.folder), user, files, root=root, **secret)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_closed_server_is_closed_to_its_functions(outside):
    """Environment, memory, maps and open files of a server of the same user are refused, and those of other functions."""
    for found in attacked(outside, "close"):
        assert found["who"][0] == [NOBODY.pw_uid] * 3
        assert found["files"] == REFUSED
        assert found["descriptors"] == "PermissionError"


def test_without_it_they_were_open(outside):
    """The same handler looks into a server that did not close itself: what refuses it above is not the machine."""
    of_server, of_other = attacked(outside, "leave")
    assert of_server["files"][::2] == ["open", "open"]
    assert of_server["descriptors"] == "open"
    assert of_other["files"] == REFUSED


def test_functions_of_a_user_of_their_own(outside):
    """As another user nothing of the server is open to them: neither key file nor database, process or capability."""
    kept = [outside.folder / name for name in ("master.key", "dev.db")]
    for file in kept:
        own_files.make(file)
        file.write_text("kept")
    of_server, of_other = attacked(outside, "leave", "nobody", " ".join(map(str, kept)), root=True)
    assert of_server["who"] == [[NOBODY.pw_uid] * 3, [NOBODY.pw_gid] * 3, []]
    assert of_server["status"] == [["CapEff:", "0000000000000000"], ["NoNewPrivs:", "1"]]
    assert of_server["files"] == [*REFUSED, "PermissionError", "PermissionError"]
    assert of_other["files"] == REFUSED
    assert [file.read_text() for file in kept] == ["kept", "kept"]


@pytest.mark.parametrize(
    ("name", "told"), [("no-such-user", "there is no user"), ("root", "the server's own user or root")]
)
def test_users_that_cannot_be_taken(name, told):
    """A name that nobody has, and one that keeps nothing apart."""
    with pytest.raises(SettingError, match=told):
        account(name)


def test_no_user_is_asked_for():
    """Without the setting functions run as the server."""
    assert account("") is None


def test_who_is_not_root_cannot_start_others(outside):
    """The refusal comes at the start, and says what the server runs as."""
    done = outside.python("from poolhouse.functions.isolation import account; account('daemon')")
    assert f"the server runs as user {NOBODY.pw_uid}" in done.stderr


def test_files_that_the_user_could_read_are_refused(outside):
    """A start with a key file or a database that is open to functions is refused by its name; one without passes."""
    kept, key = outside.folder / "kept", outside.folder / "open.key"
    own_files.make(kept)
    key.write_text("secret")
    assert outside.python(EXAMINE, str(outside.folder), str(kept), root=True).stdout == ""
    told = outside.python(EXAMINE, str(outside.folder), str(kept), str(key), root=True).stdout
    assert f"nobody can read {key}." in told
    assert f"chmod 600 {key}" in told
    assert f"{kept}" not in told


def test_a_project_that_the_user_cannot_read_is_refused(outside):
    """Else every function would fail later, with less to go by."""
    (outside.folder / "project").mkdir(mode=0o700)
    told = outside.python(EXAMINE, str(outside.folder / "project"), root=True).stdout
    assert f"nobody cannot read {outside.folder}/project." in told


def test_the_folder_that_is_closed_is_named(outside):
    """A project may be open to all, below a home that is not; or a handler may not."""
    home = outside.folder / "home"
    project = home / "project"
    project.mkdir(parents=True)
    handler = project / "handler.py"
    handler.touch(mode=0o600)
    home.chmod(0o700)
    told = outside.python(EXAMINE, str(project), root=True).stdout
    assert f"nobody cannot read {project}, for {home} is closed to it." in told
    assert f"chmod o+x {home}" in told
    home.chmod(0o711)
    assert outside.python(EXAMINE, str(project), root=True).stdout == ""
    told = outside.python(EXAMINE.replace("]])", f"]], [Path({str(handler)!r})])"), str(project), root=True).stdout
    assert f"nobody cannot read {handler}. Give that user the right to read it." in told


def test_a_server_that_cannot_end_its_functions_is_refused(outside):
    """Root of a container that has given up a capability: a function that hangs would hang for ever."""
    for rights, told in (
        ("setuid,+setgid,+kill", ""),
        ("setuid,+setgid", "the server may not end processes of nobody"),
    ):
        taken = ["setpriv", f"--bounding-set=-all,+{rights}", "--inh-caps=-all"]
        done = outside.run(*taken, sys.executable, "-c", EXAMINE, str(outside.folder), root=True)
        assert done.returncode == 0, done.stderr
        assert told in done.stdout
        assert bool(told) is bool(done.stdout)


UMASK = """
import asyncio, json, os, sys
from pathlib import Path
os.umask(0o077)
from poolhouse.app import Server
from poolhouse.config import load
from poolhouse.define.project import load as load_manifest

async def run(project):
    server = Server(load("dev", project, {"port": 1}), project)
    try:
        await server.start(load_manifest(project))
        outcome = await server.functions.invoke("add-user-to-group", b"{}")
        print(json.dumps([outcome.payload.decode(), outcome.error and outcome.error.message]))
    finally:
        await server.stop()

project = Path(sys.argv[1])
for start in range(2):
    asyncio.run(run(project))
for path in sorted([project / ".amplify", *(project / ".amplify").rglob("*")]):
    found = path.stat()
    print(oct(found.st_mode & 0o777), found.st_uid, found.st_gid, path.relative_to(project))
"""
IMPORTER = """
from amplify_env.add_user_to_group import env

def handler(event, context):
    return sorted(name for name in dir(env) if name.startswith("AWS_REGION"))
"""


def test_generated_modules_under_a_strict_umask(outside):
    """A handler imports its `env`, of a server whose files are its own: they are that user's group's to read, once and
    again, and nobody else's. No value is in them.
    """
    project = copied(outside.folder / "project")
    (project / "amplify" / "data" / "add_user_to_group" / "handler.py").write_text(IMPORTER)
    key = project / ".poolhouse" / "master.key"
    key.parent.mkdir()
    own_files.make(key)
    key.write_text(SERVE["POOLHOUSE_MASTER_KEY"])
    served = outside.python(UMASK, str(project), root=True, POOLHOUSE_FUNCTION_USER="nobody")
    assert served.returncode == 0, served.stderr
    first, second, *files = served.stdout.splitlines()
    assert (json.loads(first), json.loads(second)) == (['["AWS_REGION"]', None],) * 2
    modes = {line.split()[3]: line.split()[:3] for line in files}
    assert modes[".amplify"] == ["0o710", "0", str(NOBODY.pw_gid)]
    assert modes[".amplify/generated/amplify_env"] == ["0o750", "0", str(NOBODY.pw_gid)]
    assert modes[".amplify/generated/amplify_env/add_user_to_group.py"] == ["0o640", "0", str(NOBODY.pw_gid)]
    assert not any(int(mode, 8) & 0o027 for mode, *_ in modes.values())


SERVED = """
import asyncio, sys
from pathlib import Path
from poolhouse.app import Server
from poolhouse.config import load
from poolhouse.define.project import load as load_manifest
from poolhouse.errors import SettingError

async def users(project):
    server = Server(load("dev", project, {"port": 1}), project)
    try:
        await server.start(load_manifest(project))
        while not server.functions.pids():
            await asyncio.sleep(0.01)
        for pid in server.functions.pids():
            print(*Path(f"/proc/{pid}/status").read_text().partition("Uid:")[2].split()[:4])
    except SettingError as refused:
        print(refused.message)
    finally:
        await server.stop()

project = Path(sys.argv[1])
for mode in (0o600, 0o644):
    (project / ".poolhouse" / "master.key").chmod(mode)
    asyncio.run(users(project))
"""


def test_the_setting_reaches_the_workers(outside):
    """Functions of a server of root's are the user's that is named; a key file that is open to that user is refused."""
    project = copied(outside.folder / "project")
    key = project / ".poolhouse" / "master.key"
    key.parent.mkdir()
    key.write_text(SERVE["POOLHOUSE_MASTER_KEY"])
    served = outside.python(SERVED, str(project), root=True, POOLHOUSE_FUNCTION_USER="nobody")
    users, refused = served.stdout.splitlines()
    assert users == " ".join([str(NOBODY.pw_uid)] * 4), served.stderr
    assert f"nobody can read {key}." in refused
    assert stat.S_IMODE((project / ".poolhouse" / "dev.db").stat().st_mode) == 0o600


def owner_of_environment(pid):
    """The user id that the file belongs to; None while the process is not Python yet."""
    first = Path(f"/proc/{pid}/cmdline").read_bytes().partition(b"\0")[0]
    return Path(f"/proc/{pid}/environ").stat().st_uid if b"python" in Path(os.fsdecode(first)).name.encode() else None


def test_the_server_command_closes_itself(outside):
    """`poolhouse serve` is closed to its own user before it serves: what lies in /proc belongs to root."""
    place = ["--project", str(copied(outside.folder / "project")), "--database", f"sqlite:///{outside.folder}/prod.db"]
    outside.give()
    command = outside.command(*COMMAND, "serve", *place, "--port", "0")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=environment(SERVE), cwd=outside.folder, **quiet) as server:
        try:
            assert wait_for(lambda: owner_of_environment(server.pid) == 0)
            refused = outside.run("cat", *(f"/proc/{server.pid}/{name}" for name in ("environ", "mem", "maps")))
        finally:
            server.terminate()
    assert (refused.stdout, refused.stderr.count("Permission denied")) == ("", 3)
