"""A process that has imported the command line already, and forks for every command that it is told.

Started as a file. A request is one line of JSON on stdin: arguments, folder, environment, and the files to use as
stdin, stdout and stderr. The answer is one line with the command's exit status.
"""

import gc
import json
import os
import sys
from importlib import import_module

HEAVY = ("alembic.command", "asyncpg", "boto3", "jinja2", "libcst", "questionary", "poolhouse.app", "poolhouse.cli")


def become(request: dict) -> None:
    """What the kernel and the interpreter do for a new process: its own descriptors, folder, environment, arguments."""
    os.setsid()
    for number, name in enumerate(request["files"]):
        descriptor = os.open(name, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - open until the process ends
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - open until the process ends
    sys.stderr = open(2, "w", encoding="utf-8", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115 - open until the process ends
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.argv = ["poolhouse", *request["arguments"]]


def main() -> None:
    for name in HEAVY:
        import_module(name)
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            become(request)
            from poolhouse.cli import main as command

            command()
            return
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        print(json.dumps(status), flush=True)


main()
