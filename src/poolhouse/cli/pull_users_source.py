"""A user pool at AWS, read page by page with boto3; throttling is waited out."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final, NamedTuple

from poolhouse.deploy.push.refusals import explained
from poolhouse.errors import PullRefused
from poolhouse.operations import pulling
from poolhouse.operations.attributes import schema
from poolhouse.operations.pulling import Incoming
from poolhouse.store.pools import Pool

_SERVICE: Final = "cognito-idp"
_PAGE: Final = 60
_TRIES: Final = 10


class Place(NamedTuple):
    """Which pool, and the way to it."""

    pool_id: str
    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None

    @property
    def where(self) -> str:
        """The region: the pool's id begins with it. Raises PullRefused."""
        region = self.region or self.pool_id.rpartition("_")[0]
        if not region or "_" not in self.pool_id:
            raise PullRefused(
                f"{self.pool_id!r} is no id of a user pool.", resolution="Ids look like eu-central-1_AbCdEfGhI."
            )
        return region

    @property
    def endpoint(self) -> str:
        return self.endpoint_url or f"https://cognito-idp.{self.where}.amazonaws.com"


class StalePage(Exception):
    """The pool no longer knows the token of a page."""


class Source:
    """The pool. Everything raises AwsError for what AWS refuses."""

    def __init__(self, place: Place, without: Sequence[str] = ()) -> None:
        import boto3
        from botocore.config import Config

        self._place, self._without = place, tuple(without)
        patient = Config(
            retries={"mode": "standard", "total_max_attempts": _TRIES},
            connect_timeout=10,
            read_timeout=60,
            user_agent_extra="poolhouse",
        )
        with explained(_SERVICE, place.profile):
            session = boto3.Session(profile_name=place.profile, region_name=place.where)
            self._client: Any = session.client(_SERVICE, endpoint_url=place.endpoint_url, config=patient)
        self._asks_second = False

    async def described(self) -> dict[str, Any]:
        """DescribeUserPool."""
        found: dict[str, Any] = (await self._asked(self._client.describe_user_pool))["UserPool"]
        self._asks_second = found.get("MfaConfiguration", "OFF") != "OFF"
        return found

    async def groups(self) -> AsyncIterator[list[dict[str, Any]]]:
        async for page in self._pages(self._client.list_groups, "Groups"):
            yield page

    async def members(self, group: str) -> AsyncIterator[list[str]]:
        """The subs of a group's members."""
        async for page in self._pages(self._client.list_users_in_group, "Users", GroupName=group):
            yield [entry["Value"] for user in page for entry in user["Attributes"] if entry["Name"] == "sub"]

    async def users(self, token: str | None) -> tuple[list[Incoming], str | None]:
        """A page and the token of the next one. Raises StalePage.

        Lists do not show second factors: in a pool that asks for such, every user is asked about.
        """
        behind = {"PaginationToken": token} if token else {}
        try:
            page = await self._asked(self._client.list_users, Limit=_PAGE, **behind)
        except self._client.exceptions.InvalidParameterException as error:
            if token is None:
                raise
            raise StalePage from error
        shown = page["Users"]
        second = [self._factors(user["Username"]) if self._asks_second else _none() for user in shown]
        found = await asyncio.gather(*second)
        people = [
            pulling.incoming(user, names, without=self._without) for user, names in zip(shown, found, strict=True)
        ]
        return people, page.get("PaginationToken")

    async def _factors(self, username: str) -> list[str]:
        try:
            user = await self._asked(self._client.admin_get_user, Username=username)
        except self._client.exceptions.UserNotFoundException:
            return []  # deleted between the list and the question
        return list(user.get("UserMFASettingList", ()))

    async def _pages(self, ask: Callable[..., Any], member: str, **request: Any) -> AsyncIterator[list[Any]]:
        token: dict[str, str] = {}
        while True:
            page = await self._asked(ask, Limit=_PAGE, **request, **token)
            yield page[member]
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}

    async def _asked(self, ask: Callable[..., Any], **request: Any) -> Any:
        return await asyncio.to_thread(ask, UserPoolId=self._place.pool_id, **request)


async def _none() -> list[str]:
    return []


def check_fits(pool: Pool, described: dict[str, Any], without: Sequence[str]) -> None:
    """Raises PullRefused for a pool in which the users would be other users, or less than they are."""
    there, here = {*described.get("UsernameAttributes", ())}, {*map(str, pool.settings.UsernameAttributes)}
    if there != here:
        raise PullRefused(
            f"The old pool signs in by {_named(there)}, this one by {_named(here)}: the users' names would mean other "
            "things.",
            resolution="Give define_auth the login_with of the old pool.",
        )
    known = {*schema(pool.settings), *without}
    missing = sorted(entry["Name"] for entry in described.get("SchemaAttributes", ()) if entry["Name"] not in known)
    if missing:
        raise PullRefused(
            f"This pool has no {', '.join(missing)}.",
            resolution="Add them to define_auth(user_attributes=...), or leave them behind with --without NAME each.",
        )


def _named(attributes: set[str]) -> str:
    return " and ".join(sorted(attributes)) or "username"
