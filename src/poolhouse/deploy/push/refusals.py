"""What AWS or the way to it refuses, in words: what happened, why, and what to do. No traceback reaches a person."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore import exceptions as botocore
from botocore.exceptions import BotoCoreError, ClientError

from poolhouse.errors import AwsError

_EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
_UNKNOWN_KEY: Final = frozenset(
    {"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "AuthFailure"}
)
_WRONG_SECRET: Final = frozenset({"SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature"})
_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403", "Forbidden"})
_THROTTLED: Final = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "SlowDown",
        "LimitExceeded",
    }
)
_ACTION: Final = re.compile(r"not authorized to perform:? ([a-z0-9-]+:[A-Za-z]+)(?: on resource:? (\S+))?")
_S3_ACTIONS: Final = {
    "HeadBucket": "s3:ListBucket",
    "HeadObject": "s3:GetObject",
    "GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
}
"""S3 names an action in its answer only sometimes, and its permissions are not called as its operations are."""
_SIGN_IN: Final = "Sign in again (aws sso login, or new keys in the profile) and run the same command."
_POLICY: Final = "docs/aws.md lists what the pushing person needs."


@contextmanager
def explained(service: str = "cloudformation", profile: str | None = None) -> Iterator[None]:
    """Turns what boto3 raises inside into AwsError; `service` is the one that is called."""
    try:
        yield
    except ClientError as error:
        raise refusal(error, service) from error
    except BotoCoreError as error:
        raise _obstacle(error, profile) from error


def refusal(error: ClientError, service: str) -> AwsError:
    """An answer that says no."""
    told = error.response.get("Error", {})
    code, message = str(told.get("Code", "")), str(told.get("Message", ""))
    if code in _EXPIRED or "token included in the request is expired" in message:
        return AwsError(f"AWS refused the credentials: they are expired ({code}).", resolution=_SIGN_IN)
    if code in _UNKNOWN_KEY:
        return AwsError(
            f"AWS does not know the access key ({code}: {message}).",
            resolution="Check the profile's keys, and whether its account has this region switched on.",
        )
    if code in _WRONG_SECRET:
        return AwsError(
            f"AWS refused the signature ({code}: {message}).",
            resolution="Check the secret key of the profile, and the clock of this machine.",
        )
    if code in _DENIED or _ACTION.search(message):
        return _denied(message, service, error.operation_name)
    if code in _THROTTLED:
        return AwsError(
            f"AWS asks for patience ({code}), again and again.", resolution="Run the same command in a minute."
        )
    return AwsError(f"{error.operation_name} was refused ({code}): {message}", resolution="Mend that and run again.")


def missing_permission(text: str) -> str | None:
    """What to do about a reason that names a missing permission; None for any other reason."""
    found = _ACTION.search(text)
    return f"Allow {found[1]}{f' on {found[2]}' if found[2] else ''}. {_POLICY}" if found else None


def _denied(message: str, service: str, operation: str) -> AwsError:
    action = _S3_ACTIONS.get(operation, f"s3:{operation}") if service == "s3" else f"{service}:{operation}"
    found = _ACTION.search(message)
    if found:
        action = found[1]
    return AwsError(
        f"These credentials may not {action}. {message}".rstrip(),
        resolution=missing_permission(message) or f"Allow {action}. {_POLICY}",
    )


def _obstacle(error: BotoCoreError, profile: str | None) -> AwsError:
    """What kept the question from being asked, or the answer from coming."""
    if isinstance(error, botocore.NoCredentialsError | botocore.PartialCredentialsError):
        return AwsError(
            f"There are no AWS credentials{f' in profile {profile}' if profile else ''}: {error}.",
            resolution="Set them up with aws configure or aws configure sso, and name another profile with --profile.",
        )
    if isinstance(error, botocore.ProfileNotFound):
        return AwsError(f"{error}.", resolution="List yours with aws configure list-profiles; name one with --profile.")
    if isinstance(error, botocore.NoRegionError):
        return AwsError(
            "No region is chosen: neither --region nor AWS_REGION or AWS_DEFAULT_REGION nor the profile names one.",
            resolution="Add --region, such as --region eu-central-1.",
        )
    if isinstance(error, botocore.SSOError | botocore.CredentialRetrievalError | botocore.TokenRetrievalError):
        return AwsError(f"The credentials could not be had: {error}", resolution=_SIGN_IN)
    if isinstance(error, botocore.HTTPClientError | botocore.ConnectionError):
        return AwsError(
            f"AWS could not be reached: {error}",
            resolution="Check the network and the region. What CloudFormation has begun goes on by itself; "
            "the same command follows it again.",
        )
    return AwsError(f"AWS could not be asked: {error}", resolution="Mend that and run the same command.")
