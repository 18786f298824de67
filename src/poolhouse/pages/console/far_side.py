"""A pool at AWS on the console's pages: how trouble on the way there is told, and its HTTP status."""

from poolhouse import service_model
from poolhouse.errors import AwsCredentialsRefused, AwsPermissionMissing, AwsUnreachable, ServiceError
from poolhouse.operations import audit
from poolhouse.operations.remote.advice import THROTTLED, advice


def told(error: ServiceError) -> str:
    """What happened, and what to do."""
    text = advice(error)
    return error.message if error.message.endswith(text) else f"{error.message} {text}"


def title(error: ServiceError) -> str:
    """Of a page that has nothing else to say; "" for what is no trouble between this server and AWS."""
    if isinstance(error, AwsUnreachable):
        return "AWS did not answer"
    if isinstance(error, AwsPermissionMissing | AwsCredentialsRefused):
        return "AWS refused this server"
    return "AWS takes no more requests for now" if error.code in THROTTLED else ""


def status(error: ServiceError) -> int:
    """The HTTP status that says where the trouble is; 0 for an answer like any other."""
    if isinstance(error, AwsUnreachable):
        return 503
    if isinstance(error, AwsPermissionMissing | AwsCredentialsRefused):
        return 502
    return 429 if error.code in THROTTLED else 0


def changes(name: str) -> bool:
    """Whether the operation does more than to look."""
    operation = service_model.operation("cognito-idp", name)
    return operation is not None and audit.changes(operation)
