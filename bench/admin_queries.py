"""Admin Queries over HTTP: gateway, token, the user's function in its worker, and its signed call back."""

from urllib.parse import urlencode

import msgspec

from .load import Step
from .people import Person, Site
from .scenarios import again, asking, new_memberships, once, scenario, some, tokens_of
from .seed import CROWD
from .wire import get, post

_OWN = "has no such API without an app that is deployed to it"


@scenario("Admin Queries getUser", warm_up=4.0, own=_OWN)
async def admin_queries_get_user(site: Site, people: list[Person]) -> Step:
    headers = await _headers(site, people)
    return asking(
        again((get(site.host, f"/dev/getUser?username={name}", headers), name.encode()) for name in some(site))
    )


@scenario("Admin Queries addUserToGroup", warm_up=4.0, own=_OWN)
async def admin_queries_add_user_to_group(site: Site, people: list[Person]) -> Step:
    """Every call is a new, durable membership."""
    headers = await _headers(site, people)
    pairs = new_memberships(site, site.enough(1500))
    bodies = ((name, msgspec.json.encode({"username": name, "groupname": group})) for name, group in pairs)
    return asking(once((post(site.host, "/dev/addUserToGroup", headers, body), name.encode()) for name, body in bodies))


@scenario("Admin Queries listUsersInGroup, 10 of a large group", warm_up=4.0, own=_OWN, extra=True)
async def admin_queries_list_users_in_group(site: Site, people: list[Person]) -> Step:
    """The page size of the printed example."""
    return await _listing(site, people, 10)


@scenario("Admin Queries listUsersInGroup, 60 of a large group", warm_up=4.0, own=_OWN, extra=True)
async def admin_queries_list_users_in_group_60(site: Site, people: list[Person]) -> Step:
    """The greatest page: the SDK's own decoding and the function's encoding grow with it."""
    return await _listing(site, people, 60)


async def _listing(site: Site, people: list[Person], limit: int) -> Step:
    query = urlencode({"groupname": CROWD, "limit": limit})
    request = get(site.host, f"/dev/listUsersInGroup?{query}", await _headers(site, people))
    return asking(again([(request, site.seeded.crowd[limit - 1].encode())]))


async def _headers(site: Site, people: list[Person]) -> dict[str, str]:
    """Those of aws-amplify in a browser, with an admin's access token."""
    token = (await tokens_of(site, people[0]))["AccessToken"]
    return {"content-type": "application/json", "authorization": token, "origin": "https://app.example.com"}
