"""The user pool: one client for the life of this process, pages of lists, and what its errors mean to a caller."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError
from settings import SETTINGS
from wire import Refused

POOL = SETTINGS.pool
THROTTLED = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling", "RequestLimitExceeded"})
NOT_THE_CALLERS_FAULT = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "IncompleteSignatureException",
        "InternalErrorException",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "UnrecognizedClientException",
    }
)


def moment(epoch: float) -> datetime:
    """A time of an answer. The SDK's own reading of them takes more time than the rest of a page of users."""
    return datetime.fromtimestamp(epoch, UTC)


session = botocore.session.get_session()
session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=moment)
cognito = boto3.Session(botocore_session=session).client(
    "cognito-idp",
    region_name=SETTINGS.region,
    config=Config(
        connect_timeout=2,
        read_timeout=10,
        retries={"mode": "standard", "total_max_attempts": 2},
        tcp_keepalive=True,
        user_agent="AdminQueries",  # the SDK's own is put together anew for each call, a seventh of its time
    ),
)


def status_of(error: ClientError) -> int:
    """400 for what the caller can mend, 429 for what the caller can repeat, 500 for the rest."""
    code = error.response["Error"]["Code"]
    if code in THROTTLED:
        return 429
    failed = error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500
    return 500 if failed or code in NOT_THE_CALLERS_FAULT else 400


def without_metadata(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer without what the SDK adds to it."""
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def page(member: str, items: list[Any], token: str | None, *bound: str) -> dict[str, Any]:
    """A page of a list. Its token fits all clients' URLs, and this list only: `bound` are the list's arguments."""
    if not token:
        return {member: items}
    sealed = _mark(*bound) + token.encode()
    return {member: items, "NextToken": base64.urlsafe_b64encode(sealed).decode().rstrip("=")}


def continuation(name: str, token: str, *bound: str) -> dict[str, str]:
    """The user pool's own token under the name of its parameter; no parameter on the first page.

    It is the user pool that finds out whether the token is genuine.
    """
    if not token:
        return {}
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        if base64.urlsafe_b64encode(sealed).decode().rstrip("=") != token:
            raise Refused(400, "token is not valid")
        mark = _mark(*bound)
        if not sealed.startswith(mark) or len(sealed) == len(mark):
            raise Refused(400, "token is not valid for this list")
        return {name: sealed[len(mark) :].decode("ascii")}
    except ValueError:
        raise Refused(400, "token is not valid") from None


def _mark(*bound: str) -> bytes:
    text = "\n".join(f"{len(part)}:{part}" for part in bound)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:6]


def groups_of(username: str) -> dict[str, int | None]:
    """The groups of a user as they are now, with their precedences: the lowest number is strongest."""
    found: dict[str, int | None] = {}
    token: dict[str, str] = {}
    while True:
        answer = cognito.admin_list_groups_for_user(UserPoolId=POOL, Username=username, Limit=60, **token)
        found.update({group["GroupName"]: group.get("Precedence") for group in answer["Groups"]})
        if not answer.get("NextToken"):
            return found
        token = {"NextToken": answer["NextToken"]}
