"""Requests as they go over the wire: AWS JSON 1.1 without a signature, and SigV4 for GraphQL under IAM."""

import json
import os
import ssl
import weakref
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import httpx

from poolhouse.errors import ClientError, PoolhouseError

_PREFIXES = {"cognito-idp": "AWSCognitoIdentityProviderService", "cognito-identity": "AWSCognitoIdentityService"}
_TRUST = ("SSL_CERT_FILE", "SSL_CERT_DIR")


class RequestRefused(PoolhouseError):
    """The server said no: `code` is AWS's exception name."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Credentials(NamedTuple):
    """Identity-pool credentials; `expires` is epoch seconds."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires: float


def open_connection(ca_file: str | None, timeout: float) -> httpx.Client:
    """A new client, which trusts `ca_file` alone where one is named. `timeout` in seconds."""
    if ca_file is None:
        named = map(os.getenv, _TRUST)  # noqa: TID251 - OpenSSL's settings, not ours
        return httpx.Client(timeout=timeout, verify=_trusted(*named))
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # SSLError is one
        raise ClientError(
            f"{ca_file} cannot be used as a certificate authority ({error}).",
            resolution="Name the PEM file that poolhouse dev --tls shows.",
        ) from error
    return httpx.Client(timeout=timeout, verify=context)


@cache
def _trusted(*_named: str | None) -> ssl.SSLContext:
    """What httpx trusts by itself, read once: it takes longer than a request."""
    return httpx.create_ssl_context()


def connection(owner: object, http: httpx.Client | None, ca_file: str | None, timeout: float) -> httpx.Client:
    """The caller's own client, or a new one that is closed when `owner` is no longer used."""
    if http is not None:
        return http
    made = open_connection(ca_file, timeout)
    weakref.finalize(owner, made.close)
    return made


def call(http: httpx.Client, url: str, service: str, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """One unsigned call. Raises RequestRefused for the service's errors, httpx.HTTPError when there is no answer."""
    try:
        response = http.post(
            url + "/",
            content=json.dumps(request).encode(),
            headers={
                "content-type": "application/x-amz-json-1.1",
                "x-amz-target": f"{_PREFIXES[service]}.{operation}",
                "cache-control": "no-store",
            },
        )
    except httpx.ConnectError as error:
        error.add_note(f"No server answers at {url}. Is poolhouse dev running, and is the outputs file its own?")
        raise
    answer = _object(response)
    if response.status_code != httpx.codes.OK:
        code = str(answer.get("__type", response.reason_phrase)).rpartition("#")[2]
        raise RequestRefused(code, str(answer.get("message", answer.get("Message", ""))))
    return answer


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError as error:
        raise RequestRefused(f"HTTP {response.status_code}", "The server's answer is not JSON.") from error
    return answer if isinstance(answer, dict) else {}


def signature(url: str, body: bytes, credentials: Credentials, region: str) -> dict[str, str]:
    """The headers that sign a GraphQL request for service `appsync`."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials as Key

    request = AWSRequest(method="POST", url=url, data=body, headers={"content-type": "application/json"})
    key = Key(credentials.access_key_id, credentials.secret_access_key, credentials.session_token)
    SigV4Auth(key, "appsync", region).add_auth(request)
    return dict(request.headers.items())
