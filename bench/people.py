"""Users who can sign in: made through the API, signed in with SRP."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from poolhouse.crypto.srp import ClientSession

from .seed import Seeded
from .wire import Connection, Root, call

PEOPLE = 16
PASSWORD = "Correct-Horse-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A seeded server under measurement. `span` is how many seconds prepared requests have to last for, at a rate
    times `speed`; `database` is the server's, for what has no operation; `name` is the product's.
    """

    address: tuple[str, int]
    root: Root
    seeded: Seeded
    span: float
    database: str = ""
    name: str = "poolhouse"
    speed: float = 1.0

    @property
    def host(self) -> str:
        return f"{self.address[0]}:{self.address[1]}"

    def call(self, operation: str, **request: Any) -> bytes:
        """Signed, for this site's pool."""
        return call(self.host, operation, {"UserPoolId": self.seeded.pool_id, **request}, self.root)

    def public(self, operation: str, **request: Any) -> bytes:
        """Unsigned, for this site's app client."""
        return call(self.host, operation, {"ClientId": self.seeded.client_id, **request})

    def enough(self, per_second: int) -> int:
        """How many requests last for the whole scenario, warm-up included, at this rate."""
        return int(per_second * self.span * self.speed)


class Person:
    """One user with his sign-ins' client side: the secret exponent is chosen once, the proof is made each time."""

    def __init__(self, site: Site, number: int) -> None:
        self.site = site
        self.email = f"person-{number}@example.com"
        self._srp = ClientSession(site.seeded.pool_id)
        parameters = {"USERNAME": self.email, "SRP_A": self._srp.public}
        self._hello = site.public("InitiateAuth", AuthFlow="USER_SRP_AUTH", AuthParameters=parameters)

    async def create(self, connection: Connection) -> None:
        site, email = self.site, self.email
        attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        invited = {"UserAttributes": attributes, "MessageAction": "SUPPRESS"}
        await connection.ask(site.call("AdminCreateUser", Username=email, **invited))
        await connection.ask(site.call("AdminSetUserPassword", Username=email, Password=PASSWORD, Permanent=True))

    async def sign_in(self, connection: Connection) -> Mapping[str, Any]:
        """InitiateAuth and RespondToAuthChallenge; the tokens."""
        challenge = msgspec.json.decode(await connection.ask(self._hello))
        now = time.time_ns() // 1000
        proof = self._srp.answer(challenge["ChallengeParameters"], self.email, PASSWORD, now)
        answer = self.site.public(
            "RespondToAuthChallenge",
            ChallengeName="PASSWORD_VERIFIER",
            ChallengeResponses=proof,
            **({"Session": challenge["Session"]} if "Session" in challenge else {}),
        )
        tokens: Mapping[str, Any] = msgspec.json.decode(await connection.ask(answer))["AuthenticationResult"]
        return tokens


async def create_people(site: Site) -> list[Person]:
    """The first of them is in ADMINS, where the server has that group."""
    connection = await Connection.open(*site.address)
    try:
        people = [Person(site, number) for number in range(PEOPLE)]
        for person in people:
            await person.create(connection)
        if site.name == "poolhouse":
            await connection.ask(site.call("AdminAddUserToGroup", Username=people[0].email, GroupName="ADMINS"))
    finally:
        connection.close()
    return people
