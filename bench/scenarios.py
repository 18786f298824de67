"""What is measured. A scenario prepares its requests and returns the step that every caller repeats."""

import itertools
import random
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

import msgspec

from .load import Spent, Step
from .people import Person, Site
from .seed import CROWD
from .wire import Connection, WrongAnswer, post

T = TypeVar("T")
Asked = tuple[bytes, bytes]
Prepare = Callable[[Site, list[Person]], Awaitable[Step]]
PAGE = 60
_MUTATION = (
    "mutation Add($userId: String!, $groupName: String!) { addUserToGroup(userId: $userId, groupName: $groupName) }"
)


class Scenario(NamedTuple):
    """`aim` is the answers per second expected on SQLite; `warm_up` is seconds."""

    name: str
    title: str
    prepare: Prepare
    aim: int | None
    warm_up: float


SCENARIOS: dict[str, Scenario] = {}


def scenario(title: str, *, aim: int | None = None, warm_up: float = 1.0) -> Callable[[Prepare], Prepare]:
    def register(prepare: Prepare) -> Prepare:
        name = prepare.__name__.replace("_", "-")
        SCENARIOS[name] = Scenario(name, title, prepare, aim, warm_up)
        return prepare

    return register


def asking(asked: Iterator[Asked]) -> Step:
    """A step that sends the next request; its answer must contain the text that goes with it."""

    async def step(connection: Connection) -> None:
        request, mark = upcoming(asked)
        body = await connection.ask(request)
        if mark not in body:
            raise WrongAnswer(f"{mark!r} is not in {body!r}")

    return step


def upcoming(things: Iterator[T]) -> T:
    """Raises Spent at the end; a coroutine cannot let StopIteration through."""
    for thing in things:
        return thing
    raise Spent


def again(asked: Iterable[Asked]) -> Iterator[Asked]:
    return itertools.cycle(list(asked))


def once(asked: Iterable[Asked]) -> Iterator[Asked]:
    return iter(list(asked))


@scenario("AdminGetUser", aim=8000)
async def admin_get_user(site: Site, _people: list[Person]) -> Step:
    names = random.sample(site.seeded.crowd, min(4000, len(site.seeded.crowd)))
    return asking(again((site.call("AdminGetUser", Username=name), name.encode()) for name in names))


@scenario("AdminAddUserToGroup", aim=4000)
async def admin_add_user_to_group(site: Site, _people: list[Person]) -> Step:
    """Every call is a new membership."""
    names = random.sample(site.seeded.crowd, min(site.enough(8000), len(site.seeded.crowd)))
    return asking(once((site.call("AdminAddUserToGroup", Username=n, GroupName="added"), b"{}") for n in names))


@scenario("ListUsersInGroup, first page", aim=3000)
async def list_users_in_group(site: Site, _people: list[Person]) -> Step:
    return asking(again([_page(site, 0, None)]))


@scenario("ListUsersInGroup, last page", aim=3000)
async def list_users_in_group_deep(site: Site, _people: list[Person]) -> Step:
    """Reached as clients reach it, page by page."""
    connection = await Connection.open(*site.address)
    token, last = None, (len(site.seeded.crowd) - 1) // PAGE - 1
    for number in range(last):
        request, _ = _page(site, number, token)
        token = msgspec.json.decode(await connection.ask(request))["NextToken"]
    connection.close()
    return asking(again([_page(site, last, token)]))


def _page(site: Site, number: int, token: str | None) -> Asked:
    """A full page and the user that ends it."""
    last = site.seeded.crowd[number * PAGE + PAGE - 1].encode()
    where = {} if token is None else {"NextToken": token}
    return site.call("ListUsersInGroup", GroupName=CROWD, Limit=PAGE, **where), last


@scenario("AdminCreateUser")
async def admin_create_user(site: Site, _people: list[Person]) -> Step:
    """With a temporary password, so that a verifier is made, and without a message."""

    def new(number: int) -> Asked:
        email = f"new-{number}@example.com"
        attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        invited = {"TemporaryPassword": "Temporary-Horse-1", "MessageAction": "SUPPRESS"}
        return site.call("AdminCreateUser", Username=email, UserAttributes=attributes, **invited), email.encode()

    return asking(once(map(new, range(site.enough(4000)))))


@scenario("SRP sign-in (two requests)", aim=250)
async def srp_sign_in(_site: Site, people: list[Person]) -> Step:
    turns = itertools.cycle(people)

    async def step(connection: Connection) -> None:
        tokens = await next(turns).sign_in(connection)
        if not tokens["AccessToken"] or not tokens["RefreshToken"]:
            raise WrongAnswer(repr(tokens))

    return step


@scenario("refresh")
async def refresh(site: Site, people: list[Person]) -> Step:
    signed_in = [await tokens_of(site, person) for person in people]
    requests = [site.public("GetTokensFromRefreshToken", RefreshToken=one["RefreshToken"]) for one in signed_in]
    return asking(again((request, b'"AccessToken":"ey') for request in requests))


@scenario("guarded GraphQL mutation", aim=500, warm_up=5.0)
async def guarded_mutation(site: Site, people: list[Person]) -> Step:
    """The guard, the user's function in its worker, its signed call back, the durable membership."""
    admin = await tokens_of(site, people[0])
    headers = {"Content-Type": "application/json", "Authorization": admin["AccessToken"]}
    names = random.sample(site.seeded.crowd, min(site.enough(1200), len(site.seeded.crowd)))
    bodies = ({"query": _MUTATION, "variables": {"userId": name, "groupName": "guarded"}} for name in names)
    requests = iter([post(site.host, "/graphql", headers, msgspec.json.encode(body)) for body in bodies])

    async def step(connection: Connection) -> None:
        body = await connection.ask(upcoming(requests))
        if b'"errors"' in body or not body.startswith(b'{"data":{"addUserToGroup":"'):
            raise WrongAnswer(repr(body))

    return step


async def tokens_of(site: Site, person: Person) -> Any:
    """What a sign-in with SRP gives."""
    connection = await Connection.open(*site.address)
    try:
        return await person.sign_in(connection)
    finally:
        connection.close()
