"""Whatever AWS or the way to it answers becomes what, why and what to do."""

import pytest
from botocore import exceptions as botocore
from botocore.exceptions import ClientError

from poolhouse.deploy.push.refusals import explained
from poolhouse.errors import AwsError

DENIED = "User: arn:aws:iam::1:user/x is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/y"
ANSWERS = [
    ("ExpiredToken", "The security token included in the request is expired", "are expired", "Sign in again"),
    ("InvalidClientTokenId", "The security token is invalid", "does not know the access key", "region switched on"),
    ("SignatureDoesNotMatch", "no match", "refused the signature", "the clock of this machine"),
    ("AccessDenied", DENIED, "may not iam:PassRole", "Allow iam:PassRole on arn:aws:iam::1:role/y."),
    ("ValidationError", DENIED, "may not iam:PassRole", "docs/aws.md"),
    ("403", "Forbidden", "may not cloudformation:CreateStack", "Allow cloudformation:CreateStack."),
    ("Throttling", "Rate exceeded", "asks for patience", "in a minute"),
    ("LimitExceededException", "too many", "CreateStack was refused (LimitExceededException): too many", "Mend that"),
]
OBSTACLES = [
    (botocore.NoCredentialsError(), "no AWS credentials", "aws configure"),
    (botocore.PartialCredentialsError(provider="env", cred_var="x"), "no AWS credentials", "--profile"),
    (botocore.ProfileNotFound(profile="nobody"), "nobody", "list-profiles"),
    (botocore.NoRegionError(), "No region is chosen", "--region eu-central-1"),
    (botocore.UnauthorizedSSOTokenError(), "could not be had", "aws sso login"),
    (botocore.TokenRetrievalError(provider="sso", error_msg="x"), "could not be had", "Sign in again"),
    (botocore.EndpointConnectionError(endpoint_url="https://x"), "could not be reached", "follows it again"),
    (botocore.ReadTimeoutError(endpoint_url="https://x"), "could not be reached", "network"),
    (botocore.ParamValidationError(report="odd"), "could not be asked", "Mend"),
]


@pytest.mark.parametrize(("code", "words", "message", "resolution"), ANSWERS)
def test_answers(code, words, message, resolution):
    """By their code, and by a missing permission that any code may hide."""
    with pytest.raises(AwsError) as caught, explained():
        raise ClientError({"Error": {"Code": code, "Message": words}}, "CreateStack")
    assert message in caught.value.message
    assert resolution in caught.value.resolution


@pytest.mark.parametrize(("error", "message", "resolution"), OBSTACLES, ids=lambda one: type(one).__name__)
def test_obstacles(error, message, resolution):
    """What kept AWS from being asked at all."""
    with pytest.raises(AwsError) as caught, explained():
        raise error
    assert message in caught.value.message
    assert resolution in caught.value.resolution


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("HeadBucket", "s3:ListBucket"),
        ("PutBucketEncryption", "s3:PutEncryptionConfiguration"),
        ("PutObject", "s3:PutObject"),
    ],
)
def test_permissions_of_s3(operation, action):
    """They are not called as its operations are, and its answers do not name them."""
    with pytest.raises(AwsError, match=f"may not {action}"), explained("s3"):
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "Access Denied"}}, operation)


def test_other_errors_pass():
    """A mistake of ours is not told as one of the account's."""
    with pytest.raises(ZeroDivisionError), explained():
        raise ZeroDivisionError
