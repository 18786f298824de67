"""What our pages ask of the operations on behalf of an app: the same operations as any client's, through the gate.

Only the first step of a sign-in is of our own: a password that is typed on our page is checked here, whatever flows
the client itself may start.
"""

from dataclasses import dataclass
from typing import Any

from poolhouse.access.principals import Anonymous
from poolhouse.errors import IncorrectUsernameOrPassword, InvalidSession
from poolhouse.operations import passwords, protection
from poolhouse.operations.context import Call, Services
from poolhouse.operations.door import open_door
from poolhouse.operations.gate import Answer, served
from poolhouse.store.clients import Client
from poolhouse.store.pools import Pool

from . import codes, sign_ins
from .asking import ask
from .authorization import Authorization
from .sessions import SignedIn


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """The app that somebody signs in to, and where he asks from."""

    services: Services
    pool: Pool
    client: Client
    request_id: str
    source_ip: str

    async def ask(self, name: str, **members: Any) -> Answer:
        """An operation of a client. Raises ServiceError."""
        return await ask(self.services, name, members, request_id=self.request_id, source_ip=self.source_ip)

    def secret_hash(self, name: str) -> str | None:
        return protection.secret_hash(self.services.vault, self.client, name)

    async def sign_in(self, name: str, password: str) -> Answer:
        """InitiateAuth's answer: tokens, which stay on the server, or a challenge. Raises ServiceError."""
        if not name.isprintable() or not password:
            raise IncorrectUsernameOrPassword
        services = self.services
        ctx = Call(
            services=services,
            principal=Anonymous(),
            now=services.clock(),
            request_id=self.request_id,
            source_ip=self.source_ip,
            region=services.settings.region,
        )
        door = await open_door(ctx, self.client.id)
        return await passwords.start(door, self._with_hash({"USERNAME": name, "PASSWORD": password}))

    async def respond(self, challenge: str, session: str | None, responses: dict[str, str]) -> Answer:
        """The next answer of the same sign-in. Raises ServiceError."""
        if not session:
            raise InvalidSession
        return await self.ask(
            "RespondToAuthChallenge",
            ClientId=self.client.id,
            ChallengeName=challenge,
            Session=session,
            ChallengeResponses=self._with_hash(responses),
        )

    def _with_hash(self, parameters: dict[str, str]) -> dict[str, str]:
        made = self.secret_hash(parameters["USERNAME"])
        return parameters if made is None else {**parameters, "SECRET_HASH": made}


def is_served(name: str) -> bool:
    return ("cognito-idp", name) in served()


async def destination(services: Services, asked: Authorization, who: SignedIn) -> str:
    """Where the browser goes when somebody is signed in: back to the app, with a code or with tokens."""
    if not asked.is_implicit:
        return asked.answer(code=codes.issue(services, asked, who))
    tokens = await sign_ins.implicit(services, asked, who)
    return asked.answer(**{name: str(value) for name, value in tokens.items()})
