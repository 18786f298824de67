"""The users of a pool at AWS as they are now: whether a sign-in still holds, and who is in which group."""

from collections.abc import AsyncIterator, Callable, Mapping
from hashlib import sha256
from typing import Any, Final, Literal, NamedTuple

from poolhouse.access.delegation import Ranked
from poolhouse.errors import AccessTokenRevoked, InvalidAccessToken, ServiceError, UnsupportedOperationException

from .aws import Aws
from .recently import Recently

PAGE: Final = 60
MOST_PAGES: Final = 100
"""A list that is longer counts as one that could not be read."""
_SELF_SERVICE: Final = "aws.cognito.signin.user.admin"
_GONE: Final = frozenset(
    {"NotAuthorizedException", "UserNotFoundException", "PasswordResetRequiredException", "UserNotConfirmedException"}
)
Use = Literal["access", "id"]


class Member(NamedTuple):
    """A user as AWS has him; `username` is the one that never changes."""

    username: str
    sub: str
    enabled: bool


class Members:
    """What is asked for `seconds` again and again is asked of AWS once. What decides about a change is asked anew."""

    def __init__(self, aws: Aws, pool_id: str, seconds: float, clock: Callable[[], int]) -> None:
        self._aws = aws
        self._pool_id = pool_id
        self._groups: Recently[tuple[Ranked, ...]] = Recently(seconds, clock)
        self._standing: Recently[bool] = Recently(seconds, clock)

    async def require_standing(self, claims: Mapping[str, Any], use: Use, token: str) -> None:
        """Raises AccessTokenRevoked for the token of somebody who is disabled, deleted, or made anew, and for an access
        token that was revoked; nobody can ask AWS about an ID token.
        """
        key = sha256(token.encode()).digest()
        if not await self._standing.get(key, lambda: self._stands(claims, use, token)):
            raise AccessTokenRevoked

    async def groups(self, username: str) -> tuple[Ranked, ...]:
        """Those of a moment ago at most."""
        return await self._groups.get(username, lambda: self.groups_now(username))

    def forget(self) -> None:
        """A change was made from here, so what is remembered may be wrong."""
        self._groups.forget()
        self._standing.forget()

    async def groups_now(self, username: str) -> tuple[Ranked, ...]:
        found: list[Ranked] = []
        async for page in self._pages("AdminListGroupsForUser", Username=username):
            found += [ranked(group) for group in page["Groups"]]
        return tuple(sorted(found, key=lambda group: (group.strength, group.name)))

    async def find(self, username: str) -> Member | None:
        """By user name, alias or sub, as AdminGetUser takes them."""
        try:
            found = await self._aws.call("AdminGetUser", {"UserPoolId": self._pool_id, "Username": username})
        except ServiceError as error:
            if error.code == "UserNotFoundException":
                return None
            raise
        return Member(found["Username"], _sub(found["UserAttributes"]), bool(found.get("Enabled")))

    async def group(self, name: str) -> Ranked | None:
        try:
            found = await self._aws.call("GetGroup", {"UserPoolId": self._pool_id, "GroupName": name})
        except ServiceError as error:
            if error.code == "ResourceNotFoundException":
                return None
            raise
        return ranked(found["Group"])

    async def every_group(self) -> list[Ranked]:
        return [ranked(group) async for page in self._pages("ListGroups") for group in page["Groups"]]

    async def of_group(self, name: str) -> AsyncIterator[Member]:
        async for page in self._pages("ListUsersInGroup", GroupName=name):
            for user in page["Users"]:
                yield Member(user["Username"], _sub(user["Attributes"]), bool(user.get("Enabled")))

    async def _pages(self, operation: str, **members: str) -> AsyncIterator[dict[str, Any]]:
        request: dict[str, Any] = {"UserPoolId": self._pool_id, "Limit": PAGE, **members}
        for _ in range(MOST_PAGES):
            page = await self._aws.call(operation, request)
            yield page
            if not page.get("NextToken"):
                return
            request["NextToken"] = page["NextToken"]
        raise UnsupportedOperationException(f"{operation} goes on for too long to decide by it.")

    async def _stands(self, claims: Mapping[str, Any], use: Use, token: str) -> bool:
        if use == "access" and _SELF_SERVICE in str(claims.get("scope", "")).split():
            try:
                found = await self._aws.call("GetUser", {"AccessToken": token})
            except ServiceError as error:
                if error.code in _GONE:
                    return False
                raise
            return _sub(found["UserAttributes"]) == str(claims["sub"])
        member = await self.find(username_of(claims))
        return member is not None and member.enabled and member.sub == str(claims["sub"])


def username_of(claims: Mapping[str, Any]) -> str:
    """Raises InvalidAccessToken for a token that no user has."""
    name = claims.get("username") or claims.get("cognito:username")
    if not isinstance(name, str):
        raise InvalidAccessToken
    return name


def ranked(group: Mapping[str, Any]) -> Ranked:
    return Ranked(group["GroupName"], group.get("Precedence"))


def _sub(attributes: list[dict[str, str]]) -> str:
    return next((each["Value"] for each in attributes if each["Name"] == "sub"), "")
