"""Delivery by Amazon: e-mail by SES (API version 2), text messages by SNS. Credentials are those that boto3 finds."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from threading import Lock
from typing import Any, Final

from poolhouse import telemetry
from poolhouse.store.messages import Letter
from poolhouse.store.pools import Pool

from . import mail
from .delivery import Undeliverable
from .outbox import Content

_THREADS: Final = 8
_SECONDS: Final = 10
_REFUSED: Final = frozenset({"InvalidParameter", "InvalidParameterValue", "BadRequestException", "MessageRejected"})


class _Aws:
    """Clients of one service, one for each region, made at first use: boto3 is slow to import."""

    def __init__(self, service: str, endpoint_url: str | None) -> None:
        self._service = service
        self._endpoint_url = endpoint_url
        self._clients: dict[str, Any] = {}
        self._making = Lock()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix=service)

    @cached_property
    def _session(self) -> Any:
        import boto3

        return boto3.session.Session()

    def _client(self, region: str) -> Any:
        from botocore.config import Config

        with self._making:
            if region not in self._clients:
                once = Config(connect_timeout=_SECONDS, read_timeout=_SECONDS, retries={"total_max_attempts": 1})
                self._clients[region] = self._session.client(
                    self._service, region_name=region, endpoint_url=self._endpoint_url, config=once
                )
            return self._clients[region]

    async def call(self, region: str, method: str, **request: Any) -> None:
        """One call, tried once: the outbox repeats. Raises Undeliverable for a message that AWS refuses for good."""
        named = method.title().replace("_", "")
        given = {"rpc.system": "aws-api", "rpc.service": self._service, "rpc.method": named, "cloud.region": region}
        with telemetry.traces.call(f"{self._service}/{named}", given):
            await asyncio.get_running_loop().run_in_executor(self._threads, self._call, region, method, request)

    def _call(self, region: str, method: str, request: dict[str, Any]) -> None:
        from botocore.exceptions import ClientError

        try:
            getattr(self._client(region), method)(**request)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _REFUSED:
                raise Undeliverable(f"{self._service} refuses it ({code})") from error
            raise


class Ses:
    """`endpoint_url` is for another server than Amazon's."""

    def __init__(self, region: str, default_from: str, endpoint_url: str | None = None) -> None:
        self._region = region
        self._from = default_from
        self._aws = _Aws("sesv2", endpoint_url)

    async def send(self, pool: Pool, letter: Letter, content: Content) -> None:
        """The pool's SourceArn is the identity that sends, in the region of that ARN."""
        made = mail.compose(pool, letter, content, self._from)
        body = {"Html" if made.is_html else "Text": {"Data": made.body, "Charset": "UTF-8"}}
        request: dict[str, Any] = {
            "FromEmailAddress": made.origin,
            "Destination": {"ToAddresses": [made.destination]},
            "Content": {"Simple": {"Subject": {"Data": made.subject, "Charset": "UTF-8"}, "Body": body}},
        }
        if made.reply_to is not None:
            request["ReplyToAddresses"] = [made.reply_to]
        if made.configuration is not None:
            request["ConfigurationSetName"] = made.configuration
        if made.identity_arn is not None:
            request["FromEmailAddressIdentityArn"] = made.identity_arn
        await self._aws.call(_region_of(made.identity_arn) or self._region, "send_email", **request)


class Sns:
    """Text messages of the transactional kind, which carriers hurry."""

    def __init__(self, region: str, endpoint_url: str | None = None) -> None:
        self._region = region
        self._aws = _Aws("sns", endpoint_url)

    async def send(self, pool: Pool, letter: Letter, content: Content) -> None:
        configured = pool.settings.SmsConfiguration
        region = (configured and configured.SnsRegion) or self._region
        kind = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}
        await self._aws.call(
            region, "publish", PhoneNumber=letter.destination, Message=content.body, MessageAttributes=kind
        )


def _region_of(arn: str | None) -> str:
    parts = (arn or "").split(":")
    return parts[3] if len(parts) > 3 else ""
