"""A pool at AWS on the console's pages: how trouble on the way there is told, and its HTTP status."""

from typing import Any

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
    return _trouble(error)[0]


def status(error: ServiceError) -> int:
    """The HTTP status that says where the trouble is; the error's own for an answer like any other."""
    return _trouble(error)[1] or error.status


def refusal(error: ServiceError | None) -> dict[str, Any]:
    """The status and the words of a page that is shown again because of a refusal; of one that is shown without."""
    return {} if error is None else {"status": status(error), "error": error.message}


def _trouble(error: ServiceError) -> tuple[str, int]:
    """Its title and its status; "" and 0 where there is none."""
    if isinstance(error, AwsUnreachable):
        return "AWS did not answer", 503
    if isinstance(error, AwsPermissionMissing | AwsCredentialsRefused):
        return "AWS refused this server", 502
    return ("AWS takes no more requests for now", 429) if error.code in THROTTLED else ("", 0)


def changes(name: str) -> bool:
    """Whether the operation does more than to look."""
    operation = service_model.operation("cognito-idp", name)
    return operation is not None and audit.changes(operation)
