"""The values of the functions: what a function is, what an invocation gives, Lambda's words for what goes wrong."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from poolhouse import telemetry

REQUEST_LIMIT = 6_291_456
RESPONSE_LIMIT = 6_291_556
"""Lambda's limits for a synchronous invocation, in bytes."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class FunctionSpec:
    """One function, ready to run. Equal specs share their warm workers; any difference makes new ones.

    `entry` is the handler's file relative to `project`; `environment` holds resolved values, and `secret_names` says
    which of its variables must never reach a log. `revision` changes with the handler's source. A `problem` (an unset
    secret, say) makes every invocation fail with that text.
    """

    name: str
    project: Path
    entry: str
    handler: str = "handler"
    timeout_seconds: int = 3
    memory_mb: int = 512
    environment: Mapping[str, str] = field(default_factory=dict)
    role_arn: str = ""
    revision: str = ""
    problem: str | None = None
    secret_names: frozenset[str] = frozenset()


class RoleCredentials(NamedTuple):
    """Temporary credentials of a function's role; `expiration_us` is epoch microseconds."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expiration_us: int


@dataclass(frozen=True)
class InvocationError:
    """Why an invocation failed: the exception's class name or one of Lambda's `Runtime.*` types, and its text."""

    type: str
    message: str
    stack: tuple[str, ...] = ()


@dataclass(frozen=True)
class Invocation:
    """The outcome of one invocation: `payload` is the handler's JSON, and empty when there is an `error`."""

    payload: bytes
    error: InvocationError | None
    request_id: str
    duration_us: int


class Job:
    """An invocation on its way: waiting in a queue, or running in a worker. `caller` is who asked for it, sealed."""

    __slots__ = ("caller", "event", "outcome", "request_id", "trace", "waiting_since")

    def __init__(self, request_id: str, event: bytes, outcome: asyncio.Future[Invocation], caller: str = "") -> None:
        self.request_id = request_id
        self.event = event
        self.outcome = outcome
        self.caller = caller
        self.trace = telemetry.traces.amazon()
        self.waiting_since = 0.0

    def settle(self, payload: bytes, error: InvocationError | None, duration_us: int) -> None:
        """Answers the caller, unless the caller has gone."""
        if not self.outcome.done():
            self.outcome.set_result(Invocation(payload, error, self.request_id, duration_us))

    def fail(self, error: InvocationError) -> None:
        """Fails an invocation that never ran."""
        self.settle(b"", error, 0)


def iso_time(now_us: int) -> str:
    """`2026-01-02T03:04:05.678Z`, exact to the millisecond."""
    moment = _EPOCH + timedelta(microseconds=now_us)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def timed_out(request_id: str, seconds: float, now_us: int) -> InvocationError:
    return InvocationError(
        "Sandbox.Timedout", f"{iso_time(now_us)} {request_id} Task timed out after {seconds:.2f} seconds"
    )


def too_many_requests() -> InvocationError:
    return InvocationError("TooManyRequestsException", "Rate Exceeded.")


def request_too_large(size: int) -> InvocationError:
    return InvocationError(
        "RequestTooLargeException",
        f"Request must be smaller than {REQUEST_LIMIT} bytes for the InvokeFunction operation; it has {size}.",
    )


def response_too_large(size: int) -> InvocationError:
    return InvocationError(
        "Function.ResponseSizeTooLarge",
        f"Response payload size ({size} bytes) exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes).",
    )


def not_found(arn: str) -> InvocationError:
    return InvocationError("ResourceNotFoundException", f"Function not found: {arn}")


def stopped() -> InvocationError:
    return InvocationError("ServiceException", "The server is stopping.")
