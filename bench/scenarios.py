"""What is measured. A scenario prepares its requests and returns the step that every caller repeats."""

import itertools
import random
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

import msgspec

from .load import Spent, Step
from .people import Person, Site
from .seed import TARGETS
from .wire import Connection, WrongAnswer, post

T = TypeVar("T")
Asked = tuple[bytes, bytes]
Prepare = Callable[[Site, list[Person]], Awaitable[Step]]
_MUTATION = (
    "mutation Add($userId: String!, $groupName: String!) { addUserToGroup(userId: $userId, groupName: $groupName) }"
)


class Scenario(NamedTuple):
    """`warm_up` is the least number of seconds. `own` says what a peer lacks, "" where it may try; `extra` scenarios
    are run when they are asked for by name.
    """

    name: str
    title: str
    prepare: Prepare
    warm_up: float
    own: str
    extra: bool


SCENARIOS: dict[str, Scenario] = {}


def scenario(title: str, *, warm_up: float = 0.5, own: str = "", extra: bool = False) -> Callable[[Prepare], Prepare]:
    def register(prepare: Prepare) -> Prepare:
        name = prepare.__name__.replace("_", "-")
        SCENARIOS[name] = Scenario(name, title, prepare, warm_up, own, extra)
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


def some(site: Site, most: int = 4000) -> list[str]:
    """Users, at random."""
    return random.sample(site.seeded.crowd, min(most, len(site.seeded.crowd)))


@scenario("AdminGetUser")
async def admin_get_user(site: Site, _people: list[Person]) -> Step:
    return asking(again((site.call("AdminGetUser", Username=name), name.encode()) for name in some(site)))


@scenario("AdminListGroupsForUser")
async def admin_list_groups_for_user(site: Site, _people: list[Person]) -> Step:
    return asking(again((site.call("AdminListGroupsForUser", Username=n), b'"crowd"') for n in some(site)))


def new_memberships(site: Site, wanted: int) -> Iterator[tuple[str, str]]:
    """Users and groups that they are not in; every call of this begins with another group."""
    first = next(_turns)
    groups = [TARGETS[(first + number) % len(TARGETS)] for number in range(len(TARGETS))]
    names = some(site, len(site.seeded.crowd))
    return itertools.islice(((name, group) for group in groups for name in names), wanted)


_turns = itertools.count()


@scenario("AdminAddUserToGroup")
async def admin_add_user_to_group(site: Site, _people: list[Person]) -> Step:
    """Every call is a new membership."""
    pairs = new_memberships(site, site.enough(8000))
    return asking(once((_adding(site, name, group), b"") for name, group in pairs))


@scenario("AdminGetUser 70 %, AdminAddUserToGroup 30 %")
async def mixed(site: Site, _people: list[Person]) -> Step:
    """Reads and durable writes in one stream, in random order."""
    reads = [(site.call("AdminGetUser", Username=name), name.encode()) for name in some(site)]
    pairs = new_memberships(site, site.enough(4000))
    writes = once((_adding(site, name, group), b"") for name, group in pairs)

    def stream() -> Iterator[Asked]:
        while True:
            if random.random() < 0.3:
                write = next(writes, None)
                if write is None:
                    return
                yield write
            else:
                yield random.choice(reads)

    return asking(stream())


def _adding(site: Site, name: str, group: str) -> bytes:
    return site.call("AdminAddUserToGroup", Username=name, GroupName=group)


@scenario("AdminCreateUser")
async def admin_create_user(site: Site, _people: list[Person]) -> Step:
    """With a temporary password, so that a verifier is made, and without a message."""
    turn = next(_turns)

    def new(number: int) -> Asked:
        email = f"new-{turn}-{number}@example.com"
        attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        invited = {"TemporaryPassword": "Temporary-Horse-1", "MessageAction": "SUPPRESS"}
        return site.call("AdminCreateUser", Username=email, UserAttributes=attributes, **invited), email.encode()

    return asking(once(map(new, range(site.enough(4000)))))


@scenario("SRP sign-in (two requests)")
async def srp_sign_in(_site: Site, people: list[Person]) -> Step:
    turns = itertools.cycle(people)

    async def step(connection: Connection) -> None:
        tokens = await next(turns).sign_in(connection)
        if not tokens["AccessToken"] or not tokens["RefreshToken"]:
            raise WrongAnswer(repr(tokens))

    return step


@scenario("guarded GraphQL mutation", warm_up=4.0, own="has no such API without an app that is deployed to it")
async def guarded_mutation(site: Site, people: list[Person]) -> Step:
    """The guard, the user's function in its worker, its signed call back, the durable membership."""
    admin = await tokens_of(site, people[0])
    headers = {"Content-Type": "application/json", "Authorization": admin["AccessToken"]}
    pairs = new_memberships(site, site.enough(1500))
    bodies = ({"query": _MUTATION, "variables": {"userId": name, "groupName": group}} for name, group in pairs)
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
