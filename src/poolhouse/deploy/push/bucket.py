"""The bucket of an app's packaged functions: private, encrypted, versioned, TLS only; files in it by their hash."""

import base64
import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Final

from botocore.exceptions import ClientError

from poolhouse.deploy.context import Asset
from poolhouse.errors import AwsError

from .refusals import explained
from .session import Account

_BLOCKED: Final = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
_ENCRYPTED: Final = {
    "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": True}]
}
_ABSENT: Final = frozenset({"404", "NoSuchBucket", "NotFound", "NoSuchKey"})
_REGION_WITHOUT_NAME: Final = "us-east-1"


def ensure(account: Account, bucket: str) -> bool:
    """Make the bucket, or bring it back to its settings. True when it is new.

    Raises AwsError when the name belongs to another account.
    """
    is_new = not _exists(account, bucket)
    whose = {"Bucket": bucket, "ExpectedBucketOwner": account.id}
    with explained("s3"):
        if is_new:
            _create(account, bucket)
        account.s3.put_public_access_block(**whose, PublicAccessBlockConfiguration=_BLOCKED)
        account.s3.put_bucket_encryption(**whose, ServerSideEncryptionConfiguration=_ENCRYPTED)
        account.s3.put_bucket_versioning(**whose, VersioningConfiguration={"Status": "Enabled"})
        account.s3.put_bucket_policy(**whose, Policy=json.dumps(policy(bucket, account.partition)))
    return is_new


def upload(account: Account, bucket: str, assets: Iterable[Asset]) -> list[Asset]:
    """Upload what is not there yet. Returns what was uploaded."""
    done = []
    for asset in assets:
        if not _holds(account, bucket, asset.key):
            _put(account, bucket, asset.key, asset.path.read_bytes())
            done.append(asset)
    return done


def template_url(account: Account, bucket: str, text: bytes) -> str:
    """Put a template into the bucket; the address by which CloudFormation reads it."""
    key = f"templates/{sha256(text).hexdigest()}.json"
    if not _holds(account, bucket, key):
        _put(account, bucket, key, text)
    return f"{account.s3.meta.endpoint_url}/{bucket}/{key}"


def policy(bucket: str, partition: str = "aws") -> dict[str, Any]:
    """Refuses everything that does not come over TLS."""
    arn = f"arn:{partition}:s3:::{bucket}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn, f"{arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def _exists(account: Account, bucket: str) -> bool:
    with explained("s3"):
        try:
            account.s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=account.id)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _ABSENT:
                return False
            if code in {"403", "AccessDenied"}:
                raise AwsError(
                    f"The bucket {bucket} is not open to these credentials: it is another account's, "
                    "or they may not s3:ListBucket on it.",
                    resolution="Allow s3:ListBucket on it, or choose another --app, which names the bucket.",
                ) from error
            raise
    return True


def _create(account: Account, bucket: str) -> None:
    place = {} if account.region == _REGION_WITHOUT_NAME else {"LocationConstraint": account.region}
    account.s3.create_bucket(Bucket=bucket, **({"CreateBucketConfiguration": place} if place else {}))


def _holds(account: Account, bucket: str, key: str) -> bool:
    with explained("s3"):
        try:
            account.s3.head_object(Bucket=bucket, Key=key, ExpectedBucketOwner=account.id)
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return False
            raise
    return True


def _put(account: Account, bucket: str, key: str, content: bytes) -> None:
    """S3 refuses a body that is not what the checksum says."""
    with explained("s3"):
        account.s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=content,
            ExpectedBucketOwner=account.id,
            ChecksumSHA256=base64.b64encode(sha256(content).digest()).decode(),
        )
