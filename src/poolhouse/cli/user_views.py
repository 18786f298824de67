"""Users on the screen: the columns of a list, and one user whole."""

from collections.abc import Sequence
from typing import Any

from poolhouse.cli.administration import Administration
from poolhouse.cli.tables import moment, print_table, print_values

_HEADERS = ("USERNAME", "STATUS", "ENABLED", "EMAIL", "PHONE", "CREATED")


def print_users(found: Sequence[dict[str, Any]]) -> None:
    print_table(_HEADERS, [_row(user) for user in found])


def _row(user: dict[str, Any]) -> tuple[object, ...]:
    held = {entry["Name"]: entry.get("Value") for entry in user.get("Attributes", [])}
    return (
        user["Username"],
        user["UserStatus"],
        "yes" if user["Enabled"] else "no",
        held.get("email"),
        held.get("phone_number"),
        moment(user["UserCreateDate"]),
    )


def print_user(user: dict[str, Any], groups: Sequence[str]) -> None:
    print_values(
        {
            "Username": user["Username"],
            "Status": user["UserStatus"],
            "Enabled": "yes" if user["Enabled"] else "no",
            "Created": moment(user["UserCreateDate"]),
            "Changed": moment(user["UserLastModifiedDate"]),
            "Groups": ", ".join(groups),
            "Second factors": ", ".join(user.get("UserMFASettingList", [])),
            **{entry["Name"]: entry.get("Value") for entry in user["UserAttributes"]},
        }
    )


async def page_of_users(
    administration: Administration, filter_text: str | None, limit: int, after: str | None
) -> dict[str, Any]:
    """`Users`, at most `limit` of them where that is not 0, and a `PaginationToken` when there are more."""
    users: list[dict[str, Any]] = []
    request: dict[str, Any] = {} if filter_text is None else {"Filter": filter_text}
    if after is not None:
        request["PaginationToken"] = after
    while True:
        request["Limit"] = min(60, limit - len(users)) if limit else 60
        page = await administration.of_pool("ListUsers", **request)
        users += page["Users"]
        token = page.get("PaginationToken")
        if token is None or (limit and len(users) >= limit):
            return {"Users": users} | ({} if token is None else {"PaginationToken": token})
        request["PaginationToken"] = token
