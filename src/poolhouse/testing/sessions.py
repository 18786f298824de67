"""Signing in to the backend under test, second factors and all."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

import httpx

from poolhouse.client import Client, Outputs, Session, generate_client
from poolhouse.client.wire import call
from poolhouse.errors import ClientError
from poolhouse.testing.people import User

if TYPE_CHECKING:
    from poolhouse.testing.backend import Backend


class SignedIn(Session):
    """A session of the Python client, whose `client` calls the backend's queries and mutations."""

    def __init__(self, outputs: Outputs, backend: "Backend", http: httpx.Client, user: User | None) -> None:
        super().__init__(outputs, http=http, clock=backend.clock.time)
        self.http = http
        self.backend = backend
        self.user = user

    @cached_property
    def client(self) -> Client:
        """Of the default authorization mode; `generate_client(outputs, session=...)` makes others."""
        return generate_client(self.outputs, session=self, http=self.http)

    def _follow(self, answer: dict[str, Any]) -> Session:
        answered = self._answered(answer)
        return super()._follow(answer) if answered is None else self.respond(*answered)

    def _answered(self, answer: dict[str, Any]) -> tuple[str, dict[str, str], str | None] | None:
        """What the user answers to a challenge of a second factor; None for any other answer."""
        user, challenge = self.user, str(answer.get("ChallengeName"))
        if user is None:
            return None
        names = {"USERNAME": str(answer.get("ChallengeParameters", {}).get("USER_ID_FOR_SRP", user.sub))}
        session = answer.get("Session")
        if challenge in {"EMAIL_OTP", "SMS_MFA"}:
            code = self.backend.inbox.code(user)
            return challenge, {**names, f"{challenge}_CODE": code}, session
        if user.authenticator is None:
            return None
        if challenge == "SOFTWARE_TOKEN_MFA":
            return challenge, {**names, "SOFTWARE_TOKEN_MFA_CODE": user.authenticator.code()}, session
        if challenge == "MFA_SETUP":
            return challenge, names, self._set_up(str(session))
        return None

    def _set_up(self, session: str) -> str:
        """Take the secret that a sign-in offers, and prove it."""
        assert self.user is not None
        assert self.user.authenticator is not None
        url = self.outputs.service_url("cognito-idp")
        offered = call(self.http, url, "cognito-idp", "AssociateSoftwareToken", {"Session": session})
        self.user.authenticator.take(offered["SecretCode"])
        proof = {"Session": offered["Session"], "UserCode": self.user.authenticator.code()}
        return str(call(self.http, url, "cognito-idp", "VerifySoftwareToken", proof)["Session"])


class SignIn:
    """`sign_in(user)`: with SRP, and whatever second factor he has."""

    def __init__(self, backend: "Backend") -> None:
        self._backend = backend

    def __call__(self, user: User | str, password: str | None = None) -> SignedIn:
        """The session, with fresh tokens. `user` is one of `user(...)`, or a username with its password.

        Raises RequestRefused when the server says no, NewPasswordRequired for an invited user.
        """
        known = user if isinstance(user, User) else None
        secret = password or (known.password if known else None)
        if secret is None:
            raise ClientError("A username alone cannot sign in.", resolution="sign_in(username, password)")
        username = known.username if known else str(user)
        where = Outputs.read(self._backend.outputs, self._backend.url)
        session = SignedIn(where, self._backend, self._backend.http, known)
        session.start(username, secret)
        return session
