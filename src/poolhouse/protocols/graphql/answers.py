"""The shapes of what GraphQL callers are told: answers, request errors and field errors (spec section 4.10)."""

from collections.abc import Mapping
from typing import Any, Final, TypedDict

import msgspec
from graphql import Node, get_location

Path = tuple[str | int, ...]


class Location(TypedDict):
    """AppSync's location: `sourceName` is always null."""

    line: int
    column: int
    sourceName: None


class Refusal(Exception):
    """A request that is answered before any handler runs. `error_type` goes into the x-amzn-ErrorType header.

    `why` is for the log; it is empty where the log has been told, and where the words could be the client's own.
    """

    def __init__(self, status: int, error_type: str | None, body: Mapping[str, Any], *, why: str = "") -> None:
        super().__init__(error_type or "invalid request")
        self.why = why
        self.status = status
        self.error_type = error_type
        self.body = msgspec.json.encode(body)


def refused(status: int, error_type: str, message: str, hint: str | None = None) -> Refusal:
    """E1 to E7 and E19 to E24: the request fails as a whole."""
    error: dict[str, Any] = {"errorType": error_type, "message": message}
    if hint:
        error["extensions"] = {"hint": hint}
    return Refusal(status, error_type, {"errors": [error]}, why=message)


def unauthorized(message: str, hint: str | None = None) -> Refusal:
    return refused(401, "UnauthorizedException", message, hint)


NO_AUTHORIZATION: Final = "Valid authorization header not provided."
UNPARSABLE_TOKEN: Final = "Unable to parse JWT token."  # noqa: S105 - a message
EXPIRED_TOKEN: Final = "Token has expired."  # noqa: S105 - a message
DENIED: Final = "Permission denied"
NOT_AUTHORIZED: Final = "You are not authorized to make this call."


def malformed(message: str) -> Refusal:
    return refused(400, "MalformedHttpRequestException", message)


def too_much(message: str) -> Refusal:
    """A limit of ours; not named BadRequestException, which clients send again."""
    return refused(400, "LimitExceededException", message)


def invalid(problems: list[tuple[str, list[Location]]]) -> Refusal:
    """E11 to E16: HTTP 200 with nothing but errors."""
    errors = [{"path": None, "locations": locations, "message": message} for message, locations in problems]
    return Refusal(200, None, {"data": None, "errors": errors})


def locations_of(*nodes: Node) -> list[Location]:
    """Where the nodes stand in the document as it was sent."""
    return [
        Location(line=place.line, column=place.column, sourceName=None)
        for place in (get_location(node.loc.source, node.loc.start) for node in nodes if node.loc)
    ]


def field_error(
    path: Path, error_type: str, message: str, locations: list[Location], hint: str | None = None
) -> dict[str, Any]:
    """E8 to E10: one field failed, the others go on."""
    error: dict[str, Any] = {
        "path": path,
        "data": None,
        "errorType": error_type,
        "errorInfo": None,
        "locations": locations,
        "message": message,
    }
    if hint:
        error["extensions"] = {"hint": hint}
    return error


def result_error(path: Path, message: str) -> dict[str, Any]:
    """E17 and E18: what a handler returned does not fit the schema."""
    return {"path": path, "locations": None, "message": message}


def slashed(path: Path) -> str:
    """`/list/items[0]/name`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f"/{part}" for part in path)
