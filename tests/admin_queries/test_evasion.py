"""Requests that say one thing to the guard or the log and another to the route."""

import json

import pytest
from admin_queries.conftest import Open
from admin_queries.stage import NOT_AN_ADMIN, event

BODY = '{"username": "richard"}'
OWNERS_ONLY = {"GROUP": "Admins", "ADMIN_QUERIES": json.dumps({"routes": {"disableUser": ["Owners"]}})}


@pytest.mark.parametrize("path", ["/disableUser\n", "/disableUser/\n", "/DISABLEUSER\n", "/dev/disableUser\n"])
async def test_a_line_break_does_not_change_the_guard(workers: Open, path: str) -> None:
    """A pattern's `$` also fits before it, so such a path would reach the route past the groups of the route."""
    function = await workers(OWNERS_ONLY)
    assert await function.ask(event("/disableUser", "POST", body=BODY)) == (403, NOT_AN_ADMIN)
    asked = event(path, "POST", body=BODY)
    asked["requestContext"]["stage"] = "dev"
    assert await function.ask(asked) == (404, {"message": "Not Found"})


@pytest.mark.parametrize(
    "body",
    ['{"username": "richard", "groupname": "\\ud800"}', '{"username": "\\udfff"}', '{"username": "x\\ud800\\ud800"}'],
)
async def test_half_a_character_hides_nothing(workers: Open, body: str) -> None:
    """The log has its line, whatever else stands in the body."""
    function = await workers({"GROUP": "Admins"})
    status, _ = await function.ask(event("/disableUser", "POST", body=body))
    records = [json.loads(line) for line in function.lines if '"admin action"' in line]
    assert [(record["action"], record["status"]) for record in records] == [("POST /disableUser", status)]
    assert not any("Logging error" in line for line in function.lines)


async def test_half_a_character_is_no_name(workers: Open) -> None:
    function = await workers({"GROUP": "Admins"})
    asked = event("/enableUser", "POST", body='{"username": "x\\ud800"}')
    assert await function.ask(asked) == (400, {"message": "username holds half a character"})


@pytest.mark.parametrize(
    "body",
    ['{"username": "richard", "username": "alice"}', '{"username": "richard", "a": [{"b": 1, "b": 2}]}'],
)
async def test_a_member_that_is_there_twice(workers: Open, body: str) -> None:
    """Whoever reads the body before us might take the other value."""
    function = await workers({"GROUP": "Admins"})
    wanted = (400, {"message": "The body has a member more than once"})
    assert await function.ask(event("/enableUser", "POST", body=body)) == wanted


@pytest.mark.parametrize("limit", ["0" * 5000 + "5", "5" * 5000, "0" * 5000])
async def test_a_limit_of_five_thousand_digits(workers: Open, limit: str) -> None:
    function = await workers({"GROUP": "Admins"})
    status, body = await function.ask(event("/listUsers", queryStringParameters={"limit": limit}))
    assert (status, body) == (400, {"message": "limit must be a whole number from 0 to 60"})
