"""cognito-idp of one region, called with the credentials that botocore finds: in threads of its own, within limits."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from poolhouse import telemetry
from poolhouse.errors import AwsUnreachable, NotImplementedException, TooManyRequestsException

MOST_BYTES: Final = 65_536
READS: Final = ("Get", "List", "Describe", "AdminGet", "AdminList")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, and how many calls are under way and `waiting` at a time; more are refused at once.

    A change waits for the pool's triggers at AWS, which have five seconds and three attempts. `tries` are of what only
    looks: a change is tried once, as nobody can tell whether the first try did it.
    """

    connect: float = 3
    read: float = 5
    change: float = 20
    tries: int = 2
    threads: int = 16
    waiting: int = 64


LIMITS: Final = Limits()


class Aws:
    """Made at once, opened before the first call. `endpoint_url` of an opened one is where it calls."""

    def __init__(self, region: str, pool_arn: str, limits: Limits = LIMITS) -> None:
        self._limits = limits
        self._region = region
        self._pool_arn = pool_arn
        self._looking: Any = None
        self._changing: Any = None
        self._web: Any = None
        self._threads = ThreadPoolExecutor(limits.threads, thread_name_prefix="aws")
        self._under_way = 0

    @property
    def endpoint_url(self) -> str:
        url: str = self._looking.meta.endpoint_url
        return url.rstrip("/")

    @property
    def is_elsewhere(self) -> bool:
        """Whether the AWS configuration names another server than Amazon's."""
        return _is_elsewhere(self.endpoint_url)

    async def open(self) -> None:
        """Read the AWS configuration; nothing is sent."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._open)

    def close(self) -> None:
        """Calls under way go on until their limits; nobody waits for them."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for client in (self._looking, self._changing, self._web):
            if client is not None:
                client.close()

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """AWS's answer, with times as epoch seconds. Raises the ServiceErrors of `refusals`."""
        reads = operation.startswith(READS)
        limits = self._limits
        seconds = limits.tries * (limits.connect + limits.read) if reads else limits.connect + limits.change
        given = {"rpc.system": "aws-api", "rpc.service": "cognito-idp", "rpc.method": operation}
        with telemetry.traces.call(f"cognito-idp/{operation}", {**given, "cloud.region": self._region}):
            return await self._in_thread(operation, seconds, lambda: self._call(operation, request, reads=reads))

    async def fetch(self, url: str) -> bytes:
        """A public document. Raises AwsUnreachable."""
        seconds = self._limits.connect + self._limits.read
        given = {"http.request.method": "GET", "server.address": urlsplit(url).hostname or ""}
        with telemetry.traces.call("GET", given):
            return await self._in_thread("its keys", seconds, lambda: self._fetch(url))

    async def _in_thread(self, what: str, seconds: float, work: Callable[[], T]) -> T:
        if self._under_way >= self._limits.threads + self._limits.waiting:
            raise TooManyRequestsException("This server has too many requests under way to AWS.")
        self._under_way += 1
        begun = Event()
        future = asyncio.get_running_loop().run_in_executor(self._threads, _begun, begun, work)
        future.add_done_callback(self._done)
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(future)
        except TimeoutError:
            from .refusals import too_slow

            future.cancel()  # what has not begun yet never does
            raise too_slow(what, is_sent=begun.is_set()) from None

    def _done(self, future: "asyncio.Future[Any]") -> None:
        self._under_way -= 1
        if not future.cancelled():
            future.exception()  # heard, also where nobody waits for it any more

    def _open(self) -> None:
        import botocore.session
        from botocore.config import Config
        from botocore.httpsession import URLLib3Session
        from botocore.utils import get_environ_proxies

        session = botocore.session.Session()
        both: Any = (self._limits.connect, self._limits.read)  # which its stubs do not know

        def client(seconds: float, tries: int) -> Any:
            config = Config(
                connect_timeout=self._limits.connect,
                read_timeout=seconds,
                retries={"mode": "standard", "total_max_attempts": tries},
                max_pool_connections=self._limits.threads,
                parameter_validation=False,
            )
            return session.create_client("cognito-idp", region_name=self._region, config=config)

        self._looking, self._changing = client(self._limits.read, self._limits.tries), client(self._limits.change, 1)
        self._web = URLLib3Session(
            verify=session.get_config_variable("ca_bundle") or True,
            proxies=get_environ_proxies(self.endpoint_url),
            timeout=both,
        )

    def _call(self, operation: str, request: Mapping[str, Any], *, reads: bool) -> dict[str, Any]:
        from botocore import xform_name
        from botocore.exceptions import BotoCoreError, ClientError

        from .refusals import refusal

        method = getattr(self._looking if reads else self._changing, xform_name(operation), None)
        if method is None:
            raise NotImplementedException(f"The installed version of botocore knows no operation {operation}.")
        try:
            answer = method(**request)
        except (ClientError, BotoCoreError) as error:
            raise refusal(error, operation, self._pool_arn) from error
        answer.pop("ResponseMetadata", None)
        plain: dict[str, Any] = _plain(answer)
        return plain

    def _fetch(self, url: str) -> bytes:
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import BotoCoreError

        prepared = AWSRequest("GET", url, stream_output=True).prepare()
        try:
            answer = self._web.send(prepared)
            body: bytes = answer.raw.read(MOST_BYTES + 1)
            answer.raw.close()
        except (BotoCoreError, OSError) as error:
            raise AwsUnreachable(f"{url} cannot be read ({type(error).__name__}).") from error
        if answer.status_code != 200 or len(body) > MOST_BYTES:
            raise AwsUnreachable(f"{url} answered {answer.status_code} with {len(body)} bytes.")
        return body


def configured_url(region: str) -> str:
    """Where the AWS configuration has this service when that is not Amazon, else ""."""
    import botocore.session

    client = botocore.session.Session().create_client("cognito-idp", region_name=region)
    url: str = client.meta.endpoint_url.rstrip("/")
    client.close()
    return url if _is_elsewhere(url) else ""


def _is_elsewhere(url: str) -> bool:
    return not (urlsplit(url).hostname or "").endswith((".amazonaws.com", ".amazonaws.com.cn"))


def _begun(event: Event, work: Callable[[], T]) -> T:
    event.set()
    return work()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.timestamp() if isinstance(value, datetime) else value
