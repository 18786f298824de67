"""What our pages ask of the operations on behalf of an app: the same operations as any client's, through the gate.

A sign-in begins here, whatever flows the client itself may start, and its tokens stay on the server.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from poolhouse.access.principals import Anonymous
from poolhouse.errors import IncorrectUsernameOrPassword, InvalidSession, ServiceError
from poolhouse.operations import audit, passwords, protection, sign_in, triggers_sign_in, user_auth
from poolhouse.operations.context import Call, Services
from poolhouse.operations.door import Door, open_door
from poolhouse.operations.gate import Answer, served
from poolhouse.store.clients import Client
from poolhouse.store.pools import Pool
from poolhouse.store.settings import PasswordPolicyType, PoolSettings

from . import codes, sign_ins
from .asking import ask
from .authorization import Authorization
from .sessions import SignedIn

__all__ = ["Asker", "Client", "PasswordPolicyType", "Pool", "PoolSettings", "destination", "is_served"]


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
        door = await self._door()
        parameters = self._with_hash({"USERNAME": name, "PASSWORD": password})
        with _recorded(door, name):
            await triggers_sign_in.before(door, "USER_PASSWORD_AUTH", parameters, {})
            return await passwords.start(door, parameters)

    async def begin(self, name: str, factor: str) -> Answer:
        """A sign-in that is to begin with this factor; AWS's choice where that cannot be. Raises ServiceError."""
        return await self._by_choice({"USERNAME": name, "PREFERRED_CHALLENGE": factor})

    async def confirmed(self, name: str, session: str) -> Answer:
        """A sign-in by the session of a confirmation. Raises ServiceError."""
        return await self._by_choice({"USERNAME": name}, session)

    async def _by_choice(self, given: dict[str, str], session: str | None = None) -> Answer:
        if not given["USERNAME"].isprintable():
            raise IncorrectUsernameOrPassword
        door, parameters = await self._door(), self._with_hash(given)
        with _recorded(door, given["USERNAME"]):
            await triggers_sign_in.before(door, user_auth.USER_AUTH, parameters, {})
            return await user_auth.start(door, parameters, session)

    async def respond(self, challenge: str, session: str | None, responses: dict[str, str]) -> Answer:
        """The next answer of the same sign-in. Raises ServiceError."""
        if not session:
            raise InvalidSession
        door = await self._door("RespondToAuthChallenge")
        with _recorded(door, responses["USERNAME"]):
            return await sign_in.respond(door, challenge, session, self._with_hash(responses))

    def call(self) -> Call:
        """One call of this moment."""
        services = self.services
        return Call(
            services=services,
            principal=Anonymous(),
            now=services.clock(),
            request_id=self.request_id,
            source_ip=self.source_ip,
            region=services.settings.region,
            way="oauth",
        )

    async def _door(self, operation: str = "InitiateAuth") -> Door:
        call = self.call()
        call.operation = operation
        return await open_door(call, self.client.id, hosted=True)

    def _with_hash(self, parameters: dict[str, str]) -> dict[str, str]:
        made = self.secret_hash(parameters["USERNAME"])
        return parameters if made is None else {**parameters, "SECRET_HASH": made}


@contextmanager
def _recorded(door: Door, name: str) -> Iterator[None]:
    """Tell the audit trail of a sign-in that fails; of one that succeeds it hears with the sign-in."""
    try:
        yield
    except ServiceError as error:
        audit.failed_as(door.ctx, name, door.client.id, error)
        raise


def is_served(name: str) -> bool:
    return ("cognito-idp", name) in served()


async def destination(services: Services, asked: Authorization, who: SignedIn) -> str:
    """Where the browser goes when somebody is signed in: back to the app, with a code or with tokens.

    Raises RedirectedOAuthError for tokens that the pool's function refuses.
    """
    if not asked.is_implicit:
        return asked.answer(code=codes.issue(services, asked, who))
    try:
        tokens = await sign_ins.implicit(services, asked, who)
    except ServiceError as error:
        raise asked.refusal("access_denied", error.message) from error
    return asked.answer(**{name: str(value) for name, value in tokens.items()})
