"""The user whom a page is about: what is known of him, and what the visitor may do to this very one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from poolhouse.access.principals import Person
from poolhouse.define import delegable
from poolhouse.errors import PageNotFound, UserNotFoundException
from poolhouse.operations.console.rights import permitted

from . import views
from .naming import title
from .visit import ConsoleVisit

# What the page itself is made of, and what it has no button for.
_NO_BUTTON: Final = {
    "AdminGetDevice",
    "AdminGetUser",
    "AdminGetUserAuthFactors",
    "AdminSetUserSettings",
    "AdminUpdateAuthEventFeedback",
    "AdminUpdateDeviceStatus",
}
ON_USER: Final = tuple(sorted(delegable.ON_USER - delegable.MEMBERSHIP - _NO_BUTTON))
_LONGEST_NAME: Final = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """`name` is the username; `asked` is how an address calls him. Times are epoch seconds.

    `able` are the operations that the visitor may perform on this user. `is_remote` is a user of a pool at AWS.
    """

    name: str
    title: str
    attributes: Mapping[str, str]
    status: str
    enabled: bool
    created: float
    modified: float
    factors: tuple[str, ...]
    preferred: str
    able: frozenset[str]
    is_remote: bool = False

    @property
    def sub(self) -> str:
        return self.attributes.get("sub", "")

    @property
    def typed(self) -> str:
        """What has to be typed before something is destroyed: what people know the user by."""
        if self.name != self.sub:
            return self.name
        return self.attributes.get("email") or self.attributes.get("phone_number") or self.name

    @property
    def status_label(self) -> str:
        return views.status(self.status)[0]

    @property
    def status_tone(self) -> str:
        return views.status(self.status)[1]

    @property
    def status_meaning(self) -> str:
        return views.STATUS[self.status][2] if self.status in views.STATUS else ""

    def may(self, *operations: str) -> bool:
        return self.able.issuperset(operations)


async def subject_of(visit: ConsoleVisit) -> Subject:
    """The user whom the query names. Raises PageNotFound, and the refusals of AdminGetUser."""
    name = visit.query.get("name", "")
    if not name or len(name) > _LONGEST_NAME or not name.isprintable() or " " in name:
        raise PageNotFound("There is no such user.")
    try:
        found = await visit.of_pool("AdminGetUser", Username=name)
    except UserNotFoundException as error:
        raise PageNotFound("There is no such user. Somebody may have deleted it.") from error
    known = views.attributes_of(found.get("UserAttributes", []))
    username = str(found["Username"])
    return Subject(
        name=username,
        title=title(username, known),
        attributes=known,
        status=found["UserStatus"],
        enabled=found["Enabled"],
        created=found["UserCreateDate"],
        modified=found["UserLastModifiedDate"],
        factors=tuple(found.get("UserMFASettingList", ())),
        preferred=found.get("PreferredMfaSetting", ""),
        able=await able(visit, username),
        is_remote=visit.is_remote,
    )


async def able(visit: ConsoleVisit, username: str) -> frozenset[str]:
    """The operations on a user that would not be refused to the visitor for who he and the user are."""
    wanted = visit.allowed.intersection(ON_USER)
    if visit.is_operator:
        return wanted
    asked = [(name, {"Username": username, **_FURTHER.get(name, {})}) for name in wanted]
    return frozenset(name for name, _ in await permitted(visit.context(), _person(visit), asked))


async def assignable(visit: ConsoleVisit, username: str, groups: Iterable[str], operation: str) -> list[str]:
    """The groups that the visitor may put this user into, or take him out of."""
    names = list(groups)
    if operation not in visit.allowed:
        return []
    if visit.is_operator:
        return names
    asked = [(operation, {"Username": username, "GroupName": name}) for name in names]
    return [members["GroupName"] for _, members in await permitted(visit.context(), _person(visit), asked)]


async def removable(visit: ConsoleVisit, group: str, usernames: Iterable[str]) -> frozenset[str]:
    """The members whom the visitor may take out of a group."""
    asked = [("AdminRemoveUserFromGroup", {"Username": name, "GroupName": group}) for name in usernames]
    if visit.is_operator:
        return frozenset(members["Username"] for _, members in asked)
    return frozenset(members["Username"] for _, members in await permitted(visit.context(), _person(visit), asked))


def _person(visit: ConsoleVisit) -> Person:
    assert visit.person is not None, "the operator is not asked"
    return visit.person


# Members that a request has to have, and that no rule looks at.
_FURTHER: Final[Mapping[str, Mapping[str, Any]]] = {
    "AdminDeleteUserAttributes": {"UserAttributeNames": ["name"]},
    "AdminForgetDevice": {"DeviceKey": "us-east-1_00000000-0000-0000-0000-000000000000"},
    "AdminRevokeUserSession": {"SessionId": "tkn" + "0" * 25},
    "AdminSetUserPassword": {"Password": "-"},
    "AdminUpdateUserAttributes": {"UserAttributes": []},
}
