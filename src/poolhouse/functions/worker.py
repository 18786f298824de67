"""One worker process of one function, and its side of the runtime API: at most one invocation at a time."""

import asyncio
import contextlib
import hmac
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import msgspec

from poolhouse.define.handlers import handler_path
from poolhouse.errors import PoolhouseError

from . import own_code
from .history import History
from .invocations import (
    RESPONSE_LIMIT,
    FunctionSpec,
    InvocationError,
    Job,
    RoleCredentials,
    iso_time,
    response_too_large,
    stopped,
    timed_out,
)
from .isolation import Account
from .runtime_api import Connection, RuntimeApi
from .worker_environment import Doors, import_paths, worker_environment
from .worker_logs import HIDDEN, LineReader, Redactor

START_SECONDS = 30.0
"""How long a worker may import its handler."""

TERM_SECONDS = 1.0


@dataclass(frozen=True)
class Host:
    """What all workers share: who they are on AWS, where they speak, the clock and the log."""

    api: RuntimeApi
    credentials: Callable[[str, str], RoleCredentials]
    endpoint_url: str
    region: str
    account_id: str
    clock: Callable[[], int]
    log: Callable[[str, str, str], None]
    history: History
    account: Account | None = None

    def arn(self, name: str) -> str:
        return f"arn:aws:lambda:{self.region}:{self.account_id}:function:{name}"


class Owner(Protocol):
    """Whoever gives a worker its invocations."""

    def worker_ready(self, worker: "Worker") -> None: ...

    def worker_withdrew(self, worker: "Worker") -> None: ...

    def worker_gone(self, worker: "Worker") -> None: ...


class _Report(msgspec.Struct):
    """What awslambdaric posts about an exception."""

    errorMessage: str = ""  # noqa: N815  Lambda's names
    errorType: str = ""  # noqa: N815 - Lambda's name
    stackTrace: list[str] = []  # noqa: N815 - Lambda's name


class Worker:
    """A process from its start to its end. The owner calls `run` only after `worker_ready`."""

    def __init__(self, spec: FunctionSpec, host: Host, owner: Owner) -> None:
        self.spec = spec
        self.job: Job | None = None
        self.was_ready = False
        self.failure: InvocationError | None = None
        self.spent = False
        self.died_running = False
        self.has_answered = False
        self.crash: InvocationError | None = None
        self.idle_since = 0.0
        self._host = host
        self._owner = owner
        self._arn = host.arn(spec.name)
        self._loop = asyncio.get_running_loop()
        self._token = host.api.open(self)
        self._authorization = secrets.token_urlsafe(24)
        hidden = [spec.environment[name] for name in spec.secret_names if name in spec.environment]
        self._redactor = Redactor([self._token, self._authorization, *hidden])
        self._process: asyncio.subprocess.Process | None = None
        self._connection: Connection | None = None
        self._verdict: InvocationError | None = None
        self._limit: asyncio.TimerHandle | None = None
        self._started_ns = time.perf_counter_ns()
        self._init_ns: int | None = None
        self._life = asyncio.create_task(self._live())

    @property
    def pid(self) -> int | None:
        """The process id while the process lives."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def ended(self) -> None:
        """Returns when the process is gone and everything about it is cleaned up."""
        await asyncio.wait([self._life])

    async def stop(self) -> None:
        """Ends the process: politely, then not. A running invocation fails."""
        self._verdict = self._verdict or stopped()
        self._signal(signal.SIGTERM)
        await asyncio.wait([self._life], timeout=TERM_SECONDS)
        self._signal(signal.SIGKILL)
        await self.ended()

    def kill(self, verdict: InvocationError) -> None:
        """Ends the process at once; a running invocation fails with `verdict`."""
        self._verdict = self._verdict or verdict
        self._signal(signal.SIGKILL)

    def run(self, job: Job) -> None:
        """Delivers an invocation to the process, which is waiting for it."""
        connection, self._connection = self._connection, None
        assert connection is not None
        self.job = job
        self._started_ns = time.perf_counter_ns()
        now, seconds = self._host.clock(), self.spec.timeout_seconds
        self._limit = self._loop.call_later(seconds, self._time_out)
        self._host.history.began(self.spec.name, job.request_id, now, self._init_ns and self._init_ns // 1000)
        self._host.log(self.spec.name, job.request_id, f"START RequestId: {job.request_id} Version: $LATEST")
        caller = f";Caller={job.caller}" if job.caller else ""
        trace = job.trace or f"Root=1-{now // 1_000_000:08x}-{os.urandom(12).hex()};Sampled=0"
        headers = (
            f"Lambda-Runtime-Aws-Request-Id: {job.request_id}\r\n"
            f"Lambda-Runtime-Deadline-Ms: {now // 1000 + seconds * 1000}\r\n"
            f"Lambda-Runtime-Invoked-Function-Arn: {self._arn}\r\n"
            f"Lambda-Runtime-Trace-Id: {trace}{caller}\r\n"
        )
        connection.deliver(headers, job.event)

    # --- the runtime API's side ---

    def asked_for_work(self, connection: Connection) -> None:
        if self.job is not None:
            self.kill(InvocationError("Runtime.ExitError", "The runtime asked for work before it had answered."))
            return
        if self._connection is not None:
            connection.close()
            return
        self._connection = connection
        if not self.was_ready:
            self.was_ready = True
            self._init_ns = time.perf_counter_ns() - self._started_ns
            self._stop_limit()
        else:
            self.has_answered = True
        self._owner.worker_ready(self)

    def withdrew(self, connection: Connection) -> None:
        if self._connection is connection:
            self._connection = None
            self._owner.worker_withdrew(self)

    def succeeded(self, request_id: str, payload: bytes, size: int) -> bool:
        if self.job is None or self.job.request_id != request_id:
            return False
        if size > RESPONSE_LIMIT:
            self._settle(b"", response_too_large(size))
            return True
        try:
            msgspec.json.decode(payload, type=msgspec.Raw)
        except msgspec.DecodeError as problem:
            self._settle(b"", InvocationError("Runtime.MarshalError", f"The result is not JSON: {problem}"))
        else:
            self._settle(payload, None)
        return True

    def failed(self, request_id: str, body: bytes) -> bool:
        if self.job is None or self.job.request_id != request_id:
            return False
        error = self._reported(body)
        if error.type == "MemoryError":
            self.spent = True
            text = error.message or f"The function used more than its {self.spec.memory_mb} MB of memory."
            error = InvocationError("Runtime.OutOfMemory", text, error.stack)
        self._settle(b"", error, already_logged=True)
        return True

    def failed_to_start(self, body: bytes) -> None:
        """Ends the process at once: threads that the handler's module started could keep it."""
        if not self.was_ready:
            self.failure = self._reported(body)
            self.kill(self.failure)

    def role_credentials(self, authorization: str) -> bytes | None:
        if not hmac.compare_digest(authorization.encode(), self._authorization.encode()):
            return None
        try:
            keys = self._host.credentials(self.spec.role_arn, self.spec.name)
        except PoolhouseError as problem:
            self._log(f"No credentials for {self.spec.role_arn}: {problem}")
            return None
        self._redactor.add([keys.secret_access_key, keys.session_token])
        return msgspec.json.encode(
            {
                "RoleArn": self.spec.role_arn,
                "AccessKeyId": keys.access_key_id,
                "SecretAccessKey": keys.secret_access_key,
                "Token": keys.session_token,
                "Expiration": iso_time(keys.expiration_us),
            }
        )

    # --- the process ---

    async def _live(self) -> None:
        try:
            await self._run_process()
        except (OSError, ValueError, subprocess.SubprocessError) as problem:
            self.failure = InvocationError("Runtime.StartError", f"The worker cannot be started: {problem}")
            self._log(self.failure.message)
        finally:
            self._stop_limit()
            self._host.api.close(self._token)
            self._connection = None
            self._owner.worker_gone(self)

    async def _run_process(self) -> None:
        with contextlib.ExitStack() as ours:
            with contextlib.ExitStack() as theirs:
                output, output_end = _pipe(ours, theirs)
                life, _ = _pipe(theirs, ours)
                os.set_blocking(output, False)
                self._logs = LineReader(output, self._redactor, self._log)
                self._process = await self._spawn(output_end, life)
            self._loop.add_reader(output, self._read_logs, output)
            ours.callback(self._loop.remove_reader, output)
            if self._verdict is not None:
                self._signal(signal.SIGKILL)
            elif not self.was_ready:
                self._limit = self._loop.call_later(START_SECONDS, self._time_out)
            await self._process.wait()
            self._end_of_process(self._process)

    async def _spawn(self, output: int, life: int) -> asyncio.subprocess.Process:
        api, host, spec = self._host.api, self._host, self.spec
        doors = Doors(api.port, self._token, self._authorization, host.endpoint_url, host.region)
        handler = handler_path(spec.project, spec.entry, spec.handler)
        code = own_code.command()
        if code[0] == "-c":
            self._log(own_code.REPLACED)
        arguments = [*code, handler, str(life), str(spec.memory_mb), *import_paths(spec)]
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-u", "-P", "-X", "faulthandler"),
            *arguments,
            env=worker_environment(spec, doors),
            cwd=spec.project,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=(life,),
            start_new_session=True,
            preexec_fn=host.account.assume if host.account else None,
        )

    def _end_of_process(self, process: asyncio.subprocess.Process) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        self._logs.drain()
        self._logs.flush()
        verdict = self._verdict or _exit_error(process.returncode or 0)
        if self.job is not None:
            self.died_running = True
            self.crash = self._clean(verdict) if self._verdict is None else None
            self._settle(b"", verdict)
        elif not self.was_ready:
            self.failure = self._clean(self.failure or verdict)

    def _signal(self, number: int) -> None:
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    def _time_out(self) -> None:
        if self.job is not None:
            self.kill(timed_out(self.job.request_id, self.spec.timeout_seconds, self._host.clock()))
        else:
            text = f"The handler's module could not be imported within {START_SECONDS:.0f} seconds"
            self.kill(InvocationError("Sandbox.Timedout", text))

    def _stop_limit(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    # --- outcomes and logs ---

    def _settle(self, payload: bytes, error: InvocationError | None, *, already_logged: bool = False) -> None:
        job = self.job
        assert job is not None
        self._stop_limit()
        self._logs.drain()
        self._logs.flush()
        duration_us = (time.perf_counter_ns() - self._started_ns) // 1000
        error = self._clean(error)
        if error is not None and not already_logged:
            self._log(error.message)
        self._log_report(job.request_id, duration_us)
        self._host.history.ended(self.spec.name, job.request_id, error, duration_us)
        self.job = None
        job.settle(payload, error, duration_us)

    def _log_report(self, request_id: str, duration_us: int) -> None:
        init = "" if self._init_ns is None else f"\tInit Duration: {self._init_ns / 1e6:.2f} ms"
        self._init_ns = None
        self._host.log(self.spec.name, request_id, f"END RequestId: {request_id}")
        self._host.log(
            self.spec.name,
            request_id,
            f"REPORT RequestId: {request_id}\tDuration: {duration_us / 1000:.2f} ms"
            f"\tBilled Duration: {-(-duration_us // 1000)} ms\tMemory Size: {self.spec.memory_mb} MB{init}",
        )

    def _reported(self, body: bytes) -> InvocationError:
        try:
            report = msgspec.json.decode(body, type=_Report)
        except msgspec.MsgspecError:
            return InvocationError("Runtime.Unknown", "The runtime reported an error that cannot be read.")
        return InvocationError(report.errorType or "Runtime.Unknown", report.errorMessage, tuple(report.stackTrace))

    def _clean(self, error: InvocationError | None) -> InvocationError | None:
        if error is None:
            return None
        hide = self._redactor.hide
        told, *stack = (self._without_caller(hide(text)) for text in (error.message, *error.stack))
        return InvocationError(error.type, told, tuple(stack))

    def _log(self, line: str) -> None:
        self._host.log(self.spec.name, self.job.request_id if self.job else "", self._without_caller(line))

    def _without_caller(self, text: str) -> str:
        """The token that says who called is good for this invocation only, and a secret of it."""
        caller = self.job.caller if self.job else ""
        return text.replace(caller, HIDDEN) if caller else text

    def _read_logs(self, output: int) -> None:
        if not self._logs.drain():
            self._loop.remove_reader(output)


def _pipe(reader: contextlib.ExitStack, writer: contextlib.ExitStack) -> tuple[int, int]:
    """A pipe whose two ends close with the given stacks."""
    read_end, write_end = os.pipe()
    reader.callback(os.close, read_end)
    writer.callback(os.close, write_end)
    return read_end, write_end


def _exit_error(status: int) -> InvocationError:
    """Lambda's words for a process that ended without an answer; only the kernel's memory killer kills unasked."""
    if status == -signal.SIGKILL:
        return InvocationError("Runtime.OutOfMemory", "Runtime exited with error: signal: killed")
    if status < 0:
        return InvocationError("Runtime.ExitError", f"Runtime exited with error: signal: {signal.strsignal(-status)}")
    if status:
        return InvocationError("Runtime.ExitError", f"Runtime exited with error: exit status {status}")
    return InvocationError("Runtime.ExitError", "Runtime exited without providing a reason")
