"""What to do about trouble on the way to AWS, for whoever runs this server."""

from typing import Final

from poolhouse.errors import AwsCredentialsRefused, AwsPermissionMissing, AwsUnreachable, ServiceError

THROTTLED: Final = frozenset({"TooManyRequestsException", "ThrottlingException"})


def advice(error: ServiceError) -> str:
    """What can be done; nothing for an answer that says nothing of the way there."""
    if isinstance(error, AwsUnreachable) and error.is_sent:
        return "Look at how things are before you do it again; the audit trail says Unknown."
    if isinstance(error, AwsUnreachable):
        return "Try again when AWS can be reached from here."
    if isinstance(error, AwsPermissionMissing):
        return "Nothing was done. Add the permission to the policy of these credentials, and try again."
    if isinstance(error, AwsCredentialsRefused):
        return "Nothing was done. Set up the AWS configuration: a profile, variables, or a role of the machine."
    return "Nothing was done. Try again in a few seconds." if error.code in THROTTLED else ""
