"""Lists: a page of 60 is the greatest there is. An answer that is not a full page is a wrong one."""

from typing import Any

import msgspec

from .load import Step
from .people import Person, Site
from .scenarios import Asked, again, asking, scenario
from .seed import CROWD
from .wire import Connection, WrongAnswer

PAGE = 60


@scenario("ListUsersInGroup, first page of 60")
async def list_users_in_group(site: Site, _people: list[Person]) -> Step:
    """The answer is looked at once; from then on it has to end with the same user."""
    return asking(again([(await first_page(site))[0]]))


async def first_page(site: Site) -> tuple[Asked, int]:
    """The request for it with the user that ends it, and the size of the answer."""
    request = _of_group(site, None)
    answer, size = await _page(site, request)
    return (request, answer["Users"][-1]["Username"].encode()), size


@scenario("ListUsersInGroup, last page of 60")
async def list_users_in_group_deep(site: Site, _people: list[Person]) -> Step:
    """Reached as clients reach it, page by page."""
    token, request, last = None, _of_group(site, None), ""
    connection = await Connection.open(*site.address)
    try:
        while True:
            asked = _of_group(site, token)
            page = msgspec.json.decode(await connection.ask(asked))
            if len(page["Users"]) < PAGE:
                break
            request, last = asked, page["Users"][-1]["Username"]
            token = page.get("NextToken")
            if token is None:
                break
    finally:
        connection.close()
    await _page(site, request)
    return asking(again([(request, last.encode())]))


@scenario("ListUsers, the whole walk in pages of 60")
async def list_users_walk(site: Site, _people: list[Person]) -> Step:
    """Every caller goes from page to page with the token of the page before, and begins again at the end."""
    await _page(site, site.call("ListUsers", Limit=PAGE))
    tokens: dict[Connection, str | None] = {}

    async def step(connection: Connection) -> None:
        token = tokens.get(connection)
        where = {} if token is None else {"PaginationToken": token}
        answer = await connection.ask(site.call("ListUsers", Limit=PAGE, **where))
        tokens[connection] = following(answer)

    return step


class _Walk(msgspec.Struct):
    Users: list[msgspec.Raw]
    PaginationToken: str | None = None


_walk_decoder = msgspec.json.Decoder(_Walk)


def following(answer: bytes) -> str | None:
    """The token of the next page; None behind the last one. Raises WrongAnswer for a page that is not full."""
    page = _walk_decoder.decode(answer)
    if len(page.Users) != PAGE and page.PaginationToken is not None:
        raise WrongAnswer(f"a page of {len(page.Users)} users where {PAGE} were asked for")
    return page.PaginationToken


def _of_group(site: Site, token: str | None) -> bytes:
    where = {} if token is None else {"NextToken": token}
    return site.call("ListUsersInGroup", GroupName=CROWD, Limit=PAGE, **where)


async def _page(site: Site, request: bytes) -> tuple[Any, int]:
    connection = await Connection.open(*site.address)
    try:
        body = await connection.ask(request)
    finally:
        connection.close()
    answer = msgspec.json.decode(body)
    if len(answer["Users"]) != PAGE:
        raise WrongAnswer(f"a page of {len(answer['Users'])} users where {PAGE} were asked for")
    return answer, len(body)
