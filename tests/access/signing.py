"""Requests that botocore signed, as ASGI would hand them over, and the keys they were signed with."""

from collections.abc import Mapping
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from poolhouse.access import credentials, sigv4
from poolhouse.access.principals import CognitoIdentity
from poolhouse.crypto.vault import Vault

ROOT = sigv4.RootKey("AKIAEXAMPLEEXAMPLE00", "a-root-secret-of-some-length/+=", "000000000000")
ADMIN_GET_USER = {
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": "AWSCognitoIdentityProviderService.AdminGetUser",
}
VAULT = Vault(bytes(range(32)))
IDENTITY = CognitoIdentity(
    "us-east-1:11111111-2222-3333-4444-555555555555",
    "us-east-1:99999999-2222-3333-4444-555555555555",
    "authenticated",
    '"localhost/us-east-1_abcdefghi","localhost/us-east-1_abcdefghi:CognitoSignIn:a-sub"',
    "us-east-1_abcdefghi",
    "a-sub",
    "ada",
    ("ADMINS",),
)
GRANT = credentials.SessionGrant("arn:aws:iam::000000000000:role/app-ADMINS", "CognitoIdentityCredentials", IDENTITY)


def sign_request(
    key: tuple[str, str] | tuple[str, str, str] = ROOT[:2],
    *,
    url: str = "http://127.0.0.1:4500/",
    body: bytes = b'{"UserPoolId":"us-east-1_abcdefghi","Username":"ada"}',
    headers: Mapping[str, str] = ADMIN_GET_USER,
    service: str = "cognito-idp",
    region: str = "us-east-1",
    method: str = "POST",
) -> sigv4.Request:
    """A request signed by botocore now; `signed_at` tells when that was."""
    request = AWSRequest(method, url, data=body, headers={**headers, "Host": url.split("/")[2]})
    SigV4Auth(BotoCredentials(*key), service, region).add_auth(request)
    fields = [
        (name.lower().encode(), value if isinstance(value, bytes) else value.encode())
        for name, value in request.headers.items()
    ]
    path, _, query = ("/" + url.split("/", 3)[3]).partition("?")
    return sigv4.Request(method, path.encode(), query.encode(), fields, body)


def header(request: sigv4.Request, name: bytes) -> bytes:
    return dict(request.headers)[name]


def with_header(request: sigv4.Request, name: bytes, value: bytes | None) -> sigv4.Request:
    """The request with one header set, or without it."""
    kept = [(key, old) for key, old in request.headers if key != name]
    return request._replace(headers=kept if value is None else [*kept, (name, value)])


def signed_at(request: sigv4.Request) -> int:
    """Microseconds of the request's X-Amz-Date."""
    return sigv4._seconds(header(request, b"x-amz-date").decode()) * 1_000_000


def authenticate(request: sigv4.Request, **changes: Any) -> Any:
    """With the settings of development, at the time of the signature unless `now_us` says otherwise."""
    settings: dict[str, Any] = {
        "root": ROOT,
        "vault": VAULT,
        "services": {"cognito-idp", "cognito-identity", "sts", "appsync"},
        "regions": sigv4.any_region,
        **changes,
    }
    now_us = settings.pop("now_us", None)
    return sigv4.authenticate(request, signed_at(request) if now_us is None else now_us, **settings)
