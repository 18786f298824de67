"""Runs inside a worker process: sets limits and paths, then gives way to awslambdaric's own loop.

It is started as a file, not as a module, so that nothing of the server is imported here.
`inside.py HANDLER LIFE_FD MEMORY_MB HANDLER_FOLDER PROJECT GENERATED`: LIFE_FD is a pipe that the server never writes
to and that closes when the server is gone.
"""

import base64
import ctypes
import fcntl
import gc
import logging
import os
import resource
import select
import signal
import socket
import sys
import threading
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from http import HTTPStatus
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, ExtensionFileLoader, FileFinder, SourceFileLoader
from types import ModuleType
from typing import Any
from uuid import UUID

from awslambdaric import bootstrap
from awslambdaric.lambda_config import LambdaConfigProvider
from awslambdaric.lambda_literals import lambda_unhandled_exception_warning_message as of_updates
from awslambdaric.lambda_runtime_client import InvocationRequest, LambdaRuntimeClient, LambdaRuntimeClientError
from awslambdaric.lambda_runtime_exception import FaultException
from awslambdaric.lambda_runtime_marshaller import Encoder, LambdaMarshaller

BASE_MB = 64
"""What the interpreter and the runtime client may use beyond the function's own memory."""

READ_BYTES = 256 * 1024
_SERVER = os.getenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "")  # noqa: TID251 - what the worker is told
PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 4, 38
kept_sdk: dict[str, str] = globals().get("kept_sdk", {})
"""The texts that `sdk` reads, where the server started this process with what it kept of its own files (`own_code`)."""


class TolerantEncoder(Encoder):  # type: ignore[misc]  # it has no types
    """awslambdaric's encoder, and the values that Python handlers return: times, bytes, sets, UUIDs.

    A datetime without zone is UTC, as a worker's clock is. Numbers that JSON does not have are refused.
    """

    def __init__(self) -> None:
        super().__init__()
        self.allow_nan = False
        self.encoding = None

    def default(self, obj: Any) -> Any:
        match obj:
            case datetime():
                aware = obj if obj.tzinfo else obj.replace(tzinfo=UTC)
                return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")
            case date() | time():
                return obj.isoformat()
            case bytes() | bytearray() | memoryview():
                return base64.b64encode(obj).decode("ascii")
            case set() | frozenset():
                return list(obj)
            case UUID():
                return str(obj)
            case Decimal() if not obj.is_finite():
                raise ValueError(f"{obj} is not a JSON number")
        return super().default(obj)


class TolerantMarshaller(LambdaMarshaller):  # type: ignore[misc]  # it has no types
    """awslambdaric's documented place for another encoding of results."""

    def __init__(self) -> None:
        super().__init__()
        self.jsonEncoder = TolerantEncoder()

    def marshal_response(self, response: Any) -> tuple[bytes, str]:
        try:
            return self.jsonEncoder.encode(response).encode("utf-8"), "application/json"
        except Exception as error:
            raise FaultException(FaultException.MARSHAL_ERROR, f"Unable to marshal response: {error}") from error


class Channel:
    """A kept connection to the runtime API. Requests may follow each other before they are answered."""

    def __init__(self, address: str) -> None:
        host, _, port = address.partition(":")
        self._socket = socket.socket()
        self._socket.connect((host, int(port)))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read = b""

    def send(self, *parts: bytes) -> None:
        self._socket.sendall(b"".join(parts))

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the oldest request that has none yet."""
        while (end := self._read.find(b"\r\n\r\n")) < 0:
            self._read += self._more(READ_BYTES)
        first, *lines = self._read[:end].decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        return int(first.split(" ")[1]), headers, self._body(end + 4, int(headers["Content-Length"]))

    def _body(self, start: int, size: int) -> bytes:
        parts, self._read = [self._read[start : start + size]], self._read[start + size :]
        missing = size - len(parts[0])
        while missing:
            parts.append(self._more(min(missing, READ_BYTES)))
            missing -= len(parts[-1])
        return b"".join(parts)

    def _more(self, most: int) -> bytes:
        read = self._socket.recv(most)
        if not read:
            raise ConnectionError("The runtime API closed the connection.")
        return read


class WorkerClient(LambdaRuntimeClient):  # type: ignore[misc]  # it has no types
    """awslambdaric's client under this worker's secret path; its Python half takes no path as part of the address.

    A result and the question for the next invocation leave together: one packet instead of three, and one wait.
    What failed is reported by awslambdaric's own half in C.
    """

    def __init__(self, address: str) -> None:
        host, _, self._token = address.partition("/")
        super().__init__(host)
        self.marshaller = TolerantMarshaller()
        self._host = host
        self._channel = Channel(host)
        self._next = self._head("GET", "next", "")
        self._has_begun = False
        self._has_answered = False

    def wait_next_invocation(self) -> Any:
        """What the imports made stays: collections would walk through it in the middle of invocations, for 100 ms."""
        if not self._has_begun:
            gc.freeze()
            self._has_begun = True
        if self._has_answered:
            self._has_answered = False
            self._expect(HTTPStatus.ACCEPTED)
        else:
            self._channel.send(self._next)
        headers, event = self._expect(HTTPStatus.OK)
        return InvocationRequest(
            invoke_id=headers["Lambda-Runtime-Aws-Request-Id"],
            x_amzn_trace_id=headers["Lambda-Runtime-Trace-Id"],
            invoked_function_arn=headers["Lambda-Runtime-Invoked-Function-Arn"],
            deadline_time_in_ms=int(headers["Lambda-Runtime-Deadline-Ms"]),
            client_context=None,
            cognito_identity=None,
            tenant_id=None,
            content_type=headers["Content-Type"],
            event_body=event,
            invocation_id=None,
        )

    def post_invocation_result(
        self,
        invoke_id: str,
        result_data: bytes,
        content_type: str = "application/json",
        invocation_id: str | None = None,  # noqa: ARG002  for concurrent invocations, which we do not have
    ) -> None:
        lines = f"Content-Type: {content_type}\r\nContent-Length: {len(result_data)}\r\n"
        self._has_answered = True
        self._channel.send(self._head("POST", f"{invoke_id}/response", lines), result_data, self._next)

    def call_rapid(self, http_method: str, endpoint: str, *rest: Any, **named: Any) -> None:
        super().call_rapid(http_method, f"/{self._token}{endpoint}", *rest, **named)

    def _head(self, method: str, place: str, lines: str) -> bytes:
        path = f"/{self._token}/2018-06-01/runtime/invocation/{place}"
        return f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\n{lines}\r\n".encode()

    def _expect(self, wanted: HTTPStatus) -> tuple[dict[str, str], bytes]:
        status, headers, body = self._channel.answer()
        if status != wanted:
            raise LambdaRuntimeClientError("invocation", status, body)
        return headers, body


class FreshLoader(SourceFileLoader):
    """Compiles the user's source at every start.

    Python's cache takes an edit within the same second that keeps the size for the old source, and litters the project.
    """

    def path_stats(self, path: str) -> Any:
        raise OSError(f"{path} is not cached")


def load_freshly(project: str) -> None:
    """Uses FreshLoader below `project`, except for installed packages."""
    loaders: Any = ((ExtensionFileLoader, EXTENSION_SUFFIXES), (FreshLoader, SOURCE_SUFFIXES))

    def find_in(folder: str) -> FileFinder:
        inside = f"{folder}/".startswith(f"{project}/")
        if not inside or "site-packages" in folder or folder.startswith(sys.prefix):
            raise ImportError("not the user's own folder", path=folder)
        return FileFinder(folder, *loaders)

    sys.path_hooks.insert(0, find_in)


def initialize_client_plugin(client: Any) -> None:
    """Called by botocore with each client that is made, because `worker_environment` names this module."""
    sdk().hasten(client, _SERVER)


@cache
def sdk() -> Any:
    """`inside_sdk`, read when it is needed: most of what it imports a function without the SDK has no use for."""
    package = ModuleType("poolhouse_inside")
    package.__path__ = []
    sys.modules[package.__name__] = package
    for name in ("inside_wire", "inside_sdk"):
        loader = SourceFileLoader(f"{package.__name__}.{name}", __file__.replace("inside.py", f"{name}.py"))
        module = sys.modules[loader.name] = ModuleType(loader.name)
        module.__package__ = package.__name__
        if kept_sdk:
            exec(compile(kept_sdk[name], loader.path, "exec"), module.__dict__)  # noqa: S102 - our own
        else:
            loader.exec_module(module)
    return module


def set_limits(memory_mb: int) -> None:
    """Bounds private memory (the kernel of Linux enforces it, that of macOS does not) and forbids core dumps."""
    allowed = (memory_mb + BASE_MB) * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, allowed))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def close_up() -> None:
    """Closes this process to other functions, and keeps all that it starts from gaining rights (Linux alone can)."""
    if sys.platform == "linux":
        zero, prctl = ctypes.c_ulong(0), ctypes.CDLL(None, use_errno=True).prctl
        for option, value in ((PR_SET_DUMPABLE, 0), (PR_SET_NO_NEW_PRIVS, 1)):
            if prctl(option, ctypes.c_ulong(value), zero, zero, zero):
                raise OSError(ctypes.get_errno(), "The worker cannot be closed to other processes")


def die_with(life: int) -> None:
    """Ends this process group when the other end of the pipe closes, however the server dies.

    On Linux the kernel sends the signal itself: code that keeps the interpreter lock cannot outlive the server either.
    """
    os.set_inheritable(life, False)
    if sys.platform == "linux":
        fcntl.fcntl(life, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(life, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(life, fcntl.F_SETFL, fcntl.fcntl(life, fcntl.F_GETFL) | os.O_ASYNC)
        if select.select([life], [], [], 0)[0]:
            end_group()
    else:
        threading.Thread(target=wait_for_end, args=(life,), daemon=True).start()


def wait_for_end(life: int) -> None:
    os.read(life, 1)
    end_group()


def end_group() -> None:
    os.killpg(os.getpgrp(), signal.SIGKILL)


def main(arguments: list[str]) -> None:
    """A worker polls in its main thread on every Python version: a thread for each poll costs more than the poll."""
    close_up()
    life, memory_mb, *folders = arguments[2:]
    die_with(int(life))
    set_limits(int(memory_mb))
    load_freshly(folders[1])
    sys.path[:0] = folders
    del sys.modules["resource"]  # a handler's folder often has a resource.py of its own
    logging.getLogger().addFilter(lambda record: record.msg is not of_updates)  # there are none here, only noise
    config = LambdaConfigProvider(arguments)
    bootstrap.run(config.handler, WorkerClient(config.api_address))


if __name__ == "__main__":
    main(sys.argv)
