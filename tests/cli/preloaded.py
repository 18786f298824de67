"""A process that has imported the command line already, and forks for every command that it is told.

Started as a file with the number of a socket. A request is one message: JSON with arguments, folder and environment,
and four descriptors, the command's stdin, stdout and stderr and a pipe that gets its process id and its exit status.
"""

import atexit
import contextlib
import fcntl
import gc
import io
import json
import os
import socket
import sys
import termios
import threading
from collections.abc import Callable
from importlib import import_module
from pkgutil import walk_packages
from typing import NoReturn

import poolhouse

HEAVY = (
    *("alembic.command", "alembic.config", "asyncpg", "bcrypt", "boto3", "jinja2", "libcst", "logging.config"),
    *("questionary", "rich.progress", "uvicorn.main", "uvicorn.protocols.http.httptools_impl", "uvloop", "watchfiles"),
)
ASIDE = ("poolhouse.__main__", "poolhouse.functions.inside", "poolhouse.store.migrations.", "poolhouse.testing.")
LONGEST = 1 << 17


def become(request: dict, descriptors: list[int]) -> None:
    """What the kernel and the interpreter do for a new process: its own descriptors, folder, environment, arguments."""
    os.setsid()
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    if os.isatty(0):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    encoding = request["environment"].get("PYTHONIOENCODING", "utf-8")
    sys.stdin = open(0, encoding=encoding, closefd=False)  # noqa: SIM115 - open until the process ends
    sys.stdout = open(1, "w", encoding=encoding, closefd=False)  # noqa: SIM115 - open until the process ends
    sys.stderr = open(2, "w", encoding=encoding, buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115 - open until the process ends
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.argv = ["poolhouse", *request["arguments"]]


def watch(request: dict, descriptors: list[int]) -> bool:
    """Forks the command and tells of its beginning and its end; True in the command itself."""
    *streams, told = descriptors
    pid = os.fork()
    if pid == 0:
        os.close(told)
        become(request, streams)
        return True
    for descriptor in streams:
        os.close(descriptor)
    os.write(told, b"%d\n" % pid)
    os.write(told, b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    return False


def status_of(command: Callable[[], None]) -> int:
    try:
        command()
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - as the interpreter does
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def end(status: int) -> NoReturn:
    """As the interpreter ends, without taking apart what all commands share: that would copy every page of it."""
    threading._shutdown()
    atexit._run_exitfuncs()
    if gc.isenabled():
        gc.collect()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status)


def forget() -> None:
    """Collects those who have watched to the end."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def main() -> None:
    for name in HEAVY:
        import_module(name)
    for module in walk_packages(poolhouse.__path__, "poolhouse."):
        if not module.name.startswith(ASIDE):
            import_module(module.name)
    for service in ("cognito-idp", "cognito-identity"):
        poolhouse.service_model.prepare(poolhouse.service_model.operations(service))
    with contextlib.redirect_stdout(io.StringIO()):  # what Typer imports for its first command
        poolhouse.cli.commands.app(["generate", "master-key"], standalone_mode=False)
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as asked:
        while True:
            message, descriptors, _, _ = socket.recv_fds(asked, LONGEST, 4)
            if not message:
                return
            forget()
            if os.fork() == 0:
                break
            for descriptor in descriptors:
                os.close(descriptor)
    if not watch(json.loads(message), descriptors):
        os._exit(0)
    from poolhouse.cli import main as command

    end(status_of(command))


main()
