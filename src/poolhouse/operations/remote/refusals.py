"""What went wrong on the way to AWS, told apart: AWS's own answers, this server's credentials, the network."""

from typing import Any, Final

from botocore import exceptions as botocore

from poolhouse import telemetry
from poolhouse.errors import (
    AwsCredentialsRefused,
    AwsPermissionMissing,
    AwsUnreachable,
    ServiceError,
)
from poolhouse.errors.remote import from_aws

from .aws import READS

_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException"})
_CREDENTIALS: Final = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignatureException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_NOT_SENT: Final = (
    botocore.EndpointConnectionError,
    botocore.ConnectTimeoutError,
    botocore.ProxyConnectionError,
    botocore.SSLError,
)


def refusal(error: Exception, operation: str, pool_arn: str) -> ServiceError:
    """What the caller is told of an error of botocore's; the operator finds AWS's own words in the log."""
    if isinstance(error, botocore.ClientError):
        return _answered(error.response, operation, pool_arn)
    if isinstance(error, botocore.HTTPClientError | botocore.ConnectionError):
        telemetry.log.error("AWS cannot be reached", operation=operation, why=type(error).__name__)
        return _unreachable(operation, is_sent=not isinstance(error, _NOT_SENT))
    telemetry.log.error("no credentials for AWS", operation=operation, why=str(error))
    return AwsCredentialsRefused(
        f"This server has no usable AWS credentials, which {operation} needs ({type(error).__name__})."
    )


def too_slow(operation: str, *, is_sent: bool) -> AwsUnreachable:
    telemetry.log.error("AWS is too slow", operation=operation)
    return _unreachable(operation, is_sent=is_sent)


def _unreachable(operation: str, *, is_sent: bool) -> AwsUnreachable:
    if _only_looks(operation):
        return AwsUnreachable(f"AWS gave no answer to {operation}.")
    outcome = "whether it did it is not known" if is_sent else "nothing was done"
    return AwsUnreachable(f"AWS gave no answer to {operation}; {outcome}.", is_sent=is_sent)


def _only_looks(operation: str) -> bool:
    """Also what is no operation: a document that is read."""
    return operation.startswith(READS) or not operation.isalpha()


def _answered(response: Any, operation: str, pool_arn: str) -> ServiceError:
    code, message = response["Error"].get("Code", ""), response["Error"].get("Message", "")
    status = int(response["ResponseMetadata"].get("HTTPStatusCode", 400))
    if code in _DENIED:
        telemetry.log.error("AWS denies this server an operation", operation=operation, why=message)
        return AwsPermissionMissing(
            f"AWS refused this server's own credentials: they lack the IAM permission cognito-idp:{operation} on "
            f"{pool_arn}."
        )
    if code in _CREDENTIALS:
        telemetry.log.error("AWS refuses the credentials of this server", operation=operation, code=code, why=message)
        return AwsCredentialsRefused(f"AWS does not accept this server's own credentials ({code}).")
    if status >= 500:
        told = f"AWS failed at {operation} ({code}, {status})"
        if _only_looks(operation):
            return AwsUnreachable(f"{told}.")
        return AwsUnreachable(f"{told}; whether it did it is not known.", is_sent=True)
    return from_aws(code, status, message)
